"""Durations as people write and read them."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.durations import describe_duration, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        (" 1h 30m ", timedelta(hours=1, minutes=30)),
        ("0.5s", timedelta(milliseconds=500)),
        ("250ms", timedelta(milliseconds=250)),
        ("7D", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("0s", timedelta()),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", " ", "10", "m", "-5m", "10 minutes", "1h30", "1,5h", "5m!", "1e3s", "\u0661m"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration\. Write a number with a unit, such as 30s"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["3651d", "99999999999999999999d", "9" * 400 + "s"])
def test_a_duration_of_more_than_ten_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="longer than ten years"):
        parse_duration(text)


@given(st.integers(0, 3650 * 86_400_000).map(lambda ms: timedelta(milliseconds=ms)))
def test_what_is_formatted_is_read_back(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@given(st.text(max_size=20) | st.from_regex(r"[0-9.]{1,30}(ms|[smhdw]){1,3}", fullmatch=True))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert timedelta() <= parse_duration(text) <= timedelta(days=3650)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (timedelta(), "0 ms"),
        (timedelta(milliseconds=420), "420 ms"),
        (timedelta(seconds=4.289), "4.3 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=59.6), "1 min"),
        (timedelta(seconds=125), "2 min 5 s"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=3, minutes=2, seconds=59), "3 h 2 min"),
        (timedelta(hours=49), "2 d 1 h"),
        (timedelta(days=14), "14 d"),
    ],
)
def test_a_duration_is_described_by_what_matters(duration: timedelta, expected: str) -> None:
    assert describe_duration(duration) == expected
