"""The verbs about the values of secrets: `secret set`, `list`, `rename`, `delete` and `reveal`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConflictError, NotFoundError
from desktop.cli import secret_key
from desktop.cli.arguments import DataDir, Json, examples
from desktop.cli.asking import PassphraseFile, ask_for_value, enter_passphrase, read_value, refuse_memory
from desktop.cli.printing import answer, answer_json, answer_table, is_terminal, note, visible
from desktop.cli.session import Session

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.catalog.records import EnvironmentRecord
    from core.workspace import Workspace

__all__ = ["app"]

app = typer.Typer(help="Give secrets their values, and look after their key.", no_args_is_help=True)

EnvironmentName = Annotated[str, typer.Argument(metavar="ENV", help="The environment's name.", show_default=False)]
SecretName = Annotated[str, typer.Argument(metavar="NAME", help="The secret's name.", show_default=False)]


@app.command(
    name="set",
    short_help="Give a secret its value.",
    context_settings={"allow_extra_args": True},  # they are refused without being repeated
    epilog=examples(
        "clockhand secret set production TOKEN",
        "pass show api/token | clockhand secret set production TOKEN",
        "clockhand secret set production TOKEN --new < token.txt",
    ),
)
def set_(
    context: typer.Context,
    *,
    environment: EnvironmentName,
    name: SecretName,
    new: Annotated[bool, typer.Option("--new", help="Add the secret where the environment has none of it.")] = False,
    passphrase_file: PassphraseFile = None,
    data_dir: DataDir = None,
) -> None:
    """Give the secret NAME of the environment ENV its value, or another one.

    The value comes from standard input, without one line feed at its end; on a terminal it is asked for twice and not
    shown. It is never an argument: those can be seen by everybody on the machine.
    """
    from core.secrets.store import check_value

    if context.args:
        raise typer.BadParameter(
            "A value is never an argument; pipe it in. Take the one that you wrote out of your shell's history."
        )
    with _workspace(context, data_dir, environment) as workspace:
        found = workspace.catalog.environment(environment)
        refuse_memory(workspace)
        is_new = _is_new(found, name, new=new, workspace=workspace)
        value = ask_for_value(name) if sys.stdin is not None and sys.stdin.isatty() else read_value()
        check_value(name, value)
        enter_passphrase(workspace, passphrase_file)
        if is_new:
            workspace.secrets.keys.key_to_seal()  # before anything is written
            changed = replace(found.spec, secrets=(*found.spec.secrets, name))
            workspace.catalog.change(found.id, changed)
        workspace.secrets.set(found.id, name, value)
        note(f"The secret {visible(name)} of “{visible(found.spec.name)}” has a new value.")


def _is_new(found: EnvironmentRecord, name: str, *, new: bool, workspace: Workspace) -> bool:
    """Return whether the secret is to be added. Raises where it can't have a value here."""
    if name in found.spec.secrets:
        return False
    if name in found.spec.variables:
        raise ConflictError(
            f"{visible(name)} is a plain variable of “{visible(found.spec.name)}”. Make it a secret first: name it "
            "among the secrets of the environment, and not among its variables."
        )
    if new:
        return True
    above = found.spec.extends
    while above is not None:
        parent = workspace.catalog.environment(above)
        if name in parent.spec.secrets:
            raise ConflictError(
                f"“{visible(found.spec.name)}” gets {visible(name)} from “{visible(above)}”. Set it there, or give "
                "this environment one of its own with --new."
            )
        above = parent.spec.extends
    raise NotFoundError(f"secret of “{found.spec.name}”", name, found.spec.secrets)


