"""Does what the actions of the runs say: asks what to run, repeats, ends, and copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from core.catalog.records import CommandRecord, EnvironmentRecord
from core.errors import ConflictError
from core.history.runs import Run
from core.history.script import shell_script
from core.queue.jobs import Enqueued
from desktop import operations
from desktop.models.run_pick import RunPick
from desktop.operations import Failure
from desktop.pages.page import Desk
from desktop.pages.questions import ask_about_many
from desktop.pages.run_dialog import RunDialog, RunFocus
from desktop.pages.runs_bulk import (
    Tally,
    can_be_cancelled,
    can_be_retried,
    cancel_all,
    describe_cancelled,
    describe_put_back,
    describe_retried,
    names_text,
    put_back_all,
    retry_all,
)

__all__ = ["RunErrands"]


class RunErrands(QObject):
    """`made` carries the id of a run that was made, `told` some words for the moment.

    `done` carries what was done, and the runs (a sequence) that were cancelled before they began: `put_back` is for
    those.
    """

    made = Signal(int)
    told = Signal(str)
    done = Signal(str, object)

    def __init__(self, desk: Desk, page: QWidget) -> None:
        super().__init__(page)
        self._desk = desk
        self._page = page

    def ask_what_to_run(self, run: Run | None, focus: RunFocus) -> None:
        """Open the dialog with the command and the environment of `run`."""
        catalog = self._desk.workspace.catalog
        self._desk.operations.ask(
            self, lambda: (catalog.commands(), catalog.environments()), partial(self._open_dialog, run, focus)
        )

    def retry(self, run: Run) -> None:
        """Repeat one run and show the new one."""
        operation = operations.retry(self._desk.workspace.queue, job_id=run.id, command=run.command)
        self._desk.operations.run(self, operation, self._on_enqueued)

    def cancel(self, run: Run) -> None:
        """End one run."""
        self._cancel([run])

    def retry_many(self, pick: RunPick) -> None:
        """Repeat those of many runs that have ended, after a question."""
        self._desk.operations.ask(self, pick.read, self._ask_to_retry)

    def cancel_many(self, pick: RunPick) -> None:
        """End those of many runs that have not ended, after a question."""
        self._desk.operations.ask(self, pick.read, self._ask_to_cancel)

    def _ask_to_retry(self, runs: list[Run]) -> None:
        fit = [run for run in runs if can_be_retried(run)]
        if len(fit) > 1:
            left = self.tr("{count} of the chosen ones have not ended, and stay as they are.")
            question = self.tr("Run {count} runs again?").format(count=f"{len(fit):,}")
            effect = _effect(fit, left, len(runs) - len(fit))
            ask_about_many(self._page, (question, effect, self.tr("&Run again")), partial(self._retry, fit))
        elif fit:
            self._retry(fit)
        else:
            self.told.emit(self.tr("None of them has ended yet"))

    def _ask_to_cancel(self, runs: list[Run]) -> None:
        fit = [run for run in runs if can_be_cancelled(run)]
        if len(fit) > 1:
            left = self.tr("{count} of the chosen ones have ended already, and stay as they are.")
            question = self.tr("Cancel {count} runs?").format(count=f"{len(fit):,}")
            effect = _effect(fit, left, len(runs) - len(fit))
            ask_about_many(self._page, (question, effect, self.tr("&Cancel them")), partial(self._cancel, fit))
        elif fit:
            self._cancel(fit)
        else:
            self.told.emit(self.tr("All of them have ended already"))

    def _retry(self, runs: Sequence[Run]) -> None:
        operation = retry_all(self._desk.workspace.queue, runs)
        self._desk.operations.run(self, operation, partial(self._on_tally, operation.title, describe_retried))

    def _cancel(self, runs: Sequence[Run]) -> None:
        operation = cancel_all(self._desk.workspace.queue, runs, by="the user")
        self._desk.operations.run(self, operation, partial(self._on_tally, operation.title, describe_cancelled))

    def put_back(self, runs: Sequence[Run]) -> None:
        """Let runs that were cancelled before they began run after all."""
        operation = put_back_all(self._desk.workspace.queue, runs)
        self._desk.operations.run(self, operation, partial(self._on_tally, operation.title, describe_put_back))

    def copy_text(self, run: Run) -> None:
        """Copy the text that the run ran."""
        runs = self._desk.workspace.runs
        self._desk.operations.ask(self, lambda: (runs.plan(run.id) or {}).get("text", ""), _copy)

    def copy_script(self, run: Run) -> None:
        """Copy a script that does the same as the run."""
        workspace = self._desk.workspace

        def write() -> str:
            plan = workspace.runs.plan(run.id)
            return shell_script(plan, workspace.runs.get(run.id), workspace.clock.zone()) if plan else ""

        def done(script: str) -> None:
            _copy(script)
            self.told.emit(self.tr("The script is in the clipboard"))

        self._desk.operations.ask(self, write, done)

    def _open_dialog(
        self, run: Run | None, focus: RunFocus, found: tuple[list[CommandRecord], list[EnvironmentRecord]]
    ) -> None:
        commands, environments = found
        if run is not None and focus is RunFocus.ENVIRONMENT and run.command_id not in {each.id for each in commands}:
            text = self.tr("Its command “{name}” was deleted. Undo the deletion, or make it anew.")
            self._desk.operations.report(
                ConflictError(text.format(name=run.command)),
                title=self.tr("Run {id} can't be run again").format(id=run.id),
            )
            return
        dialog = RunDialog(
            commands,
            environments,
            command_id=run.command_id if run is not None else None,
            environment_id=run.environment_id if run is not None else None,
            focus=focus,
            parent=self._page,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._run_wish(dialog))
        # Where there is no window manager, nobody else gives the keyboard back.
        dialog.finished.connect(self._page.window().activateWindow)
        dialog.open()

    def _run_wish(self, dialog: RunDialog) -> None:
        self._desk.operations.run(self, dialog.wish().operation(self._desk.workspace), self._on_enqueued)

    def _on_enqueued(self, enqueued: Enqueued) -> None:
        self.made.emit(enqueued.job_id)

    def _on_tally(self, title: str, describe: Callable[[Tally], str], tally: Tally) -> None:
        sentence = describe(tally)
        self.done.emit(sentence, tally.waited)
        if tally.made:
            self.made.emit(tally.made[-1])
        if tally.refusals:
            details = "\n".join([title, *tally.refusals])
            self._desk.operations.failed.emit(Failure(title, f"{sentence}. {tally.refusals[0]}", details))


def _effect(runs: Sequence[Run], left_text: str, left: int) -> str:
    """Return which runs it is about, and that others are not touched."""
    return "\n\n".join([names_text(runs), *([left_text.format(count=f"{left:,}")] if left else [])])


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
