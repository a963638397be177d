"""Searches the outputs of all runs, the newest first, and tells step by step what was found and how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.database import Database
from core.errors import NotFoundError, StorageError
from core.output.gaps import KeptBytes
from core.output.index import Stream
from core.output.reader import Reader, read_output
from core.output.store import OutputStore
from core.search.outputs import OutputList, OutputRef, TotalBytes
from core.search.query import Pattern, SearchQuery
from core.search.scanning import FoundLine, Scanner

__all__ = ["Hit", "OutputSearch", "Progress", "Step"]

_FARTHEST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that was found: in which output, from which stream, and when it was printed (µs since the epoch, UTC)."""

    output: OutputRef
    line: FoundLine
    stream: Stream
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a search is. `total_bytes` is None until all sizes are added up.

    `cut_outputs` counts those in which there was more than a query lets come from one; `is_cut` says that the search
    ended early because there was more than it lets come at all. `unreadable` counts outputs that could not be read.
    """

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
class Step:
    """What a slice of the work has brought; `problem` says which output could not be read, and why."""

    progress: Progress
    hits: tuple[Hit, ...] = ()
    problem: str | None = None


class OutputSearch:
    """Reads outputs wherever they lie. It keeps nothing of a search: each has an iterator of its own."""

    def __init__(self, database: Database, store: OutputStore, folder: Path) -> None:
        self._database = database
        self._store = store
        self._folder = folder

    def run(self, query: SearchQuery) -> Iterator[Step]:
        """Yield what is found until the last step, whose progress `is_over`; whoever stops asking ends the search.

        Between two steps lie some milliseconds, except for an expression that takes long. Raises SearchTextError at
        once, StorageError when the database can't be read.
        """
        pattern = Pattern(query)
        return _Run(self, query, pattern).steps()

    def open(self, output: OutputRef) -> Reader:
        """Return a reader of an output. Raises NotFoundError, StorageError."""
        return read_output(self._folder, self._store, output.job_id, output.attempt, output.location)

    def outputs(self, query: SearchQuery) -> OutputList:
        """Return the outputs that a query goes through."""
        return OutputList(self._database, query.which)

    def total(self, query: SearchQuery) -> TotalBytes:
        """Return what adds up their sizes."""
        return TotalBytes(self._database, query.which)


class _Run:
    """One search under way."""

    def __init__(self, search: OutputSearch, query: SearchQuery, pattern: Pattern) -> None:
        self._search = search
        self._query = query
        self._pattern = pattern
        self._outputs = search.outputs(query)
        self._total = search.total(query)
        self._done_bytes = 0
        self._count = 0
        self._hits = 0
        self._with_hits = 0
        self._cut_outputs = 0
        self._unreadable = 0

    def steps(self) -> Iterator[Step]:
        while page := self._outputs.next_page():
            for output in page:
                yield from self._search_one(output)
                if self._hits >= self._query.most_hits:
                    yield Step(self._progress(is_cut=True, is_over=True))
                    return
        while self._total.known is None:
            self._total.count_on()
        yield Step(self._progress(is_over=True))

    def _search_one(self, output: OutputRef) -> Iterator[Step]:
        done_before = self._done_bytes
        weight = output.recorded_bytes if output.is_latest else 0
        self._count += 1
        hits_before = self._hits
        try:
            # Pinned, so that nothing moves when the run ends meanwhile.
            with self._search.open(output) as reader, reader.pinned():
                for end, hits in self._scan(output, reader):
                    self._hits += len(hits)
                    self._with_hits += self._hits > hits_before == self._hits - len(hits)
                    self._done_bytes = done_before + min(end, weight)
                    yield self._step(hits)
        except (NotFoundError, StorageError) as error:
            self._unreadable += 1
            yield Step(self._progress(), problem=f"Job {output.job_id}, attempt {output.attempt}: {error}")
        self._done_bytes = done_before + weight

    def _scan(self, output: OutputRef, reader: Reader) -> Iterator[tuple[int, tuple[Hit, ...]]]:
        """Yield how far the output is searched, and the hits."""
        left = self._query.most_hits - self._hits
        kept = KeptBytes(reader)
        scanner = Scanner(
            kept,
            self._pattern,
            context_lines=self._query.context_lines,
            most_lines=min(left, self._query.most_hits_per_output),
        )
        stamps = _Stamps(reader)
        for piece in scanner.slices():
            lines = [_in_output(line, kept) for line in piece.lines]
            stamped = zip(lines, stamps.of(line.match_offset for line in lines), strict=True)
            yield piece.end, tuple(Hit(output, line, stream, at_us) for line, (at_us, stream) in stamped)
        if scanner.is_full and self._query.most_hits_per_output <= left:
            self._cut_outputs += 1

    def _step(self, hits: tuple[Hit, ...]) -> Step:
        if self._total.known is None:
            self._total.count_on()
        return Step(self._progress(), hits)

    def _progress(self, *, is_cut: bool = False, is_over: bool = False) -> Progress:
        return Progress(
            done_bytes=self._done_bytes,
            total_bytes=self._total.known,
            outputs=self._count,
            hits=self._hits,
            outputs_with_hits=self._with_hits,
            cut_outputs=self._cut_outputs,
            unreadable=self._unreadable,
            is_cut=is_cut,
            is_over=is_over,
        )


def _in_output(line: FoundLine, kept: KeptBytes) -> FoundLine:
    """Return the line with the places that it has in the output, of which a part may be missing."""
    return replace(line, offset=kept.place_of(line.offset), match_offset=kept.place_of(line.match_offset))


class _Stamps:
    """Tells the time and the stream of bytes of an output, asked in ascending order.

    One pass over the pieces serves many questions; over a wide gap it is cheaper to begin again behind it.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._pieces: Iterator[tuple[int, Stream, bytes]] = iter(())
        self._end = -_FARTHEST_BYTES - 1  # of the piece that came last
        self._last = (0, Stream.STDOUT)

    def of(self, offsets: Iterable[int]) -> Iterator[tuple[int, Stream]]:
        """Yield (µs since the epoch, stream) for each offset. Raises StorageError."""
        for offset in offsets:
            if offset - self._end > _FARTHEST_BYTES:
                self._pieces, self._end = self._reader.pieces(offset), offset
            while offset >= self._end and (piece := next(self._pieces, None)) is not None:
                self._last = piece[:2]
                self._end += len(piece[2])
            yield self._last
