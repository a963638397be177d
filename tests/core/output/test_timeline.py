"""How spans of time read beside an output."""

from __future__ import annotations

import pytest

from core.output.timeline import span_text


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "+0.000"),
        (41_999, "+0.041"),
        (59_999_999, "+59.999"),
        (60_000_000, "+1:00.000"),
        (3_723_004_000, "+1:02:03.004"),
        (360_000_000_000, "+100:00:00.000"),
        (-5_000_000, "+0.000"),
    ],
)
def test_a_span_is_written_to_the_millisecond(us: int, text: str) -> None:
    assert span_text(us) == text
