"""Durations as people write them: `90s`, `10m`, `1h30m`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ["describe_duration", "format_duration", "parse_duration"]

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[smhdw])", re.ASCII)
_LONGEST = timedelta(days=3650)


def parse_duration(text: str) -> timedelta:
    """Return the duration that `text` names.

    A duration is one or more numbers, each with a unit out of ms, s, m, h, d, w: `10m`, `1h30m`, `0.5s`.
    Raises ValueError with a sentence that says what would be right.
    """
    compact = text.strip().lower()
    total = timedelta()
    position = 0
    for piece in _PIECE.finditer(compact):
        if compact[position : piece.start()].strip():
            break
        unit = _UNITS[piece[2]]
        # A number that no timedelta can hold is only too long, like any other that is.
        total = min(total + min(float(piece[1]), 2 * (_LONGEST / unit)) * unit, 2 * _LONGEST)
        position = piece.end()
    if not compact or position != len(compact):
        raise ValueError(f"“{text}” is not a duration. Write a number with a unit, such as 30s, 10m, 1h30m or 7d.")
    if total > _LONGEST:
        raise ValueError(f"“{text}” is longer than ten years. Write a shorter duration.")
    return total


def format_duration(duration: timedelta) -> str:
    """Return the shortest text that `parse_duration` reads back as `duration`, in d, h, m, s and ms."""
    milliseconds = round(duration / timedelta(milliseconds=1))
    if milliseconds == 0:
        return "0s"
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def describe_duration(duration: timedelta) -> str:
    """Return `duration` for a person to read, rounded to what matters: `420 ms`, `4.3 s`, `2 min 5 s`, `3 h 2 min`."""
    seconds = duration.total_seconds()
    if round(seconds * 1000) < 1000:
        return f"{round(seconds * 1000)} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"
