"""Retries, cancels or puts back many runs at once, and says what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication

from core.errors import ConflictError, NotFoundError
from core.history.runs import Run
from core.queue.engine import JobQueue
from desktop.operations import Operation

__all__ = [
    "Tally",
    "can_be_cancelled",
    "can_be_retried",
    "cancel_all",
    "describe_cancelled",
    "describe_put_back",
    "describe_retried",
    "names_text",
    "put_back_all",
    "retry_all",
]

_MOST_NAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was done: `made` are the ids of new runs, `waited` the runs that were cancelled before they began.

    `stopping` runs were asked to end, and `refusals` say why others were left alone.
    """

    made: tuple[int, ...] = ()
    waited: tuple[Run, ...] = ()
    stopping: int = 0
    refusals: tuple[str, ...] = ()


def can_be_retried(run: Run) -> bool:
    """Return whether the run has ended."""
    return not run.is_live


def can_be_cancelled(run: Run) -> bool:
    """Return whether the run has not ended, and nobody has asked for its end yet."""
    return run.is_live and run.cancel_requested_at is None


def names_text(runs: Sequence[Run]) -> str:
    """Return the commands with how many of the runs are theirs, those with the most runs first."""
    counts = Counter(run.command for run in runs).most_common()
    shown = [
        f"“{name}”" if count == 1 else _tr("“{name}” ({count})").format(name=name, count=f"{count:,}")
        for name, count in counts[:_MOST_NAMES]
    ]
    if len(counts) > _MOST_NAMES:
        shown.append(_tr("{count} others").format(count=len(counts) - _MOST_NAMES))
    return ", ".join(shown)


def retry_all(queue: JobQueue, runs: Sequence[Run]) -> Operation[Tally]:
    """Repeat runs that have ended, the oldest first."""

    def call() -> Tally:
        made, refusals = _outcomes([queue.retry(run.id) for run in sorted(runs, key=_id_of)])
        return Tally(made=tuple(enqueued.job_id for _, enqueued in made), refusals=refusals)

    return Operation(_tr("Retrying {names}").format(names=_names(runs)), call)


def cancel_all(queue: JobQueue, runs: Sequence[Run], *, by: str) -> Operation[Tally]:
    """Cancel runs that have not ended: the newest first, so that none of them starts meanwhile."""

    def call() -> Tally:
        newest_first = sorted(runs, key=_id_of, reverse=True)
        done, refusals = _outcomes([queue.cancel(run.id, by=by) for run in newest_first])
        waited = tuple(newest_first[number] for number, how in done if how == "cancelled")
        return Tally(waited=waited, stopping=len(done) - len(waited), refusals=refusals)

    return Operation(_tr("Cancelling {names}").format(names=_names(runs)), call)


def put_back_all(queue: JobQueue, runs: Sequence[Run]) -> Operation[Tally]:
    """Let runs that were cancelled before they began run after all, at the time for which they waited."""

    def call() -> Tally:
        in_order = sorted(runs, key=_id_of)
        made, refusals = _outcomes([queue.retry(run.id, at=run.scheduled_at) for run in in_order])
        return Tally(made=tuple(enqueued.job_id for _, enqueued in made), refusals=refusals)

    return Operation(_tr("Putting back {names}").format(names=_names(runs)), call)


def describe_retried(tally: Tally) -> str:
    """Return what to say after `retry_all`."""
    return _describe(tally, [_count(len(tally.made), _tr("1 run is repeated"), _tr("{count} runs are repeated"))])


def describe_put_back(tally: Tally) -> str:
    """Return what to say after `put_back_all`."""
    return _describe(tally, [_count(len(tally.made), _tr("1 run is put back"), _tr("{count} runs are put back"))])


def describe_cancelled(tally: Tally) -> str:
    """Return what to say after `cancel_all`."""
    pieces = []
    if tally.waited:
        pieces.append(_count(len(tally.waited), _tr("1 run is cancelled"), _tr("{count} runs are cancelled")))
    if tally.stopping:
        pieces.append(_count(tally.stopping, _tr("1 run is being stopped"), _tr("{count} runs are being stopped")))
    return _describe(tally, pieces or [_tr("No run is cancelled")])


def _describe(tally: Tally, pieces: list[str]) -> str:
    if tally.refusals:
        pieces = [*pieces, _tr("refused: {count}").format(count=len(tally.refusals))]
    return ", ".join(pieces)


def _count(count: int, one: str, many: str) -> str:
    return one if count == 1 else many.format(count=f"{count:,}")


def _names(runs: Sequence[Run]) -> str:
    return f"“{runs[0].command}”" if len(runs) == 1 else _tr("{count} runs").format(count=f"{len(runs):,}")


def _id_of(run: Run) -> int:
    return run.id


def _outcomes(futures: Sequence[Future[Any]]) -> tuple[list[tuple[int, Any]], tuple[str, ...]]:
    """Wait for all, and return the results with their numbers: one that is refused does not keep the others back."""
    made, refusals = [], []
    for number, future in enumerate(futures):
        try:
            made.append((number, future.result()))
        except (ConflictError, NotFoundError) as error:
            refusals.append(str(error))
    return made, tuple(refusals)


def _tr(text: str) -> str:
    return QCoreApplication.translate("RunsBulk", text)
