"""Reading an output back, wherever it lies and while it still grows."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core
from core.errors import NotFoundError, StorageError
from core.output.files import delete_outputs, find_live
from core.output.index import IndexWriter, Piece, Stream, parse_index
from core.output.reader import CHUNK_BYTES, FileReader, InlineReader, read_output
from core.output.spool import INLINE_LIMIT_US, Spool
from core.output.store import OutputStore

START = 1_795_500_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> OutputStore:
    return OutputStore(tmp_path / "outputs.db")


def test_read_output_hides_where_an_output_lies(tmp_path: Path, store: OutputStore) -> None:
    for job_id, pause in ((1, 0), (2, INLINE_LIMIT_US)):
        out = Spool(tmp_path, job_id, 1, started_at_us=START)
        out.write(Stream.STDERR, b"words", START + pause)
        record = out.close()
        if record.inline is not None:
            store.save_many([(job_id, 1, record.inline, record.index)])
        with read_output(tmp_path, store, job_id, 1, record.location) as reader:
            assert (reader.size(), reader.read(1, 3)) == (5, b"ord")
            assert list(reader.pieces()) == [(START + pause, Stream.STDERR, b"words")]
            assert list(reader.pieces(2)) == [(START + pause, Stream.STDERR, b"rds")]
    with read_output(tmp_path, store, 3, 1, "none") as nothing:
        assert (nothing.size(), nothing.read(0, 10), list(nothing.pieces())) == (0, b"", [])
    store.close()


def test_a_run_of_another_process_is_followed_through_its_file(tmp_path: Path, store: OutputStore) -> None:
    with read_output(tmp_path, store, 7, 1, None) as reader:
        assert (reader.size(), list(reader.pieces())) == (0, [])
        script = (
            "import sys; from pathlib import Path; from core.output.spool import Spool, Stream\n"
            f"out = Spool(Path({str(tmp_path)!r}), 7, 1, started_at_us={START})\n"
            "for line in sys.stdin:\n"
            f"    out.write(Stream.STDOUT, line.encode(), {START + INLINE_LIMIT_US}); print('written', flush=True)\n"
            "out.close()\n"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=Path(core.__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        with child:
            seen = b""
            for line in ("one\n", "two\n"):
                child.stdin.write(line)
                assert child.stdout.readline() == "written\n"
                seen += b"".join(data for _, _, data in reader.pieces(len(seen)))
            assert seen == b"one\ntwo\n"
            assert reader.size() == 8
            child.stdin.close()
        assert child.returncode == 0
    store.close()


def test_the_newest_file_of_an_attempt_is_the_one_that_lives(tmp_path: Path) -> None:
    assert find_live(tmp_path, 7, 1) is None
    for _ in range(11):
        out = Spool(tmp_path, 7, 1, started_at_us=START)
        out.write(Stream.STDOUT, b"x", START + INLINE_LIMIT_US)
        out.close()
    found = find_live(tmp_path, 7, 1)
    assert found is not None
    assert found.name == "7-1-11.log"


def test_an_output_that_was_deleted_is_told(tmp_path: Path, store: OutputStore) -> None:
    with pytest.raises(StorageError, match=r"0000/7-1\.log is gone"):
        read_output(tmp_path, store, 7, 1, "0000/7-1.log").size()
    with pytest.raises(NotFoundError, match="job 7, attempt 1"):
        read_output(tmp_path, store, 7, 1, "inline")
    store.close()


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "0000/../../x"])
def test_a_location_outside_of_the_folder_is_never_opened(location: str, tmp_path: Path, store: OutputStore) -> None:
    with pytest.raises(StorageError, match="outside"):
        read_output(tmp_path, store, 7, 1, location)
    with pytest.raises(StorageError, match="outside"):
        delete_outputs(tmp_path, [location])


def test_no_piece_is_larger_than_a_chunk(tmp_path: Path) -> None:
    out = Spool(tmp_path, 7, 1, started_at_us=START)
    out.write(Stream.STDOUT, b"x" * (3 * CHUNK_BYTES + 1), START)
    with FileReader(tmp_path / out.close().location) as reader:
        assert [len(data) for _, _, data in reader.pieces()] == [CHUNK_BYTES] * 3 + [1]


@pytest.mark.parametrize("damage", ["missing", "torn", "foreign"])
def test_an_output_with_a_damaged_index_is_still_read_whole(damage: str, tmp_path: Path) -> None:
    out = Spool(tmp_path, 7, 1, started_at_us=START)
    out.write(Stream.STDOUT, b"first", START + INLINE_LIMIT_US)
    out.write(Stream.STDERR, b"second", START + INLINE_LIMIT_US)
    path = tmp_path / out.close().location
    index = path.with_name("7-1.log.idx")
    if damage == "missing":
        index.unlink()
    else:
        index.write_bytes(index.read_bytes()[:-1] if damage == "torn" else b"something else")
    with FileReader(path) as reader:
        assert b"".join(data for _, _, data in reader.pieces()) == b"firstsecond"


def test_writes_of_one_stream_within_50_ms_are_one_piece() -> None:
    index = IndexWriter(max_pieces=1000)
    noted = [index.note(at, START + at * 1000, Stream.STDOUT) for at in range(0, 120, 10)]
    assert [piece.offset for piece in noted if piece] == [0, 50, 100]
    assert index.note(120, START + 120_000, Stream.STDERR) == Piece(120, START + 120_000, Stream.STDERR)


def test_an_index_never_grows_past_its_limit() -> None:
    index = IndexWriter(max_pieces=100)
    noted = [index.note(at, START + at * 60_000, Stream(1 + at % 2)) for at in range(1000)]
    assert sum(piece is not None for piece in noted) == 100


def test_a_clock_that_is_set_back_begins_a_piece() -> None:
    index = IndexWriter(max_pieces=100)
    index.note(0, START, Stream.STDOUT)
    assert index.note(1, START - 1, Stream.STDOUT) == Piece(1, START - 1, Stream.STDOUT)


PIECES = st.lists(st.builds(Piece, st.integers(0, 2**63), st.integers(0, 2**61), st.sampled_from(Stream)))


@given(pieces=PIECES, cut=st.integers(0, 15))
def test_an_index_says_what_was_written_to_it(pieces: list[Piece], cut: int) -> None:
    data = IndexWriter.header() + b"".join(piece.pack() for piece in pieces)
    assert list(parse_index(data)) == pieces
    assert list(parse_index(data + b"\1" * cut)) == pieces


@given(data=st.binary(max_size=200), index=st.binary(max_size=200))
def test_no_index_makes_reading_fail(data: bytes, index: bytes) -> None:
    reader = InlineReader(data, IndexWriter.header() + index)
    assert all(at_us >= 0 for at_us, _, _ in reader.pieces())


@given(
    st.lists(st.integers(1, 20), max_size=30).map(lambda sizes: [sum(sizes[:n]) for n in range(len(sizes))]),
    st.integers(-5, 700),
)
def test_an_index_is_parsed_from_the_piece_in_which_a_byte_lies(offsets: list[int], wanted: int) -> None:
    pieces = [Piece(offset, START, Stream.STDOUT) for offset in offsets]
    data = IndexWriter.header() + b"".join(piece.pack() for piece in pieces)
    before = sum(offset <= wanted for offset in offsets[1:])
    assert list(parse_index(data, wanted)) == pieces[before:]


def test_a_reader_that_nobody_closed_lets_go_of_its_file(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    path = tmp_path / "1-1.log"
    path.write_bytes(b"hello")
    reader = FileReader(path)
    assert reader.read(0, 5) == b"hello"
    del reader
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []
