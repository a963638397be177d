"""`import crontab`: the answer in JSON, the question, and what is commented out in the user's own crontab."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import pytest

from tests.desktop.cli.conftest import ROOT, Call, environ
from tests.support import wait_until

LINES = """\
# m h dom mon dow command
MAILTO=joe
# Back up
30 2 * * * tar cf /x-$(date +\\%F)
0 9 * * 1 cat%Hi%there
bad line
CRON_TZ=Asia/Tokyo
@daily echo '{{.Names}}'
"""

FAKE = """#!/bin/sh
case "$1" in
-l) test -e "$FAKE_CRONTAB" || { echo "no crontab for joe" >&2; exit 1; }; cat "$FAKE_CRONTAB" ;;
-) if test -e "$FAKE_CRONTAB.refuse"; then echo "bad minute" >&2; exit 1; fi; cat > "$FAKE_CRONTAB" ;;
*) exit 2 ;;
esac
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that a program “crontab” on PATH keeps the user's crontab in."""
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(FAKE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_CRONTAB", str(tmp_path / "own"))
    return tmp_path / "own"


def test_a_dry_run_tells_each_line_in_json_and_writes_nothing(ask: Call, data_dir: Path) -> None:
    answer = ask("import", "crontab", "-", "--dry-run", "--json", stdin=LINES.encode())
    assert answer.code == 0
    jobs = answer.json["jobs"]
    told = [{key: job[key] for key in ("line", "expression", "timezone", "command", "stdin", "user")} for job in jobs]
    assert told == [
        {"line": 4, "expression": "30 2 * * *", "timezone": "system", "command": "tar cf /x-$(date +%F)",
         "stdin": None, "user": None},
        {"line": 5, "expression": "0 9 * * 1", "timezone": "system", "command": "cat", "stdin": "Hi\nthere\n",
         "user": None},
        {"line": 8, "expression": "@daily", "timezone": "Asia/Tokyo", "command": "echo '{{.Names}}'", "stdin": None,
         "user": None},
    ]  # fmt: skip
    assert jobs[0]["name"] == "Back up"
    assert jobs[0]["environment"] == {"MAILTO": "joe"}
    assert any("joe" in sentence for sentence in jobs[0]["warnings"])
    assert jobs[2]["becomes"]["cron"] == {
        "name": "@daily Asia/Tokyo", "expression": "@daily", "timezone": "Asia/Tokyo",
    }  # fmt: skip
    (error,) = answer.json["errors"]
    assert (error["line"], error["text"]) == (6, "bad line")
    assert error["reason"].startswith("The line has 2 fields.")
    assert not data_dir.exists()


def test_a_dry_run_for_people_shows_lines_warnings_and_bad_lines(ask: Call, data_dir: Path) -> None:
    answer = ask("import", "crontab", "-", "--dry-run", stdin=LINES.encode())
    assert "+ line 4: 30 2 * * * → schedule “Back up”" in answer.out
    assert "- line 6: bad line" in answer.out
    assert answer.out.count("Cron mails the output to joe") == 1
    assert "! lines 4, 5, 8: Cron mails" in answer.out
    assert answer.err == "Nothing was changed. It would be: 3 lines taken over. 1 bad line left out.\n"
    assert not data_dir.exists()


def test_users_are_read_with_system(ask: Call) -> None:
    answer = ask("import", "crontab", "-", "--system", "--dry-run", "--json", stdin=b"0 5 * * * www-data x y\n")
    (job,) = answer.json["jobs"]
    assert (job["user"], job["command"]) == ("www-data", "x y")


def test_what_is_taken_over_runs_as_under_cron(ask: Call, program: Call, data_dir: Path) -> None:
    text = b'A=it\'s {{ x }} ${B}\n# greet\n0 5 * * * read a; echo "$A/$a"; cat; echo "$SHELL $PATH"; exit 3%one%two\n'
    assert ask("import", "crontab", "-", "--yes", stdin=text).code == 0
    # In a process of its own: the loop that it makes would be in the way of all tests of the window.
    answer = program("run", "greet", "--env", "crontab", "--wait")
    assert (answer.code, answer.out) == (3, "it's {{ x }} ${B}/one\ntwo\n/bin/sh /usr/bin:/bin\n")


def test_taking_over_twice_changes_nothing(ask: Call) -> None:
    ask("import", "crontab", "-", "--yes", stdin=LINES.encode())
    first = ask("export").out
    again = ask("import", "crontab", "-", "--yes", stdin=LINES.encode())
    assert again.code == 0
    assert "= line 4: 30 2 * * * → schedule “Back up” (there already)" in again.out
    assert ask("export").out == first
    assert first.count("[[schedules]]") == 3


def test_nothing_is_written_without_a_yes(ask: Call, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop.cli.crontabs.may_ask", lambda: False)
    answer = ask("import", "crontab", "-", stdin=LINES.encode())
    assert answer.code == 4
    assert "--yes" in answer.err
    assert not data_dir.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="it has no terminals of this kind")
@pytest.mark.parametrize(("reply", "code"), [(b"y\n", 0), (b"\n", 4), (b"n\n", 4)])
def test_the_question_is_asked_on_the_terminal(reply: bytes, code: int, data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text(LINES)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        words = [sys.executable, "-m", "desktop", "import", "crontab", str(file)]
        os.execve(sys.executable, words, environ(CLOCKHAND_DATA_DIR=str(data_dir)))
    seen = b""
    try:
        while b"Take over 3 lines?" not in seen:
            seen += os.read(terminal, 4096)
        os.write(terminal, reply)
        status: list[int] = []

        def ended() -> bool:
            found, result = os.waitpid(pid, os.WNOHANG)
            status.extend([result] if found else [])
            return bool(found)

        wait_until(ended, timeout_s=60, message="the program ends")
    finally:
        os.close(terminal)
    assert os.waitstatus_to_exitcode(status[0]) == code
    assert data_dir.exists() == (code == 0)


def test_my_own_lines_are_commented_out_and_the_crontab_is_kept(ask: Call, own: Path, data_dir: Path) -> None:
    own.write_bytes(LINES.encode() + b"# caf\xe9\n")
    answer = ask("import", "crontab", "--mine", "--comment-out", "--yes")
    assert answer.code == 0
    expected = [
        f"# Runs in Clockhand now: {line}" if number in {4, 5, 8} else line
        for number, line in enumerate(LINES.split("\n")[:-1], 1)
    ]
    assert own.read_bytes() == "".join(f"{line}\n" for line in expected).encode() + b"# caf\xe9\n"
    (backup,) = (data_dir / "backups").glob("crontab-*.txt")
    assert backup.read_bytes() == LINES.encode() + b"# caf\xe9\n"
    assert backup.stat().st_mode & 0o777 == 0o600
    assert str(backup) in answer.err
    left = ask("import", "crontab", "--mine", "--dry-run", "--json").json
    assert (left["jobs"], [error["line"] for error in left["errors"]]) == ([], [6])


def test_without_comment_out_the_crontab_stays(ask: Call, own: Path) -> None:
    own.write_text(LINES)
    answer = ask("import", "crontab", "--mine", "--yes")
    assert (answer.code, own.read_text()) == (0, LINES)
    assert "cron runs them, too" in answer.err


def test_a_crontab_that_cron_refuses_stays_as_it_was(ask: Call, own: Path, data_dir: Path) -> None:
    own.write_text(LINES)
    Path(f"{own}.refuse").touch()
    answer = ask("import", "crontab", "--mine", "--comment-out", "--yes")
    assert answer.code == 4
    assert "bad minute" in answer.err
    assert "The lines are taken over. They still stand in your crontab" in answer.err
    assert own.read_text() == LINES
    assert list((data_dir / "backups").glob("crontab-*.txt"))


def test_a_user_without_a_crontab_is_told_so(ask: Call, own: Path) -> None:
    answer = ask("import", "crontab", "--mine", "--dry-run")
    assert (answer.code, answer.out) == (4, "")
    assert "no crontab for joe" in answer.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 2),
        (("-", "--mine"), 2),
        (("-", "--comment-out"), 2),
        (("--mine", "--comment-out", "--dry-run"), 2),
        (("--mine", "--system"), 2),
        (("/nowhere/at/all",), 3),
    ],
)
def test_wrong_use_is_refused(ask: Call, words: tuple[str, ...], code: int, data_dir: Path) -> None:
    assert ask("import", "crontab", *words).code == code
    assert not data_dir.exists()


def test_a_file_without_a_job_asks_nothing(ask: Call, data_dir: Path) -> None:
    answer = ask("import", "crontab", "-", stdin=b"# nothing\n")
    assert (answer.code, answer.err) == (0, "There is no line to take over.\n")
    assert not data_dir.exists()
