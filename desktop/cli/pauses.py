"""The verbs that hold back what is due: `pause`, `resume` and `skip-next`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import ConflictError, NotFoundError
from desktop.cli.arguments import DataDir, Json, examples, read_duration, read_instant
from desktop.cli.printing import answer, answer_json, note
from desktop.cli.session import BY, Session
from desktop.cli.wording import local_time

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.catalog.records import ScheduleRecord
    from core.queue.pauses import PauseSpan
    from core.queue.scopes import PauseScope
    from core.workspace import Workspace

__all__ = ["add_to"]

Queue = Annotated[str | None, typer.Option("--queue", metavar="NAME", help="This queue alone: its jobs wait.")]
Schedule = Annotated[str | None, typer.Option("--schedule", metavar="NAME", help="This schedule alone.")]
Environment = Annotated[
    str | None,
    typer.Option("--environment", "--env", metavar="NAME", help="Of the schedule, in this environment alone."),
]
Cron = Annotated[str | None, typer.Option("--cron", metavar="NAME", help="Of the schedule, by this cron alone.")]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this subject."""
    app.command(
        short_help="Start nothing that is due.",
        epilog=examples(
            "clockhand pause --for 2h",
            "clockhand pause --schedule backup --until 2026-11-30T08:00",
            "clockhand pause --schedule backup --env staging --cron nightly",
            "clockhand pause --queue heavy",
        ),
    )(pause)
    app.command(
        short_help="Go on after a pause.",
        epilog=examples("clockhand resume", "clockhand resume --schedule backup", "clockhand resume --queue heavy"),
    )(resume)
    app.command(
        name="skip-next",
        short_help="Leave out the next run of a schedule.",
        epilog=examples("clockhand skip-next backup", "clockhand skip-next backup --undo"),
    )(skip_next)


