"""Copies of outputs for other programs: few at a time, and gone with this program, or a day after its crash."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from contextlib import suppress
from pathlib import Path

from core.errors import StorageError
from core.output.exporting import export
from core.output.reader import Reader
from core.output.rows import RowFinder
from desktop.temporary import prefix_for, sweep

__all__ = ["MOST_COPIES", "Copies"]

MOST_COPIES = 4
"""How many stay: somebody may still read an earlier one."""


class Copies:
    """A folder of its own among the temporary files, which is there from the first copy on; for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._paths: list[Path] = []
        self._last: Reader | None = None
        self._count = 0

    def write(self, reader: Reader) -> Path:
        """Write what there is of an output by now, and return the file; once more of the same one takes its place.

        Raises StorageError.
        """
        with self._lock:
            path = self._path_for(reader)
            with reader.pinned():
                export(RowFinder(reader), reader, path, as_printed=True)
        return path

    def _path_for(self, reader: Reader) -> Path:
        if self._folder is None or not self._folder.is_dir():  # it may be cleaned away: such files are temporary
            self._folder, self._last = _make_folder(), None
            self._paths.clear()
            # As soon as nobody has these copies any more, and at the end of the program.
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        if reader is not self._last:
            self._last = reader
            self._count += 1
            self._paths.append(self._folder / f"output-{self._count}.txt")
            while len(self._paths) > MOST_COPIES:
                with suppress(OSError):  # where an open file can't be deleted it goes with the folder
                    self._paths.pop(0).unlink()
        return self._paths[-1]


def _make_folder() -> Path:
    try:
        folder = Path(tempfile.mkdtemp(prefix=prefix_for("copies")))
    except OSError as error:
        raise StorageError(
            "A copy of the output could not be made: there is no place for temporary files"
            f" ({error.strerror or error}). Save it instead."
        ) from error
    sweep()
    return folder
