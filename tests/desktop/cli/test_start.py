"""What holds for every verb: folders, streams, exit codes of storage errors, and how it starts."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import desktop.cli.jobs
from core import __version__
from desktop.application import NO_DISPLAY_CODE
from tests.desktop.cli.conftest import ROOT, Call, environ

POSIX = pytest.mark.skipif(os.name != "posix", reason="pipes and devices as POSIX has them")


def test_the_version_is_told(program: Call) -> None:
    answer = program("--version")
    assert (answer.code, answer.out, answer.err) == (0, f"clockhand {__version__}\n", "")


@pytest.mark.parametrize(
    "verb",
    [
        *("", "agent", "apply", "export", "run", "jobs", "events", "log", "retry", "cancel", "pause", "resume"),
        *("doctor", "cron", "cron next", "cron explain"),
    ],
)
def test_every_verb_has_help_with_the_option_for_the_data_folder(ask: Call, verb: str) -> None:
    answer = ask(*verb.split(), "--help")
    assert (answer.code, answer.err) == (0, "")
    if verb != "cron":
        assert "--data-dir" in answer.out
        assert "Examples:" in answer.out


def test_the_data_folder_may_be_named_before_and_after_the_verb(ask: Call, filled: Path, tmp_path: Path) -> None:
    other = str(tmp_path / "other")
    ask("run", "greet")
    assert ask("--data-dir", other, "jobs", "--json").json == []
    assert ask("jobs", "--json", "--data-dir", other).json == []
    assert len(ask("--data-dir", other, "jobs", "--json", "--data-dir", str(filled)).json) == 1


def test_a_data_folder_that_is_a_file_is_refused(ask: Call, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    answer = ask("jobs", "--data-dir", str(file))
    assert (answer.code, answer.out) == (5, "")
    assert "is not a folder" in answer.err


def test_a_damaged_database_is_refused_and_left_as_it_is(ask: Call, data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    (data_dir / "clockhand.db").write_bytes(b"not a database, " * 1000)
    for verb in (("jobs",), ("pause",), ("apply", "-")):
        answer = ask(*verb, stdin=b"version = 1\n")
        assert (answer.code, answer.out) == (5, "")
        assert "is not a database" in answer.err
    assert (data_dir / "clockhand.db").read_bytes() == b"not a database, " * 1000


def test_a_database_of_a_newer_version_is_refused(ask: Call, filled: Path) -> None:
    with sqlite3.connect(filled / "clockhand.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    answer = ask("jobs")
    assert (answer.code, answer.out) == (5, "")
    assert "newer version" in answer.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to the superuser")
def test_a_folder_that_can_not_be_read_is_refused(ask: Call, filled: Path) -> None:
    filled.chmod(0)
    try:
        answer = ask("jobs")
    finally:
        filled.chmod(0o700)
    assert answer.code == 5


@POSIX
def test_a_reader_that_leaves_is_no_error() -> None:
    # More than a pipe holds, so that the program meets the closed end for certain.
    command = f"{sys.executable} -m desktop cron next '* * * * *' --count 10000 | head -c 1; echo ${{PIPESTATUS[0]}}"
    answer = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (answer.stdout, answer.stderr) == ("20\n", "")


@POSIX
def test_a_full_disk_behind_standard_output_is_an_error_in_a_sentence(filled: Path, program: Call) -> None:
    with Path("/dev/full").open("w") as full:
        answer = program("cron", "next", "@daily", stdout=full)
    assert answer.code == 1
    assert answer.err == "clockhand: The answer can't be written to standard output: No space left on device.\n"


@POSIX
def test_closed_standard_streams_are_no_error(filled: Path) -> None:
    command = ["bash", "-c", f"{sys.executable} -m desktop cron next @daily >&- 2>&- <&-"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_names_that_the_terminal_can_not_show_are_escaped(program: Call, filled: Path) -> None:
    answer = program("cron", "next", "61 * * * *", env=environ(PYTHONIOENCODING="ascii"))
    assert answer.code == 4
    assert "61 is outside" in answer.err
    wrong = program("run", "naïve", env=environ(PYTHONIOENCODING="ascii"))
    assert wrong.code == 3
    assert "\\u201cna\\xefve\\u201d" in wrong.err


def test_json_is_ascii_where_the_terminal_is_not_utf8(program: Call, ask: Call) -> None:
    ask("apply", "-", stdin='version = 1\n[[commands]]\nname = "naïve"\nrun = "true"\n'.encode())
    ask("run", "naïve")
    answer = program("jobs", "--json", env=environ(PYTHONIOENCODING="latin-1"))
    assert "na\\u00efve" in answer.out
    assert answer.json[0]["command"] == "naïve"


def test_an_error_of_our_own_is_a_sentence_and_a_traceback_only_where_asked_for(
    ask: Call, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr(desktop.cli.jobs, "_pages", fail)
    plain = ask("jobs")
    assert (plain.code, plain.out, len(plain.err.splitlines())) == (1, "", 1)
    assert "out of cheese" in plain.err
    assert "Traceback" in ask("--debug", "jobs").err


def test_reading_verbs_do_not_load_qt(start: Callable[..., subprocess.Popen[str]], filled: Path) -> None:
    code = (
        "import sys; from desktop.cli import main; main(['jobs']); "
        "sys.exit(' '.join({'PySide6', 'alembic', 'keyring'} & set(sys.modules)) or 0)"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there always is a display")
def test_without_a_verb_the_window_opens_or_says_why_it_can_not(program: Call, data_dir: Path) -> None:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    answer = program(env={name: value for name, value in os.environ.items() if name not in names})
    assert (answer.code, answer.out) == (NO_DISPLAY_CODE, "")
    assert "display" in answer.err
    assert not data_dir.exists()
