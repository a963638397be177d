"""The rules of days, zones and bounds as tables: each row is a promise of R0, R2, R3 or R5."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from core.timing.cron import parse
from core.timing.occurrences import Occurrences


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def runs(expression: str, zone: str, start: str, end: str) -> list[str]:
    """Return the due times in (start, end] (UTC) as local wall-clock times with their offset."""
    occurrences = Occurrences(parse(expression), ZoneInfo(zone))
    found = occurrences.latest(utc(start), utc(end), 1000)
    assert found == occurrences.upcoming(utc(start), len(found))
    assert len(found) == occurrences.count(utc(start), utc(end))
    return [each.astimezone(ZoneInfo(zone)).isoformat(sep=" ", timespec="minutes") for each in found]


def days(expression: str, start: str = "2026-01-31T13:00", end: str = "2026-02-28T13:00") -> list[str]:
    """Return month and day of the due times of February 2026, in UTC."""
    occurrences = Occurrences(parse(expression), ZoneInfo("UTC"))
    found = occurrences.latest(utc(start), utc(end), 1000)
    return [each.strftime("%m-%d") for each in found]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # 1 February 2026 is a Sunday, so the 13th is a Friday.
        ("13 * FRI", ["02-06", "02-13", "02-20", "02-27"]),
        ("1,15 * 6#1", ["02-01", "02-07", "02-15"]),
        ("*/14 * SUN", ["02-01", "02-15"]),
        ("*/14 * *", ["02-01", "02-15"]),
        ("15 * */7", ["02-15"]),
        ("14 * */7", []),
        ("1-31 * 1", [f"02-{day:02}" for day in range(1, 29)]),
        ("L * *", ["02-28"]),
        ("LW * *", ["02-27"]),
        ("L,LW,1 * *", ["02-01", "02-27", "02-28"]),
        ("L * MON", ["02-02", "02-09", "02-16", "02-23", "02-28"]),
        ("* * 5L", ["02-27"]),
        ("* * L0", ["02-22"]),
        ("* * 1#1,1#4,5L", ["02-02", "02-23", "02-27"]),
        ("* * 1#5", []),
        ("* * 7", ["02-01", "02-08", "02-15", "02-22"]),
        ("30 2 1", ["02-02", "02-09", "02-16", "02-23"]),
        ("* 3 *", []),
    ],
)
def test_days_match_by_either_field_unless_one_begins_with_a_star(fields: str, expected: list[str]) -> None:
    assert days(f"0 12 {fields}") == expected


@pytest.mark.parametrize(
    ("month", "last_workday"),
    [("2026-01", 30), ("2026-02", 27), ("2026-05", 29), ("2026-06", 30), ("2026-08", 31), ("2027-02", 26)],
)
def test_the_last_workday_is_the_last_day_from_monday_to_friday(month: str, last_workday: int) -> None:
    occurrences = Occurrences(parse("0 12 LW * *"), ZoneInfo("UTC"))
    assert occurrences.next(utc(f"{month}-01")) == utc(f"{month}-{last_workday:02}T12:00")


SPRING = ("2026-03-28T22:00", "2026-03-29T03:30")
AUTUMN = ("2026-10-24T22:00", "2026-10-25T03:30")


@pytest.mark.parametrize(
    ("expression", "spring", "autumn"),
    [
        ("30 1 * * *", ["01:30+01:00"], ["01:30+02:00"]),
        ("30 2 * * *", ["03:00+02:00"], ["02:30+02:00"]),
        ("0 3 * * *", ["03:00+02:00"], ["03:00+01:00"]),
        ("0 2 * * *", ["03:00+02:00"], ["02:00+02:00"]),
        ("0 2,3 * * *", ["03:00+02:00"], ["02:00+02:00", "03:00+01:00"]),
        ("15,45 2 * * *", ["03:00+02:00"], ["02:15+02:00", "02:45+02:00"]),
        ("59 1,2 * * *", ["01:59+01:00", "03:00+02:00"], ["01:59+02:00", "02:59+02:00"]),
        ("0 30 2 * * *", ["03:00+02:00"], ["02:30+02:00"]),
        ("*/30 2 * * *", [], ["02:00+02:00", "02:30+02:00", "02:00+01:00", "02:30+01:00"]),
        (
            "0 */2 * * *",
            ["00:00+01:00", "04:00+02:00"],
            ["02:00+02:00", "02:00+01:00", "04:00+01:00"],
        ),
        ("* 30 2 * * *", [], None),
    ],
)
def test_berlin_runs_fixed_times_once_and_lets_wildcards_follow_the_clock(
    expression: str, spring: list[str], autumn: list[str] | None
) -> None:
    # The windows begin just before local midnight in spring, and at it in autumn (which is not in the window).
    assert [each[11:] for each in runs(expression, "Europe/Berlin", *SPRING)] == spring
    if autumn is None:  # a run in each second of both 02:30
        assert len(runs(expression, "Europe/Berlin", *AUTUMN)) == 120
    else:
        assert [each[11:] for each in runs(expression, "Europe/Berlin", *AUTUMN)] == autumn


@pytest.mark.parametrize(
    ("expression", "spring", "autumn"),
    [
        ("30 2 * * *", ["03:00-04:00"], ["02:30-05:00"]),
        ("30 1 * * *", ["01:30-05:00"], ["01:30-04:00"]),
        ("*/30 1 * * *", ["01:00-05:00", "01:30-05:00"], ["01:00-04:00", "01:30-04:00", "01:00-05:00", "01:30-05:00"]),
    ],
)
def test_new_york_does_the_same_west_of_utc(expression: str, spring: list[str], autumn: list[str]) -> None:
    zone = "America/New_York"
    assert [each[11:] for each in runs(expression, zone, "2026-03-08T05:30", "2026-03-08T10:00")] == spring
    assert [each[11:] for each in runs(expression, zone, "2026-11-01T04:30", "2026-11-01T10:00")] == autumn


@pytest.mark.parametrize(
    ("expression", "spring", "autumn"),
    [
        ("15 2 * * *", ["02:30+11:00"], ["02:15+10:30"]),
        ("45 1 * * *", ["01:45+10:30"], ["01:45+11:00"]),
        ("15,30 2 * * *", ["02:30+11:00"], ["02:15+10:30", "02:30+10:30"]),
        ("*/15 2 * * *", ["02:30+11:00", "02:45+11:00"], [f"02:{minute}+10:30" for minute in ("00", "15", "30", "45")]),
        (
            "*/15 1 * * *",
            [f"01:{minute}+10:30" for minute in ("00", "15", "30", "45")],
            [f"01:{minute}+11:00" for minute in ("00", "15", "30", "45")] + ["01:30+10:30", "01:45+10:30"],
        ),
    ],
)
def test_lord_howe_changes_by_half_an_hour(expression: str, spring: list[str], autumn: list[str]) -> None:
    zone = "Australia/Lord_Howe"
    assert [each[11:] for each in runs(expression, zone, "2026-10-03T14:00", "2026-10-03T16:30")] == spring
    assert [each[11:] for each in runs(expression, zone, "2026-04-04T13:30", "2026-04-04T16:30")] == autumn


def test_a_lost_calendar_day_makes_nothing_up() -> None:
    around = ("2011-12-28T12:00", "2012-01-01T12:00")
    for expression in ("0 12 * * *", "0 */12 * * *"):
        dates = [each[:10] for each in runs(expression, "Pacific/Apia", *around) if each[11:16] == "12:00"]
        assert dates == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01", "2012-01-02"][: len(dates)]
        assert "2011-12-30" not in dates
    assert runs("0 12 30 12 *", "Pacific/Apia", *around) == []
    # 00:00 of the 31st is the first instant after the change, and is no time of the lost day.
    assert runs("0 0 30,31 12 *", "Pacific/Apia", *around) == ["2011-12-31 00:00+14:00"]


def test_a_change_of_3_hours_makes_nothing_up_and_one_of_2_does() -> None:
    assert runs("30 3 * * *", "Antarctica/Casey", "2009-10-17T15:00", "2009-10-18T10:00") == []
    assert runs("30 2 * * *", "Antarctica/Troll", "2026-03-29T00:00", "2026-03-29T12:00") == ["2026-03-29 03:00+02:00"]
    assert len(runs("*/30 1,2 * * *", "Antarctica/Troll", "2026-10-24T22:30", "2026-10-25T04:00")) == 8
    assert runs("30 1,2 * * *", "Antarctica/Troll", "2026-10-24T22:30", "2026-10-25T04:00") == [
        "2026-10-25 01:30+02:00",
        "2026-10-25 02:30+02:00",
    ]


@pytest.mark.parametrize(
    ("zone", "spring", "at", "autumn"),
    [
        # 00:00 is skipped; 23:00 to 24:00 comes twice, so that the day before is 25 h long.
        ("America/Sao_Paulo", "2018-11-04", "01:00-02:00", "2018-02-17"),
        ("Asia/Beirut", "2022-03-27", "01:00+03:00", "2022-10-29"),
    ],
)
def test_changes_at_midnight_keep_one_run_a_day(zone: str, spring: str, at: str, autumn: str) -> None:
    day = timedelta(days=1)
    midnights = runs("0 0 * * *", zone, str(utc(spring) - day)[:10], str(utc(spring) + 2 * day)[:10])
    assert f"{spring} {at}" in midnights
    assert len({each[:10] for each in midnights}) == len(midnights)
    late = runs("30 23 * * *", zone, str(utc(autumn) - day)[:10], str(utc(autumn) + 2 * day)[:10])
    assert [each[:10] for each in late].count(autumn) == 1
    assert len({each[:10] for each in late}) == len(late) == 3
    wild = runs("*/30 23 * * *", zone, f"{autumn}T12:00", str(utc(autumn) + day)[:10] + "T12:00")
    assert [each[11:16] for each in wild] == ["23:00", "23:30", "23:00", "23:30"]


def test_casablanca_changes_around_ramadan_and_not_in_spring() -> None:
    assert runs("30 2 * * *", "Africa/Casablanca", "2026-03-21T12:00", "2026-03-23T00:00") == ["2026-03-22 03:00+01:00"]
    assert runs("30 2 * * *", "Africa/Casablanca", "2026-02-14T12:00", "2026-02-16T00:00") == ["2026-02-15 02:30+01:00"]


def test_kathmandu_is_a_quarter_off_the_hour() -> None:
    assert runs("0 6 * * *", "Asia/Kathmandu", "2026-06-01T00:00", "2026-06-02T00:00") == ["2026-06-01 06:00+05:45"]


def test_a_zone_whose_rules_end_goes_on_by_its_last_rule() -> None:
    occurrences = Occurrences(parse("30 2 * * *"), ZoneInfo("Europe/Berlin"))
    assert occurrences.next(utc("2060-03-27T12:00")) == utc("2060-03-28T01:00")
    assert occurrences.count(utc("2050-01-01"), utc("2060-01-01")) == 3652


def test_a_repeated_period_may_reach_into_a_new_year() -> None:
    # 24 December 1994 and the like do not matter: what does is a change within the last day of a UTC year.
    midway = runs("0 */6 * * *", "Pacific/Kiritimati", "1994-12-30T00:00", "1995-01-02T00:00")
    assert "1995-01-01 00:00+14:00" in midway
    assert not any(each.startswith("1994-12-31") for each in midway)


def test_the_bounds_are_open_below_and_closed_above() -> None:
    occurrences = Occurrences(parse("0 12 * * *"), ZoneInfo("UTC"))
    noon, tick = utc("2026-06-01T12:00"), timedelta(microseconds=1)
    assert occurrences.next(noon) == noon + timedelta(days=1)
    assert occurrences.next(noon - tick) == noon
    assert occurrences.previous(noon) == noon - timedelta(days=1)
    assert occurrences.previous(noon + tick) == noon
    assert occurrences.count(noon, noon + timedelta(days=1)) == 1
    assert occurrences.count(noon - tick, noon) == 1
    assert occurrences.count(noon, noon) == 0
    assert occurrences.count(noon + timedelta(days=1), noon) == 0
    assert occurrences.latest(noon - tick, noon, 5) == [noon]
    assert occurrences.latest(noon, noon + timedelta(days=9), 0) == []
    assert occurrences.upcoming(noon, 0) == []


def test_an_instant_may_come_in_any_zone_but_not_in_none() -> None:
    occurrences = Occurrences(parse("0 12 * * *"), ZoneInfo("Europe/Berlin"))
    abroad = datetime(2026, 6, 1, 3, tzinfo=timezone(timedelta(hours=-7)))
    assert occurrences.next(abroad) == utc("2026-06-02T10:00")
    with pytest.raises(ValueError, match="naive"):
        occurrences.next(datetime(2026, 6, 1))  # noqa: DTZ001 - the naive one is the point


def test_reboot_has_no_instants() -> None:
    occurrences = Occurrences(parse("@reboot"), ZoneInfo("UTC"))
    now = utc("2026-06-01")
    assert occurrences.next(now) is None
    assert occurrences.previous(now) is None
    assert occurrences.upcoming(now, 3) == []
    assert occurrences.latest(utc("2000-01-01"), now, 3) == []
    assert occurrences.count(utc("2000-01-01"), now) == 0


@pytest.mark.parametrize(
    ("expression", "start", "following"),
    [
        ("0 0 29 2 */7", "2072-03-01", "2088-02-29"),
        ("0 0 29 2 */7", "2088-03-01", "2128-02-29"),
        ("0 0 * 2 1#5", "2072-03-01", "2112-02-29"),
        ("0 0 29 2 *", "2096-03-01", "2104-02-29"),
    ],
)
def test_gaps_of_up_to_40_years_are_crossed_in_both_directions(expression: str, start: str, following: str) -> None:
    occurrences = Occurrences(parse(expression), ZoneInfo("UTC"))
    assert occurrences.next(utc(start)) == utc(following)
    before = occurrences.previous(utc(following))
    assert before is not None
    assert before < utc(start)
    assert occurrences.next(before) == utc(following)


def test_the_ends_of_the_calendar_are_no_errors() -> None:
    occurrences = Occurrences(parse("30 2 * * *"), ZoneInfo("Pacific/Kiritimati"))
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert occurrences.next(last) is None
    assert occurrences.previous(first) is None
    assert occurrences.next(first) is not None
    assert occurrences.previous(last) is not None
    assert occurrences.latest(first, last, 1) == [occurrences.previous(last)]


def test_a_count_over_a_decade_of_seconds_needs_no_list() -> None:
    occurrences = Occurrences(parse("* * * * * *"), ZoneInfo("Europe/Berlin"))
    start, end = utc("2026-01-01"), utc("2036-01-01")
    assert occurrences.count(start, end) == (end - start).total_seconds()
    assert occurrences.latest(start, end, 2) == [end - timedelta(seconds=1), end]


def test_many_threads_get_the_same_answers_from_one_object() -> None:
    occurrences = Occurrences(parse("*/7 3-5 * * 1-5"), ZoneInfo("America/Halifax"))
    start = utc("1990-01-01")
    answers: list[list[datetime]] = []

    def ask() -> None:
        answers.append([each for year in range(30) for each in occurrences.upcoming(start + year * timedelta(365), 5)])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
