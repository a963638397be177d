"""A comparison as the window has it: what the program tells about two runs, line by line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.comparison.facts import Change, Fact, Variable
from core.comparison.ignoring import Ignorable
from core.comparison.lines import Kind, Row
from core.comparison.text import Gap

__all__ = ["CompareRequest", "Compared", "read_head", "read_rows"]

_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """What is to be compared: a job with another one (None: the last good run before it), and what is ignored."""

    job_id: int
    other_id: int | None
    ignored: frozenset[Ignorable]

    def to_message(self) -> str:
        """Return the line that the program is asked with."""
        return json.dumps({"job": self.job_id, "other": self.other_id, "ignored": sorted(self.ignored)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """All of a comparison but the rows of the output, which come after it."""

    before_id: int
    after_id: int
    differs: bool
    took: timedelta | None
    usual: timedelta | None
    facts: tuple[Fact, ...]
    variables: tuple[Variable, ...]
    command: tuple[Row, ...]
    counts: dict[Kind, int]
    problem: str | None
    is_rough: bool
    gap_before: Gap | None
    gap_after: Gap | None
    gaps_differ: bool

    @property
    def output_rows(self) -> int:
        """Return how many rows of the output are to come."""
        return sum(self.counts.values())


def read_head(line: bytes) -> Compared:
    """Return what the first line says. Raises ValueError, KeyError for one that is none."""
    told = json.loads(line)
    output = told["output"]
    return Compared(
        before_id=told["before"]["id"],
        after_id=told["after"]["id"],
        differs=told["differs"],
        took=_duration(told["after"]["duration_ms"]),
        usual=_duration(told["usual_duration_ms"]),
        facts=tuple(Fact(**fact) for fact in told["facts"]),
        variables=tuple(Variable(**{**each, "change": Change(each["change"])}) for each in told["variables"]),
        command=tuple(Row(**{**each, "kind": Kind(each["kind"])}) for each in told["command"]),
        counts={Kind(kind): count for kind, count in output["counts"].items()},
        problem=output["problem"],
        is_rough=output["is_rough"],
        gap_before=_gap(output["gap_before"]),
        gap_after=_gap(output["gap_after"]),
        gaps_differ=output["gaps_differ"],
    )


def read_rows(line: bytes) -> list[Row]:
    """Return the rows in one of the other lines. Raises ValueError, KeyError for one that is none."""
    rows = []
    for kind, before_number, before, after_number, after in json.loads(line):
        same = before if kind == "same" else after  # one text for both saves half of the memory
        rows.append(Row(_KINDS[kind], before_number, before, after_number, same))
    return rows


def _duration(milliseconds: int | None) -> timedelta | None:
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)


def _gap(told: dict[str, Any] | None) -> Gap | None:
    return None if told is None else Gap(0, told["bytes"], told["lines"])
