"""A comparison as JSON, as other programs and the window read it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.comparison.comparing import Comparison, OutputComparison
from core.comparison.lines import Row
from core.comparison.text import Gap
from core.comparison.unified import hunks
from core.history.contract import run_as_json

__all__ = ["comparison_as_json", "row_as_json"]


def comparison_as_json(comparison: Comparison, *, context_lines: int | None = None) -> dict[str, Any]:
    """Return all of a comparison but the rows of the output that are alike: those near a difference alone are there.

    With `context_lines` None no row of the output is there at all. A missing value is None.
    """
    return {
        "before": run_as_json(comparison.before),
        "after": run_as_json(comparison.after),
        "differs": comparison.differs,
        "usual_duration_ms": None if comparison.usual is None else round(comparison.usual.total_seconds() * 1000),
        "facts": [asdict(fact) for fact in comparison.facts],
        "variables": [asdict(variable) for variable in comparison.variables],
        "command": [row_as_json(row) for row in comparison.command.rows],
        "output": _output_as_json(comparison.output, context_lines),
    }


def row_as_json(row: Row) -> dict[str, Any]:
    """Return a row under the names of its fields."""
    return row._asdict()


def _output_as_json(output: OutputComparison, context_lines: int | None) -> dict[str, Any]:
    stretches = [] if context_lines is None else hunks(output.lines, context_lines)
    return {
        "differs": output.differs,
        "problem": output.problem,
        "is_rough": output.lines.is_rough,
        "counts": {kind.value: count for kind, count in sorted(output.counts.items())},
        "gap_before": _gap_as_json(output.gap_before),
        "gap_after": _gap_as_json(output.gap_after),
        "gaps_differ": output.gaps_differ,
        "hunks": [[row_as_json(row) for row in rows] for rows in stretches],
    }


def _gap_as_json(gap: Gap | None) -> dict[str, int] | None:
    return None if gap is None else {"bytes": gap.end - gap.start, "lines": gap.lines}
