"""The verb `compare`: what differs between two runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import NotFoundError
from desktop.cli import hidden
from desktop.cli.arguments import DataDir, JobId, Json, examples
from desktop.cli.printing import answer, answer_json, flush_answer, is_terminal, note
from desktop.cli.session import Session

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.comparison.comparing import Comparison
    from core.comparison.ignoring import Ignorable
    from core.workspace import Workspace

__all__ = ["ROWS_PER_LINE", "add_to"]

"""The verb by which the window compares in a process of its own."""

ROWS_PER_LINE = 200
"""Few enough that reading a line takes the window no time that anyone notices."""

_DIFFERENT = 1

_Other = Annotated[
    int | None, typer.Argument(metavar="[OTHER]", min=1, help="The job to compare it with.", show_default=False)
]
_Ignore = Annotated[
    str,
    typer.Option(
        "--ignore", metavar="KINDS", help="What to take for equal: times, ids, numbers, with commas between; or none."
    ),
]
_Context = Annotated[
    int, typer.Option("--context", "-C", min=0, max=1000, metavar="N", help="Show so many lines around each.")
]


def add_to(app: typer.Typer) -> None:
    """Add the verb of this subject."""
    app.command(
        short_help="What differs between two runs.",
        epilog=examples(
            "clockhand compare 42                          with the last good run before it",
            "clockhand compare 42 37 --ignore times,ids,numbers",
            "clockhand compare 42 --ignore none --context 0",
            "clockhand compare 42 --json | jq .differs",
        )
        + "\n\nExit codes: 0 they are the same, 1 they differ, as with diff; 2 wrong use, 3 no such job or no earlier"
        " good run, 5 the data can't be used.",
    )(compare)
    app.command(name=hidden.COMPARE, hidden=True)(compare_for_the_window)


def compare(
    context: typer.Context,
    *,
    job: JobId,
    other: _Other = None,
    ignore: _Ignore = "times,ids",
    context_lines: _Context = 3,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Compare a job with OTHER, by default with the last run of the same command and environment that succeeded.

    Compared are how they ended, with what they ran (the text, the environment's variables, the shell and so on), and
    line by line what their last attempts printed: OTHER's lines have a minus, the job's a plus. Times and ids that
    differ in every run are not taken for a difference; that they took more or less time is said, but is none either.
    Escape sequences such as colours are left out before. Of large outputs only the beginning and the end are compared.
    """
    ignored = _ignored(ignore)
    with Session.of(context, data_dir).open_existing(NotFoundError("job", str(job))) as workspace:
        comparison = _compare(workspace, job, other, ignored)
    if as_json:
        from core.comparison.contract import comparison_as_json

        answer_json(comparison_as_json(comparison, context_lines=context_lines))
    else:
        from desktop.cli.compare_texts import comparison_lines, warnings

        for line in comparison_lines(comparison, context_lines=context_lines, colours=is_terminal()):
            answer(line)
        for sentence in warnings(comparison):
            note(sentence)
    if comparison.differs:
        raise typer.Exit(_DIFFERENT)


def compare_for_the_window(context: typer.Context, data_dir: DataDir = None) -> None:
    """Compare what a line of JSON on standard input names, and tell all of it as lines of JSON.

    The first line has everything but the output, each further one a list of its rows. The window starts this before it
    is needed: whatever takes its time to import is there when the line comes.
    """
    for module in ("core.workspace", "core.comparison.contract"):
        import_module(module)
    line = sys.stdin.buffer.readline()
    if not line:
        return
    from core.comparison.contract import comparison_as_json
    from core.comparison.ignoring import Ignorable

    asked = json.loads(line)
    with Session.of(context, data_dir).open() as workspace:
        ignored = [Ignorable(kind) for kind in asked["ignored"]]
        comparison = _compare(workspace, asked["job"], asked.get("other"), ignored)
    answer_json(comparison_as_json(comparison), indent=None)
    rows = comparison.output.lines.rows
    for start in range(0, len(rows), ROWS_PER_LINE):
        answer_json([list(row) for row in rows[start : start + ROWS_PER_LINE]], indent=None)
    flush_answer()


def _ignored(text: str) -> list[Ignorable]:
    from core.comparison.ignoring import Ignorable

    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if words == ["none"]:
        return []
    try:
        return [Ignorable(word) for word in words]
    except ValueError:
        known = ", ".join(Ignorable)
        raise typer.BadParameter(f"“{text}” is none of these: {known}, none.", param_hint="--ignore") from None


def _compare(workspace: Workspace, job: int, other: int | None, ignored: Sequence[Ignorable]) -> Comparison:
    from core.comparison.comparing import RunComparer

    comparer = RunComparer(database=workspace.database, runs=workspace.runs, output=workspace.output)
    return comparer.compare(job, other, ignored=frozenset(ignored))
