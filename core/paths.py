"""Where a data folder keeps its files, readable by their owner alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from core.errors import StorageError

__all__ = ["DATA_DIR_VARIABLE", "DataFolder", "default_data_folder"]

DATA_DIR_VARIABLE = "CLOCKHAND_DATA_DIR"


def default_data_folder() -> Path:
    """Return the folder named by CLOCKHAND_DATA_DIR, or the platform's place for a user's data."""
    named = os.environ.get(DATA_DIR_VARIABLE)
    return Path(named).expanduser() if named else platformdirs.user_data_path("clockhand", appauthor=False)


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The layout of one data folder."""

    root: Path

    @property
    def database(self) -> Path:
        """The catalog, the queue and the history."""
        return self.root / "clockhand.db"

    @property
    def outputs(self) -> Path:
        """Small outputs, one row each."""
        return self.root / "outputs.db"

    @property
    def output(self) -> Path:
        """Large outputs, one file per attempt."""
        return self.root / "output"

    @property
    def backups(self) -> Path:
        """Copies of the database from before a migration."""
        return self.root / "backups"

    @property
    def lock(self) -> Path:
        """Held by the one agent that dispatches for this folder."""
        return self.root / "agent.lock"

    def create(self) -> None:
        """Make the folders that are missing, with access for the owner only.

        Raises StorageError when a folder can't be made or written.
        """
        try:
            for folder in (self.root, self.output, self.backups):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The data folder {self.root} can't be made: {error.strerror}. "
                f"Choose another with --data-dir or {DATA_DIR_VARIABLE}."
            ) from error
        if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
            raise StorageError(
                f"The data folder {self.root} can't be read and written by this user. "
                f"Mend its permissions, or choose another with --data-dir or {DATA_DIR_VARIABLE}."
            )
