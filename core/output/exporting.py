"""Writes an output, or a part of it, into a file of its own: as it was printed, or as plain text."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from core.errors import StorageError
from core.output.choosing import Rows
from core.output.gaps import Gapped, limit_mark
from core.output.terminal.line import read_line

__all__ = ["export"]

_CHUNK_BYTES = 1024 * 1024
_ROWS_AT_ONCE = 500


def export(rows: Rows, source: Gapped, path: Path, *, as_printed: bool, start: int = 0, end: int | None = None) -> None:
    """Write the bytes from `start` up to `end` (all by now) of the output, where both are beginnings of rows.

    As plain text they are what `rows` show of it, each line as a terminal would show it in the end; `as_printed` they
    are the bytes of `source`. Of what is not kept any more stands a mark. The file appears when it is whole, takes the
    place of another one, and can be read by its owner alone (0600) until its folder or its owner says otherwise. Pin
    the reader: StorageError is raised where the bytes up to `end` are not there any more.
    """
    end = source.size() if end is None else end
    parts = _bytes(source, start, end) if as_printed else _texts(rows, source, start, end)
    try:
        # Not of the name of the file, which may be as long as a name can be.
        descriptor, name = tempfile.mkstemp(prefix=".clockhand-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _write(file, parts)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise StorageError(f"The file {path} could not be written: {error.strerror or error}.") from error


def _write(file: BinaryIO, parts: Iterator[bytes]) -> None:
    file.writelines(parts)


def _bytes(source: Gapped, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        gap = source.gap()
        if gap is not None and gap[0] <= start < gap[1]:
            yield limit_mark(gap[1] - start)
            start = gap[1]
            continue
        length = min(_CHUNK_BYTES, end - start, gap[0] - start if gap is not None and start < gap[0] else end)
        data = source.read(start, length)
        if not data:
            raise _too_short(source.size(), end)
        # Looked at after the reading: what was overwritten before reads as something else.
        gap = source.gap()
        if gap is None or not gap[0] <= start < gap[1]:
            yield data
            start += len(data)


def _texts(rows: Rows, source: Gapped, start: int, end: int) -> Iterator[bytes]:
    while start < end and (found := rows.rows(start, _ROWS_AT_ONCE, end=end)):
        for row in found:
            yield read_line(row.data)[0].text.encode("utf-8", "replace") + (b"\n" if row.data.endswith(b"\n") else b"")
        start = found[-1].end
    # Where only some rows are chosen there may be none up to the end.
    if (size := source.size()) < end:
        raise _too_short(size, end)


def _too_short(size: int, end: int) -> StorageError:
    return StorageError(
        f"The output became shorter while it was read: of {end:,} bytes {size:,} are there. Nothing was written: try it"
        " again."
    )
