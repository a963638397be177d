"""The verb `search`: which lines, of all that was ever printed, contain a text."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import ClockhandError
from core.queue.states import JobState
from desktop.cli import hidden
from desktop.cli.arguments import DataDir, Json, examples, read_since
from desktop.cli.printing import answer_json, flush_answer, note
from desktop.cli.search_lines import LinePrinter
from desktop.cli.session import Session

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.search.query import SearchQuery
    from core.search.searching import Progress, Step
    from core.workspace import Workspace

__all__ = ["SLICE_LIMIT_S", "TooSlowError", "add_to"]

"""The verb by which the window searches in a process of its own."""

SLICE_LIMIT_S = 10
"""How long an expression may take for one stretch of an output."""

_NOTHING_FOUND = 1
_INTERRUPTED = 130
_TELL_EVERY_S = 0.1
_MOST_PROBLEMS = 5

_Environment = Annotated[
    str | None, typer.Option("--env", "--environment", metavar="NAME", help="Only in this environment.")
]
_States = Annotated[
    list[JobState] | None, typer.Option("--state", metavar="STATE", help="Only runs in it. May be repeated.")
]
_Since = Annotated[str | None, typer.Option("--since", metavar="T", help="Made since then: an ISO time, or 2h, 7d.")]
_Around = Annotated[
    int, typer.Option("--context", "-C", min=0, max=20, metavar="N", help="Show so many lines around each.")
]
_FromStdin = Annotated[
    bool, typer.Option("--stdin", help="Read TEXT (UTF-8) from standard input: the list of processes does not show it.")
]


class TooSlowError(ClockhandError):
    """An expression takes a time that has no end."""

    def __init__(self) -> None:
        super().__init__(
            f"The expression takes longer than {SLICE_LIMIT_S} s for a single stretch of an output, so the search was "
            "ended. Repeats of repeats, such as (a+)+, are the usual cause: make it simpler."
        )


def add_to(app: typer.Typer) -> None:
    """Add the verb of this subject."""
    app.command(
        short_help="Find a text in what all runs printed.",
        epilog=examples(
            "clockhand search 'connection refused'",
            "clockhand search -i timeout --command 'sync orders' --since 7d",
            "clockhand search --regex 'HTTP 5\\d\\d' --context 2",
            "clockhand search error --state discarded --json",
        )
        + "\n\nExit codes: 0 found, 1 nothing found, as with grep; 2 wrong use, 3 no such command or environment, 4 the"
        " expression is not right or takes too long, 5 the data can't be used.",
    )(search)
    app.command(name=hidden.SEARCH, hidden=True)(search_for_the_window)


def search(
    context: typer.Context,
    *,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What to look for.", show_default=False)] = None,
    regex: Annotated[bool, typer.Option("--regex", "-E", help="TEXT is a regular expression of Python.")] = False,
    ignore_case: Annotated[bool, typer.Option("--ignore-case", "-i", help="Do not tell capitals apart.")] = False,
    word: Annotated[bool, typer.Option("--word", "-w", help="Only where it is a word of its own.")] = False,
    command: Annotated[str | None, typer.Option("--command", metavar="NAME", help="Only runs of this command.")] = None,
    environment: _Environment = None,
    states: _States = None,
    since: _Since = None,
    until: Annotated[str | None, typer.Option("--until", metavar="T", help="Made before then.")] = None,
    around: _Around = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most so many lines.")] = 10_000,
    from_stdin: _FromStdin = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Find the lines that contain TEXT in everything that was ever printed, the newest runs first.

    Each is printed as JOB:LINE:TEXT, where JOB is 42, or 42.1 for an attempt before the last. Escape sequences such as
    colours are left out before. Of one run come 1,000 lines at most; long lines are cut around the match. With --json
    each hit is one line.
    """
    if from_stdin:
        text = sys.stdin.buffer.readline().decode("utf-8", "surrogateescape").removesuffix("\n")
    if text is None:
        raise typer.BadParameter("Say what to look for.", param_hint="TEXT")
    session = Session.of(context, data_dir)
    if not session.has_data():
        note(session.no_data_yet())
        raise typer.Exit(_NOTHING_FOUND)
    with session.open() as workspace:
        which = {"command": command, "environment": environment, "states": states, "since": since, "until": until}
        query = _query(
            workspace,
            which,
            text=text,
            is_regex=regex,
            ignore_case=ignore_case,
            whole_words=word,
            context_lines=around,
            most_hits=limit,
        )
        _search(workspace, query, _Talker(as_json=as_json, context_lines=around))


