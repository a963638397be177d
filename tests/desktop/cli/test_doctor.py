"""`doctor`: the answer, the exit codes, and that it makes nothing."""

from __future__ import annotations

from pathlib import Path

from desktop.cli.doctor import check_display, check_qt
from tests.desktop.cli.conftest import Call


def test_a_healthy_folder_gives_zero_and_an_answer_for_each_check(ask: Call, filled: Path) -> None:
    answer = ask("doctor", "--json")
    assert answer.code == 0
    assert answer.json["data_folder"] == str(filled)
    checks = {check["check"]: check for check in answer.json["checks"]}
    assert {"data folder", "disk space", "database", "agent", "crons", "time zone", "shells", "keyring"} <= set(checks)
    assert {"display", "Qt"} <= set(checks)
    assert checks["database"]["health"] == "ok"
    assert checks["agent"]["health"] == "warning"
    assert all(check["mend"] for check in checks.values() if check["health"] != "ok")


def test_each_finding_is_a_line_and_what_to_do_another(ask: Call, filled: Path) -> None:
    lines = ask("doctor").out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("warning  agent:"))
    assert "→ Start one" in lines[place + 1]


def test_looking_makes_no_folder(ask: Call, data_dir: Path) -> None:
    assert ask("doctor").code == 0
    assert not data_dir.exists()


def test_a_damaged_database_gives_five(ask: Call, data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    (data_dir / "clockhand.db").write_bytes(b"not a database, " * 1000)
    answer = ask("doctor")
    assert answer.code == 5
    assert "fault    database:" in answer.out


def test_the_display_is_named(monkeypatch: object) -> None:
    assert check_display({"DISPLAY": ":7"}).health == "ok"


def test_qt_is_found_where_it_is() -> None:
    assert [finding.health for finding in check_qt({})] == ["ok"]
