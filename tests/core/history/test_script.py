"""Runs as scripts: the real shells read them, and find what the run had."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.history.runs import Run
from core.history.script import shell_script
from core.workspace import Workspace
from tests.support.jobs import write_history

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are of POSIX shells")

BERLIN = ZoneInfo("Europe/Berlin")
SHELLS = [name for name in ("sh", "bash", "zsh") if shutil.which(name)]
NASTY = 'it\'s $HOME `id` \\ "q" !x\n%PATH% ~ * ;# é\t'


@pytest.fixture
def run(workspace: Workspace) -> Run:
    at = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
    write_history(workspace, 1, lambda _: {"command_name": "say", "due_at": at, "environment_name": "home"})
    return workspace.runs.get(1)


def plan(text: str, folder: Path | str = "/", shell: str = "sh", **other: Any) -> dict[str, Any]:
    return {
        "shell": shell, "program": shutil.which(shell) or "/bin/sh", "text": text, "working_directory": str(folder),
        "timeout_ms": None, "interactive": False, "base": "session", "variables": [],
    } | other  # fmt: skip


def plain(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": value, "origin": "environment “home”"}


def execute(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    path.write_text(script, encoding="utf-8")
    path.chmod(0o700)
    return subprocess.run([str(path)], capture_output=True, text=True, encoding="utf-8", timeout=20, check=False)


SHOW = [sys.executable, "-c", "import json, os, sys; print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]))"]
SHOW_TEXT = " ".join("'" + word.replace("'", "'\\''") + "'" for word in SHOW)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_gives_the_text_its_folder_and_its_variables(run: Run, tmp_path: Path, shell: str) -> None:
    folder = tmp_path / "a folder's $name"
    folder.mkdir()
    made = shell_script(plan(SHOW_TEXT, folder, shell, variables=[plain("NASTY", NASTY)]), run, BERLIN)
    ended = execute(made, tmp_path / "again")
    assert ended.returncode == 0, ended.stderr
    _arguments, where, environment = json.loads(ended.stdout)
    assert where == str(folder.resolve())
    assert environment["NASTY"] == NASTY
    assert environment["CLOCKHAND_JOB_ID"] == "1"
    assert environment["CLOCKHAND_COMMAND"] == "say"
    assert environment["CLOCKHAND_ENVIRONMENT"] == "home"
    assert environment["CLOCKHAND_DUE_AT"] == "2026-11-24T06:30:00Z"
    assert environment["CLOCKHAND_DUE_AT_LOCAL"] == "2026-11-24T07:30:00+01:00"


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=12, deadline=None)
@given(value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_any_value_arrives_as_it_was(tmp_path_factory: pytest.TempPathFactory, shell: str, value: str) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    empty = dict.fromkeys(Run.__dataclass_fields__)
    run = Run(**{**empty, "id": 7, "command_id": 1, "command": value or "x", "attempt": 1, "scheduled_at": at})  # type: ignore[arg-type]  # what else there is, a script does not read
    made = shell_script(plan(SHOW_TEXT, "/", shell, variables=[plain("VALUE", value)]), run, BERLIN)
    ended = execute(made, tmp_path_factory.mktemp("script") / "again")
    assert ended.returncode == 0, ended.stderr
    environment = json.loads(ended.stdout)[2]
    assert environment["VALUE"] == value
    assert environment["CLOCKHAND_COMMAND"] == (value or "x")


def test_a_secret_is_a_comment_without_a_value(run: Run, tmp_path: Path) -> None:
    secret = {"name": "TOKEN", "secret": True, "origin": "environment “home”"}
    made = shell_script(plan('echo "[${TOKEN-none}]"', variables=[secret]), run, BERLIN)
    assert "# export TOKEN=   (a secret of environment “home”" in made
    assert execute(made, tmp_path / "again").stdout == "[none]\n"


def test_the_text_ends_the_script_with_its_own_exit_code(run: Run, tmp_path: Path) -> None:
    ended = execute(shell_script(plan("cat <<END\nhello\nEND\nexit 7\n"), run, BERLIN), tmp_path / "again")
    assert (ended.returncode, ended.stdout) == (7, "hello\n")


def test_nothing_runs_where_the_folder_is_gone(run: Run, tmp_path: Path) -> None:
    ended = execute(shell_script(plan("echo ran", tmp_path / "gone"), run, BERLIN), tmp_path / "again")
    assert ended.returncode != 0
    assert ended.stdout == ""


def test_a_run_without_a_shell_becomes_words_of_sh(run: Run, tmp_path: Path) -> None:
    text = "python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' '$HOME' 'a  b' ''"
    made = shell_script(plan(text, shell="none", program=sys.executable), run, BERLIN)
    assert json.loads(execute(made, tmp_path / "again").stdout) == ["$HOME", "a  b", ""]


def test_a_name_with_a_line_feed_stays_in_its_comment(run: Run, tmp_path: Path) -> None:
    made = shell_script(plan("true"), replace(run, command="x\necho trap"), BERLIN)
    assert execute(made, tmp_path / "again").stdout == ""


def test_standard_input_is_empty_as_it_was_for_the_run(run: Run) -> None:
    made = shell_script(plan("cat; echo end"), run, BERLIN)
    ended = subprocess.run(["sh", "-c", made], input="typed", capture_output=True, text=True, timeout=20, check=True)
    assert ended.stdout == "end\n"
    assert "</dev/null" not in shell_script(plan("cat", interactive=True), run, BERLIN)


def test_a_terminal_is_told(run: Run) -> None:
    assert "# It had a terminal; run this script in one.\n" in shell_script(plan("true", terminal=True), run, BERLIN)


def test_a_limit_and_the_base_are_told(run: Run) -> None:
    made = shell_script(plan("true", timeout_ms=1500, base="clean"), run, BERLIN)
    assert "# It was given 1.5 s; this script sets no limit.\n" in made
    assert "env -i" in made


def test_powershell_and_cmd_have_their_own_words(run: Run) -> None:
    variables = [plain("PLAIN", "it's"), plain("ODD", "a%b"), {"name": "TOKEN", "secret": True, "origin": "x"}]
    powershell = shell_script(plan("Get-Date", "C:\\x", "pwsh", variables=variables), run, BERLIN)
    assert "Set-Location -LiteralPath 'C:\\x' -ErrorAction Stop\n" in powershell
    assert "$env:PLAIN = 'it''s'\n" in powershell
    assert "\n# $env:TOKEN = ''" in powershell
    cmd = shell_script(plan("ver", "C:\\x", "cmd", variables=variables), run, BERLIN)
    assert cmd.startswith("@echo off\nrem ")
    assert 'cd /d "C:\\x" || exit /b\n' in cmd
    assert '\nset "PLAIN=it\'s"\n' in cmd
    assert "\nrem set ODD=a%b   (not written" in cmd
