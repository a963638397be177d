"""Where shells and programs are found, and how a text becomes arguments."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from core.errors import ClockhandError, NotFoundError
from core.execution.definitions import Shell, default_shell
from core.execution.shells import argv, find_program, find_shell, split


def program(folder: Path, name: str, mode: int = 0o755) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(mode)
    return path


def test_the_default_is_the_platforms_shell() -> None:
    assert (default_shell("linux"), default_shell("darwin"), default_shell("win32")) == (Shell.SH, Shell.SH, Shell.CMD)


def test_the_first_executable_file_of_path_is_found(tmp_path: Path) -> None:
    program(tmp_path / "a", "tool", mode=0o644)
    (tmp_path / "b" / "tool").mkdir(parents=True)
    found = program(tmp_path / "c", "tool")
    program(tmp_path / "d", "tool")
    path = os.pathsep.join(str(tmp_path / name) for name in "abcd")
    assert find_program("tool", {"PATH": path}) == found
    assert find_program("other", {"PATH": path}) is None


@pytest.mark.parametrize("entry", ["", ".", "bin", "./bin", "../x"])
def test_the_current_directory_is_never_searched(entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "tool")
    program(tmp_path / "bin", "tool")
    program(tmp_path.parent / "x", "tool")
    monkeypatch.chdir(tmp_path)
    assert find_program("tool", {"PATH": f"{entry}{os.pathsep}/nowhere"}) is None


def test_sh_is_there_also_without_a_path() -> None:
    assert find_shell(Shell.SH, {"PATH": ""}) == Path("/bin/sh")
    assert find_shell(Shell.SH, {}) == Path("/bin/sh")


def test_another_shell_is_taken_from_path_and_then_from_the_standard_folders(tmp_path: Path) -> None:
    own = program(tmp_path, "bash")
    assert find_shell(Shell.BASH, {"PATH": str(tmp_path)}) == own
    assert find_shell(Shell.BASH, {"PATH": "/nowhere"}).name == "bash"


def test_a_shell_that_is_not_there_is_told() -> None:
    with pytest.raises(NotFoundError, match="no shell named “cmd”"):
        find_shell(Shell.CMD, {"PATH": "/nowhere"})
    with pytest.raises(ValueError, match="none"):
        find_shell(Shell.NONE, {})


def test_programs_of_windows_are_found_by_their_extension(tmp_path: Path) -> None:
    found = program(tmp_path, "tool.EXE")
    environment = {"PATH": str(tmp_path), "PATHEXT": ".COM;.EXE"}
    assert find_program("tool", environment, platform="win32") == found
    assert find_program("tool.EXE", environment, platform="win32") == found


@pytest.mark.parametrize("shell", [Shell.SH, Shell.BASH])
def test_the_argv_makes_the_shell_read_the_text(shell: Shell) -> None:
    arguments = argv(shell, 'printf "%s" "$0 it\'s"', os.environ)
    assert Path(arguments[0]).is_absolute()
    done = subprocess.run(arguments, capture_output=True, check=True)
    assert done.stdout.decode().endswith(" it's")


def test_no_profile_and_no_autorun_comes_before_the_text(tmp_path: Path) -> None:
    program(tmp_path, "pwsh")
    program(tmp_path, "cmd")
    environment = {"PATH": str(tmp_path)}
    assert argv(Shell.PWSH, "x", environment)[1:] == ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", "x")
    assert argv(Shell.CMD, "x", environment)[1:] == ("/d", "/v:off", "/s", "/c", "x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prog a 'b c' \"d e\" f\\ g", ["prog", "a", "b c", "d e", "f g"]),
        ("prog $HOME | * # x", ["prog", "$HOME", "|", "*", "#", "x"]),
        ("prog ''", ["prog", ""]),
        ("  prog\n--x\t", ["prog", "--x"]),
    ],
)
def test_without_a_shell_quotes_group_and_nothing_else_is_special(text: str, words: list[str]) -> None:
    assert split(text, platform="linux") == words


def test_without_a_shell_windows_paths_keep_their_backslashes() -> None:
    assert split('"C:\\Program Files\\x.exe" C:\\new a"b c"d', platform="win32") == [
        "C:\\Program Files\\x.exe",
        "C:\\new",
        "ab cd",
    ]


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_a_text_that_is_no_argv_is_told(platform: str) -> None:
    with pytest.raises(ClockhandError, match="quote is not closed"):
        split('prog "x', platform=platform)
    with pytest.raises(ClockhandError, match="empty"):
        split(" \n", platform=platform)
