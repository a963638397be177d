"""What people write on the command line: instants and durations."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import typer

from desktop.cli.arguments import read_since

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # the next day in the zone


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2h", datetime(2026, 11, 24, 21, 30, tzinfo=UTC)),
        ("07:30", datetime(2026, 11, 25, 6, 30, tzinfo=UTC)),
        (" 00:10:05 ", datetime(2026, 11, 24, 23, 10, 5, tzinfo=UTC)),
        ("07:30Z", datetime(2026, 11, 25, 7, 30, tzinfo=UTC)),
        ("2026-07-01T07:30", datetime(2026, 7, 1, 5, 30, tzinfo=UTC)),
        ("2026-07-01T07:30Z", datetime(2026, 7, 1, 7, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_an_instant_a_time_of_today_or_so_long_ago(text: str, instant: datetime) -> None:
    assert read_since(text, NOW, ZONE) == instant


@pytest.mark.parametrize("text", ["noon", "25:00", "7:3:", ""])
def test_what_is_no_time_is_wrong_use_and_says_what_is_right(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="Right, too: 07:30") as refused:
        read_since(text, NOW, ZONE, "--until")
    assert refused.value.param_hint == "--until"
