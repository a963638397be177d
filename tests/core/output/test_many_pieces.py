"""Outputs whose streams take turns hundreds of thousands of times: asked about quickly, and kept in little memory."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import core.output.file_reader
from core.output.files import INDEX_SUFFIX, beside
from core.output.index import RECORD_BYTES, IndexWriter, Piece, Stream, index_records
from core.output.piece_queue import PieceQueue
from core.output.reader import FileReader
from core.output.spool import INLINE_LIMIT_US, Spool
from core.output.tail import Tail, TailView

START = 1_795_500_000_000_000
MANY = 60_000
PATIENCE_S = 10


def turns(count: int) -> Iterator[Piece]:
    return (Piece(10 * number, START + number, Stream(1 + number % 2)) for number in range(count))


def written(path: Path, count: int) -> Path:
    path.write_bytes(b"123456789\n" * count)
    beside(path, INDEX_SUFFIX).write_bytes(IndexWriter.header() + b"".join(piece.pack() for piece in turns(count)))
    return path


def each_byte(pieces: Iterator[tuple[int, Stream, bytes]]) -> list[tuple[int, Stream, int]]:
    return [(at_us, stream, byte) for at_us, stream, data in pieces for byte in data]


def grown_bytes(work: Callable[[], object]) -> int:
    """Return by how much Python's memory was larger at most while `work` went on."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_index_is_read_without_all_its_pieces_in_memory(tmp_path: Path) -> None:
    with FileReader(written(tmp_path / "1-1.log", MANY)) as reader:
        assert sum(1 for _ in reader.index()) == MANY
        assert grown_bytes(lambda: sum(1 for _ in reader.index())) < 2 * MANY * RECORD_BYTES + 100_000
        assert grown_bytes(lambda: sum(1 for _ in reader.pieces(MANY * 5))) < 2 * MANY * RECORD_BYTES + 200_000


def test_the_end_of_an_index_is_found_without_reading_the_rest(tmp_path: Path) -> None:
    index = beside(written(tmp_path / "1-1.log", MANY), INDEX_SUFFIX).read_bytes()
    read_bytes = 0

    def read(at: int, length: int) -> bytes:
        nonlocal read_bytes
        read_bytes += length
        return index[at : at + length]

    assert len(index_records(read, len(index), MANY * 10 - 25)) == 3 * RECORD_BYTES
    assert read_bytes < 30 * RECORD_BYTES


def test_nobody_waits_for_an_index_that_is_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FileReader(written(tmp_path / "1-1.log", 10)) as reader:
        sizes: list[int] = []

        def read_slowly(*arguments: object) -> bytes:
            asking = threading.Thread(target=lambda: sizes.append(reader.size()), daemon=True)
            asking.start()
            asking.join(PATIENCE_S)
            assert not asking.is_alive()
            return index_records(*arguments)  # type: ignore[arg-type]  # whatever it was called with

        monkeypatch.setattr(core.output.file_reader, "index_records", read_slowly)
        assert len(list(reader.index())) == 10
        assert len(list(reader.pieces())) == 10
        assert sizes == [100, 100]


def test_a_tail_keeps_its_pieces_in_little_memory(tmp_path: Path) -> None:
    kept = 12_000
    tail = Tail(tmp_path / "tail", base=0, limit_bytes=kept * 10, max_pieces=4 * kept)

    def write() -> None:
        for piece in turns(3 * kept):
            tail.write(piece.stream, b"123456789\n", piece.at_us, base=0)

    # Those that are kept, those that are about to go, and room to grow.
    assert grown_bytes(write) < 4 * kept * RECORD_BYTES
    assert [piece.offset for piece in tail.pieces(0)] == [10 * number for number in range(kept)]
    tail.discard()


def test_the_end_of_a_tails_index_is_found_without_reading_the_rest(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "tail", base=0, limit_bytes=MANY, max_pieces=MANY)
    for piece in turns(MANY):
        tail.write(piece.stream, b"123456789\n", piece.at_us, base=0)
    with TailView(tmp_path / "tail") as view:
        state = view.state()
        assert state is not None
        assert len(view.records(state)) == MANY // 10 * RECORD_BYTES
        assert len(view.records(state, MANY * 10 - 25)) == 3 * RECORD_BYTES
    tail.discard()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.integers(2, 400),
    count=st.integers(1, 120),
    sizes=st.lists(st.integers(1, 12), min_size=1),
    places=st.lists(st.integers(0, 1500), min_size=3),
)
def test_from_any_byte_on_the_pieces_are_the_last_of_all(
    limit: int, count: int, sizes: list[int], places: list[int], tmp_path: Path
) -> None:
    out = Spool(tmp_path, 7, 1, limit_bytes=limit, started_at_us=START - INLINE_LIMIT_US)
    for number in range(count):
        out.write(Stream(1 + number % 2), b"x" * sizes[number % len(sizes)], START + number)
    assert out.path is not None
    with FileReader(out.path) as reader:
        for _ in range(2):  # while it is written, and after that
            pieces = list(reader.index())
            assert [piece.offset for piece in pieces] == sorted(piece.offset for piece in pieces)
            whole = each_byte(reader.pieces())
            for offset in (place % (reader.size() + 3) for place in places):
                wanted = pieces[max(0, sum(piece.offset <= offset for piece in pieces) - 1) :]
                assert list(reader.index(offset))[-len(wanted) :] == wanted
                assert each_byte(reader.pieces(offset)) == whole[offset:]
            out.close()


def test_a_queue_of_pieces_lets_the_first_ones_go() -> None:
    queue = PieceQueue()
    everything = list(turns(20_000))
    for piece in everything:
        queue.append(piece)
    for first, (_, second) in enumerate(pairwise(everything)):
        assert queue.second_offset == second.offset
        queue.drop_first()
        if first % 999 == 0:
            assert list(queue) == everything[first + 1 :]
            assert len(queue) == len(everything) - first - 1
    queue.clear()
    assert (len(queue), list(queue)) == (0, [])