@app.command(name="list", short_help="Which secrets there are.", epilog=examples("clockhand secret list production"))
def list_(
    context: typer.Context,
    *,
    environment: Annotated[str | None, typer.Argument(metavar="[ENV]", show_default=False)] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List the secrets, of all environments or of ENV, and which of them have a value; values are never shown."""
    session = Session.of(context, data_dir)
    if environment is None and not session.has_data():
        states = []
    else:
        with _workspace(context, data_dir, environment or "") as workspace:
            row_id = None if environment is None else workspace.catalog.environment(environment).id
            states = workspace.secrets.states(row_id)
    if as_json:
        answer_json(
            [
                {"environment": s.environment, "name": s.name, "has_value": s.has_value, "readable": s.is_readable}
                for s in states
            ]
        )
        return
    if not states:
        note('There are no secrets. Name some in an environment: secrets = ["TOKEN"]')
        return
    words = {(False, False): "none yet", (True, True): "set", (True, False): "lost: its key is no more, set it anew"}
    answer_table(
        ["Environment", "Secret", "Value"], [[s.environment, s.name, words[s.has_value, s.is_readable]] for s in states]
    )


@app.command(short_help="Give a secret another name.", epilog=examples("clockhand secret rename production TOKEN API"))
def rename(
    context: typer.Context,
    *,
    environment: EnvironmentName,
    name: SecretName,
    new_name: Annotated[str, typer.Argument(metavar="NEW", help="The new name.", show_default=False)],
    passphrase_file: PassphraseFile = None,
    data_dir: DataDir = None,
) -> None:
    """Give the secret NAME the name NEW; its value follows. Commands that name it have to be changed, too."""
    with _workspace(context, data_dir, environment) as workspace:
        found = workspace.catalog.environment(environment)
        if name not in found.spec.secrets:
            raise NotFoundError(f"secret of “{found.spec.name}”", name, found.spec.secrets)
        if new_name in found.spec.secrets or new_name in found.spec.variables:
            raise ConflictError(f"“{visible(found.spec.name)}” has a {visible(new_name)} already. Choose another name.")
        enter_passphrase(workspace, passphrase_file)
        secrets = tuple(new_name if each == name else each for each in found.spec.secrets)
        workspace.catalog.revise_environment(
            found.id, found.spec, replace(found.spec, secrets=secrets), renamed={new_name: name}
        )
        note(f"The secret {visible(name)} is called {visible(new_name)} now.")


@app.command(short_help="Delete a secret's value.", epilog=examples("clockhand secret delete production TOKEN"))
def delete(
    context: typer.Context,
    *,
    environment: EnvironmentName,
    name: SecretName,
    data_dir: DataDir = None,
) -> None:
    """Delete the value of a secret. The environment still names it, and what needs it can't start until it has one."""
    with _workspace(context, data_dir, environment) as workspace:
        found = workspace.catalog.environment(environment)
        had_one = workspace.secrets.clear(found.id, name)
        gone = "is deleted" if had_one else "was not there"
        note(f"The value of the secret {visible(name)} of “{visible(found.spec.name)}” {gone}.")


@app.command(
    short_help="Show a secret's value.", epilog=examples("clockhand secret reveal production TOKEN --yes-show")
)
def reveal(
    context: typer.Context,
    *,
    environment: EnvironmentName,
    name: SecretName,
    yes_show: Annotated[bool, typer.Option("--yes-show", help="Yes, nobody looks over my shoulder.")] = False,
    passphrase_file: PassphraseFile = None,
    data_dir: DataDir = None,
) -> None:
    """Show the value of a secret on the terminal, and nowhere else: not into a file, not into another program."""
    if not is_terminal():
        raise ConflictError("A value is shown on a terminal alone, so that it ends up in no file and no log.")
    if not yes_show:
        raise ConflictError("Whoever sees this terminal will see the value. Say --yes-show if that is all right.")
    with _workspace(context, data_dir, environment) as workspace:
        found = workspace.catalog.environment(environment)
        enter_passphrase(workspace, passphrase_file)
        answer(visible(workspace.secrets.reveal(found.id, name)))


@contextmanager
def _workspace(context: typer.Context, data_dir: Path | None, environment: str) -> Iterator[Workspace]:
    missing = NotFoundError("environment", environment)
    with Session.of(context, data_dir).open_existing(missing) as workspace:
        yield workspace


secret_key.add_to(app)
