"""Goes through one output block by block, in bounded memory, and yields the lines that match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Protocol

from core.search.lines import Excerpt, LineMatch, aligned, find_in_line, shorten
from core.search.query import Pattern
from core.search.visible import rewritten_lines, strip_escapes, visible_text

__all__ = ["LITERAL_SIZES", "REGEX_SIZES", "FoundLine", "ScanSizes", "Scanner", "Slice", "Source"]

_CONTEXT_BYTES_PER_LINE = 2048
_BLOCKS_COUNTED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ScanSizes:
    """How much is read at once, and how a line that is longer than that (or than `piece`) is cut; all in bytes."""

    block: int
    piece: int
    overlap: int = 4096

    def __post_init__(self) -> None:
        """Refuse what would not get on."""
        if not 0 < self.overlap < self.piece - 8 <= self.block - 8:
            raise ValueError("The overlap has to be shorter than a piece, and a piece no longer than a block.")


# What fits into a core's cache is looked through twice as fast as what does not.
LITERAL_SIZES = ScanSizes(block=256 * 1024, piece=256 * 1024)
# Many expressions take a time that grows with the square of a line's length.
REGEX_SIZES = ScanSizes(block=256 * 1024, piece=16 * 1024)


class Source(Protocol):
    """Where the bytes come from: what `core.output.reader.Reader` can do of it."""

    def size(self) -> int:
        """Return the bytes that are there by now."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`."""
        ...


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line that matches. `number` counts from 1; offsets are bytes from the beginning of the output.

    `before` and `after` are lines of context that belong to no other hit.
    """

    number: int
    offset: int
    match_offset: int
    excerpt: Excerpt
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """What one block has brought: lines that are known with their context by now; all up to `end` is searched."""

    lines: tuple[FoundLine, ...]
    end: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Whole lines from `offset` on, or a part of one that is too long for a block."""

    offset: int
    data: bytes
    goes_on_before: bool
    goes_on_after: bool


@dataclass(frozen=True, slots=True)
class _Held:
    """A hit whose context after it is not known before the next hit is."""

    line: FoundLine
    end: int
    """Where the next line begins."""
    goes_on: bool
    """Whether `end` is not known, because the line is too long for its block."""


