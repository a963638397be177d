"""Retries or cancels many runs at once, and says what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication

from core.errors import ConflictError, NotFoundError
from core.queue.engine import JobQueue
from desktop.models.run_pick import RunPick
from desktop.operations import Operation

__all__ = ["Tally", "cancel_all", "describe_cancelled", "describe_retried", "retry_all"]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many runs something was done with, for how many it makes no sense, and why others were refused."""

    done: int
    unfit: int
    refusals: tuple[str, ...]
    last_job_id: int | None = None


def retry_all(queue: JobQueue, pick: RunPick) -> Operation[Tally]:
    """Repeat those of the runs that have ended, the oldest first."""

    def call() -> Tally:
        runs = list(reversed(pick.read()))
        ended = [run for run in runs if not run.is_live]
        made, refusals = _outcomes([queue.retry(run.id) for run in ended])
        return Tally(len(made), len(runs) - len(ended), refusals, made[-1].job_id if made else None)

    return Operation(_tr("Retrying {count} runs").format(count=pick.count), call)


def cancel_all(queue: JobQueue, pick: RunPick) -> Operation[Tally]:
    """Cancel those of the runs that have not ended: the newest first, so that none of them starts meanwhile."""

    def call() -> Tally:
        runs = pick.read()
        live = [run for run in runs if run.is_live and run.cancel_requested_at is None]
        made, refusals = _outcomes([queue.cancel(run.id, by="the user") for run in live])
        return Tally(len(made), len(runs) - len(live), refusals)

    return Operation(_tr("Cancelling {count} runs").format(count=pick.count), call)


def describe_retried(tally: Tally) -> str:
    """Return what to say after `retry_all`."""
    done = (
        _tr("1 run is repeated")
        if tally.done == 1
        else _tr("{count} runs are repeated").format(count=f"{tally.done:,}")
    )
    return _describe(tally, done, _tr("not those that have not ended: {count}"))


def describe_cancelled(tally: Tally) -> str:
    """Return what to say after `cancel_all`."""
    done = _tr("1 run is ended") if tally.done == 1 else _tr("{count} runs are ended").format(count=f"{tally.done:,}")
    return _describe(tally, done, _tr("not those that had ended already: {count}"))


def _describe(tally: Tally, done: str, unfit: str) -> str:
    pieces = [done]
    if tally.unfit:
        pieces.append(unfit.format(count=f"{tally.unfit:,}"))
    if tally.refusals:
        pieces.append(_tr("refused: {count}").format(count=len(tally.refusals)))
    return ", ".join(pieces)


def _outcomes(futures: Sequence[Future[Any]]) -> tuple[list[Any], tuple[str, ...]]:
    """Wait for all: what one of them refuses does not keep the others from being done."""
    made, refusals = [], []
    for future in futures:
        try:
            made.append(future.result())
        except (ConflictError, NotFoundError) as error:
            refusals.append(str(error))
    return made, tuple(refusals)


def _tr(text: str) -> str:
    return QCoreApplication.translate("RunsBulk", text)
