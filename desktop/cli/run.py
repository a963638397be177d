"""The verb `run`: a job of a command, now or later, and with `--wait` its output and its exit code."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from core.errors import ConflictError, NotFoundError
from core.queue.states import CLAIM_BLOCKING, JobState, Origin, Overlap
from desktop.cli.arguments import DataDir, Json, examples, read_duration, read_instant
from desktop.cli.asking import enter_passphrase
from desktop.cli.errors import AnswerError
from desktop.cli.following import POLL_S, Follower
from desktop.cli.jobs import answer_enqueued
from desktop.cli.printing import answer_bytes, answer_json, note, note_bytes
from desktop.cli.session import BY, Session
from desktop.cli.wording import ended, state_sentence

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from datetime import datetime

    from core.history.runs import Run
    from core.output.index import Stream
    from core.workspace import Workspace

__all__ = ["add_to", "exit_code_of_run"]

TIMED_OUT = 124
CANCELLED = 130
SIGNALLED = 128
_FAILED = 1
_REFUSED = 4
_LOOK_FOR_AGENT_S = 2.0


def add_to(app: typer.Typer) -> None:
    """Add the verb of this subject."""
    app.command(
        short_help="Run a command now, or later.",
        epilog=examples(
            "clockhand run 'sync orders' --env staging",
            "clockhand run 'sync orders' --in 10m",
            "clockhand run 'sync orders' --wait && echo synced",
        ),
    )(run)


def run(
    context: typer.Context,
    *,
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="The command's name.", show_default=False)],
    environment: Annotated[str | None, typer.Option("--env", metavar="NAME", help="In this environment.")] = None,
    later: Annotated[str | None, typer.Option("--in", metavar="TIME", help="After this time, such as 10m.")] = None,
    moment: Annotated[str | None, typer.Option("--at", metavar="ISO", help="At this time.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show its output, and end with its exit code.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Run a command, also a disabled one; prints the job's number.

    With --wait its output comes through as it is written, and the exit code is the command's own: 124 at its time
    limit, 130 when cancelled, 128 and the number for a signal, 1 where it could not start. Ctrl+C cancels it. With
    --json as well, the job is printed when it has ended, and what the command writes goes to standard error.

    An interactive command reads what is typed or piped in, where no agent runs it. One that has a terminal gets every
    key as it is, Ctrl+C included.
    """
    if later is not None and moment is not None:
        raise typer.BadParameter("Give --in or --at, not both.", param_hint="--at")
    delay = None if later is None else read_duration(later, "--in")
    with Session.of(context, data_dir).open_existing(NotFoundError("command", command)) as workspace:
        at: datetime | None = None
        if delay is not None:
            at = workspace.clock.now() + delay
        elif moment is not None:
            at = read_instant(moment, workspace.clock.zone(), "--at")
        wanted = workspace.catalog.command(command)
        place = None if environment is None else workspace.catalog.environment(environment).id
        if place is None:
            _name_environments(workspace, wanted.spec.name)
        job_id = workspace.queue.run(wanted.id, place, origin=Origin.COMMAND_LINE, at=at).result().job_id
        if not wait:
            answer_enqueued(workspace, job_id, as_json=as_json)
            return
        side_by_side = wanted.spec.overlap == Overlap.ALLOW
        waiting = _Waiting(workspace, job_id, side_by_side=side_by_side, all_to_stderr=as_json)
        if wanted.spec.interactive:
            waiting.say_where_to_answer()
        ended = waiting.until_the_end()
        if as_json:
            from core.history.contract import run_as_json

            answer_json(run_as_json(ended))
        if ended.outcome != "succeeded":
            note(state_sentence(ended, workspace.clock.zone()))
    raise typer.Exit(exit_code_of_run(ended))


def _name_environments(workspace: Workspace, command: str) -> None:
    """Say in which environments the command's schedules run it: most who leave --env out have forgotten it."""
    specs = [record.spec for record in workspace.catalog.schedules()]
    names = sorted({name for spec in specs if spec.command == command for name in spec.environments})
    if names:
        listed = ", ".join(f"“{name}”" for name in names)
        note(f"It runs without an environment. Its schedules name {listed}; --env NAME chooses one.")


def exit_code_of_run(run: Run) -> int:
    """Return what a shell would say of a run that has ended."""
    if run.state is JobState.SKIPPED:
        return _REFUSED
    match run.outcome:
        case "succeeded" | "failed":
            return _FAILED if run.exit_code is None else run.exit_code
        case "signalled":
            return SIGNALLED + (run.signal or 0)
        case "timed-out":
            return TIMED_OUT
        case "cancelled":
            return CANCELLED
        case _:
            return _FAILED


