"""The verb that takes a crontab over: `import crontab`, which shows first what it would do."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import ClockhandError, ConflictError, InvalidError, NotFoundError
from desktop.cli.arguments import DataDir, Json, examples
from desktop.cli.asking import may_ask
from desktop.cli.errors import FileRefusedError
from desktop.cli.printing import answer, answer_json, note, visible
from desktop.cli.session import Session

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.crontab.becoming import Becoming, Existing, Plan
    from core.workspace import Workspace

__all__ = ["app"]

app = typer.Typer(help="Take over what another program's file says.", no_args_is_help=True)

_STDIN = "-"
_OFTEN = 2
_TWICE = "They still stand in your crontab, so cron runs them, too, until they are taken out there."
_SHOWN = {
    "command": ("name", "run", "shell"),
    "environment": ("name", "base", "variables", "working_directory"),
    "cron": ("name", "expression", "timezone"),
    "schedule": ("name", "jitter"),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What will behave otherwise: for all lines, and by the number of the line."""

    notes: tuple[str, ...]
    warnings: Mapping[int, tuple[str, ...]]


@app.callback()
def _root() -> None:
    """Take over what another program's file says."""


@app.command(
    short_help="Take over the lines of a crontab.",
    epilog=examples(
        "clockhand import crontab --mine --dry-run",
        "clockhand import crontab --mine --comment-out",
        "clockhand import crontab /etc/cron.d/backup --system",
        "crontab -l | clockhand import crontab - --dry-run --json",
    ),
)
def crontab(
    context: typer.Context,
    *,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A crontab; - is standard input.", show_default=False)
    ] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Your own crontab, as “crontab -l” shows it.")] = False,
    system: Annotated[bool, typer.Option("--system", help="With a user before each command, as /etc/crontab.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Yes, take it over; do not ask.")] = False,
    comment_out: Annotated[
        bool, typer.Option("--comment-out", help="Comment the lines out in your crontab; a copy is kept.")
    ] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show what each line of a crontab becomes and what will behave otherwise, and take it over when you agree.

    All of it is taken over, or nothing; lines that cron could not read are told with their reasons and left out.
    Nothing that exists is changed, and importing the same crontab again changes nothing.
    """
    if (file is None) != mine:
        raise typer.BadParameter("Name a file, or say --mine for your own crontab.", param_hint="FILE")
    if comment_out and (not mine or dry_run):
        words = "It works on your own crontab: say --mine, and no --dry-run."
        raise typer.BadParameter(words, param_hint="--comment-out")
    if system and mine:
        raise typer.BadParameter("Your own crontab has no users in it.", param_hint="--system")
    data = _read(file)
    session = Session.of(context, data_dir)
    source = "crontab" if file in {None, _STDIN} else str(file)
    plan, told = _plan(session, data, source, system=system)
    if not as_json or not (dry_run or yes):
        _show(plan, told, to_notes=as_json)
    if not dry_run and plan.becomings:
        if not yes:
            _confirm(
                f"Take over {_count(len(plan.becomings), 'line')}"
                + (" and comment them out in your crontab" if comment_out else "")
                + "?"
            )
        _take_over(session, data, source, system=system, comment_out=comment_out)
        if mine and not comment_out:
            note(f"{_TWICE} The option --comment-out does that.")
    if as_json:
        answer_json(_as_json(plan, told, dry_run=dry_run))
    _say_end(plan, dry_run=dry_run)


def _confirm(question: str) -> None:
    """Ask on the terminal, since standard input may be the crontab. Raises ConflictError for anything but a yes."""
    if not may_ask():
        raise ConflictError("There is no terminal here to ask on. Say --yes, or look with --dry-run.")
    note(f"{question} [y/N] ")
    if sys.platform == "win32":
        reply = input()
    else:
        with Path("/dev/tty").open() as terminal:
            reply = terminal.readline()
    if reply.strip().lower() not in {"y", "yes"}:
        raise ConflictError("Nothing was changed.")


def _read(file: str | None) -> bytes:
    from core.crontab.installed import read_installed

    if file is None:
        return read_installed()
    if file == _STDIN:
        return b"" if sys.stdin is None else sys.stdin.buffer.read()
    if not Path(file).exists():
        raise NotFoundError("file", file)
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise InvalidError.single(file, f"The file can't be read: {error.strerror}. Name a readable file.") from error


def _plan(session: Session, data: bytes, source: str, *, system: bool) -> tuple[Plan, _Told]:
    from core.clock import SystemClock
    from core.crontab.becoming import become
    from core.crontab.reading import decode_crontab, read_crontab
    from core.crontab.warnings import general_notes, warnings_of

    read = read_crontab(decode_crontab(data), system=system)
    existing: Existing = {}
    if session.has_data():
        with session.open() as workspace:
            existing = _existing(workspace)
    plan = become(read, existing, source)
    clock = SystemClock()
    warnings = {each.job.line: warnings_of(each.job, clock.zone(), clock.now()) for each in plan.becomings}
    return plan, _Told(general_notes(read), warnings)


def _existing(workspace: Workspace) -> Existing:
    from core.catalog.specs import Kind

    catalog = workspace.catalog
    return {
        Kind.ENVIRONMENT: {record.spec.name: record.spec for record in catalog.environments()},
        Kind.CRON: {record.spec.name: record.spec for record in catalog.crons()},
        Kind.COMMAND: {record.spec.name: record.spec for record in catalog.commands()},
        Kind.SCHEDULE: {record.spec.name: record.spec for record in catalog.schedules()},
    }


def _take_over(session: Session, data: bytes, source: str, *, system: bool, comment_out: bool) -> None:
    """Plan again with the data open, since it may have changed while the question stood there, and apply that."""
    from core.crontab.becoming import become
    from core.crontab.installed import comment_out as with_comments
    from core.crontab.installed import replace_installed
    from core.crontab.reading import decode_crontab, read_crontab
    from core.exchange.bundle import apply_bundle

    with session.open() as workspace:
        plan = become(read_crontab(decode_crontab(data), system=system), _existing(workspace), source)
        try:
            apply_bundle(workspace.database, workspace.clock, plan.bundle)
        except InvalidError as error:
            raise FileRefusedError(source, error.problems) from error
        if comment_out:
            new = with_comments(data, {each.job.line for each in plan.becomings})
            try:
                backup = replace_installed(data, new, session.folder.backups, workspace.clock.now())
            except ClockhandError:
                note(f"The lines are taken over. {_TWICE}")
                raise
            note(f"The lines are commented out in your crontab. As it was, it is kept in {backup}.")


def _show(plan: Plan, told: _Told, *, to_notes: bool) -> None:
    say = note if to_notes else answer
    lines: dict[str, list[int]] = defaultdict(list)
    for line, sentences in told.warnings.items():
        for sentence in sentences:
            lines[sentence].append(line)
    # What is otherwise for many lines would hide what is otherwise for one.
    common = {sentence: found for sentence, found in lines.items() if len(found) > _OFTEN}
    for each in plan.becomings:
        job = each.job
        zone = "" if job.timezone == "system" else f" ({job.timezone})"
        sign, there = ("=", " (there already)") if each.exists else ("+", "")
        say(f"{sign} line {job.line}: {visible(job.written)}{zone} → schedule “{visible(each.schedule.name)}”{there}")
        for text in each.command.run.split("\n"):
            say(f"      {visible(text)}")
        say(f"    in environment “{visible(each.environment.name)}”, by cron “{visible(each.cron.name)}”")
        for sentence in told.warnings[job.line]:
            if sentence not in common:
                say(f"    ! {visible(sentence)}")
    for error in plan.errors:
        say(f"- line {error.line}: {visible(error.text[:120])}")
        say(f"    ! {visible(error.reason)}")
    for sentence, found in common.items():
        say(f"! lines {', '.join(map(str, found))}: {visible(sentence)}")
    if plan.becomings:
        for sentence in told.notes:
            say(f"! {sentence}")


def _as_json(plan: Plan, told: _Told, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "jobs": [_job_as_json(each, told.warnings[each.job.line]) for each in plan.becomings],
        "errors": [{"line": e.line, "text": _sound(e.text), "reason": _sound(e.reason)} for e in plan.errors],
        "notes": list(told.notes),
    }


def _job_as_json(each: Becoming, warnings: tuple[str, ...]) -> dict[str, Any]:
    from core.catalog.specs import Kind
    from core.exchange.schema import written

    job = each.job
    values = {kind: written(Kind(kind), getattr(each, kind)) for kind in _SHOWN}
    return {
        "line": job.line,
        "expression": job.written,
        "timezone": job.timezone,
        "command": job.command,
        "stdin": job.stdin,
        "environment": dict(job.environment),
        "user": job.user,
        "name": each.schedule.name,
        "warnings": list(warnings),
        "exists": each.exists,
        "becomes": {kind: {key: values[kind][key] for key in keys} for kind, keys in _SHOWN.items()},
    }


def _sound(text: str) -> str:
    """Return the text with what was no UTF-8 replaced, for JSON can't carry it."""
    return text.encode("utf-8", "replace").decode()


def _say_end(plan: Plan, *, dry_run: bool) -> None:
    taken = _count(len(plan.becomings), "line")
    bad = f" {_count(len(plan.errors), 'bad line')} left out." if plan.errors else ""
    if not plan.becomings:
        note(f"There is no line to take over.{bad}")
    elif dry_run:
        note(f"Nothing was changed. It would be: {taken} taken over.{bad}")
    else:
        note(f"{taken} taken over.{bad}")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
