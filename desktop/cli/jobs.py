"""The verbs about jobs: what there is, one job's life, retry and cancel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import NotFoundError
from core.queue.states import JobState
from desktop.cli.arguments import DataDir, JobId, Json, examples, read_since
from desktop.cli.printing import answer, answer_json, answer_table, note
from desktop.cli.session import BY, Session
from desktop.cli.wording import event_words, local_time, outcome_words, run_name, state_sentence

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.history.runs import Run, RunFilter
    from core.workspace import Workspace

__all__ = ["add_to", "answer_enqueued"]

_PAGE = 500


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this subject."""
    app.command(
        short_help="What ran, runs and will run.",
        epilog=examples(
            "clockhand jobs --limit 5",
            "clockhand jobs --state discarded --state cancelled --since 7d",
            "clockhand jobs --command 'sync orders' --env staging --json",
        ),
    )(jobs)
    app.command(short_help="The life of a job.", epilog=examples("clockhand events 42"))(events)
    app.command(short_help="Run an ended job again.", epilog=examples("clockhand retry 42"))(retry)
    app.command(short_help="End a job.", epilog=examples("clockhand cancel 42"))(cancel)


def jobs(
    context: typer.Context,
    *,
    states: Annotated[
        list[JobState] | None,
        typer.Option("--state", metavar="STATE", help=f"Only these: {', '.join(JobState)}. May be repeated."),
    ] = None,
    command: Annotated[str | None, typer.Option("--command", metavar="NAME", help="Only jobs of this command.")] = None,
    environment: Annotated[str | None, typer.Option("--env", metavar="NAME", help="Only in this environment.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="Made since then: an ISO time, or 2h, 7d.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most so many.")] = 50,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List jobs, the newest first."""
    from core.clock import SystemClock

    clock = SystemClock()
    zone = clock.zone()
    earliest = None if since is None else read_since(since, clock.now(), zone)
    session = Session.of(context, data_dir)
    if not session.has_data():
        note(session.no_data_yet())
        if as_json:
            answer_json([])
        return
    with session.open() as workspace:
        which = _filter(workspace, states or [], command, environment, earliest)
        found = list(_pages(workspace, which, limit))
    if as_json:
        from core.history.contract import run_as_json

        answer_json([run_as_json(run) for run in found])
        return
    if not found:
        note("There is no such job." if which.states or command or environment or since else "There are no jobs yet.")
        return
    answer_table(
        ["Job", "State", "Command", "Environment", "Origin", "When", "Took", "Outcome"],
        [_row(run, clock.zone()) for run in found],
    )


def _filter(
    workspace: Workspace,
    states: list[JobState],
    command: str | None,
    environment: str | None,
    since: datetime | None,
) -> RunFilter:
    from core.history.runs import RunFilter

    return RunFilter(
        states=states,
        command_id=None if command is None else workspace.catalog.command(command).id,
        environment_id=None if environment is None else workspace.catalog.environment(environment).id,
        since=since,
    )


def _pages(workspace: Workspace, which: RunFilter, limit: int) -> Iterator[Run]:
    before: int | None = None
    while limit > 0 and (page := workspace.runs.page(which, before_id=before, limit=min(limit, _PAGE))):
        yield from page
        limit -= len(page)
        before = page[-1].id


def _row(run: Run, zone: tzinfo) -> list[str]:
    from core.durations import describe_duration

    return [
        str(run.id),
        run.state.value,
        run.command,
        run.environment or "",
        run.origin,
        local_time(run.started_at or run.scheduled_at, zone),
        "" if run.duration is None else describe_duration(run.duration),
        outcome_words(run),
    ]


def events(context: typer.Context, job: JobId, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Tell the life of a job: every event, and what exactly its last attempt ran."""
    with Session.of(context, data_dir).open_existing(NotFoundError("job", str(job))) as workspace:
        run = workspace.runs.get(job)
        life = workspace.runs.events(job)
        plan = workspace.runs.plan(job)
        zone = workspace.clock.zone()
    if as_json:
        from core.history.contract import event_as_json, run_as_json

        answer_json({"job": run_as_json(run), "events": [event_as_json(event) for event in life], "plan": plan})
        return
    answer(f"Job {run.id}: {run_name(run)}, {run.state.value}" + (f", by “{run.schedule}”" if run.schedule else ""))
    answer_table(
        ["When", "Attempt", "What"],
        [
            [local_time(event.at, zone), f"{event.attempt} of {run.max_attempts}" if event.attempt else "", words]
            for event in life
            for words in [event_words(event)]
        ],
    )
    if plan is not None:
        _answer_plan(plan)


def _answer_plan(plan: dict[str, object]) -> None:
    from desktop.cli.printing import visible

    answer("")
    answer(f"It ran with {plan['program']} in {plan['working_directory']}:")
    for line in str(plan["text"]).splitlines():
        answer(f"  {visible(line)}")


def retry(context: typer.Context, job: JobId, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Run an ended job again, as its command is defined today; the new job remembers which one it repeats."""
    with Session.of(context, data_dir).open_existing(NotFoundError("job", str(job))) as workspace:
        enqueued = workspace.queue.retry(job).result()
        answer_enqueued(workspace, enqueued.job_id, as_json=as_json)


def answer_enqueued(workspace: Workspace, job_id: int, *, as_json: bool) -> None:
    """Answer with a new job: its number alone, or all of it in JSON; say the rest to the person.

    Exits with 4 where the job is not going to run.
    """
    run = workspace.runs.get(job_id)
    if as_json:
        from core.history.contract import run_as_json

        answer_json(run_as_json(run))
    else:
        answer(str(run.id))
    note(state_sentence(run, workspace.clock.zone()))
    if run.state is JobState.SKIPPED:
        raise typer.Exit(4)
    if not workspace.agent_lock().is_held_elsewhere():
        note("No agent is running: it starts as soon as one does (“clockhand agent”, or the window).")


def cancel(context: typer.Context, job: JobId, data_dir: DataDir = None) -> None:
    """Cancel a waiting job, or end a running one with everything it has started."""
    with Session.of(context, data_dir).open_existing(NotFoundError("job", str(job))) as workspace:
        what = workspace.queue.cancel(job, by=BY).result()
    note(f"Job {job} is cancelled." if what == "cancelled" else f"Job {job} is running and is being ended.")
