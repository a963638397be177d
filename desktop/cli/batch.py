"""Answers many questions about crons in one start: a line of JSON in, a line of JSON out (DESIGN, contracts)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from core.errors import suggest
from core.timing.cron import CronError, parse
from core.timing.occurrences import Occurrences
from core.timing.zones import ZoneError, load_zone
from desktop.cli.arguments import parse_instant
from desktop.cli.printing import answer_json, flush_answer

__all__ = ["BatchQuestions", "answer_batch", "utc_text"]

_KEYS = ("expr", "tz", "from", "count")


class _WrongError(Exception):
    """A line can't be answered; becomes the error object of its answer."""

    def __init__(self, message: str, field: str | None = None, position: int | None = None) -> None:
        self.answer = {"message": message, "field": field, "position": position}
        super().__init__(message)


class BatchQuestions:
    """Answers lines. `now` and the machine's zone are the same for all of them."""

    def __init__(self, *, now: datetime, system_zone: Callable[[], tzinfo], default_count: int, most: int) -> None:
        self._now = now
        self._default_count = default_count
        self._most = most
        # Files to be linted repeat themselves: zones always, expressions often.
        self._system_zone = lru_cache(maxsize=1)(system_zone)
        self._occurrences = lru_cache(maxsize=1024)(lambda text, zone: Occurrences(parse(text), zone))

    def answer(self, line: bytes) -> dict[str, Any]:
        """Return `{"next": [...]}` or `{"error": {...}}`; never raises for anything that a line may hold."""
        try:
            question = _read(line)
            zone = self._zone(question.get("tz", "system"))
            start = self._start(question.get("from"), zone)
            count = self._count(question.get("count", self._default_count))
            due = self._occurrences(_text(question, "expr"), zone).upcoming(start, count)
        except CronError as error:
            return {"error": {"message": error.message, "field": error.field, "position": error.position}}
        except _WrongError as error:
            return {"error": error.answer}
        return {"next": [utc_text(at) for at in due]}

    def _zone(self, name: object) -> tzinfo:
        if name is None or name == "system":
            return self._system_zone()
        if not isinstance(name, str):
            raise _WrongError("“tz” is no text. Write an IANA name, such as Europe/Berlin, or system.", "tz")
        try:
            return load_zone(name)
        except ZoneError as error:
            raise _WrongError(error.message, "tz") from error

    def _start(self, text: object, zone: tzinfo) -> datetime:
        if text is None:
            return self._now
        if not isinstance(text, str):
            raise _WrongError("“from” is no text. Write a time such as 2026-11-24T07:30:00Z.", "from")
        try:
            return parse_instant(text, zone)
        except ValueError as error:
            raise _WrongError(str(error), "from") from error

    def _count(self, count: object) -> int:
        if count is None:
            return self._default_count
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= self._most:
            raise _WrongError(f"“count” must be a whole number from 1 to {self._most}.", "count")
        return count


def answer_batch(*, now: datetime, system_zone: Callable[[], tzinfo], default_count: int, most: int) -> None:
    """Answer every line of standard input on standard output, in order and each at once."""
    questions = BatchQuestions(now=now, system_zone=system_zone, default_count=default_count, most=most)
    if sys.stdin is None:
        return
    for line in sys.stdin.buffer:
        answer_json(questions.answer(line), indent=None)
        # A program may keep this one running and ask line by line.
        flush_answer()


def utc_text(at: datetime) -> str:
    """Return a due time as `2026-11-24T06:30:00Z` (RFC 3339); due times are whole seconds."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _read(line: bytes) -> dict[str, Any]:
    try:
        question = json.loads(line)
    except (ValueError, RecursionError) as error:
        position = error.pos if isinstance(error, json.JSONDecodeError) else None
        raise _WrongError(
            'The line is not JSON. Write one object a line, such as {"expr": "30 7 * * 1-5"}.', None, position
        ) from error
    if not isinstance(question, dict):
        raise _WrongError('The line is no JSON object. Write one, such as {"expr": "30 7 * * 1-5"}.')
    for key in question:
        if key not in _KEYS:
            raise _WrongError(f"There is no key “{key}”.{suggest(key, _KEYS)} The keys are {', '.join(_KEYS)}.", key)
    return question


def _text(question: dict[str, Any], key: str) -> str:
    text = question.get(key)
    if not isinstance(text, str):
        raise _WrongError(f'“{key}” is missing or no text. Write "{key}": "30 7 * * 1-5".', key)
    return text
