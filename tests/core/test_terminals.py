"""Which terminal is opened, and how each is told what to run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from core.terminals import find_terminal, mac_script


def programs(folder: Path, *names: str) -> dict[str, str]:
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder)}


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("x-terminal-emulator", ["-e"]),
        ("gnome-terminal", ["--"]),
        ("konsole", ["-e"]),
        ("xfce4-terminal", ["-x"]),
        ("kitty", []),
        ("wezterm", ["start", "--"]),
        ("xterm", ["-e"]),
    ],
)
def test_each_terminal_has_its_own_switch(name: str, before: list[str], tmp_path: Path) -> None:
    terminal = find_terminal(programs(tmp_path, name), platform="linux")
    assert terminal is not None
    assert terminal.argv(["a b", "--x"]) == [str(tmp_path / name), *before, "a b", "--x"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "x-terminal-emulator"),
        ({"XDG_CURRENT_DESKTOP": "KDE"}, "konsole"),
        ({"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, "gnome-terminal"),
        ({"XDG_CURRENT_DESKTOP": "XFCE"}, "x-terminal-emulator"),
        ({"XDG_CURRENT_DESKTOP": "KDE", "TERMINAL": "/usr/bin/kitty"}, "kitty"),
        ({"TERMINAL": "of-nobody"}, "x-terminal-emulator"),
    ],
)
def test_the_persons_choice_comes_first_and_then_the_desktops(
    more: dict[str, str], expected: str, tmp_path: Path
) -> None:
    environment = programs(tmp_path, "x-terminal-emulator", "konsole", "gnome-terminal", "kitty", "of-nobody")
    terminal = find_terminal(environment | more, platform="linux")
    assert terminal is not None
    assert Path(terminal.program).name == expected


def test_there_may_be_none(tmp_path: Path) -> None:
    assert find_terminal({"PATH": str(tmp_path)}, platform="linux") is None


def test_windows_has_windows_terminal_or_a_console(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path), "PATHEXT": ".EXE", "COMSPEC": "C:\\cmd.exe"}
    console = find_terminal(environment, platform="win32")
    assert console is not None
    assert console.argv(["x"]) == ["C:\\cmd.exe", "/c", "start", "", "x"]
    programs(tmp_path, "wt.EXE")
    terminal = find_terminal(environment, platform="win32")
    assert terminal is not None
    assert terminal.argv(["x"])[1:] == ["new-tab", "x"]


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_the_file_for_macos_runs_the_words_and_is_gone(tmp_path: Path) -> None:
    terminal = find_terminal({}, platform="darwin")
    assert terminal is not None
    assert terminal.argv(["x.command"]) == ["/usr/bin/open", "-a", "Terminal", "x.command"]
    (tmp_path / "it's").mkdir()
    file = tmp_path / "x.command"
    file.write_text(mac_script(["printf", "%s|", "a b", "$(id)", "it's"], tmp_path / "it's"))
    file.chmod(0o700)
    assert subprocess.run([file], capture_output=True, text=True, check=True).stdout == "a b|$(id)|it's|"
    assert not file.exists()