def search_for_the_window(context: typer.Context, data_dir: DataDir = None) -> None:
    """Search for what a line of JSON on standard input says, and tell hits and progress as lines of JSON.

    The window starts this before it is needed: whatever takes its time to import is there when the line comes.
    """
    for module in ("core.workspace", "core.search.contract"):
        import_module(module)
    line = sys.stdin.buffer.readline()
    if not line:
        return
    asked = json.loads(line)
    fields = {name: asked[name] for name in ("text", "is_regex", "ignore_case", "whole_words", "context_lines")}
    with Session.of(context, data_dir).open() as workspace:
        query = _query(workspace, {**asked, "states": [JobState(state) for state in asked["states"]]}, **fields)
        _search(workspace, query, _Talker(as_json=True, tells_progress=True))


def _query(workspace: Workspace, which: dict[str, Any], **fields: Any) -> SearchQuery:
    from core.history.runs import RunFilter
    from core.search.query import SearchQuery

    clock, catalog = workspace.clock, workspace.catalog
    now, zone = clock.now(), clock.zone()
    command, environment, since, until = (which.get(name) for name in ("command", "environment", "since", "until"))
    runs = RunFilter(
        states=which["states"] or (),
        command_id=None if command is None else catalog.command(command).id,
        environment_id=None if environment is None else catalog.environment(environment).id,
        since=None if since is None else read_since(since, now, zone),
        until=None if until is None else read_since(until, now, zone, "--until"),
    )
    return SearchQuery(which=runs, **fields)


def _search(workspace: Workspace, query: SearchQuery, talker: _Talker) -> None:
    """Search to the end, and exit as grep does."""
    from core.search.searching import OutputSearch

    steps = OutputSearch(workspace.database, workspace.outputs, workspace.folder.output).run(query)
    hits = 0
    try:
        for step in _guarded(steps) if query.is_regex else steps:
            hits = step.progress.hits
            talker.tell(step)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    if not hits:
        raise typer.Exit(_NOTHING_FOUND)


def _guarded(steps: Iterator[Step]) -> Iterator[Step]:
    """Yield the steps, and raise TooSlowError when one takes too long, where the system can interrupt an expression."""
    if not hasattr(signal, "setitimer"):  # on Windows Ctrl+C, or the window, has to end it
        yield from steps
        return

    def give_up(_number: int, _frame: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, give_up)
    try:
        while True:
            signal.setitimer(signal.ITIMER_REAL, SLICE_LIMIT_S)
            step = next(steps, None)
            signal.setitimer(signal.ITIMER_REAL, 0)
            if step is None:
                return
            yield step
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Talker:
    """Prints what a step brings; for the window also how far it is, every now and then."""

    def __init__(self, *, as_json: bool, tells_progress: bool = False, context_lines: int = 0) -> None:
        self._as_json = as_json
        self._tells_progress = tells_progress
        self._lines = LinePrinter(context_lines=context_lines)
        self._told_at = 0.0
        self._problems = 0

    def tell(self, step: Step) -> None:
        from core.search.contract import hit_as_json, progress_as_json

        for hit in step.hits:
            if self._as_json:
                answer_json(hit_as_json(hit), indent=None)
            else:
                self._lines.show(hit)
        if step.problem is not None:
            self._complain(step.problem)
        now = time.monotonic()
        if step.progress.is_over or now - self._told_at >= _TELL_EVERY_S:
            self._told_at = now
            if self._tells_progress:
                answer_json({"progress": progress_as_json(step.progress)}, indent=None)
            flush_answer()
        if step.progress.is_over and not self._tells_progress:
            self._say_what_is_missing(step.progress)

    def _complain(self, problem: str) -> None:
        self._problems += 1
        if self._problems > _MOST_PROBLEMS:
            return
        if self._tells_progress:
            answer_json({"problem": problem}, indent=None)
        else:
            note(problem)

    def _say_what_is_missing(self, progress: Progress) -> None:
        from core.search.query import MOST_HITS_PER_OUTPUT

        if progress.is_cut:
            note(f"There may be more: it stopped at {progress.hits:,} lines (--limit).")
        if progress.cut_outputs:
            runs = "one run" if progress.cut_outputs == 1 else f"{progress.cut_outputs:,} runs"
            note(f"Of {runs} only the first {MOST_HITS_PER_OUTPUT:,} lines are shown.")
        if progress.unreadable > _MOST_PROBLEMS:
            note(f"{progress.unreadable:,} outputs could not be read.")
