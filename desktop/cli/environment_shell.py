"""The verb that starts a shell in an environment: `env shell`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from core.errors import ClockhandError, NotFoundError
from desktop.cli.arguments import DataDir, EnvironmentName, examples
from desktop.cli.asking import PassphraseFile, enter_passphrase
from desktop.cli.printing import flush_answer, note, visible
from desktop.cli.session import Session

__all__ = ["add_to"]

# What a shell must know of the terminal that it runs in, whatever the environment says.
_OF_THE_TERMINAL = ("TERM", "COLORTERM")


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        short_help="Start a shell in it.",
        epilog=examples(
            "clockhand env shell staging",
            "clockhand env shell staging --secrets",
            "clockhand env shell staging -- python -V",
        ),
    )(shell)


def shell(
    context: typer.Context,
    *,
    environment: EnvironmentName,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- PROGRAM...]", help="Run this and not your shell.", show_default=False),
    ] = None,
    with_secrets: Annotated[bool, typer.Option("--secrets", help="With the values of its secrets.")] = False,
    passphrase_file: PassphraseFile = None,
    data_dir: DataDir = None,
) -> None:
    """Start your shell, or PROGRAM, with exactly what a command gets in the environment NAME, in its folder.

    Without --secrets its secrets are not there. Your shell may read its own profile files and change some of it.
    """
    from core.catalog.definitions import DefinitionCache
    from core.entering import surroundings_of
    from core.execution.login_shell import LoginShell
    from core.inspection import own_session

    with Session.of(context, data_dir).open_existing(NotFoundError("environment", environment)) as workspace:
        record = workspace.catalog.environment(environment)
        definition = DefinitionCache(workspace.database).environment(record.id)
        if definition is None:
            raise NotFoundError("environment", environment)
        if with_secrets:
            enter_passphrase(workspace, passphrase_file)
        session = own_session()
        place = surroundings_of(
            definition,
            session=session,
            login=LoginShell(session),
            home=Path.home(),
            secrets=workspace.secrets.values(definition) if with_secrets else None,
        )
    variables = {**{name: os.environ[name] for name in _OF_THE_TERMINAL if name in os.environ}, **place.environment}
    program = words or [variables.get("SHELL") or os.environ.get("SHELL") or _default_shell()]
    if not words:
        left_out = f" Without its secrets: {', '.join(place.left_out)}." if place.left_out else ""
        note(f"The environment “{visible(record.spec.name)}” in {place.folder}.{left_out} “exit” leaves it.")
    flush_answer()
    raise typer.Exit(_run(program, variables, place.folder))


def _default_shell() -> str:
    return os.environ.get("COMSPEC", "cmd.exe") if sys.platform == "win32" else "/bin/sh"


def _run(program: list[str], variables: Mapping[str, str], folder: Path) -> int:
    """Run the program in the place of this one where the system can do that, and return its exit code otherwise."""
    from core.execution.shells import find_program

    found = program[0] if os.sep in program[0] else find_program(program[0], variables)
    if found is None:
        raise NotFoundError("program", program[0])
    try:
        os.chdir(folder)
        if os.name == "posix":
            os.execve(found, program, variables)  # noqa: S606  (a program is what was asked for)
        return subprocess.run([str(found), *program[1:]], env=dict(variables), check=False).returncode
    except OSError as error:
        raise ClockhandError(f"{found} can't be started in {folder}: {error.strerror}.") from error
