"""The verbs that take variables over into an environment: `env import` and `env capture`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import InvalidError, NotFoundError, StaleError
from core.execution.secret_names import holds_credentials, looks_secret
from desktop.cli.arguments import DataDir, EnvironmentName, examples
from desktop.cli.errors import FileRefusedError
from desktop.cli.printing import answer, note, visible
from desktop.cli.session import Session

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.catalog.specs import EnvironmentSpec
    from core.workspace import Workspace

__all__ = ["add_to"]

_STDIN = "-"
_STDIN_NAME = "standard input"

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
Create = Annotated[bool, typer.Option("--create", help="Make the environment where there is none of that name.")]


class Source(StrEnum):
    """Whose variables are captured."""

    SESSION = "session"
    LOGIN = "login"


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this subject."""
    app.command(
        name="import",
        short_help="Take variables over from a .env file.",
        epilog=examples(
            "clockhand env import staging .env --dry-run", "clockhand env import staging - --create < staging.env"
        ),
    )(import_)
    app.command(
        short_help="Take variables over from this terminal.",
        epilog=examples(
            "clockhand env capture staging --dry-run",
            "clockhand env capture staging VIRTUAL_ENV PATH",
            "clockhand env capture staging --from login",
        ),
    )(capture)


def import_(
    context: typer.Context,
    *,
    environment: EnvironmentName,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A .env file; - is standard input.", show_default=False)],
    plain: Annotated[
        list[str] | None,
        typer.Option("--plain", metavar="VARIABLE", help="Keep VARIABLE as plain text, though it looks like a secret."),
    ] = None,
    no_secrets: Annotated[bool, typer.Option("--no-secrets", help="Keep everything as plain text.")] = False,
    create: Create = False,
    dry_run: DryRun = False,
    data_dir: DataDir = None,
) -> None:
    """Take the variables of FILE over into the environment NAME: all of them, or none where a line is wrong.

    What looks like a secret becomes one, and its value is sealed. Variables that FILE does not name stay. The value of
    what is a secret already is not taken: `secret set` does that.
    """
    from core.exchange.taking import take
    from desktop.cli.importing_secrets import split

    text = _read(file)
    with _target(context, data_dir, environment, create=create) as (workspace, spec):
        taken = take(text, spec.variables, spec.secrets)
        if taken.wrong:
            raise FileRefusedError(_STDIN_NAME if file == _STDIN else file, taken.wrong)
        if taken.secrets:
            names = ", ".join(taken.secrets)
            note(f"Not taken, because they are secrets here: {names}. “clockhand secret set” takes values.")
        found = split(taken.variables, taken.variables if no_secrets else plain or ())
        if found.unfit:
            names = ", ".join(found.unfit)
            note(f"Kept as plain text, because they refer to others or are too short for a secret: {names}.")
        _take_over(workspace, spec, found.plain, found.secrets, dry_run=dry_run)


def capture(
    context: typer.Context,
    *,
    environment: EnvironmentName,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[VARIABLE]...", help="These alone.", show_default=False)
    ] = None,
    source: Annotated[Source, typer.Option("--from", help="This terminal, or what a login shell sets up.")] = (
        Source.SESSION
    ),
    create: Create = False,
    dry_run: DryRun = False,
    data_dir: DataDir = None,
) -> None:
    """Take over what makes a command in the environment NAME have what this terminal has.

    That is every variable whose value differs from what a command gets there now. What belongs to this terminal alone
    (TERM, DISPLAY, SSH_…) is left out, and so is what looks like a secret, since values are kept as plain text; a
    VARIABLE that is named is taken all the same.
    """
    from core.execution.login_shell import LoginShell
    from core.inspection import capture as capture_of
    from core.inspection import inspect, own_session

    session = own_session()
    login = LoginShell(session)
    shell = login.variables() if source is Source.LOGIN else session
    for name in names or ():
        if name not in shell:
            raise NotFoundError(f"variable in this {source}", name, shell)
    with _target(context, data_dir, environment, create=create) as (workspace, spec):
        # A session is what a terminal is compared with least of all: what it has is not what an agent has.
        from_clean = replace(spec, base="clean") if spec.base == Source.SESSION.value else spec
        result = inspect(from_clean, workspace.catalog, session, login, compares=False)
        found = capture_of(shell, result.variables, names or ())
        if found.left_out:
            note(
                f"Left out, because they look like secrets: {', '.join(found.left_out)}. Keep them with"
                f" “clockhand secret set {visible(spec.name)} NAME --new”."
            )
        _take_over(workspace, spec, found.variables, {}, dry_run=dry_run)


