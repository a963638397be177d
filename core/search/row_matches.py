"""Finds an expression in the rows that a pane shows of an output: how often it is in each, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.output.rows import SEGMENT_BYTES, Row, RowFinder
from core.output.terminal.line import read_line
from core.search.query import Pattern

__all__ = ["CONTEXT_BYTES", "RowMatches", "Stretch"]

CONTEXT_BYTES = SEGMENT_BYTES
"""So many bytes around a stretch decide where its rows end, and what a match at its edge is."""

_COLOURS = re.compile(rb"\x1b\[[0-9;:]*m")
# What makes a line look other than its bytes say, even without colours.
_MOVING = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xc2[\x80-\x9f]")
_CONTROLS = bytes(code for code in [*range(32), 0x7F] if code not in b"\t\n\r")
_TAB_CELLS = 8
_FEW = 8
_LOOK_BACK = 256
_LOOK_AHEAD = 1024


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole rows of an output, `data`, which begin at the byte `offset`, and some bytes before and after them."""

    offset: int
    data: bytes
    before: bytes = b""
    after: bytes = b""

    @property
    def end(self) -> int:
        """Return where the next row begins."""
        return self.offset + len(self.data)

    def size(self) -> int:
        """Return where the bytes that are known end."""
        return self.end + len(self.after)

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from `offset`; those that are not known read as line feeds."""
        base = self.offset - len(self.before)
        unknown = b"\n" * min(length, max(0, base - offset))
        first = max(0, offset - base)
        known = (self.before + self.data + self.after)[first : first + length - len(unknown)]
        return unknown + known


class RowMatches:
    """Looks at the text that a row shows, not at its bytes: what a carriage return has overwritten is not found.

    Matches of nothing do not count. One that goes on in the next row, where a line is cut into several, belongs to the
    row in which it begins. There is no limit to the time that some expressions take.
    """

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern

    def counts(self, stretch: Stretch) -> list[tuple[int, int]]:
        """Return (where the row begins, the number of matches in it) of each row that has one, in order."""
        places = self._places(stretch)
        if places is None:
            return list(self._counts_of_all(stretch))
        counts = (self._counts_between(stretch, start, end) for start, end in places)
        return [found for several in counts for found in several]

    def spans(self, stretch: Stretch) -> list[tuple[int, list[tuple[int, int]]]]:
        """Return the same with (first character, end) of each match in the text that the row shows."""
        found = [(row.start, list(self._spans(row, before, after))) for row, before, after in self._rows(stretch)]
        return [(start, spans) for start, spans in found if spans]

    def _spans(self, row: Row, before: bytes, after: bytes) -> Iterator[tuple[int, int]]:
        text = _shown(row.data)
        start, end = 0, len(text)
        if before:
            head = _shown(before)
            text, start, end = head + text, len(head), end + len(head)
        if after:
            text += _shown(after)
        for match in self._pattern.regex.finditer(text, start):
            if match.start() >= end:
                return
            if match.end() > match.start():
                yield match.start() - start, min(match.end(), end) - start

    def _rows(self, stretch: Stretch) -> Iterator[tuple[Row, bytes, bytes]]:
        """Yield the rows that may match, with what is before and after them in the same line if that is cut."""
        places = self._places(stretch)
        for start, end in _all_lines(stretch.data) if places is None else places:
            yield from _rows_between(stretch, start, end)

    def _counts_between(self, stretch: Stretch, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield what `counts` does of one line."""
        for row, before, after in _rows_between(stretch, start, end):
            number = sum(1 for _ in self._spans(row, before, after))
            if number:
                yield row.start, number

    def _counts_of_all(self, stretch: Stretch) -> Iterator[tuple[int, int]]:
        """Yield what `counts` does, having looked at every line: at all of them at once, as far as that can be."""
        raws = stretch.data.split(b"\n")
        texts = _shown_lines(stretch.data, raws)
        search, findall, finditer = (
            self._pattern.regex.search,
            self._pattern.regex.findall,
            self._pattern.regex.finditer,
        )
        has_groups = self._pattern.regex.groups > 0
        last = len(raws) - 1
        start = 0
        for number, (raw, text) in enumerate(zip(raws, texts, strict=True)):
            end = start + len(raw) + 1
            if number in (0, last) or len(raw) >= SEGMENT_BYTES:
                # It may go on before or behind these bytes, or be cut into several rows.
                if raw or number < last:
                    yield from self._counts_between(stretch, start, min(end, len(stretch.data)))
            elif search(text):
                # Those that match nothing do not count.
                if has_groups:
                    count = sum(match.end() > match.start() for match in finditer(text))
                else:
                    count = sum(map(bool, findall(text)))
                if count:
                    yield stretch.offset + start, count
            start = end

    def _places(self, stretch: Stretch) -> list[tuple[int, int]] | None:
        """Return (start, end with the line feed) of the lines that may match; None where every line has to be seen."""
        data = stretch.data
        plain = _COLOURS.sub(b"", data) if b"\x1b" in data else data
        is_sure = not self._pattern.needs_every_line(plain) and not _moves(plain)
        keys = self._pattern.keys if is_sure else ()
        if b"\t" in plain and any(b" " in key for key in keys):
            keys = ()  # a tab is shown as spaces
        if not keys:
            return None
        text = self._pattern.as_compared(plain)
        ends_line = len(data) == data.rfind(b"\n") + 1
        if ends_line and not any(key in text for key in keys):
            return []
        is_cut = not stretch.before.endswith(b"\n") and stretch.offset > 0
        if plain is not data or is_cut or not ends_line:
            return None
        # Looking for the lines one after the other takes longer where many have a key.
        if sum(map(text.count, keys)) * _FEW > data.count(b"\n"):
            return None
        return _lines_with(keys, data, text)


