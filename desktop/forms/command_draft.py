"""A command as it is written now, and what would run of it in an environment; for a thread that may wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from core.catalog.records import CommandRecord
from core.catalog.specs import CommandSpec
from core.durations import describe_duration
from core.errors import ClockhandError
from core.execution.definitions import CommandDefinition, JobFacts, Shell
from core.execution.plan import CannotStart, Plan
from core.execution.template import FACT_NAMES, TemplateError
from core.launching import Launcher
from desktop.worker.trials import TRIAL_ID

__all__ = ["Draft", "Preview", "Refusal", "preview_of"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing would run; `line` and `column` count from 1 and are 0 where it is not about a place of the text."""

    sentence: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be looked at or tried: the command as the fields say, where, and as what run."""

    command: CommandDefinition
    environment_id: int | None
    facts: JobFacts

    @classmethod
    def of(cls, spec: CommandSpec, record: CommandRecord | None, environment_id: int | None, now: datetime) -> Draft:
        """Return the draft of what the fields say; a saved command is run as by its first schedule."""
        command = CommandDefinition(
            id=record.id if record is not None else 0,
            name=spec.name,
            run=spec.run,
            shell=Shell(spec.shell),
            working_directory=spec.working_directory,
            timeout=spec.timeout,
            grace=spec.grace,
            success_exit_codes=spec.success_exit_codes,
            interactive=spec.interactive,
            terminal=spec.terminal,
        )
        facts = JobFacts(
            id=TRIAL_ID,
            attempt=1,
            due_at=record.next_due_at if record is not None else None,
            scheduled_at=now,
            schedule_name=record.schedules[0] if record is not None and record.schedules else None,
        )
        return cls(command, environment_id, facts)

    def plan(self, launcher: Launcher, *, to_be_started: bool) -> Plan | Refusal:
        """Return what would run, or why nothing would. May take seconds."""
        try:
            return launcher.draft(self.command, self.environment_id, self.facts, to_be_started=to_be_started)
        except CannotStart as error:
            cause = error.__cause__
            if isinstance(cause, TemplateError):
                return Refusal(self._remedy(cause), cause.line, cause.column)
            return Refusal(_sentence(error.reason))
        except ClockhandError as error:
            return Refusal(_sentence(str(error)))

    def _remedy(self, error: TemplateError) -> str:
        if error.unknown and error.unknown not in FACT_NAMES and self.environment_id is None:
            text = _tr("{name} has no value without an environment. Choose one that has it.")
            return text.format(name=error.unknown)
        return _sentence(error.message)


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown of a draft: the text that would run, and how; or a refusal."""

    draft: Draft
    text: str = ""
    how: str = ""
    refusal: Refusal | None = None


def preview_of(draft: Draft, launcher: Launcher) -> Callable[[], Preview]:
    """Return the question that a thread answers."""

    def work_out() -> Preview:
        plan = draft.plan(launcher, to_be_started=False)
        if isinstance(plan, Refusal):
            return Preview(draft, refusal=plan)
        return Preview(draft, text=plan.shown, how=_how(plan))

    return work_out


def _how(plan: Plan) -> str:
    text = _tr("By {program}, in {folder}") if plan.shell is not Shell.NONE else _tr("Without a shell, in {folder}")
    pieces = [text.format(program=plan.argv[0], folder=plan.working_directory)]
    if plan.terminal:
        pieces.append(_tr("in a terminal"))
    if plan.timeout is not None:
        pieces.append(_tr("for {time} at most").format(time=describe_duration(plan.timeout)))
    if secrets := [variable.name for variable in plan.variables if variable.secret]:
        pieces.append(_tr("with the secrets {names}").format(names=", ".join(secrets)))
    return f"{', '.join(pieces)}."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _tr(text: str) -> str:
    return QCoreApplication.translate("CommandDraft", text)
