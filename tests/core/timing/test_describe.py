"""Sentences about expressions, and the warnings before they are trusted."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.timing.cron import CronError, parse
from core.timing.describe import describe, explain_fields, warnings
from tests.core.timing.oracle import Meaning
from tests.core.timing.strategies import expressions

NOW = datetime(2026, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("* * * * *", "Every minute."),
        ("*/5 * * * *", "Every 5 minutes."),
        ("0-59/5 * * * *", "Every 5 minutes."),
        ("*/7 * * * *", "At minutes 0, 7, 14, … 56 of every hour."),
        ("0 * * * *", "At minute 0 of every hour."),
        ("@hourly", "At minute 0 of every hour."),
        ("5,35 * * * *", "At minutes 5 and 35 of every hour."),
        ("30 7 * * 1-5", "At 07:30, Monday to Friday."),
        ("30 7 * * *", "At 07:30, every day."),
        ("0 9,17 * * *", "At 09:00 and 17:00, every day."),
        ("0 9-17 * * *", "At minute 0 of each hour, from 09:00 to 17:59."),
        ("*/15 9-17 * * 1-5", "Every 15 minutes, from 09:00 to 17:59, Monday to Friday."),
        ("* 9 * * *", "Every minute, from 09:00 to 09:59."),
        ("*/5 8,12 * * *", "Every 5 minutes of the hours 08 and 12."),
        ("0 */2 * * *", "At minute 0 of every 2nd hour (00, 02, 04, … 22)."),
        ("* 1,5,9-12 * * *", "Every minute, from 01:00 to 01:59, from 05:00 to 05:59 and from 09:00 to 12:59."),
        ("* * * * * *", "Every second."),
        ("*/10 * * * * *", "Every 10 seconds."),
        ("0 * * * * *", "Every minute."),
        ("30 * * * * *", "At second 30 of every minute."),
        ("30 0 12 * * *", "At 12:00:30, every day."),
        ("0 0 12 * * *", "At 12:00, every day."),
        ("5 0 9-17 * * *", "At second 5 of minute 0 of each hour, from 09:00 to 17:59."),
        ("*/10 */5 * * * *", "Every 10 seconds of every 5th minute."),
        ("* 30 7 * * 1", "Every second of minute 30 of each hour, from 07:00 to 07:59, on Monday."),
        ("0 0 13 * 5", "At 00:00, on day 13 of the month or on Friday."),
        ("0 0 13 1,2 5", "At 00:00, on day 13 of the month or on Friday, in January and February."),
        ("0 0 */2 * 1", "At 00:00, on days 1, 3, 5, … 31 of the month, but only if that is Monday."),
        ("0 0 1,15 * *", "At 00:00, on days 1 and 15 of the month."),
        ("0 0 L * *", "At 00:00, on the last day of the month."),
        ("0 0 1,LW 1-3,7 *", "At 00:00, on day 1 and the last workday of the month in January to March and July."),
        ("0 0 * * 5#2,1,6L", "At 00:00, on Monday and the second Friday and the last Saturday of the month."),
        ("0 0 * * 6-7", "At 00:00, on Saturday and Sunday."),
        ("0 0 * * SUN", "At 00:00, on Sunday."),
        ("0 0 * 3 *", "At 00:00, every day in March."),
        ("* * * 3 *", "Every minute, every day in March."),
        ("@reboot", "Once at each start of Clockhand."),
    ],
)
def test_an_expression_is_one_sentence(expression: str, sentence: str) -> None:
    assert describe(parse(expression)) == sentence


def test_a_spread_job_is_described_by_what_it_was_resolved_to() -> None:
    expression = parse("H(7-7) H(3-3) * * *")
    assert describe(expression) == "At 03:07, every day."
    assert explain_fields(expression)[0] == ("minute", "H(7-7)", "Minute 7 (H(7-7) became 7).")


def test_each_field_is_explained_with_the_users_text() -> None:
    assert explain_fields(parse("*/30 30 */6 1,L jan,MAR MON-FRI")) == [
        ("second", "*/30", "Seconds 0 and 30."),
        ("minute", "30", "Minute 30."),
        ("hour", "*/6", "Hours 00, 06, 12 and 18."),
        ("day-of-month", "1,L", "On day 1 and the last day of the month."),
        ("month", "jan,MAR", "In January and March."),
        ("day-of-week", "MON-FRI", "Monday to Friday."),
    ]
    assert [meaning for _, _, meaning in explain_fields(parse("* * * * *"))] == [
        "Every minute.",
        "Every hour.",
        "Every day of the month.",
        "In every month.",
        "Every day of the week.",
    ]
    assert explain_fields(parse("@reboot")) == []


def warned(expression: str, zone: str = "UTC", now: datetime = NOW) -> list[str]:
    return warnings(parse(expression), ZoneInfo(zone), now)


@pytest.mark.parametrize(
    "expression",
    ["* * * * *", "*/5 * * * *", "30 7 * * 1-5", "0 0 L * *", "0 0 28 2 *", "0 0 31 1,3 *", "*/15 */6 * * *"],
)
def test_what_cannot_surprise_is_not_warned_about(expression: str) -> None:
    assert warned(expression) == []


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("0 0 13 * 5", "a day matches if either does: day “13” or weekday “5”."),
        ("0 0 */2 * 1", "“*/2” begins with *, so a day must match both"),
        ("0 0 1 * */2", "“*/2” begins with *, so a day must match both"),
        ("0 0 31 * *", "February, April, June, September and November have no 31st"),
        ("0 0 30,31 2-4 *", "30th or 31st: February and April have no 31st"),
        ("0 0 29 2,3 *", "February has no 29th (except in leap years)"),
        ("*/7 * * * *", "begins anew each hour: after minute 56 the next one comes 4 minutes later"),
        ("0 */5 * * *", "begins anew each day: after 20:00 the next one comes 4 hours later"),
        ("*/59 * * * * *", "after second 59 the next one comes 1 second later"),
        ("*/0007 * * * *", "after minute 56"),
        ("0 0 29 2 *", "more than a year away: Tuesday 29 February 2028"),
        ("@reboot", "never caught up"),
    ],
)
def test_what_may_surprise_is_said(expression: str, part: str) -> None:
    assert any(part in sentence for sentence in warned(expression))


SPRING = "On Sunday 29 March 2026 the clock in Europe/Berlin goes from 02:00 to 03:00: "
AUTUMN = "On Sunday 25 October 2026 the clock in Europe/Berlin goes from 03:00 to 02:00: "


@pytest.mark.parametrize(
    ("expression", "spring", "autumn"),
    [
        (
            "30 2 * * *",
            "the due time 02:30 does not exist that day and runs at 03:00 instead.",
            "the due time 02:30 comes twice and runs the first time only.",
        ),
        (
            "15,45 2 * * *",
            "2 due times do not exist that day and run once, at 03:00 instead.",
            "2 due times come twice and run the first time only.",
        ),
        ("*/10 2 * * *", "6 due times do not come that day.", "6 due times come twice and run both times."),
        (
            "0 */2 * * *",
            "the due time 02:00 does not come that day.",
            "the due time 02:00 comes twice and runs both times.",
        ),
    ],
)
def test_the_next_dst_dates_are_named_with_what_they_do(expression: str, spring: str, autumn: str) -> None:
    assert warned(expression, "Europe/Berlin") == [SPRING + spring, AUTUMN + autumn]


@pytest.mark.parametrize("expression", ["30 3 * * *", "*/5 * * * *", "0 * * * *", "30 2 * 7 *", "30 2 * * 1-6"])
def test_a_change_that_touches_no_due_time_is_not_named(expression: str) -> None:
    assert warned(expression, "Europe/Berlin") == []


def test_half_an_hour_does_touch_an_hourly_cron() -> None:
    assert len(warned("0 * * * *", "Australia/Lord_Howe")) == 1
    assert len(warned("15 * * * *", "Australia/Lord_Howe")) == 1


def test_a_lost_day_is_named_with_the_day_that_follows() -> None:
    found = warned("0 12 * * *", "Pacific/Apia", datetime(2011, 12, 1, tzinfo=UTC))
    assert found[0] == (
        "On Friday 30 December 2011 the clock in Pacific/Apia goes from 00:00 to 00:00 of Saturday 31 December 2011: "
        "the due time 12:00 does not come that day."
    )


def test_changes_further_away_than_13_months_are_left_out() -> None:
    assert len(warned("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 30, tzinfo=UTC))) == 2
    assert len(warned("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 28, tzinfo=UTC))) == 3


def test_it_is_said_that_what_h_stands_for_depends_on_the_name() -> None:
    assert ["another name would give another value" in sentence for sentence in warned("H H * * *")] == [True]
    assert warned("5 7 * * *") == []


@given(expressions(seconds=True), st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]))
def test_every_expression_has_its_sentences(written: tuple[str, Meaning], zone: str) -> None:
    try:
        expression = parse(written[0])
    except CronError:
        assume(False)
        raise
    sentences = [describe(expression), *(meaning for _, _, meaning in explain_fields(expression))]
    sentences += warnings(expression, ZoneInfo(zone), NOW)
    assert all(sentence.endswith(".") and sentence[0] == sentence[0].upper() for sentence in sentences)
    assert not any("  " in sentence or "None" in sentence for sentence in sentences)
