"""The door: opens a data folder and hands out its parts."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from core.catalog.catalog import Catalog
from core.catalog.definitions import DefinitionCache
from core.changes import Changes, Publisher
from core.clock import Clock, SystemClock
from core.database import Database
from core.dispatch.dispatcher import Dispatcher
from core.dispatch.housekeeping import Housekeeper, Pulse
from core.dispatch.timekeeper import Timekeeper
from core.errors import NotFoundError
from core.history.runs import Runs
from core.launching import Launcher
from core.lock import AgentLock
from core.output.files import find_live, when_deleted
from core.output.reader import FileReader, Reader, read_output
from core.output.store import OutputStore
from core.paths import DataFolder, default_data_folder
from core.queue.engine import JobQueue
from core.queue.jobs import OutputFacts
from core.secrets import SecretSource
from core.secrets.errors import KeyTrouble
from core.secrets.following import SecretFollower
from core.secrets.keyring_access import KeyringAccess
from core.secrets.keys import Keys
from core.secrets.passphrase_file import named_passphrase_file
from core.secrets.store import SecretStore
from core.settings import CLAIM_DEFAULT_LIMIT, Settings

__all__ = ["Workspace"]


class Workspace:
    """One open data folder. The parts are attributes; whoever opens it closes it.

    `folder`, `clock`, `changes` (who wants to know what was written subscribes here), `database`, `catalog` (what is
    to be run), `queue` (the verbs), `runs` (the history), `settings`, `outputs` (the small outputs), `launcher`,
    `secrets` (their values, and the key).
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        clock: Clock | None = None,
        secrets: SecretSource | None = None,
        keyring: KeyringAccess | None = None,
    ) -> None:
        """Open `folder` (by default the user's own), made where it is missing. Raises StorageError.

        Launches get their secrets from `secrets`, by default the folder's own, whose key is in `keyring`.
        """
        self.folder = DataFolder((folder or default_data_folder()).absolute())
        self.clock = clock or SystemClock()
        self.changes = Publisher()
        self.folder.create()
        self.database = Database(self.folder.database, backups=self.folder.backups, publisher=self.changes)
        self.outputs = OutputStore(self.folder.outputs)
        try:
            self._make_parts(secrets, keyring or KeyringAccess())
        except BaseException:
            self.close()
            raise

    def _make_parts(self, secrets: SecretSource | None, keyring: KeyringAccess) -> None:
        keys = Keys(self.database, keyring, self.clock, passphrase_file=named_passphrase_file(os.environ))
        self.secrets = SecretStore(self.database, keys)
        self.catalog = Catalog(self.database, self.clock, SecretFollower(self.database, keys))
        self.settings = Settings(self.database)
        self.queue = JobQueue(
            self.database,
            self.clock,
            data_folder=str(self.folder.root),
            default_limit=self.settings.get(CLAIM_DEFAULT_LIMIT),
            left_output=self._left_output,
        )
        self.runs = Runs(self.database)
        self._definitions = DefinitionCache(self.database)
        self.launcher = Launcher(
            definitions=self._definitions, queue=self.queue, secrets=secrets or self.secrets, clock=self.clock
        )
        keys.subscribe(self._on_key)
        self.changes.subscribe(self._on_changes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Finish what is being written and close every file."""
        self.database.close()
        self.outputs.close()

    def agent_lock(self) -> AgentLock:
        """Return the lock that an agent of this folder holds."""
        return AgentLock(self.folder.lock)

    def timekeeper(self, agent_id: int) -> Timekeeper:
        """Return the thread that dispatches for the agent; it is not started yet."""
        housekeeper = self.housekeeper()
        return Timekeeper(
            database=self.database,
            dispatcher=Dispatcher(self.database),
            clock=self.clock,
            publisher=self.changes,
            beat=Pulse(self.queue, self.clock, agent_id),
            housekeep=housekeeper.keep_house,
            halt=housekeeper.halt,
        )

    def housekeeper(self) -> Housekeeper:
        """Return what prunes old history."""
        return Housekeeper(
            database=self.database,
            queue=self.queue,
            outputs=self.outputs,
            output_folder=self.folder.output,
            settings=self.settings,
            clock=self.clock,
        )

    def output(self, job_id: int, attempt: int | None = None) -> Reader:
        """Return a reader of what an attempt printed (the latest by default); it follows one that still runs.

        Raises NotFoundError where there is no such job or it has not begun such an attempt, StorageError.
        """
        found = self.runs.attempt(job_id, attempt)
        if found is None:
            wanted = "an attempt yet" if attempt is None else f"attempt {attempt}"
            raise NotFoundError("output", f"job {job_id}: it has not made {wanted}")
        day = when_deleted(found.output or "")
        if day is not None:
            when = f" on {day}" if day else ""
            raise NotFoundError(
                "output", f"job {job_id}: it was deleted{when} to save space (setting retention.output_bytes)"
            )
        # Where no location is known the attempt runs, or was lost with its agent: then its file is looked for.
        return read_output(self.folder.output, self.outputs, job_id, found.number, found.output)

    def _on_changes(self, changes: Changes) -> None:
        if changes.catalog:
            self._definitions.invalidate()
        if changes.settings:
            self.queue.set_default_limit(self.settings.get(CLAIM_DEFAULT_LIMIT))

    def _on_key(self) -> None:
        with suppress(RuntimeError):  # a keyring may answer when the folder is closed already
            self.queue.wake([trouble.value for trouble in KeyTrouble if trouble.is_passing])

    def _left_output(self, job_id: int, attempt: int) -> OutputFacts:
        """Return what a lost attempt left in its file; which of its streams it came from is not looked up."""
        path = find_live(self.folder.output, job_id, attempt)
        if path is None:
            return OutputFacts()
        with FileReader(path) as reader:
            size = reader.size()
        return OutputFacts(stdout_bytes=size, location=str(path.relative_to(self.folder.output)))
