"""The words for a comparison: its summary, the names of its facts, and their values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from PySide6.QtCore import QCoreApplication

from core.comparison.facts import Fact, Variable
from core.comparison.lines import Kind
from core.durations import describe_duration
from desktop.models.compared import Compared
from desktop.models.run_texts import describe_bytes, short_text

__all__ = ["cautions", "fact_name", "fact_value", "output_text", "pace_text", "summary", "variable_value"]

_LEAST_APART = timedelta(seconds=1)


def summary(compared: Compared) -> str:
    """Return in one line what differs: the output, what ran, and how long it took."""
    pieces = [output_text(compared)]
    if any(row.kind.differs for row in compared.command):
        pieces.append(_tr("another command"))
    if any(variable.change != "same" for variable in compared.variables):
        pieces.append(_tr("another environment"))
    if pace := pace_text(compared):
        pieces.append(pace)
    return "; ".join(pieces)


def output_text(compared: Compared) -> str:
    """Return how many lines of the output differ, and in what way."""
    if compared.problem is not None:
        return _tr("the outputs can't be compared")
    added, removed, changed = (compared.counts.get(kind, 0) for kind in (Kind.ADDED, Kind.REMOVED, Kind.CHANGED))
    counts = []
    if added:
        counts.append(_tr("1 line added") if added == 1 else _tr("{count} lines added").format(count=f"{added:,}"))
    for count, text in ((removed, _tr("{count} removed")), (changed, _tr("{count} changed"))):
        if count:
            counts.append(text.format(count=f"{count:,}") if counts else _lines(count, text))
    if counts:
        return ", ".join(counts)
    if compared.gaps_differ:
        return _tr("the outputs differ where they were not read")
    return (
        _tr("the same output")
        if not compared.counts.get(Kind.IGNORED)
        else _tr("the same output but for what is ignored")
    )


def _lines(count: int, text: str) -> str:
    lines = _tr("1 line") if count == 1 else _tr("{count} lines").format(count=f"{count:,}")
    return text.format(count=lines)


def pace_text(compared: Compared) -> str:
    """Return how much longer or less than usual the later run took; "" where that is not known."""
    took, usual = compared.took, compared.usual
    if took is None or usual is None:
        return ""
    apart = abs(took - usual)
    if apart < max(_LEAST_APART, usual / 4):
        return _tr("as long as usual")
    text = _tr("{time} longer than usual") if took > usual else _tr("{time} less than usual")
    return text.format(time=describe_duration(apart))


def cautions(compared: Compared) -> str:
    """Return what could not be compared, and why; "" where all could."""
    sentences = []
    if compared.problem is not None:
        sentences.append(_tr("The outputs can't be compared. {reason}").format(reason=compared.problem))
    sizes = [describe_bytes(gap.end) for gap in (compared.gap_before, compared.gap_after) if gap is not None]
    if sizes:
        text = _tr("Of large outputs the beginning and the end are compared, here not {sizes} between.")
        sentences.append(text.format(sizes=_tr(" and ").join(sizes)))
    if compared.is_rough:
        sentences.append(_tr("They have so little in common that some lines may be marked that are the same."))
    return " ".join(sentences)


def fact_name(fact: Fact) -> str:
    """Return what a fact is called."""
    names = {
        "command": _tr("Command"),
        "environment": _tr("Environment"),
        "outcome": _tr("Outcome"),
        "exit_code": _tr("Exit code"),
        "signal": _tr("Signal"),
        "duration_ms": _tr("Duration"),
        "started_at": _tr("Started"),
        "origin": _tr("Origin"),
        "schedule": _tr("Schedule"),
        "attempt": _tr("Attempt"),
        "output_bytes": _tr("Output"),
        "shell": _tr("Shell"),
        "program": _tr("Program"),
        "working_directory": _tr("Working directory"),
        "timeout_ms": _tr("Time limit"),
        "success_exit_codes": _tr("Exit codes of success"),
        "interactive": _tr("Reads input"),
        "base": _tr("Base environment"),
    }
    return names.get(fact.name, fact.name)


def fact_value(fact: Fact, value: Any) -> str:
    """Return a value of a fact, "" for none."""
    if value is None:
        return ""
    describe = _DESCRIBE.get(fact.name, str)
    return describe(value)


_DESCRIBE: dict[str, Callable[[Any], str]] = {
    "outcome": lambda value: str(value).replace("-", " "),
    "origin": lambda value: str(value).replace("-", " "),
    "duration_ms": lambda value: describe_duration(timedelta(milliseconds=value)),
    "timeout_ms": lambda value: describe_duration(timedelta(milliseconds=value)),
    "started_at": lambda value: short_text(datetime.fromisoformat(value)),
    "output_bytes": describe_bytes,
    "success_exit_codes": lambda value: ", ".join(map(str, value)),
    "interactive": lambda value: _tr("yes") if value else _tr("no"),
}


def variable_value(variable: Variable, *, is_after: bool) -> str:
    """Return what a variable was in one of the runs, "" where there was none."""
    value = variable.after if is_after else variable.before
    origin = variable.after_origin if is_after else variable.before_origin
    if origin is None and value is None:
        return ""
    shown = _tr("(secret)") if value is None else value
    if None in {variable.before_origin, variable.after_origin} or variable.before_origin == variable.after_origin:
        return shown
    return _tr("{value}, from {origin}").format(value=shown, origin=origin)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Compare", text)
