"""Reads the lines of an output as a person sees them, of a large one its beginning and its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from core.search.visible import final_text, may_rewrite, visible_text

__all__ = ["LONGEST_LINE", "MOST_BYTES", "MOST_LINES", "Gap", "OutputText", "read_text", "visible_line"]

MOST_BYTES = 16_000_000
"""Of an output that shows more only the beginning and the end are read, half of this each."""
MOST_LINES = 100_000
LONGEST_LINE = 4096
"""A line with more characters goes on in further ones."""

_RAW_FACTOR = 6
_CHUNK_BYTES = 256 * 1024
_LONGEST_RAW_BYTES = 64 * 1024
_LONGEST_CHARACTER_BYTES = 4
_CONTINUATION = range(0x80, 0xC0)


class Source(Protocol):
    """Where the bytes come from: what `core.output.reader.Reader` can do of it."""

    def size(self) -> int:
        """Return the bytes that are there by now."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; less at the end."""
        ...


class Gap(NamedTuple):
    """What was not read: from this byte up to that one, so many lines."""

    start: int
    end: int
    lines: int


@dataclass(frozen=True, slots=True)
class OutputText:
    """The lines of an output without their line feeds; where there is a gap, `tail` are those behind it.

    Escape sequences are left out, and of what a carriage return wrote over, the last is kept, as on a terminal.
    """

    head: tuple[str, ...]
    gap: Gap | None = None
    tail: tuple[str, ...] = ()

    @property
    def first_of_tail(self) -> int:
        """Return the number of the line (from 1) with which the tail begins."""
        return len(self.head) + (self.gap.lines if self.gap is not None else 0) + 1


def read_text(source: Source, *, most_bytes: int = MOST_BYTES, most_lines: int = MOST_LINES) -> OutputText:
    """Return the lines that are there by now. Raises StorageError."""
    size = source.size()
    head: list[str] = []
    head_end = shown = 0
    for end, line in _lines(source, 0, size):
        shown += len(line) + 1
        # What a progress bar wrote over takes no room, but time to be read.
        if shown > most_bytes // 2 or len(head) >= most_lines // 2 or end > most_bytes * _RAW_FACTOR:
            break
        head.append(line)
        head_end = end
    if head_end >= size:
        return OutputText(tuple(head))
    tail: deque[tuple[int, int, str]] = deque(maxlen=most_lines - most_lines // 2)
    start = _start_of_last(source, tail.maxlen or 0, max(head_end, size - most_bytes // 2), size)
    start = _next_line(source, start, head_end, size)
    for end, line in _lines(source, start, size):
        tail.append((start, end, line))
        start = end
    gap_end = tail[0][0] if tail else size
    texts = tuple(line for _, _, line in tail)
    if gap_end <= head_end:
        return OutputText((*head, *texts))
    return OutputText(tuple(head), Gap(head_end, gap_end, _count_lines(source, head_end, gap_end)), texts)


def visible_line(raw: bytes) -> str:
    """Return the text of a line that a terminal would be left with; bytes that are not UTF-8 become U+FFFD."""
    return final_text(raw)


def _lines(source: Source, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield (the byte behind it, text) of each line; a long one comes in several."""
    for stop, raw, is_rewritten in _raw_lines(source, start, end):
        text = visible_line(raw) if is_rewritten else visible_text(raw).rstrip("\r")
        for first in range(0, max(1, len(text)), LONGEST_LINE):
            yield stop, text[first : first + LONGEST_LINE]


def _raw_lines(source: Source, start: int, end: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield (the byte behind it, its bytes, whether it may be written over) of each line or part of a long one."""
    position, rest = start, b""
    while position < end and (data := source.read(position, min(_CHUNK_BYTES, end - position))):
        stop = position - len(rest)  # while nothing of the rest was overwritten, which ends with the line
        position += len(data)
        data = rest + data
        is_rewritten = may_rewrite(data)
        *whole, rest = data.split(b"\n")
        if whole:
            # The rest that came over may be shorter than what it was made of: count from the end.
            stop = position - len(rest) - sum(len(line) + 1 for line in whole)
        for line in whole:
            stop += len(line) + 1
            yield stop, line, is_rewritten
        while len(rest) > _LONGEST_RAW_BYTES:
            rest = _settled(rest)
            if len(rest) > _LONGEST_RAW_BYTES:
                cut = _aligned(rest, _LONGEST_RAW_BYTES)
                yield position - len(rest) + cut, rest[:cut], is_rewritten
                rest = rest[cut:]
    if rest:
        yield position, rest, may_rewrite(rest)


def _settled(line: bytes) -> bytes:
    """Return a beginning of a line in which what was overwritten is gone."""
    before, mark, newest = line.rpartition(b"\r")
    return visible_line(before).encode() + mark + newest if b"\r" in before else line


def _aligned(data: bytes, place: int) -> int:
    """Return `place`, or where the character begins that it would cut."""
    for each in range(place, place - _LONGEST_CHARACTER_BYTES, -1):
        if data[each] not in _CONTINUATION:
            return each
    return place


def _start_of_last(source: Source, count: int, least: int, end: int) -> int:
    """Return where about so many lines before the end begin, but not before `least`; they are counted from behind."""
    left = count + 1
    while end > least:
        start = max(least, end - _CHUNK_BYTES)
        data = source.read(start, end - start)
        if (found := data.count(b"\n")) >= left:
            place = len(data)
            for _ in range(left):
                place = data.rfind(b"\n", 0, place)
            return start + place + 1
        left -= found
        end = start
    return least


def _next_line(source: Source, place: int, least: int, end: int) -> int:
    """Return where the first line begins at `place` or behind it; in a very long line, some place in it."""
    if place <= least:
        return least
    found = source.read(place - 1, min(_LONGEST_RAW_BYTES, end - place + 1)).find(b"\n")
    return place + found if found >= 0 else place


def _count_lines(source: Source, start: int, end: int) -> int:
    count = 0
    while start < end and (data := source.read(start, min(_CHUNK_BYTES, end - start))):
        count += data.count(b"\n")
        start += len(data)
    return count
