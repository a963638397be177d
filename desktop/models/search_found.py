"""What the program that searches tells, line by line: hits, how far it is, and what it could not read."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

__all__ = ["FoundLine", "Problem", "SearchState", "read_answer"]

# One to one, so that the places of the matches stay right.
_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421", ord("\t"): " "}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLine:
    """A hit as it is shown. `spans` are the matches (first, end) in `text`; `place` is the byte of the first one."""

    job_id: int
    attempt: int
    is_latest: bool
    command: str
    environment: str | None
    outcome: str | None
    started_at: datetime | None
    is_error: bool
    number: int
    place: int
    text: str
    spans: tuple[tuple[int, int], ...]
    is_cut_before: bool
    is_cut_after: bool
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchState:
    """How far a search is; see `core.search.searching.Progress`."""

    done_bytes: int = 0
    total_bytes: int | None = None
    outputs: int = 0
    hits: int = 0
    outputs_with_hits: int = 0
    cut_outputs: int = 0
    unreadable: int = 0
    is_cut: bool = False
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """An output that could not be read, and why."""

    sentence: str


def read_answer(line: bytes) -> FoundLine | SearchState | Problem:
    """Return what a line says. Raises ValueError for one that is none."""
    answer = json.loads(line)
    if "progress" in answer:
        names = {field.name for field in fields(SearchState)}
        return SearchState(**{name: value for name, value in answer["progress"].items() if name in names})
    if "problem" in answer:
        return Problem(str(answer["problem"]))
    return _found(answer)


def _found(answer: dict[str, Any]) -> FoundLine:
    started_at = answer["started_at"]
    return FoundLine(
        job_id=answer["job"],
        attempt=answer["attempt"],
        is_latest=answer["is_latest"],
        command=answer["command"],
        environment=answer["environment"],
        outcome=answer["outcome"],
        started_at=datetime.fromisoformat(started_at) if started_at else None,
        is_error=answer["stream"] == "stderr",
        number=answer["line"],
        place=answer["match_offset"],
        text=_shown(answer["text"]),
        spans=tuple((first, end) for first, end in answer["matches"]),
        is_cut_before=answer["cut_before"],
        is_cut_after=answer["cut_after"],
        before=tuple(map(_shown, answer["before"])),
        after=tuple(map(_shown, answer["after"])),
    )


def _shown(text: str) -> str:
    return text if text.isprintable() else text.translate(_CONTROLS)
