"""A comparison as text for a terminal: what else differs, then the output as `diff -u` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from core.comparison.comparing import Comparison
from core.comparison.facts import Change, Fact, Variable
from core.comparison.unified import describe_gap, marked_lines, unified_lines
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
            size = describe_gap(gap)
            yield f"Of job {run.id}'s output only the beginning and the end are compared, not {size} between."
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
        yield from map(visible, marked_lines(comparison.command.rows))
    changed = [variable for variable in comparison.variables if variable.change is not Change.SAME]
    if changed:
        yield "@@ environment @@"
        for variable in changed:
            yield from _variable_lines(variable)
    gaps = comparison.output.gap_before, comparison.output.gap_after
    yield from map(visible, unified_lines(comparison.output.lines, context_lines, gaps))


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
