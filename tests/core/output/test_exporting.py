"""The file into which an output is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import StorageError
from core.output.exporting import export
from core.output.index import Stream
from core.output.reader import InlineReader
from core.output.rows import RowFinder
from core.output.spool import Spool
from tests.support.ending import ending_while_read


def written(path: Path, data: bytes, *, as_printed: bool = True) -> bytes:
    reader = InlineReader(data, b"")
    export(RowFinder(reader), reader, path, as_printed=as_printed)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "\N{CLOCK FACE TWELVE OCLOCK}" * 63], ids=["1", "2", "4"])
def test_a_file_may_have_the_longest_name_there_is(name: str, tmp_path: Path) -> None:
    assert written(tmp_path / name, b"\x1b[1mhello\x1b[m\n", as_printed=False) == b"hello\n"
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_what_can_t_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(StorageError, match="taken could not be written"):
        written(tmp_path / "taken", b"hello")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


@pytest.fixture
def past_limit(tmp_path: Path) -> Spool:
    """Return a run under way of whose lines 2 MB at each end are kept."""
    (tmp_path / "output").mkdir()
    spool = Spool(tmp_path / "output", 1, 1, limit_bytes=4_000_000, started_at_us=0)
    for number in range(100):
        lines = b"".join(b"line %014d\n" % (number * 3000 + each) for each in range(3000))
        spool.write(Stream.STDOUT, lines, (number + 1) * 100_000)
    return spool


@pytest.mark.parametrize("as_printed", [True, False])
def test_nothing_is_lost_when_the_run_ends_meanwhile(past_limit: Spool, as_printed: bool, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    with past_limit.live() as reader:
        export(RowFinder(reader), reader, path, as_printed=as_printed)
        whole = path.read_bytes()
        assert whole.endswith(b"line %014d\n" % 299_999)
        with ending_while_read(past_limit, reader), reader.pinned():
            export(RowFinder(reader), reader, path, as_printed=as_printed)
        assert path.read_bytes() == whole


@pytest.mark.parametrize("as_printed", [True, False])
def test_an_output_that_becomes_shorter_meanwhile_is_told(past_limit: Spool, as_printed: bool, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    path.write_bytes(b"what was there before")
    with (
        past_limit.live() as reader,
        ending_while_read(past_limit, reader),
        pytest.raises(StorageError, match="of 6,000,000 bytes 4,"),
    ):
        export(RowFinder(reader), reader, path, as_printed=as_printed)
    assert path.read_bytes() == b"what was there before"
