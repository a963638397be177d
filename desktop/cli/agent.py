"""The verb `agent`: the scheduler without a window, telling each run as it goes."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated

import typer

from core.core_dumps import prevent_core_dump
from core.errors import ClockhandError
from core.queue.states import EventKind
from desktop.cli.arguments import DataDir, examples
from desktop.cli.asking import enter_passphrase
from desktop.cli.printing import answer, answer_json, flush_answer, note, visible
from desktop.cli.session import Session
from desktop.cli.wording import event_words, local_time, run_name

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from datetime import tzinfo

    from core.history.runs import Event, Run

__all__ = ["add_to"]

_UNTOLD = {EventKind.QUEUED, EventKind.CANCEL_REQUESTED}


def add_to(app: typer.Typer) -> None:
    """Add the verb of this subject."""
    app.command(
        short_help="The scheduler without a window.",
        epilog=examples("clockhand agent", "clockhand agent --json | jq .event.kind", "clockhand agent --quiet"),
    )(agent)


def agent(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Tell every event as one line of JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Tell nothing.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Dispatch what is due and run it, until Ctrl+C or SIGTERM; a second one ends running jobs at once.

    A line tells each start, and one each end. One agent at a time works on a data folder, the window being one, too.
    Where secrets have a passphrase, it is asked for on the terminal, or read from the file that
    CLOCKHAND_PASSPHRASE_FILE names, or from the credential “clockhand-passphrase” of systemd.
    """
    # Until the event loop listens there is nothing to end in order, and an exception out of the middle of an import of
    # Qt's modules crashes.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    prevent_core_dump()
    session = Session.of(context, data_dir)
    with session.open() as workspace:
        # Qt takes its time to import, and most verbs do without it.
        from desktop.agent import run_agent

        if not quiet:
            note(f"The agent works on {session.folder.root}. Ctrl+C ends it.")
            if not workspace.catalog.schedules():
                note("There are no schedules yet; “clockhand apply FILE” takes some over.")
        enter_passphrase(workspace, optional=True)
        teller = None if quiet else _Teller(workspace.clock.zone(), as_json=as_json)
        code = run_agent(workspace, on_event=teller)
    raise typer.Exit(code)


class _Teller:
    """Tells events; it is called inside the event loop, so nothing that it meets may leave it."""

    def __init__(self, zone: tzinfo, *, as_json: bool) -> None:
        self._zone = zone
        self._as_json = as_json
        self._reader_gone = False

    def __call__(self, run: Run, event: Event) -> None:
        """Tell one event of a run."""
        if self._reader_gone:
            return
        try:
            self._tell(run, event)
            flush_answer()
        except (typer.Exit, ClockhandError):
            # Nobody listens any more; the work goes on.
            self._reader_gone = True

    def _tell(self, run: Run, event: Event) -> None:
        if self._as_json:
            from core.history.contract import event_as_json, run_as_json

            answer_json({"job": run_as_json(run), "event": event_as_json(event)}, indent=None)
        elif event.kind not in _UNTOLD:
            of = f", attempt {event.attempt} of {run.max_attempts}" if run.max_attempts > 1 and event.attempt else ""
            again = (
                "" if event.next_attempt_at is None else f"; again at {local_time(event.next_attempt_at, self._zone)}"
            )
            line = f"{local_time(event.at, self._zone)}  job {run.id}  {run_name(run)}{of}: {event_words(event)}{again}"
            answer(visible(line))
