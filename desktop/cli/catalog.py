"""The verbs that take definitions over from a file and write them to one: `apply` and `export`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import ConflictError, InvalidError, NotFoundError
from core.paths import DataFolder
from desktop.cli.arguments import DataDir, Json, examples
from desktop.cli.errors import FileRefusedError
from desktop.cli.printing import answer, answer_bytes, answer_json, note, visible
from desktop.cli.session import Session

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.catalog.validation import Known
    from core.exchange.bundle import Bundle, Change
    from core.workspace import Workspace

__all__ = ["add_to", "write_file"]

_STDIN = "-"
_STDIN_NAME = "standard input"
_SIGNS = {"create": "+", "change": "~", "delete": "-"}
_DONE = {"create": "created", "change": "changed", "delete": "deleted", "unchanged": "unchanged"}


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this subject."""
    app.command(
        short_help="Take definitions over from a file.",
        epilog=examples(
            "clockhand apply jobs.toml --dry-run",
            "clockhand apply jobs.toml --prune",
            "cat jobs.toml | clockhand apply -",
        ),
    )(apply)
    app.command(
        short_help="Write the definitions to a file.", epilog=examples("clockhand export", "clockhand export jobs.toml")
    )(export)


def apply(
    context: typer.Context,
    *,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A TOML file; - is standard input.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Delete what the file does not name.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Take over environments, crons, commands, schedules and queues from FILE: all of it, or nothing.

    May be repeated: what is as the file says stays untouched. Nothing is deleted without --prune. A secret keeps its
    value as long as it stays a secret of that name; one that became a plain variable loses it.
    """
    from core.exchange.bundle import apply_bundle

    source = _STDIN_NAME if file == _STDIN else file
    session = Session.of(context, data_dir)
    try:
        bundle = _read(file, _known(session, prune=prune))
        with _target(session, dry_run=dry_run) as workspace:
            changes = apply_bundle(workspace.database, workspace.clock, bundle, prune=prune, dry_run=dry_run)
    except InvalidError as error:
        raise FileRefusedError(source, error.problems) from error
    if as_json:
        answer_json({"dry_run": dry_run, "changes": [_change_as_json(change) for change in changes]})
    else:
        for change in changes:
            _answer_change(change)
    note(_summary(changes, dry_run=dry_run))


def _known(session: Session, *, prune: bool) -> Known:
    """Return what the file may refer to beside itself, so that all its faults are told in one go."""
    from core.catalog.validation import Known

    if prune or not session.has_data():
        return Known()
    with session.open() as workspace:
        return workspace.catalog.known()


def _read(file: str, known: Known) -> Bundle:
    from core.exchange.bundle import decode_bundle, read_bundle, read_bundle_file

    if file != _STDIN:
        path = Path(file)
        if not path.exists():
            raise NotFoundError("file", file)
        return read_bundle_file(path, known)
    data = b"" if sys.stdin is None else sys.stdin.buffer.read()
    return read_bundle(decode_bundle(data, _STDIN_NAME), _STDIN_NAME, known)


@contextmanager
def _target(session: Session, *, dry_run: bool) -> Iterator[Workspace]:
    """Open the data folder; a dry run on one that does not exist compares with an empty one instead of making it."""
    if not dry_run or session.has_data():
        with session.open() as workspace:
            yield workspace
        return
    with (
        tempfile.TemporaryDirectory(prefix="clockhand-") as empty,
        Session(DataFolder(Path(empty))).open() as workspace,
    ):
        yield workspace


def _change_as_json(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "name": change.name,
        "action": change.action.value,
        "differences": [{"key": d.key, "old": d.old, "new": d.new} for d in change.differences],
    }


def _answer_change(change: Change) -> None:
    sign = _SIGNS.get(change.action.value)
    if sign is None:
        return
    answer(f"{sign} {change.kind.value} “{visible(change.name)}”")
    for difference in change.differences:
        answer(f"    {difference.key}: {_value(difference.old)} → {_value(difference.new)}")


def _value(value: object) -> str:
    return "(nothing)" if value is None else visible(str(value).replace("\n", "⏎"))


def _summary(changes: Sequence[Change], *, dry_run: bool) -> str:
    counts = Counter(change.action.value for change in changes)
    parts = [f"{counts[action]} {word}" for action, word in _DONE.items() if counts[action]]
    if not parts:
        return "The file names nothing."
    return f"{'Nothing was changed. It would be: ' if dry_run else ''}{', '.join(parts)}."


def export(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="Where to; - is standard output.", show_default=False)
    ] = _STDIN,
    data_dir: DataDir = None,
) -> None:
    """Write environments, crons, commands, schedules and queues as a file that `apply` takes.

    Secrets are named, their values never leave the data folder.
    """
    from core.exchange.bundle import export_bundle

    session = Session.of(context, data_dir)
    if session.has_data():
        with session.open() as workspace:
            text = export_bundle(workspace.database)
    else:
        note(session.no_data_yet())
        text = "version = 1\n"
    if file == _STDIN:
        answer_bytes(text.encode())
    else:
        write_file(Path(file), text)
        note(f"Written to {file}.")


def write_file(path: Path, text: str) -> None:
    """Write the file as a whole or not at all. Raises ConflictError."""
    try:
        path = path.resolve()  # a link stays one
        if path.exists() and not path.is_file():  # a device or a pipe can't be replaced
            path.write_bytes(text.encode())
            return
        new = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            new.write_bytes(text.encode())
            new.replace(path)
        finally:
            with suppress(FileNotFoundError):
                new.unlink()
    except OSError as error:
        raise ConflictError(f"The file {path} can't be written: {error.strerror}. Name another place.") from error
