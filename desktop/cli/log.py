"""The verb `log`: what a job printed, as it is, line by line with time stamps, as plain text, or in JSON."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from core.clock import to_micros
from core.errors import NotFoundError
from desktop.cli.arguments import DataDir, JobId, Json, examples, read_since
from desktop.cli.errors import NoAttemptError
from desktop.cli.log_printing import (
    BytePrinter,
    JsonPrinter,
    OneStream,
    PlainPrinter,
    Printer,
    Stamper,
    StampPrinter,
    Times,
)
from desktop.cli.log_range import OutputLines
from desktop.cli.printing import is_terminal, note
from desktop.cli.session import Session
from desktop.cli.wording import state_sentence

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.output.index import Stream
    from core.output.reader import Reader
    from core.workspace import Workspace

__all__ = ["add_to"]

_INTERRUPTED = 130


class _StreamName(StrEnum):
    STDOUT = "stdout"
    STDERR = "stderr"


_Tail = Annotated[
    int | None, typer.Option("--tail", "-n", min=0, metavar="N", help="Only the last N lines; with --follow, at first.")
]
_Since = Annotated[
    str | None, typer.Option("--since", metavar="T", help="Lines printed since then: an ISO time, 07:30, or 5m, 2h.")
]
_Times = Annotated[
    Times | None,
    typer.Option("--times", help="Time of each line: the clock's, or since the start or the line before."),
]
_StreamOption = Annotated[
    _StreamName | None, typer.Option("--stream", help="Only what was written to this one; by default both.")
]
_Attempt = Annotated[
    int | None, typer.Option("--attempt", min=1, metavar="N", help="This attempt; by default the latest.")
]
_Plain = Annotated[
    bool, typer.Option("--plain", help="As a terminal shows it in the end: no colours, one line of a progress bar.")
]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What of an output is wanted; times are µs since the epoch."""

    attempt: int | None
    stream: Stream | None
    tail: int | None
    since_us: int | None
    until_us: int | None


def add_to(app: typer.Typer) -> None:
    """Add the verb of this subject."""
    app.command(
        short_help="The output of a job.",
        epilog=examples(
            "clockhand log 42                                 all of it",
            "clockhand log 42 --follow --tail 20              the last 20 lines and what comes, to the end",
            "clockhand log 42 --times start --stream stderr   when each line of errors came",
            "clockhand log 42 --since 10m --plain | less      what the last ten minutes brought, as text",
            "clockhand log 42 --attempt 1 --json              the first attempt, piece by piece",
        ),
    )(log)


def log(
    context: typer.Context,
    *,
    job: JobId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on while it runs, until it has ended.")] = False,
    tail: _Tail = None,
    since: _Since = None,
    until: Annotated[str | None, typer.Option("--until", metavar="T", help="Lines printed before then.")] = None,
    times: _Times = None,
    stream: _StreamOption = None,
    plain: _Plain = False,
    attempt: _Attempt = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print the output of a job, byte for byte as the command wrote it.

    A line belongs to the time at which its first byte was written. With --json each piece is one line: {"at",
    "stream", "text"}, the stream being stdout, stderr or note, which is Clockhand's own word on a gap.
    """
    if as_json and (times is not None or plain):
        raise typer.BadParameter("It has the times, and the text as it was.", param_hint="--json")
    if follow and until is not None:
        raise typer.BadParameter("What comes is not before a time that has passed.", param_hint="--follow")
    with Session.of(context, data_dir).open_existing(NotFoundError("job", str(job))) as workspace:
        from core.output.index import Stream

        now, zone = workspace.clock.now(), workspace.clock.zone()
        choice = _Choice(
            attempt=attempt,
            stream=None if stream is None else Stream[stream.name],
            tail=tail,
            since_us=None if since is None else to_micros(read_since(since, now, zone)),
            until_us=None if until is None else to_micros(read_since(until, now, zone, "--until")),
        )
        stamper = None if times is None else Stamper(times, zone)
        printer = _printer(stamper, choice.stream, plain=plain, as_json=as_json)
        if follow:
            _follow(workspace, job, choice, printer, stamper)
        elif _has_attempt(workspace, job, attempt):
            _print(workspace, job, choice, printer, stamper)


def _printer(stamper: Stamper | None, stream: Stream | None, *, plain: bool, as_json: bool) -> Printer:
    printer: Printer
    if as_json:
        printer = JsonPrinter()
    elif plain:
        printer = PlainPrinter(stamper)
    elif stamper is not None:
        printer = StampPrinter(stamper)
    else:
        printer = BytePrinter()
    return printer if stream is None else OneStream(stream, printer)


def _has_attempt(workspace: Workspace, job: int, attempt: int | None) -> bool:
    """Return whether there is something to read; say so where there is not yet."""
    run = workspace.runs.get(job)
    if attempt is not None and attempt > run.attempt:
        made = "no attempt" if run.attempt == 0 else f"{run.attempt} of {run.max_attempts} attempts"
        raise NoAttemptError(job, attempt, made)
    if run.attempt == 0:
        note(f"{state_sentence(run, workspace.clock.zone())} It has printed nothing.")
    return run.attempt > 0


def _bounds(reader: Reader, choice: _Choice) -> tuple[int, int | None]:
    """Return the offsets from which on and before which the wanted lines start; None: all that come."""
    if choice.tail is None and choice.since_us is None and choice.until_us is None:
        return 0, None
    lines = OutputLines(reader, choice.stream)
    end = None if choice.until_us is None else lines.since(choice.until_us)
    start = 0 if choice.since_us is None else lines.since(choice.since_us)
    if choice.tail is not None:
        start = max(start, lines.last(choice.tail, before=end))
    return start, end


def _print(workspace: Workspace, job: int, choice: _Choice, printer: Printer, stamper: Stamper | None) -> None:
    """Print what is there by now."""
    with closing(workspace.output(job, choice.attempt)) as reader:
        start, end = _bounds(reader, choice)
        if stamper is not None:
            stamper.begin(reader)
        for offset, at_us, stream, data in reader.news(start):
            too_much = 0 if end is None else max(0, offset - end)
            if too_much < len(data):
                printer.add(at_us, stream, data[: len(data) - too_much])
            if too_much:
                break
    printer.finish()


def _follow(workspace: Workspace, job: int, choice: _Choice, printer: Printer, stamper: Stamper | None) -> None:
    """Print what is there and what comes, up to the end of the job, or of the chosen attempt."""
    from desktop.cli.following import POLL_S, Follower

    zone = workspace.clock.zone()
    shown = 0

    def begin(reader: Reader) -> int:
        if stamper is not None:
            stamper.begin(reader)
        return _bounds(reader, choice)[0]

    def on_attempt(number: int) -> None:
        nonlocal shown
        printer.finish()
        shown += 1
        if shown > 1:
            note(f"Attempt {number}:")
            if stamper is not None:
                stamper.begin()

    run = workspace.runs.get(job)
    if run.attempt == 0 and run.is_live:
        note(state_sentence(run, zone))
    try:
        with Follower(
            workspace, job, printer.add, attempt=choice.attempt, on_attempt=on_attempt, begin=begin
        ) as follower:
            while True:
                run = follower.step()
                printer.flush()
                if follower.is_over(run):
                    break
                time.sleep(POLL_S)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    printer.finish()
    if choice.attempt is not None and choice.attempt > run.attempt:
        _has_attempt(workspace, job, choice.attempt)
    if isinstance(printer, BytePrinter) and printer.is_within_line and is_terminal():
        note("")
    note(state_sentence(run, zone))
