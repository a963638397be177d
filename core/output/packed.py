"""Old outputs in little room: gzip files that are read at any place without unpacking the rest.

The file is a row of gzip members (RFC 1952, 2.2), so that `zcat`, `zgrep` and `less` read it as they read any other.
Each holds FRAME_BYTES of the output, the last one what is left. Behind them stand empty members whose extra fields
(subfield “CH”) hold the packed sizes of those before, 32 bits each, and at last one of a known size that says where the
sizes begin.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
import zlib
from array import array
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from core.output.files import open_new

__all__ = ["FRAME_BYTES", "PackedFile", "pack"]

FRAME_BYTES = 256 * 1024
# A page of the rows with a match may lie in as many frames as it has rows, and is asked for at every step of a scroll.
_FRAMES_AT_HAND = 64
_MOST_BYTES_AT_HAND = 16 * 1024 * 1024
_LEVEL = 6
_GZIP = 16 + zlib.MAX_WBITS
# ID1 ID2 CM FLG MTIME XFL OS XLEN SI1 SI2 LEN (RFC 1952, 2.3); FLG 4 means that there is an extra field.
_HEADER = struct.Struct("<4sIBBH2sH")
_START = b"\x1f\x8b\x08\x04"
_SUBFIELD = b"CH"
# An empty block of deflate (RFC 1951), its checksum and its size.
_NOTHING = b"\x03\x00" + bytes(8)
_SIZES_PER_MEMBER = 16_000
# Bytes of the output, where the sizes begin, their count, bytes per frame.
_END = struct.Struct("<QQII")
_END_BYTES = _HEADER.size + _END.size + len(_NOTHING)


def pack(source: Path, target: Path, *, may_go_on: Callable[[], bool]) -> bool:
    """Write what `source` holds to a new file `target`, whole and on disk; False where `may_go_on` said no.

    That is asked before each frame. Then, and after an error, there is no `target`. Raises OSError, also where what
    was written does not read as what was there.
    """
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with source.open("rb") as plain, os.fdopen(open_new(part), "w+b") as packed:
            for _ in _write_frames(plain, packed):
                if not may_go_on():
                    return False
            packed.flush()
            os.fsync(packed.fileno())
            if not _is_same(plain, part, may_go_on):
                return False
        part.replace(target)
        _sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return True


class PackedFile:
    """Reads a packed output; not for several threads at once. Every method raises OSError, also for damage."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = io.FileIO(path)
        self._size = 0
        self._frame_bytes = 1
        self._frames: dict[int, bytes] = {}  # the one that was used last is the last
        self._bytes_at_hand = 0
        try:
            self._read_table()
        except (struct.error, ValueError, EOFError) as error:
            self._file.close()
            raise OSError(f"it is damaged ({error})") from error
        except BaseException:
            self._file.close()
            raise

    @property
    def size(self) -> int:
        """The bytes of the output."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; less at the end. Unpacks one frame at a time."""
        parts = []
        end = min(offset + length, self._size)
        while offset < end:
            number, at = divmod(offset, self._frame_bytes)
            part = self._unpack(number)[at : at + end - offset]
            if not part:
                raise OSError("it is damaged (a part is shorter than it should be)")
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._frames.clear()
        self._bytes_at_hand = 0

    def _read_table(self) -> None:
        file_bytes = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, file_bytes - _END_BYTES))
        end = self._file.read(_END_BYTES)
        if len(end) < _END_BYTES or end[:4] != _START or end[12:14] != _SUBFIELD:
            raise ValueError("its end is missing")
        self._size, table_at, count, self._frame_bytes = _END.unpack_from(end, _HEADER.size)
        if not self._frame_bytes or count != -(-self._size // self._frame_bytes):
            raise ValueError("its end contradicts itself")
        self._file.seek(table_at)
        sizes = array("I")
        while len(sizes) < count:
            wanted = min(count - len(sizes), _SIZES_PER_MEMBER) * sizes.itemsize
            member = self._file.read(_HEADER.size + wanted + len(_NOTHING))
            sizes.frombytes(member[_HEADER.size : _HEADER.size + wanted])
            if len(member) < _HEADER.size + wanted:
                raise ValueError("its table is cut off")
        if sys.byteorder == "big":
            sizes.byteswap()
        self._starts = array("Q", accumulate(sizes, initial=0))

    def _unpack(self, number: int) -> bytes:
        frame = self._frames.pop(number, None)
        if frame is None:
            self._file.seek(self._starts[number])
            packed = self._file.read(self._starts[number + 1] - self._starts[number])
            try:
                # A member says by its checksum whether it is whole.
                frame = zlib.decompress(packed, _GZIP, self._frame_bytes)
            except zlib.error as error:
                raise OSError(f"it is damaged ({error})") from error
            self._make_room(len(frame))
        self._frames[number] = frame
        return frame

    def _make_room(self, length: int) -> None:
        """Let go of the frames that were not used for the longest time, as far as one of this length needs it."""
        self._bytes_at_hand += length
        while self._frames and (len(self._frames) >= _FRAMES_AT_HAND or self._bytes_at_hand > _MOST_BYTES_AT_HAND):
            oldest = next(iter(self._frames))
            self._bytes_at_hand -= len(self._frames.pop(oldest))


def _write_frames(plain: BinaryIO, packed: BinaryIO) -> Iterator[None]:
    """Write all; whoever iterates may stop after each frame."""
    sizes = array("I")
    total = 0
    while frame := plain.read(FRAME_BYTES):
        compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        member = compressor.compress(frame) + compressor.flush()
        packed.write(member)
        sizes.append(len(member))
        total += len(frame)
        yield
    table_at = packed.tell()
    count = len(sizes)
    if sys.byteorder == "big":
        sizes.byteswap()
    parts = (sizes[first : first + _SIZES_PER_MEMBER] for first in range(0, count, _SIZES_PER_MEMBER))
    packed.writelines(_empty_member(part.tobytes()) for part in parts)
    packed.write(_empty_member(_END.pack(total, table_at, count, FRAME_BYTES)))


def _empty_member(extra: bytes) -> bytes:
    header = _HEADER.pack(_START, 0, 0, 255, len(extra) + 4, _SUBFIELD, len(extra))
    return header + extra + _NOTHING


def _is_same(plain: BinaryIO, path: Path, may_go_on: Callable[[], bool]) -> bool:
    """Return whether all was compared; raises OSError where it differs."""
    plain.seek(0)
    offset = 0
    with contextlib.closing(PackedFile(path)) as packed:
        while frame := plain.read(FRAME_BYTES):
            if packed.read(offset, len(frame)) != frame:
                raise OSError("what was written reads back as something else")
            offset += len(frame)
            if not may_go_on():
                return False
        if packed.size != offset:
            raise OSError("what was written reads back as something else")
    return True


def _sync_folder(folder: Path) -> None:
    # The new name has to be on disk before the old file goes (fsync(2)); Windows has no such call.
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