class _Waiting:
    """Waits for one job: an agent runs it, or where there is none, this process."""

    def __init__(self, workspace: Workspace, job_id: int, *, side_by_side: bool, all_to_stderr: bool) -> None:
        self._workspace = workspace
        self._job_id = job_id
        self._all_to_stderr = all_to_stderr
        self._reader_gone = False
        self._cancelled = False
        self._told: set[str] = set()
        self._side_by_side = side_by_side

    def until_the_end(self) -> Run:
        """Return the run as it ended. SIGINT and SIGTERM cancel it; a second one gives up waiting."""
        follower = Follower(self._workspace, self._job_id, lambda _at_us, stream, data: self._show(stream, data))
        with follower, _Interrupts() as interrupts:
            has_agent = self._has_agent()
            look_again = time.monotonic() + _LOOK_FOR_AGENT_S
            while not follower.is_over(run := follower.step()):
                self._tell_why(run)
                if interrupts.count:
                    self._cancel(interrupts.count)
                if not has_agent and self._may_run_here(run):
                    return self._run_here(interrupts)
                time.sleep(POLL_S)
                if not has_agent or time.monotonic() > look_again:
                    has_agent = self._has_agent()
                    look_again = time.monotonic() + _LOOK_FOR_AGENT_S
        return run

    def say_where_to_answer(self) -> None:
        """Say that what is typed here goes nowhere, if an agent runs the job."""
        if self._has_agent():
            note("It takes input, but an agent runs it: it can be answered in Clockhand's window alone.")

    def _may_run_here(self, run: Run) -> bool:
        """Return whether the job's time and turn have come; what it waits for is told once."""
        if run.state is JobState.EXECUTING:
            # Whoever ran it is gone. Its process may live on, and then its end is waited for.
            self._workspace.queue.rescue().result()
            return False
        if run.scheduled_at > self._workspace.clock.now():
            self._tell_once(state_sentence(run, self._workspace.clock.zone()))
            return False
        before = self._standing_before(run)
        if before:
            # What stands before may be what another program left behind when it ended without a word.
            self._workspace.queue.rescue().result()
            before = self._standing_before(run)
        if before:
            self._tell_once(
                f"Job {run.id} waits for its turn behind job {before[0]}, and no agent is running. "
                f"Start one (“clockhand agent”), or drop the other: “clockhand cancel {before[0]}”."
            )
        return not before

    def _standing_before(self, run: Run) -> list[int]:
        from core.history.runs import RunFilter

        if self._side_by_side:
            return []
        live = RunFilter(states=sorted(CLAIM_BLOCKING), command_id=run.command_id)
        same = [other for other in self._workspace.runs.page(live) if other.environment_id == run.environment_id]
        return sorted(other.id for other in same if other.id < run.id and other.state is not JobState.RETRYABLE)

    def _tell_why(self, run: Run) -> None:
        """Say what a job that was put back waits for, such as a keyring that is locked."""
        if (
            run.state is JobState.SCHEDULED
            and run.reason is not None
            and run.scheduled_at > self._workspace.clock.now()
        ):
            self._tell_once(f"Job {run.id} waits: {ended(run.reason)} It is tried again every half minute.")

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            note(sentence)

    def _has_agent(self) -> bool:
        return self._workspace.agent_lock().is_held_elsewhere()

    def _cancel(self, interrupts: int) -> None:
        if not self._cancelled:
            self._cancelled = True
            note("Cancelling. Once more to leave at once.")
            with suppress(ConflictError):  # it had just ended by itself
                self._workspace.queue.cancel(self._job_id, by=BY).result()
        elif interrupts > 1:
            raise typer.Exit(CANCELLED)

    def _run_here(self, interrupts: _Interrupts) -> Run:
        # Qt takes its time to import, and is needed here alone.
        from desktop.single import run_one

        if interrupts.count:  # meanwhile
            self._cancel(interrupts.count)
        place = self._workspace.runs.get(self._job_id).environment_id
        if place is not None and self._workspace.secrets.needs_key(place):
            enter_passphrase(self._workspace, optional=True)
        return run_one(
            self._workspace,
            self._job_id,
            on_output=self._show,
            on_waiting=self._tell_why,
            input_descriptor=_standard_input(),
        )

    def _show(self, stream: Stream, data: bytes) -> None:
        """Pass output on; when nobody reads it any more the command still runs to its end."""
        if self._all_to_stderr or stream.name != "STDOUT":
            note_bytes(data)
        elif not self._reader_gone:
            try:
                answer_bytes(data)
            except (typer.Exit, AnswerError):
                self._reader_gone = True


def _standard_input() -> int | None:
    """Return the descriptor of the standard input, or None where whoever started the program has closed it."""
    try:
        return None if sys.stdin is None else sys.stdin.fileno()
    except (OSError, ValueError):
        return None


class _Interrupts:
    """Counts the signals that ask for an end, instead of ending at once."""

    def __init__(self) -> None:
        self.count = 0
        self._old: dict[int, Any] = {}

    def __enter__(self) -> Self:
        numbers = [signal.SIGINT, signal.SIGTERM]
        if sys.platform != "win32":
            numbers.append(signal.SIGHUP)
        self._old = {number: signal.signal(number, self._on_signal) for number in numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