class Scanner:
    """One pass over one output. What is appended to it meanwhile is not searched."""

    def __init__(
        self,
        source: Source,
        pattern: Pattern,
        *,
        context_lines: int = 1,
        most_lines: int = 1000,
        sizes: ScanSizes | None = None,
    ) -> None:
        self._source = source
        self._pattern = pattern
        self._context_lines = context_lines
        self._left = most_lines
        self._sizes = sizes or (REGEX_SIZES if pattern.is_regex else LITERAL_SIZES)
        self._size = source.size()
        self._number = 1  # of the line that begins at `_counted`
        self._counted = 0
        self._line_offset = 0  # where that line begins
        self._is_found = False  # whether that line, which goes on, is among the hits already
        self._held: _Held | None = None
        self._floor = 0  # up to here everything has been shown

    @property
    def is_full(self) -> bool:
        """Return whether it stopped because there were too many."""
        return self._left <= 0

    def slices(self) -> Iterator[Slice]:
        """Yield what each block brings, in order; between two of them one can give up. Raises StorageError.

        Numbering the first hit behind many lines takes as long as searching them did, so that it has slices of its own,
        which bring nothing: whoever ends a slow expression by the time of a slice must not take it for one.
        """
        searched = 0
        for block in self._blocks():
            lines: list[FoundLine] = []
            for start, end in self._candidates(block):
                match = self._match(block, start, end)
                if match is None:
                    continue
                for _ in self._count_lines_before(block.offset):
                    yield Slice((), searched)
                lines += self._take(block, match, start, end)
                if self.is_full:
                    break
            if not block.goes_on_after:
                self._is_found = False
                self._line_offset = block.offset + len(block.data)
            end = block.offset + len(block.data)
            if self._held is not None and (end == self._size or self._held.end + self._context_bytes <= end):
                lines += self._release(end)
            searched = end
            yield Slice(tuple(lines), end)
            if self.is_full:
                break
        if self._held is not None:
            yield Slice(tuple(self._release(self._size)), self._size)

    @property
    def _context_bytes(self) -> int:
        return _CONTEXT_BYTES_PER_LINE * (self._context_lines + 1)

    def _blocks(self) -> Iterator[_Block]:
        position, goes_on = 0, False
        while position < self._size:
            data = self._source.read(position, min(self._sizes.block, self._size - position))
            if not data:
                return  # it became shorter
            end = len(data)
            if position + end < self._size:
                end = data.rfind(b"\n") + 1
            if end:
                yield _Block(position, data[:end], goes_on, goes_on_after=False)
                position += end
                goes_on = False
            else:
                data = data[: aligned(data, len(data) - 4)]
                yield _Block(position, data, goes_on, goes_on_after=True)
                position += aligned(data, len(data) - self._sizes.overlap)
                goes_on = True

    def _candidates(self, block: _Block) -> Iterable[tuple[int, int]]:
        """Return where the lines (start, end without the line feed) are in the block that may match."""
        data = block.data
        plain = strip_escapes(data)
        if self._pattern.needs_every_line(plain):
            return _line_places(data, self._matching_numbers(block, plain))
        places = self._lines_with_key(plain)
        if plain is data or not places:
            return places
        return _line_places(data, _line_numbers(plain, places))

    def _lines_with_key(self, data: bytes) -> list[tuple[int, int]]:
        """Return the lines that contain one of the keys, in order."""
        text = self._pattern.as_compared(data)
        places: set[tuple[int, int]] = set()
        for key in self._pattern.keys:
            at = text.find(key)
            while at >= 0:
                end = data.find(b"\n", at)
                end = len(data) if end < 0 else end
                places.add((data.rfind(b"\n", 0, at) + 1, end))
                at = text.find(key, end)
        return sorted(places)

    def _matching_numbers(self, block: _Block, plain: bytes) -> list[int]:
        """Return the numbers of the block's lines that match, and of those that are long or written over."""
        search = self._pattern.regex.search
        text = visible_text(plain).removesuffix("\n")
        lines = text.split("\n")
        if "\r" in text:
            lines = [line.rstrip("\r") for line in lines]
        # What is left of these is not known before they are looked at.
        rewritten = set(_line_numbers(block.data, rewritten_lines(block.data)))
        if block.goes_on_before or block.goes_on_after:
            rewritten.add(0)
        # Characters are counted here, of which each has four bytes at most.
        longest = self._sizes.piece // 4
        if rewritten or max(map(len, lines)) > longest:
            return [
                number
                for number, line in enumerate(lines)
                if number in rewritten or len(line) > longest or search(line)
            ]
        return [number for number, line in enumerate(lines) if search(line)]

    def _match(self, block: _Block, start: int, end: int) -> LineMatch | None:
        """Look at one line closely, unless it is among the hits already."""
        goes_on = block.goes_on_before and start == 0
        if goes_on and self._is_found:
            return None
        return find_in_line(
            block.data[start:end],
            self._pattern,
            piece_bytes=self._sizes.piece,
            overlap_bytes=self._sizes.overlap,
            goes_on_before=goes_on,
            goes_on_after=block.goes_on_after,
        )

    def _take(self, block: _Block, match: LineMatch, start: int, end: int) -> Iterator[FoundLine]:
        """Hold a hit, the lines before whose block are counted; yield the one before it, now with its context."""
        offset = self._line_offset if start == 0 else block.offset + start
        yield from self._release(offset)
        if self._counted < offset:
            self._number += block.data.count(b"\n", self._counted - block.offset, offset - block.offset)
            self._counted = offset
        line = FoundLine(
            number=self._number,
            offset=offset,
            match_offset=block.offset + start + match.start_byte,
            excerpt=match.excerpt,
            before=self._lines_before(offset),
        )
        self._is_found = block.goes_on_after
        self._held = _Held(line, block.offset + end + 1, goes_on=block.goes_on_after)
        self._left -= 1

    def _count_lines_before(self, offset: int) -> Iterator[None]:
        """Count the lines that end before `offset`; only where there are hits. Yields after some megabytes each."""
        while self._counted < offset:
            for _ in range(_BLOCKS_COUNTED_AT_ONCE):
                data = self._source.read(self._counted, min(self._sizes.block, offset - self._counted))
                self._number += data.count(b"\n")
                self._counted += len(data)
                if not data:
                    return  # it became shorter
                if self._counted >= offset:
                    break
            yield

    def _release(self, limit: int) -> Iterator[FoundLine]:
        """Give away the hit that is held, with those lines after it that begin before `limit`."""
        held, self._held = self._held, None
        if held is not None:
            after, self._floor = self._lines_after(held, limit)
            yield replace(held.line, after=after)

    def _lines_before(self, offset: int) -> tuple[str, ...]:
        count = self._context_lines
        first = max(self._floor, offset - self._context_bytes)
        if not count or first >= offset:
            return ()
        lines = self._source.read(first, offset - first).removesuffix(b"\n").split(b"\n")
        return tuple(shorten(line) for line in lines[-count:])

    def _lines_after(self, held: _Held, limit: int) -> tuple[tuple[str, ...], int]:
        """Return the lines after a hit, and where they end."""
        count = self._context_lines
        length = min(limit - held.end, self._context_bytes)
        if not count or length <= 0 or held.goes_on:
            return (), held.end
        data = self._source.read(held.end, length)
        lines = data.removesuffix(b"\n").split(b"\n")[:count] if data else []
        return tuple(map(shorten, lines)), held.end + sum(len(line) + 1 for line in lines)


def _line_numbers(data: bytes, places: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield the numbers, from 0, of the lines that begin at these places."""
    last, number = 0, 0
    for start, _end in places:
        number += data.count(b"\n", last, start)
        last = start
        yield number


def _line_places(data: bytes, numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield (start, end without the line feed) of the lines of these numbers, which count from 0."""
    starts: list[int] = []
    for number in numbers:
        starts = starts or [0, *accumulate(len(line) + 1 for line in data.split(b"\n"))]
        yield starts[number], starts[number + 1] - 1
