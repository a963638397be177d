"""Which data folder a verb works on, and how it is opened without being made by accident."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from core.errors import ClockhandError, StorageError
from core.paths import DATA_DIR_VARIABLE, DataFolder, default_data_folder

if TYPE_CHECKING:  # it brings the database along, which the verbs about time do without
    from core.workspace import Workspace

__all__ = ["BY", "Session"]

BY = "the command line"
"""Who asks, as the history tells it."""


@dataclass(frozen=True, slots=True)
class Session:
    """The data folder of one call of the program."""

    folder: DataFolder

    @classmethod
    def of(cls, context: typer.Context, data_dir: Path | None) -> Session:
        """Return the session for the folder named after the verb, else before it, else the default."""
        named = data_dir or context.find_root().params.get("data_dir")
        return cls(DataFolder((named.expanduser() if named else default_data_folder()).absolute()))

    def has_data(self) -> bool:
        """Return whether there is a database. Raises StorageError where that can't be seen."""
        root = self.folder.root
        try:
            if root.exists() and not root.is_dir():
                raise StorageError(
                    f"{root} is not a folder, so it can't hold data. "
                    f"Choose another with --data-dir or {DATA_DIR_VARIABLE}."
                )
            return self.folder.database.exists()
        except OSError as error:
            raise StorageError(
                f"The data folder {root} can't be looked into: {error.strerror}. "
                f"Mend its permissions, or choose another with --data-dir or {DATA_DIR_VARIABLE}."
            ) from error

    @contextmanager
    def open(self) -> Iterator[Workspace]:
        """Open the data folder, made where it is missing, and close it at the end. Raises StorageError."""
        from core.workspace import Workspace

        with Workspace(self.folder.root) as workspace:
            yield workspace

    @contextmanager
    def open_existing(self, otherwise: ClockhandError) -> Iterator[Workspace]:
        """Open the data folder; raise `otherwise` where there is none, and make nothing."""
        if not self.has_data():
            raise otherwise
        with self.open() as workspace:
            yield workspace

    def no_data_yet(self) -> str:
        """Return the sentence for a folder that holds nothing."""
        return f"There is no data yet in {self.folder.root}. Begin with “clockhand apply FILE”."