def pause(
    context: typer.Context,
    *,
    queue: Queue = None,
    schedule: Schedule = None,
    environment: Environment = None,
    cron: Cron = None,
    length: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="Go on by itself after so long, such as 30m, 2h or 7d.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="Go on by itself at this time, in ISO 8601.")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Pause every schedule, one schedule, a part of one, or a queue, until it is resumed or for a time.

    Due times pass without a run and are recorded as skipped; no catch-up brings them back. What runs goes on, and what
    you ask for by hand still runs. --environment and --cron mute that part of the schedule. With --for or --until, a
    pause that goes on already gets that end. Of a queue, the jobs wait instead.
    """
    target = _Target.read(queue, schedule, environment, cron)
    if length is not None and until is not None:
        raise typer.BadParameter("Give either --for or --until, not both.", param_hint="--for")
    if queue is not None and (length or until):
        raise typer.BadParameter("A queue is paused until it is resumed.", param_hint="--queue")
    with Session.of(context, data_dir).open() as workspace:
        zone = workspace.clock.zone()
        end = None if until is None else read_instant(until, zone, "--until")
        if length is not None:
            end = workspace.clock.now() + read_duration(length, "--for")
        if queue is not None:
            workspace.queue.pause_queue(queue, origin=BY).result()
            _answer_queue(workspace, queue, as_json=as_json)
            note(f"The queue “{queue}” is paused: its jobs wait until “clockhand resume --queue”.")
            return
        found = _Found.of(workspace, target)
        spans = _pause(workspace, found.scopes, end)
        _answer_spans(spans, found, as_json=as_json)
    for_how_long = f"until “clockhand resume{target.words}”" if end is None else f"until {local_time(end, zone)}"
    note(f"{found.subject} {found.passive}: due times pass without a run {for_how_long}.")


def resume(
    context: typer.Context,
    *,
    queue: Queue = None,
    schedule: Schedule = None,
    environment: Environment = None,
    cron: Cron = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """End a pause. Due times that fell into it are recorded as skipped."""
    target = _Target.read(queue, schedule, environment, cron)
    with Session.of(context, data_dir).open() as workspace:
        if queue is not None:
            workspace.queue.resume_queue(queue, origin=BY).result()
            _answer_queue(workspace, queue, as_json=as_json)
            note(f"The queue “{queue}” runs again.")
            return
        found = _Found.of(workspace, target)
        if len(found.scopes) == 1:
            spans = [workspace.queue.resume(found.scopes[0], origin=BY).result()]
        else:
            spans = workspace.queue.resume_each(found.scopes, origin=BY).result()
        if not spans:
            raise ConflictError(f"Nothing of {found.subject} is muted. There is nothing to resume.")
        _answer_spans(spans, found, as_json=as_json)
    note(f"{found.subject} {'run' if schedule is None else 'runs'} again.")


def skip_next(
    context: typer.Context,
    *,
    schedule: Annotated[str, typer.Argument(metavar="SCHEDULE", help="The schedule's name.", show_default=False)],
    cron: Annotated[str | None, typer.Option("--cron", metavar="NAME", help="The next run by this cron.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Let the run happen that was skipped last.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Leave out the next run of SCHEDULE, in all its environments, and print when it would have been due (UTC).

    Again, it leaves out the one after that as well. With --undo the one that was skipped last is to run after all.
    """
    with Session.of(context, data_dir).open_existing(NotFoundError("schedule", schedule)) as workspace:
        record = workspace.catalog.schedule(schedule)
        cron_id = None if cron is None else _cron_ids(record, cron)[0]
        if undo:
            due_at = workspace.queue.unskip(record.id, cron_id, origin=BY).result()
        else:
            due_at = workspace.queue.skip_next(record.id, cron_id, origin=BY).result()
        zone = workspace.clock.zone()
    from core.history.contract import as_utc_text

    if as_json:
        answer_json({"schedule": record.spec.name, "due_at": as_utc_text(due_at), "skipped": not undo})
    else:
        answer(as_utc_text(due_at) or "")
    what = "will happen after all" if undo else "is skipped; “--undo” takes that back"
    note(f"The run of “{record.spec.name}” at {local_time(due_at, zone)} {what}.")


@dataclass(frozen=True, slots=True)
class _Target:
    """What the options name."""

    schedule: str | None
    environment: str | None
    cron: str | None

    @classmethod
    def read(cls, queue: str | None, schedule: str | None, environment: str | None, cron: str | None) -> _Target:
        """Return what the options name; a part of nothing is wrong use."""
        if queue is not None and (schedule or environment or cron):
            raise typer.BadParameter("Give either --queue or --schedule, not both.", param_hint="--queue")
        if schedule is None and (environment or cron):
            option = "--environment" if environment else "--cron"
            raise typer.BadParameter("It names a part of a schedule. Give --schedule as well.", param_hint=option)
        return cls(schedule, environment, cron)

    @property
    def words(self) -> str:
        """Return the options as they are to be written again."""
        options = (("--schedule", self.schedule), ("--env", self.environment), ("--cron", self.cron))
        return "".join(f" {option} {quote(name)}" for option, name in options if name is not None)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the options name, as it is saved: the scopes, and how they are called."""

    scopes: list[PauseScope]
    subject: str
    passive: str
    record: ScheduleRecord | None

    @classmethod
    def of(cls, workspace: Workspace, target: _Target) -> _Found:
        """Return what is saved. Raises NotFoundError with a suggestion."""
        from core.queue.scopes import EVERYTHING, PauseScope

        if target.schedule is None:
            return cls([EVERYTHING], "Schedules", "are paused", None)
        record = workspace.catalog.schedule(target.schedule)
        name = f"“{record.spec.name}”"
        if target.environment is None and target.cron is None:
            return cls([PauseScope.schedule(record.id)], name, "is paused", record)
        cells = [
            PauseScope.cell(record.id, environment, cron)
            for environment in _environment_ids(record, target.environment)
            for cron in _cron_ids(record, target.cron)
        ]
        if not cells:
            raise ConflictError(f"The schedule {name} has no cron, so nothing of it runs by itself.")
        where = "" if target.environment is None else f" in “{target.environment}”"
        by = "" if target.cron is None else f" by “{target.cron}”"
        return cls(cells, f"{name}{where}{by}", "is muted", record)


def _environment_ids(record: ScheduleRecord, name: str | None) -> list[int | None]:
    ids: dict[str, int | None] = dict(zip(record.spec.environments, record.environment_ids, strict=True))
    if name is None:
        return list(ids.values()) or [None]
    if name not in ids:
        raise NotFoundError(f"environment of the schedule “{record.spec.name}”", name, ids)
    return [ids[name]]


def _cron_ids(record: ScheduleRecord, name: str | None) -> list[int]:
    ids = {link.cron: link.cron_id for link in record.links}
    if name is None:
        return list(ids.values())
    if name not in ids:
        raise NotFoundError(f"cron of the schedule “{record.spec.name}”", name, ids)
    return [ids[name]]


def _pause(workspace: Workspace, scopes: Sequence[PauseScope], end: datetime | None) -> list[PauseSpan]:
    queue = workspace.queue
    if end is None and len(scopes) == 1:
        return [queue.pause(scopes[0], origin=BY).result()]
    began = {span.scope: span for span in queue.pause_each(scopes, until=end, origin=BY).result()}
    others = [scope for scope in scopes if scope not in began]
    if end is not None:
        for scope in others:
            began[scope] = queue.change_pause(scope, until=end, origin=BY).result()
    elif not began:
        raise ConflictError("All of that is muted already. Resume it first, or give --for or --until to set an end.")
    return [began[scope] for scope in scopes if scope in began]


def _answer_spans(spans: Sequence[PauseSpan], found: _Found, *, as_json: bool) -> None:
    if as_json:
        answer_json([_span_as_json(span, found.record) for span in spans])


def _span_as_json(span: PauseSpan, record: ScheduleRecord | None) -> dict[str, Any]:
    from core.history.contract import as_utc_text

    environments: dict[int | None, str] = {}
    crons: dict[int | None, str] = {}
    if record is not None:
        environments = dict(zip(record.environment_ids, record.spec.environments, strict=True))
        crons = {link.cron_id: link.cron for link in record.links}
    return {
        "scope": span.scope.kind.value,
        "schedule": None if record is None else record.spec.name,
        "environment": environments.get(span.scope.environment_id),
        "cron": crons.get(span.scope.cron_id),
        "by": span.origin,
        "started_at": as_utc_text(span.started_at),
        "until_at": as_utc_text(span.until_at),
        "ended_at": as_utc_text(span.ended_at),
    }


def _answer_queue(workspace: Workspace, name: str, *, as_json: bool) -> None:
    from core.history.contract import as_utc_text

    if as_json:
        paused_at = workspace.catalog.queue(name).paused_at
        answer_json([{"scope": "queue", "queue": name, "started_at": as_utc_text(paused_at)}])
