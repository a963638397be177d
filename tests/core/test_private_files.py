"""Files that their owner alone can read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.private_files import replace_private, write_private

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


@posix
def test_a_new_file_is_the_owners_alone_and_none_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"one")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_private(path, b"two")
    assert path.read_bytes() == b"one"


@posix
def test_a_file_that_is_replaced_becomes_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_private(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_what_is_there_stays_where_nothing_can_be_put_in_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "kept").write_bytes(b"old")
    with pytest.raises(OSError, match="folder"):
        replace_private(folder, b"new")
    assert (folder / "kept").read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]