def _all_lines(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end with the line feed) of all lines."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield start, end
        start = end


def _rows_between(stretch: Stretch, start: int, end: int) -> Iterator[tuple[Row, bytes, bytes]]:
    """Yield the rows of one line of a stretch, with what is before and after them in the same line if that is cut."""
    data, offset = stretch.data, stretch.offset
    goes_on_before = start == 0 and not stretch.before.endswith(b"\n") and offset > 0
    goes_on_after = end == len(data) and not data.endswith(b"\n") and bool(stretch.after)
    if end - start <= SEGMENT_BYTES and not goes_on_before and not goes_on_after:
        yield Row(offset + start, offset + end, data[start:end]), b"", b""
        return
    for row in RowFinder(stretch).rows(offset + start, len(data), end=offset + end):
        yield row, *_around(stretch, row)


def _shown_lines(data: bytes, raws: list[bytes]) -> list[str]:
    """Return what `_shown` does of each of the lines `raws` in `data`, in a tenth of the time where they are simple."""
    text = (_COLOURS.sub(b"", data) if b"\x1b" in data else data).decode("utf-8", "replace")
    if "\t" in text and text.isascii():
        text = text.expandtabs(_TAB_CELLS)
    texts = text.split("\n")
    if "\r" in text:
        texts = [each.removesuffix("\r") for each in texts]
    if "".join(texts).isprintable():
        return texts
    return [each if each.isprintable() else _shown(raw + b"\n") for each, raw in zip(texts, raws, strict=True)]


def _moves(data: bytes) -> bool:
    """Return whether `_MOVING` is in the bytes; most have none of its beginnings, which is seen many times as fast."""
    if len(data.translate(None, _CONTROLS)) < len(data):
        return True
    return (b"\r" in data or b"\xc2" in data) and _MOVING.search(data) is not None


def _lines_with(keys: tuple[bytes, ...], data: bytes, text: bytes) -> list[tuple[int, int]]:
    """Return the lines of `data` that have one of the keys, in order; `text` is the same as it is compared."""
    places: set[tuple[int, int]] = set()
    for key in keys:
        at = text.find(key)
        while at >= 0:
            end = data.find(b"\n", at) + 1
            places.add((data.rfind(b"\n", 0, at) + 1, end))
            at = text.find(key, end)
    return sorted(places)


def _around(stretch: Stretch, row: Row) -> tuple[bytes, bytes]:
    """Return what stands in the same line before and after a row, where these are plain characters."""
    if len(row.data) < row.end - row.start or _moves(row.data):
        return b"", b""
    before = stretch.read(max(0, row.start - _LOOK_BACK), min(row.start, _LOOK_BACK))
    after = b"" if row.data.endswith(b"\n") else stretch.read(row.end, _LOOK_AHEAD)
    before, after = before[before.rfind(b"\n") + 1 :], after.partition(b"\n")[0]
    while before and 0x80 <= before[0] < 0xC0:
        before = before[1:]  # the rest of a character
    return b"" if _moves(before) else before, b"" if _moves(after) else after


def _shown(line: bytes) -> str:
    """Return the text that a row shows, as the interpreter of terminals would, but quickly where it is simple."""
    plain = _COLOURS.sub(b"", line) if b"\x1b" in line else line
    text = plain.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
    if "\t" in text and text.isascii():
        text = text.expandtabs(_TAB_CELLS)
    return text if text.isprintable() else read_line(line)[0].text
