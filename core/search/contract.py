"""A hit and the progress of a search as JSON, one line each, as other programs and the window read them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.clock import from_micros
from core.history.contract import as_utc_text
from core.search.searching import Hit, Progress

__all__ = ["hit_as_json", "progress_as_json"]


def hit_as_json(hit: Hit) -> dict[str, Any]:
    """Return a hit with all that is known of it.

    `offset` and `match_offset` are bytes of the output, `matches` are (first, end) in characters of `text`, which is
    the line, or the part of it around the first match. A missing value is None.
    """
    excerpt = hit.line.excerpt
    return {
        "job": hit.output.job_id,
        "attempt": hit.output.attempt,
        "is_latest": hit.output.is_latest,
        "command": hit.output.command,
        "environment": hit.output.environment,
        "outcome": hit.output.outcome,
        "started_at": as_utc_text(hit.output.at),
        "stream": hit.stream.name.lower(),
        "at": as_utc_text(from_micros(hit.at_us)) if hit.at_us else None,
        "line": hit.line.number,
        "offset": hit.line.offset,
        "match_offset": hit.line.match_offset,
        "text": excerpt.text,
        "matches": [list(span) for span in excerpt.spans],
        "cut_before": excerpt.is_cut_before,
        "cut_after": excerpt.is_cut_after,
        "before": list(hit.line.before),
        "after": list(hit.line.after),
    }


def progress_as_json(progress: Progress) -> dict[str, Any]:
    """Return the progress under the names of its fields."""
    return asdict(progress)
