"""Copies for other programs do not pile up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from core.errors import StorageError
from core.output.index import Stream
from core.output.reader import InlineReader
from core.output.spool import Spool
from desktop.copies import MOST_COPIES, Copies
from desktop.temporary import sweep
from tests.support.ending import ending_while_read


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_same_output_takes_the_place_of_its_copy_and_others_have_their_own(place: Path) -> None:
    copies = Copies()
    one, other = InlineReader(b"one", b""), InlineReader(b"other", b"")
    first = copies.write(one)
    assert copies.write(one) == first
    second = copies.write(other)
    assert second != first
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"other")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_copies_are_for_their_owner_alone(place: Path) -> None:
    copies = Copies()
    path = copies.write(InlineReader(b"one", b""))
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_only_the_newest_copies_stay(place: Path) -> None:
    copies = Copies()
    paths = [copies.write(InlineReader(b"%d" % number, b"")) for number in range(MOST_COPIES + 3)]
    assert [path.exists() for path in paths] == [False] * 3 + [True] * MOST_COPIES


def test_copies_go_with_who_made_them(place: Path) -> None:
    copies = Copies()
    copies.write(InlineReader(b"one", b""))
    assert len(list(place.iterdir())) == 1
    del copies
    assert list(place.iterdir()) == []


def test_copies_go_with_the_program_and_those_of_one_that_crashed_a_day_later(place: Path) -> None:
    text = (
        "import os, sys, tempfile; from desktop.copies import Copies; from core.output.reader import InlineReader\n"
        f"tempfile.tempdir = {str(place)!r}\n"
        "copies = Copies()\n"
        "copies.write(InlineReader(b'one', b''))\n"
        "if len(sys.argv) > 1: os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, timeout=60)
    assert list(place.iterdir()) == []
    subprocess.run([sys.executable, "-c", text, "crash"], check=False, capture_output=True, timeout=60)
    (left,) = place.iterdir()
    sweep()
    assert left.exists()
    others = [
        place / name for name in ("clockhand-copies-of-somebody", "elsewhere", f"clockhand-trial-{os.getpid()}-x")
    ]
    for other in others:
        other.mkdir()
    link = place / f"{left.name}-link"
    link.symlink_to(others[1])
    for path in (left, *others):
        os.utime(path, (0, 0))
    Copies().write(InlineReader(b"one", b""))
    assert sorted(place.iterdir()) == sorted([*others, link])


def test_copies_go_on_where_somebody_cleaned_the_temporary_files_away(place: Path) -> None:
    copies = Copies()
    reader, other = InlineReader(b"one", b""), InlineReader(b"other", b"")
    shutil.rmtree(copies.write(reader).parent)
    assert copies.write(reader).read_bytes() == b"one"
    assert copies.write(other).read_bytes() == b"other"
    del copies
    assert list(place.iterdir()) == []


def test_without_a_place_for_temporary_files_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(StorageError, match="no place for temporary files"):
        Copies().write(InlineReader(b"one", b""))


def test_a_copy_is_whole_when_the_run_ends_meanwhile(place: Path, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    spool = Spool(tmp_path / "output", 1, 1, limit_bytes=4_000_000, started_at_us=0)
    for number in range(100):
        spool.write(Stream.STDOUT, b"line\n" * 10_000, (number + 1) * 100_000)
    spool.write(Stream.STDOUT, b"the last line\n", 20_000_000)
    with spool.live() as reader, ending_while_read(spool, reader):
        copies = Copies()
        assert copies.write(reader).read_bytes().endswith(b"line\nthe last line\n")
