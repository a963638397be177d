"""The conversation between a window and the process that looks for an expression in rows.

An expression may take a time without end, and while it does nothing else in its process runs. So it has a process of
its own, which gets bytes and answers where in them it found something: whoever asks can read any output, also one that
is in memory, and may end the process whenever it is silent for too long.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from core.search.query import Pattern, SearchQuery
from core.search.row_matches import RowMatches, Stretch

__all__ = ["Question", "RowClient", "serve"]

_REQUEST = struct.Struct("<cQIII")
_ANSWER = struct.Struct("<I")
_COUNT = struct.Struct("<QI")


class Question(Enum):
    """What a request asks for: to take over an expression, or the counts or the spans of a stretch."""

    PATTERN = b"P"
    COUNTS = b"C"
    SPANS = b"S"


class _Reads(Protocol):
    def read(self, length: int, /) -> bytes: ...


class _Writes(Protocol):
    def write(self, data: bytes, /) -> Any: ...

    def flush(self) -> None: ...


class RowClient:
    """The asking side. Every method blocks until the answer is there; EOFError says that the other side has ended."""

    def __init__(self, to_service: _Writes, from_service: _Reads) -> None:
        self._to_service = to_service
        self._from_service = from_service

    def use(self, text: str, *, is_regex: bool, ignore_case: bool) -> None:
        """Look for this from now on; it has to be one that `Pattern` takes."""
        words = {"text": text, "is_regex": is_regex, "ignore_case": ignore_case}
        self._ask(Question.PATTERN, Stretch(0, json.dumps(words).encode()))

    def counts(self, stretch: Stretch) -> list[tuple[int, int]]:
        """Return what `RowMatches.counts` does."""
        return list(_COUNT.iter_unpack(self._ask(Question.COUNTS, stretch)))

    def spans(self, stretch: Stretch) -> list[tuple[int, list[tuple[int, int]]]]:
        """Return what `RowMatches.spans` does."""
        answer = json.loads(self._ask(Question.SPANS, stretch))
        return [(start, [(first, end) for first, end in spans]) for start, spans in answer]

    def _ask(self, question: Question, stretch: Stretch) -> bytes:
        sizes = len(stretch.data), len(stretch.before), len(stretch.after)
        try:
            self._to_service.write(_REQUEST.pack(question.value, stretch.offset, *sizes))
            self._to_service.write(stretch.data + stretch.before + stretch.after)
            self._to_service.flush()
        except (OSError, ValueError) as error:
            raise EOFError from error
        (length,) = _ANSWER.unpack(_exactly(self._from_service, _ANSWER.size))
        return _exactly(self._from_service, length)


def serve(requests: _Reads, answers: _Writes) -> None:
    """Answer until the requests end."""
    matches: RowMatches | None = None
    while True:
        try:
            kind, offset, *sizes = _REQUEST.unpack(_exactly(requests, _REQUEST.size))
            stretch = Stretch(offset, *(_exactly(requests, size) for size in sizes))
        except EOFError:
            return
        if Question(kind) is Question.PATTERN:
            words = json.loads(stretch.data)
            matches = RowMatches(Pattern(SearchQuery(**words)))
        answer = _answer(Question(kind), matches, stretch)
        answers.write(_ANSWER.pack(len(answer)) + answer)
        answers.flush()


def _answer(question: Question, matches: RowMatches | None, stretch: Stretch) -> bytes:
    if matches is None or question is Question.PATTERN:
        return b""
    if question is Question.SPANS:
        return json.dumps(matches.spans(stretch)).encode()
    return b"".join(_COUNT.pack(*each) for each in matches.counts(stretch))


def _exactly(stream: _Reads, length: int) -> bytes:
    read: Callable[[int], bytes] = stream.read
    data = read(length)
    while len(data) < length:
        more = read(length - len(data))
        if not more:
            raise EOFError
        data += more
    return data
