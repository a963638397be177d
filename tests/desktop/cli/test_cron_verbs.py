"""`cron next` and `cron explain`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.desktop.cli.conftest import ROOT, Call


def test_the_next_due_times_come_one_a_line_in_utc(ask: Call) -> None:
    answer = ask(
        "cron", "next", "30 7 * * 1-5", "--tz", "Europe/Berlin", "--from", "2026-11-27T00:00:00Z", "--count", "2"
    )
    assert (answer.code, answer.out, answer.err) == (0, "2026-11-27T06:30:00Z\n2026-11-30T06:30:00Z\n", "")


def test_five_due_times_are_the_default(ask: Call) -> None:
    assert len(ask("cron", "next", "@hourly").out.splitlines()) == 5


def test_a_time_without_an_offset_is_the_wall_clock_of_the_zone(ask: Call) -> None:
    answer = ask(
        "cron", "next", "0 * * * *", "--tz", "Asia/Tokyo", "--from", "2026-11-24T09:30", "--count", "1", "--json"
    )
    assert answer.json == {"next": ["2026-11-24T01:00:00Z"]}


def test_reboot_has_no_due_times_and_says_so_to_the_person(ask: Call) -> None:
    answer = ask("cron", "next", "@reboot")
    assert (answer.code, answer.out) == (0, "")
    assert "no due times" in answer.err


def test_a_wrong_expression_is_refused_with_a_mark_below_the_place(ask: Call) -> None:
    answer = ask("cron", "next", "0 25 * * *")
    assert (answer.code, answer.out) == (4, "")
    assert answer.err.splitlines()[1:] == ["  0 25 * * *", "    ^"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("0 7 * * *", "--tz", "Mars/Olympus"), 4, "There is no time zone named “Mars/Olympus”"),
        (("0 7 * * *", "--from", "soon"), 2, "“soon” is not a time"),
        (("0 7 * * *", "--count", "0"), 2, "--count"),
        ((), 2, "Give an expression"),
        (("0 7 * * *", "--batch"), 2, "not both"),
    ],
)
def test_wrong_arguments_get_a_sentence(ask: Call, arguments: tuple[str, ...], code: int, words: str) -> None:
    answer = ask("cron", "next", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert words in answer.err


def test_an_explanation_has_a_sentence_the_fields_warnings_and_the_next_five(ask: Call) -> None:
    answer = ask("cron", "explain", "0 9 1-7 * MON", "--tz", "Europe/Berlin", "--json").json
    assert answer["sentence"] == "At 09:00, on days 1 to 7 of the month or on Monday."
    assert [field["name"] for field in answer["fields"]] == ["minute", "hour", "day-of-month", "month", "day-of-week"]
    assert "either" in answer["warnings"][0]
    assert len(answer["next"]) == 5
    assert answer["timezone"] == "Europe/Berlin"


def test_an_explanation_reads_as_text_too(ask: Call) -> None:
    out = ask("cron", "explain", "0 9 1-7 * MON", "--tz", "Europe/Berlin").out
    assert "At 09:00, on days 1 to 7 of the month or on Monday." in out
    assert "Note: Both the day and the weekday are restricted" in out
    assert "CET" in out or "CEST" in out


def test_verbs_about_time_load_neither_the_database_nor_qt() -> None:
    code = (
        "import sys; from desktop.cli import main; main(['cron', 'explain', '@daily']); "
        "sys.exit(' '.join({'sqlalchemy', 'PySide6', 'alembic', 'keyring'} & set(sys.modules)) or 0)"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
