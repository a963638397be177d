"""What the window does and asks: off its thread, with every result and every error coming home in one place."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from PySide6.QtCore import QCoreApplication, QObject, Signal
from shiboken6 import isValid

from core.errors import ClockhandError
from core.exchange.bundle import Change, apply_bundle, read_bundle
from core.queue.engine import JobQueue
from core.queue.jobs import Enqueued
from core.queue.states import Origin
from core.workspace import Workspace
from desktop.bridge import Bridge
from resources import DEMO, sample

__all__ = ["Failure", "Operation", "Operations", "add_sample", "cancel", "retry", "run_now"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

_SLOW_THREADS = 2


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """Something a person asked for: `title` names it in an error, `call` does it and returns when it is on disk.

    `call` runs in another thread: it must not touch anything of Qt, also not read a selection.
    """

    title: str
    call: Callable[[], T]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it is shown: what was tried, a sentence, and details to copy."""

    title: str
    sentence: str
    details: str

    @classmethod
    def of(cls, title: str, error: BaseException) -> Failure:
        """Return what to show for an error; one that nobody foresaw says so and keeps its traceback for a report."""
        if isinstance(error, ClockhandError):
            return cls(title, str(error), f"{title}\n{error}")
        details = "".join(traceback.format_exception(error))
        sentence = _tr("This is a fault of Clockhand: {error}. What was saved before is untouched.")
        return cls(title, sentence.format(error=f"{type(error).__name__}: {error}"), f"{title}\n{details}")


class Operations(QObject):
    """Runs operations one after another in a thread, and questions in a second one, so neither waits for the other.

    What may take seconds (a login shell, a keyring) has threads of its own, so that no question stands behind it.
    `failed` carries a Failure, and `succeeded` the title of an operation that was done. Results arrive in the main
    thread; they are dropped where their owner is gone.
    """

    failed = Signal(object)
    succeeded = Signal(str)

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._is_closed = False
        self._acting = ThreadPoolExecutor(1, thread_name_prefix="clockhand-act")
        self._asking = ThreadPoolExecutor(1, thread_name_prefix="clockhand-ask")
        self._asking_slowly = ThreadPoolExecutor(_SLOW_THREADS, thread_name_prefix="clockhand-slow")

    def run(self, owner: QObject, operation: Operation[T], then: Callable[[T], None] | None = None) -> None:
        """Do the operation, then call `then` with its result."""

        def done(result: T) -> None:
            self.succeeded.emit(operation.title)
            if then is not None:
                then(result)

        self._send(self._acting, owner, operation.title, operation.call, done)

    def ask(self, owner: QObject, question: Callable[[], T], then: Callable[[T], None], *, title: str = "") -> None:
        """Call `question` in the reading thread, then `then` with its answer."""
        self._send(self._asking, owner, title or _tr("Reading the data"), question, then)

    def ask_slowly(
        self, owner: QObject, question: Callable[[], T], then: Callable[[T], None], *, title: str = ""
    ) -> None:
        """Do as `ask` does for a question whose answer may take seconds; such questions may overtake each other."""
        self._send(self._asking_slowly, owner, title or _tr("Reading the data"), question, then)

    def report(self, error: BaseException, *, title: str = "") -> None:
        """Show an error that was met elsewhere."""
        self._fail(title or _tr("Reading the data"), error)

    def close(self) -> None:
        """Wait for what has begun and forget the rest, and what a page in its last moments still asks."""
        self._is_closed = True
        for executor in (self._acting, self._asking, self._asking_slowly):
            executor.shutdown(wait=True, cancel_futures=True)

    def _send(
        self,
        executor: ThreadPoolExecutor,
        owner: QObject,
        title: str,
        call: Callable[[], T],
        then: Callable[[T], None] | None,
    ) -> None:
        if self._is_closed:
            return

        def come_home(future: Future[T]) -> None:
            if future.cancelled() or not isValid(owner):
                return
            if (error := future.exception()) is not None:
                self._fail(title, error)
            elif then is not None:
                then(future.result())

        self._bridge.when_done(executor.submit(call), come_home)

    def _fail(self, title: str, error: BaseException) -> None:
        if not isinstance(error, ClockhandError):
            logger.error("%s failed", title, exc_info=error)
        self.failed.emit(Failure.of(title, error))


def run_now(
    queue: JobQueue, *, command_id: int, command: str, environment_id: int | None, at: datetime | None = None
) -> Operation[Enqueued]:
    """Run the command once, at once or `at` a time."""
    return Operation(
        _tr("Running “{name}”").format(name=command),
        lambda: queue.run(command_id, environment_id, origin=Origin.MANUAL, at=at).result(),
    )


def retry(queue: JobQueue, *, job_id: int, command: str) -> Operation[Enqueued]:
    """Repeat an ended run."""
    return Operation(_tr("Retrying “{name}”").format(name=command), lambda: queue.retry(job_id).result())


def cancel(queue: JobQueue, *, job_id: int, command: str) -> Operation[Literal["cancelled", "requested"]]:
    """Cancel a run that waits, or end the one that runs."""
    return Operation(
        _tr("Cancelling “{name}”").format(name=command), lambda: queue.cancel(job_id, by="the user").result()
    )


def add_sample(workspace: Workspace) -> Operation[list[Change]]:
    """Add the commands and schedules of the sample that ships with Clockhand; what is there already stays."""

    def call() -> list[Change]:
        return apply_bundle(workspace.database, workspace.clock, read_bundle(sample(), DEMO))

    return Operation(_tr("Adding the sample"), call)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Operations", text)
