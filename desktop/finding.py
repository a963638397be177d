"""Looks for an expression in all rows of an output, from the beginning on and as it grows, beside the event loop.

A thread reads the output and hands it to a process that looks for the expression (`core.search.row_service` says why).
Neither ever keeps the event loop from going on, whatever the expression is, and a process that is silent is ended.
"""

from __future__ import annotations

import subprocess
import threading
import time
from array import array
from contextlib import suppress
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.errors import StorageError
from core.output.rows import Row, RowFinder, Source
from core.search.row_matches import CONTEXT_BYTES, Stretch
from core.search.row_service import RowClient
from desktop import own_process
from desktop.cli import hidden

__all__ = ["MOST_ROWS", "Expression", "Finding"]

MOST_ROWS = 2_000_000
_STEP_BYTES = 256 * 1024
_MOST_MARKED_BYTES = 1024 * 1024
_LOOK_MS = 40
_GROWTH_S = 0.1
_START_S = 30.0
_SILENCE_S = 3.0
_LAST_SILENCE_S = 0.3


@dataclass(frozen=True, slots=True)
class Expression:
    """What is looked for; it has to be one that `core.search.query.Pattern` takes."""

    text: str
    is_regex: bool = False
    ignore_case: bool = True


class _Scan:
    """One expression in one output. Its thread writes what the main thread reads.

    It goes on where the scan `before` was, which looked for the same in the same bytes.
    """

    def __init__(
        self,
        source: Source,
        expression: Expression,
        idle: list[subprocess.Popen[bytes]],
        before: _Scan | None = None,
    ) -> None:
        # In this order: what the other thread adds meanwhile lies behind, and is searched again.
        self.searched: int = before.searched if before is not None else 0
        self.totals: array[int] = before.totals[:] if before is not None else array("Q")
        self.starts: array[int] = before.starts[: len(self.totals)] if before is not None else array("Q")
        self.size = 0
        self.is_settled = False
        self.is_silent = False
        self.spans: list[tuple[tuple[int, int], list[tuple[int, int]]]] = []
        self.error: StorageError | None = None
        self._source = source
        self._rows = RowFinder(source)
        self.expression = expression
        self._idle = idle
        self._wanted: list[Row] = []
        self._news = threading.Event()
        self._is_stopped = False
        self._asked_at: float | None = None
        self._has_answered = False
        self._process: subprocess.Popen[bytes] | None = None
        self.thread = threading.Thread(target=self._run, name="clockhand-find", daemon=True)
        self.thread.start()

    def want(self, rows: list[Row]) -> None:
        """Ask for the spans in these rows, before anything else; those wanted before are wanted no more."""
        self._wanted = rows
        self._news.set()

    def stop(self) -> None:
        """End soon."""
        self._is_stopped = True
        self._news.set()

    def watch(self) -> None:
        """End the process if it has been silent for too long."""
        asked_at = self._asked_at
        patience_s = _SILENCE_S if self._has_answered else _START_S
        limit = _LAST_SILENCE_S if self._is_stopped else patience_s
        if asked_at is not None and time.monotonic() - asked_at > limit:
            self.is_silent = not self._is_stopped
            self.kill()

    def kill(self) -> None:
        """End the process at once."""
        self.stop()
        if self._process is not None:
            self._process.kill()

    def _run(self) -> None:
        try:
            process = self._process = _waiting(self._idle) or _spawn()
        except OSError as error:
            self.error = StorageError(f"The search could not be started: {error.strerror or error}.")
            return
        try:
            # Whoever stopped it before there was a process could end none.
            if not self._is_stopped:
                self._converse(process)
        except EOFError:
            self.is_silent = self.is_silent or not self._is_stopped
            if self.is_silent and not self._has_answered:
                self.error = StorageError("The search could not be started: its process does not answer. Try it again.")
        except StorageError as error:
            self.error = error
        if process.poll() is None and self._asked_at is None and not self._idle:
            self._idle.append(process)
        else:
            end_process(process)

    def _converse(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None, "it was asked for"
        assert process.stdout is not None, "it was asked for"
        client = RowClient(process.stdin, process.stdout)
        words = self.expression
        self._asked_at = time.monotonic()
        client.use(words.text, is_regex=words.is_regex, ignore_case=words.ignore_case)
        self._asked_at = None
        self._has_answered = True
        resume = self._where_to_go_on()
        while not self._is_stopped:
            self._news.clear()
            if self._wanted:
                self._mark(client)
            elif (went_on := self._search(client, resume)) is not None:
                resume = went_on
            else:
                self.is_settled = True
                self._news.wait(_GROWTH_S)

    def _mark(self, client: RowClient) -> None:
        wanted, self._wanted = self._wanted, []
        for row in wanted:
            if row.is_gap:
                self.spans.append(((row.start, row.end), []))
            elif row.end - row.start <= _MOST_MARKED_BYTES:
                self._asked_at = time.monotonic()
                found = dict(client.spans(self._stretch(row.start, row.end)))
                self._asked_at = None
                self.spans.append(((row.start, row.end), found.get(row.start, [])))

    def _where_to_go_on(self) -> int:
        """Return where the first row begins of which not all was searched."""
        last = self.searched - 1
        return self._rows.row_start(last) if last >= 0 and self._source.read(last, 1) != b"\n" else self.searched

    def _search(self, client: RowClient, start: int) -> int | None:
        """Search some rows from `start` on, and return where to go on; None where all was searched."""
        size = self.size = self._source.size()
        if size <= self.searched or len(self.starts) >= MOST_ROWS:
            return None
        self.is_settled = False
        end = min(size, start + _STEP_BYTES)
        gap = self._rows.gap()
        if gap is not None and gap[0] <= start < gap[1]:
            self.searched = min(size, gap[1])
            return gap[1]
        if gap is not None and start < gap[0]:
            end = min(end, gap[0])
        if end < size:
            end = self._rows.row_start(end)
            if end <= start:
                end = self._rows.rows(start, 1, end=size)[0].end
        stretch = self._stretch(start, end)
        self._asked_at = time.monotonic()
        counts = client.counts(stretch)
        self._asked_at = None
        # A line that was not ended when it was searched is searched again. Whoever reads this in another thread goes by
        # the totals: each of them has its start, at any moment.
        while self.starts and self.starts[-1] >= start:
            self.totals.pop()
            self.starts.pop()
        for row, count in counts:
            self.starts.append(row)
            self.totals.append(count + (self.totals[-1] if self.totals else 0))
        self.searched = end
        return end if end < size or stretch.data.endswith(b"\n") else self._rows.row_start(end - 1)

    def _stretch(self, start: int, end: int) -> Stretch:
        base, limit = max(0, start - CONTEXT_BYTES), end + CONTEXT_BYTES
        if (gap := self._rows.gap()) is not None:  # what is not kept says nothing about a row beside it
            base, limit = (max(base, gap[1]), limit) if start >= gap[1] else (base, min(limit, max(end, gap[0])))
        data = self._source.read(base, limit - base)
        return Stretch(start, data[start - base : end - base], data[: start - base], data[end - base :])


class Finding(QObject):
    """One expression at a time. `progressed` says that more was searched, `marked` carries what `want` asked for.

    `marked` carries a list of ((first byte of a row, its end), spans in its text). `silent` says that the expression
    takes too long, `failed` carries a StorageError; after either the search has ended.
    """

    progressed = Signal()
    marked = Signal(object)
    silent = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._idle: list[subprocess.Popen[bytes]] = []
        self._scan: _Scan | None = None
        self._ending: list[_Scan] = []
        self._told: tuple[int, int, bool] | None = None
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._on_look)

    @property
    def starts(self) -> array[int]:
        """Return where the rows with a match begin, in order; it grows."""
        return self._scan.starts if self._scan is not None else array("Q")

    @property
    def totals(self) -> array[int]:
        """Return, for each of these rows, the number of matches in it and in those before."""
        return self._scan.totals if self._scan is not None else array("Q")

    @property
    def is_searching(self) -> bool:
        """Return whether there may be more matches than are known."""
        return self._scan is not None and not self._scan.is_settled

    @property
    def searched(self) -> int:
        """Return up to which byte all matches are known."""
        return self._scan.searched if self._scan is not None else 0

    @property
    def share(self) -> float:
        """Return how much was searched, from 0 to 1."""
        return self._scan.searched / self._scan.size if self._scan is not None and self._scan.size else 0.0

    def prepare(self) -> None:
        """Have a process ready, since it takes its time to start."""
        if not self._idle and self._scan is None:
            with suppress(OSError):  # told when it is needed
                self._idle.append(_spawn())

    def start(self, source: Source, expression: Expression) -> None:
        """Look for this."""
        self.stop()
        self._scan = _Scan(source, expression, self._idle)
        self._told = None
        self._look.start()

    def move_to(self, source: Source) -> bool:
        """Go on in a source that has the same bytes, and return whether anything is looked for."""
        scan = self._scan
        if scan is None:
            return False
        self.stop()
        self._scan = _Scan(source, scan.expression, self._idle, scan)
        self._told = None
        self._look.start()
        return True

    def want(self, rows: list[Row]) -> None:
        """Ask where in the texts of these rows the matches are."""
        if self._scan is not None:
            self._scan.want(rows)

    def stop(self) -> None:
        """Look for nothing any more."""
        scan, self._scan = self._scan, None
        if scan is not None:
            scan.stop()
            self._ending.append(scan)

    def close(self) -> None:
        """End threads and processes, and wait until they are gone."""
        self.stop()
        self._look.stop()
        for scan in self._ending:
            scan.kill()
        for scan in self._ending:
            scan.thread.join()
        self._ending.clear()
        while self._idle:
            end_process(self._idle.pop())

    @Slot()
    def _on_look(self) -> None:
        for ending in self._ending:
            ending.watch()
        self._ending = [ending for ending in self._ending if ending.thread.is_alive()]
        scan = self._scan
        if scan is None:
            if not self._ending:
                self._look.stop()
            return
        scan.watch()
        if scan.spans:
            spans, scan.spans = scan.spans, []
            self.marked.emit(spans)
        now = (scan.searched, len(scan.starts), scan.is_settled)
        if now != self._told:
            self._told = now
            self.progressed.emit()
        if not scan.thread.is_alive() and scan is self._scan:
            self.stop()
            if scan.error is not None:
                self.failed.emit(scan.error)
            else:
                self.silent.emit()


def _waiting(idle: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes] | None:
    """Return a process that waits to be asked, None where there is none, or somebody ended it."""
    with suppress(IndexError):  # another search may take it first
        process = idle.pop()
        if process.poll() is None:
            return process
        end_process(process)
    return None


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End a process and let go of its pipes."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what it no longer took
                pipe.close()


def _spawn() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [*own_process.program(), hidden.FIND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=own_process.start_folder(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    own_process.let_others_first(process.pid)
    return process