def _read(file: str) -> str:
    if file == _STDIN:
        name, data = _STDIN_NAME, b"" if sys.stdin is None else sys.stdin.buffer.read()
    else:
        name = file
        if not Path(file).exists():
            raise NotFoundError("file", file)
        try:
            data = Path(file).read_bytes()
        except OSError as error:
            raise InvalidError.single(name, f"The file can't be read: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidError.single(name, "The file is not UTF-8 text. Save it as UTF-8.", line=line) from error


@contextmanager
def _target(
    context: typer.Context, data_dir: Path | None, name: str, *, create: bool
) -> Iterator[tuple[Workspace, EnvironmentSpec]]:
    """Open the data folder and find the environment, or what a new one would be."""
    session = Session.of(context, data_dir)
    opening = session.open() if create else session.open_existing(NotFoundError("environment", name))
    with opening as workspace:
        try:
            spec = workspace.catalog.environment(name).spec
        except NotFoundError:
            if not create:
                raise
            from core.catalog.specs import EnvironmentSpec

            spec = EnvironmentSpec(name=name)
        yield workspace, spec


def _take_over(
    workspace: Workspace,
    spec: EnvironmentSpec,
    variables: Mapping[str, str],
    secrets: Mapping[str, str],
    *,
    dry_run: bool,
) -> None:
    """Show what is new and what changes, and save it unless it is a dry run."""
    new = {name: value for name, value in variables.items() if spec.variables.get(name) != value}
    for name, value in new.items():
        before = spec.variables.get(name)
        words = f"{_shown(name, before)} → {_shown(name, value)}" if before is not None else _shown(name, value)
        answer(f"{'~' if before is not None else '+'} {name}: {words}")
    for name in secrets:
        answer(f"{'~' if name in spec.variables else '+'} {name}: (looks like a secret, and becomes one)")
    if (new or secrets) and not dry_run:
        _save(workspace, spec, new, secrets)
    count = len(new) + len(secrets)
    what = "1 variable" if count == 1 else f"{count} variables"
    if not count:
        note("Nothing to take over: everything is there.")
    else:
        note(f"Nothing was changed. It would be: {what}." if dry_run else f"{what} taken over into “{spec.name}”.")


def _save(workspace: Workspace, spec: EnvironmentSpec, new: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    from desktop.cli.importing_secrets import gives, makes

    changed = replace(
        spec,
        variables={name: value for name, value in {**spec.variables, **new}.items() if name not in secrets},
        secrets=(*spec.secrets, *secrets),
        unset=tuple(name for name in spec.unset if name not in new and name not in secrets),
    )
    try:
        record = workspace.catalog.environment(spec.name)
    except NotFoundError:
        workspace.catalog.create(changed, edges=makes(workspace, secrets))
        return
    if record.spec != spec:
        raise StaleError(f"The environment “{spec.name}” was changed elsewhere meanwhile. Do it again.")
    workspace.catalog.revise_environment(record.id, spec, changed, edges=gives(workspace, secrets))


def _shown(name: str, value: str) -> str:
    """Return a value for the screen; what looks like a secret is no sight for those behind one's back."""
    if looks_secret(name) or holds_credentials(value):
        return "(looks like a secret, kept as plain text)"
    return visible(value.replace("\n", "⏎"))
