"""The file into which an output is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import StorageError
from core.output.exporting import export
from core.output.reader import InlineReader
from core.output.rows import RowFinder


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
