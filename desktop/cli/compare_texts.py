"""A comparison as text for a terminal: what else differs, then the output as `diff -u` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from core.comparison.comparing import Comparison, OutputComparison
from core.comparison.contract import hunks
from core.comparison.facts import Change, Fact, Variable
from core.comparison.lines import Kind, Row
from core.comparison.text import Gap
from core.durations import describe_duration
from core.history.runs import Run
from desktop.cli.printing import visible
from desktop.cli.wording import outcome_words, run_name

__all__ = ["comparison_lines", "warnings"]

_PLAIN, _RED, _GREEN, _CYAN = "\x1b[0m", "\x1b[31m", "\x1b[32m", "\x1b[36m"
_COLOURS = {"-": _RED, "+": _GREEN, "@": _CYAN}
_CONTEXT_LINES = 3


def comparison_lines(comparison: Comparison, *, context_lines: int = _CONTEXT_LINES, colours: bool) -> Iterator[str]:
    """Yield the lines of the answer. Lines from the runs begin with a blank, a minus or a plus, as in a diff."""
    for line in _lines(comparison, context_lines):
        colour = _COLOURS.get(line[:1]) if colours else None
        yield f"{colour}{line}{_PLAIN}" if colour else line


def warnings(comparison: Comparison) -> Iterator[str]:
    """Yield the sentences about what could not be compared."""
    output = comparison.output
    if output.problem is not None:
        yield f"The outputs can't be compared. {output.problem}"
    for run, gap in ((comparison.before, output.gap_before), (comparison.after, output.gap_after)):
        if gap is not None:
            yield f"Of job {run.id}'s output only the beginning and the end are compared, not {_size(gap)} between."
    if output.gap_before is not None and not output.gaps_differ:
        yield "What is between is the same in both, byte for byte."
    if output.lines.is_rough:
        yield "The outputs have so little in common that some lines may be shown as different that are not."


def _lines(comparison: Comparison, context_lines: int) -> Iterator[str]:
    yield f"--- {_title(comparison.before)}"
    yield f"+++ {_title(comparison.after)}"
    if (pace := _pace(comparison)) is not None:
        yield pace
    for fact in comparison.facts:
        if fact.differs:
            yield f"{_name(fact)}: {_value(fact, fact.before)} -> {_value(fact, fact.after)}"
    if any(row.kind.differs for row in comparison.command.rows):
        yield "@@ command @@"
        for row in comparison.command.rows:
            yield from _row_lines([row])
    changed = [variable for variable in comparison.variables if variable.change is not Change.SAME]
    if changed:
        yield "@@ environment @@"
        for variable in changed:
            yield from _variable_lines(variable)
    yield from _output_lines(comparison.output, context_lines)


def _title(run: Run) -> str:
    took = f", after {describe_duration(run.duration)}" if run.duration is not None else ""
    return visible(f"job {run.id}, {run_name(run)}: {outcome_words(run) or run.state.value}{took}")


def _pace(comparison: Comparison) -> str | None:
    took, usual = comparison.after.duration, comparison.usual
    if took is None or usual is None:
        return None
    apart = abs(took - usual)
    if apart < max(timedelta(seconds=1), usual / 4):
        return f"It took as long as usual ({describe_duration(usual)})."
    word = "longer" if took > usual else "less"
    return f"It took {describe_duration(apart)} {word} than usual ({describe_duration(usual)})."


def _name(fact: Fact) -> str:
    return fact.name.removesuffix("_ms").replace("_", " ")


def _value(fact: Fact, value: Any) -> str:
    if value is None:
        return "none"
    if fact.name.endswith("_ms"):
        return describe_duration(timedelta(milliseconds=value))
    return visible(str(value))


def _variable_lines(variable: Variable) -> Iterator[str]:
    for mark, value, origin, is_there in (
        ("-", variable.before, variable.before_origin, variable.change is not Change.ADDED),
        ("+", variable.after, variable.after_origin, variable.change is not Change.REMOVED),
    ):
        if is_there:
            text = "(secret)" if value is None else value
            yield visible(f"{mark}{variable.name}={text}   from {origin}")


def _output_lines(output: OutputComparison, context_lines: int) -> Iterator[str]:
    for rows in hunks(output.lines, context_lines):
        stretch: list[Row] = []
        for row in rows:
            if row.kind is Kind.GAP:
                yield from _hunk_lines(stretch)
                stretch = []
                yield "@@ " + ", ".join(_size(gap) for gap in (output.gap_before, output.gap_after) if gap) + " @@"
            else:
                stretch.append(row)
        yield from _hunk_lines(stretch)


def _hunk_lines(rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        before = _range([row.before_number for row in rows if row.before_number is not None])
        after = _range([row.after_number for row in rows if row.after_number is not None])
        yield f"@@ -{before} +{after} @@"
        yield from _row_lines(rows)


def _range(numbers: Sequence[int]) -> str:
    return f"{numbers[0]},{len(numbers)}" if numbers else "0,0"


def _row_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines as diff has them: of those that follow each other, first what went, then what came."""
    came: list[str] = []
    for row in rows:
        if row.kind.differs:
            if row.before is not None:
                yield "-" + visible(row.before)
            if row.after is not None:
                came.append("+" + visible(row.after))
            continue
        yield from came
        came.clear()
        yield " " + visible(row.after or "")
    yield from came


def _size(gap: Gap) -> str:
    return f"{gap.end - gap.start:,} bytes, {gap.lines:,} lines"
