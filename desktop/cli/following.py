"""Follows what a job prints, attempt after attempt, also while another process runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from core.queue.states import JobState

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.history.runs import Run
    from core.output.index import Stream
    from core.output.reader import Reader
    from core.workspace import Workspace

__all__ = ["POLL_S", "Follower", "OnPiece"]

POLL_S = 0.1

OnPiece = Callable[[int, "Stream", bytes], None]
"""Takes the time in microseconds since the epoch, the stream, and the bytes."""


class Follower:
    """Hands on each piece of a job's output once, in order; to be used in a `with` statement.

    With `attempt` only that one is followed; otherwise all from the one that is there at first. `on_attempt` is told
    the number of each attempt before its output. `begin` says at which offset the first one begins, by default at 0.
    """

    def __init__(
        self,
        workspace: Workspace,
        job_id: int,
        on_piece: OnPiece,
        *,
        attempt: int | None = None,
        on_attempt: Callable[[int], None] | None = None,
        begin: Callable[[Reader], int] | None = None,
    ) -> None:
        self._workspace = workspace
        self._job_id = job_id
        self._on_piece = on_piece
        self._only = attempt
        self._on_attempt = on_attempt
        self._begin = begin
        self._attempt = 0
        self._offset = 0
        self._reader: Reader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def step(self) -> Run:
        """Hand on what is there by now and return the run as it was just before. Raises NotFoundError, StorageError.

        The state is read first: when it says that an attempt has ended, everything it printed is there.
        """
        run = self._workspace.runs.get(self._job_id)
        if self._only is not None:
            if run.attempt >= self._only:
                self._hand_on(self._only)
            return run
        first = self._attempt or run.attempt
        for number in range(max(first, 1), run.attempt + 1):
            self._hand_on(number)
        return run

    def is_over(self, run: Run) -> bool:
        """Return whether nothing can follow a step that returned `run`."""
        if self._only is not None:
            past = run.attempt > self._only
            return past or not run.is_live or (run.attempt == self._only and run.state is not JobState.EXECUTING)
        return not run.is_live

    def _hand_on(self, number: int) -> None:
        from core.output.reader import LiveReader

        if number != self._attempt:
            self._close()
            self._attempt, self._offset = number, 0
            if self._on_attempt is not None:
                self._on_attempt(number)
        if self._reader is None:
            self._reader = self._workspace.output(self._job_id, number)
        if self._begin is not None:
            self._offset, self._begin = self._begin(self._reader), None
        for offset, at_us, stream, data in self._reader.news(self._offset):
            self._offset = offset
            self._on_piece(at_us, stream, data)
        # A file stays the same up to the end and after it; a small output may lie elsewhere by the next time.
        if not (isinstance(self._reader, LiveReader) and self._reader.is_in_file):
            self._close()

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
