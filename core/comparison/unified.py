"""Rows as text, the way `diff -u` prints them (POSIX diff, “Diff -u or -U output format”)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.comparison.lines import Kind, LineComparison, Row
from core.comparison.text import Gap

__all__ = ["describe_gap", "hunks", "marked_lines", "unified_lines"]


def hunks(comparison: LineComparison, context_lines: int) -> Iterator[Sequence[Row]]:
    """Yield the stretches of rows around the differences, with so many lines that do not differ at either end."""
    rows = comparison.rows
    first = end = 0
    is_open = False
    for place, row in enumerate(rows):
        if not row.kind.differs and row.kind is not Kind.GAP:
            continue
        if is_open and place - context_lines > end:
            yield rows[first:end]
            is_open = False
        if not is_open:
            first, is_open = max(end, place - context_lines), True
        end = min(len(rows), place + context_lines + 1)
    if is_open:
        yield rows[first:end]


def unified_lines(
    comparison: LineComparison, context_lines: int, gaps: tuple[Gap | None, Gap | None] = (None, None)
) -> Iterator[str]:
    """Yield the lines of a diff, from the first `@@` on; where something was not read stands how much."""
    for rows in hunks(comparison, context_lines):
        stretch: list[Row] = []
        for row in rows:
            if row.kind is Kind.GAP:
                yield from _hunk_lines(stretch)
                stretch = []
                yield f"@@ {' and '.join(describe_gap(gap) for gap in gaps if gap)} @@"
            else:
                stretch.append(row)
        yield from _hunk_lines(stretch)


def marked_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the rows with a blank, minus or plus before each: of neighbours, first what went, then what came.

    Of a row in which only what is ignored differs, the later line is there, as one that is the same.
    """
    came: list[str] = []
    for row in rows:
        if row.kind.differs:
            if row.before is not None:
                yield f"-{row.before}"
            if row.after is not None:
                came.append(f"+{row.after}")
            continue
        yield from came
        came.clear()
        yield f" {row.after or ''}"
    yield from came


def describe_gap(gap: Gap) -> str:
    """Return `8,000 bytes, 100 lines`."""
    return f"{gap.end - gap.start:,} bytes, {gap.lines:,} lines"


def _hunk_lines(rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        before = _range([row.before_number for row in rows if row.before_number is not None])
        after = _range([row.after_number for row in rows if row.after_number is not None])
        yield f"@@ -{before} +{after} @@"
        yield from marked_lines(rows)


def _range(numbers: Sequence[int]) -> str:
    return f"{numbers[0]},{len(numbers)}" if numbers else "0,0"
