"""The verbs that show what a command gets in an environment: `env show`, `env diff` and `env export`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import ClockhandError, NotFoundError
from desktop.cli import environment_shell, environment_taking
from desktop.cli.arguments import DataDir, EnvironmentName, Json, examples
from desktop.cli.printing import answer_bytes, answer_json, answer_table, note, visible
from desktop.cli.session import Session

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.execution.definitions import EnvironmentDefinition
    from core.execution.effective import EffectiveVariable
    from core.inspection import Result
    from core.workspace import Workspace

__all__ = ["app"]

app = typer.Typer(help="See what a command gets in an environment, and take variables over.", no_args_is_help=True)
environment_taking.add_to(app)
environment_shell.add_to(app)

_HELD = "•"


class Format(StrEnum):
    """What reads an exported environment."""

    DOTENV = "dotenv"
    SH = "sh"


@app.command(
    short_help="What a command gets, and where it comes from.",
    epilog=examples(
        "clockhand env show staging", "clockhand env show staging --set", "clockhand env show staging --json"
    ),
)
def show(
    context: typer.Context,
    *,
    environment: EnvironmentName,
    only_set: Annotated[bool, typer.Option("--set", help="Leave out what the base alone brings.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show every variable that a command gets in the environment NAME, its origin, and whose value it replaces.

    References are resolved, and of secrets the names are shown alone. The session's variables are those of this
    terminal: an agent has those that it was started with.
    """
    with _looking(context, data_dir, environment) as result:
        variables = result.above_base if only_set else result.variables
        if as_json:
            answer_json(
                {
                    "environment": result.spec.name,
                    "base": result.spec.base,
                    "working_directory": result.working_directory,
                    "variables": [_as_json(each) for each in variables],
                }
            )
        else:
            rows = [(each.name, _value(each), each.origin, ", ".join(each.overrides)) for each in variables]
            answer_table(("NAME", "VALUE", "FROM", "INSTEAD OF"), rows)
            if result.working_directory is not None:
                note(f"Commands that name no folder run in {result.working_directory}.")


@app.command(short_help="What a login shell has otherwise.", epilog=examples("clockhand env diff staging"))
def diff(
    context: typer.Context, *, environment: EnvironmentName, as_json: Json = False, data_dir: DataDir = None
) -> None:
    """Compare what a command gets in the environment NAME with what your login shell sets up, as in a terminal."""
    from core.inspection import compare

    with _looking(context, data_dir, environment, compares=True) as result:
        if result.login is None:
            raise ClockhandError(result.failure)
        found = compare(result)
    if as_json:
        differences = [
            {"name": each.name, "difference": each.difference.value, "there": each.there}
            | ({} if each.here is None else {"here": _as_json(each.here)})
            for each in found
        ]
        answer_json({"environment": result.spec.name, "differences": differences})
        return
    if not found:
        note("A command gets the very variables that a login shell has.")
        return
    words = {"missing": "missing here", "other": "other value", "added": "only here"}
    answer_table(
        ("NAME", "WHAT", "HERE", "IN THE LOGIN SHELL"),
        [
            (each.name, words[each.difference.value], "" if each.here is None else _value(each.here), each.there or "")
            for each in found
        ],
    )


@app.command(
    short_help="Write it as a file.",
    epilog=examples(
        "clockhand env export staging > staging.env", "clockhand env export staging --format sh > staging.sh"
    ),
)
def export(
    context: typer.Context,
    *,
    environment: EnvironmentName,
    form: Annotated[Format, typer.Option("--format", help="A .env file, or a script to source.")] = Format.DOTENV,
    everything: Annotated[bool, typer.Option("--all", help="With what the base brings.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Write what the environment NAME and those it extends set, with references resolved.

    Secrets, and what refers to one, are named and never written.
    """
    from core.exchange.dotenv import write_dotenv
    from core.exchange.shell_script import write_script
    from core.execution.environment import JOB_VARIABLES

    with _looking(context, data_dir, environment) as result:
        all_of_them = [each for each in result.variables if each.name not in JOB_VARIABLES]
        variables = all_of_them if everything else result.above_base
        if result.failure:
            raise ClockhandError(result.failure)
    if form is Format.SH:
        text = write_script(result.spec.name, variables, result.working_directory)
    else:
        comments = [_comment(each) for each in variables if each.secret or each.value is None]
        plain = {each.name: each.value for each in variables if not each.secret and each.value is not None}
        text = "".join(comments) + write_dotenv(plain)
    answer_bytes(text.encode())


def _comment(variable: EffectiveVariable) -> str:
    why = "is a secret" if variable.secret else "is unset" if variable.unset else variable.problem
    return f"# {variable.name} {visible(why)}\n"


@contextmanager
def _looking(context: typer.Context, data_dir: Path | None, name: str, *, compares: bool = False) -> Iterator[Result]:
    """Find out what a command gets; what could not be found out is said to the person."""
    from core.execution.login_shell import LoginShell
    from core.inspection import inspect, own_session

    with Session.of(context, data_dir).open_existing(NotFoundError("environment", name)) as workspace:
        spec = workspace.catalog.environment(name).spec
        session = own_session()
        result = inspect(
            spec,
            workspace.catalog,
            session,
            LoginShell(session),
            compares=compares,
            secrets=partial(_stand_ins, workspace),
        )
    if result.failure:
        note(result.failure)
    yield result


def _stand_ins(workspace: Workspace, definition: EnvironmentDefinition) -> Mapping[str, str]:
    """Return a sign for each secret that has a value; no key is asked for."""
    from core.secrets.stand_ins import stand_ins

    held = {(each.environment, each.name) for each in workspace.secrets.states() if each.is_readable}
    return stand_ins(definition, held, _HELD)


def _value(variable: EffectiveVariable) -> str:
    if variable.unset:
        return "(unset)"
    if variable.problem:
        return f"(none: {variable.problem})"
    if variable.secret:
        return "(secret)" if variable.value is not None else "(secret without a value)"
    return variable.value or ""


def _as_json(variable: EffectiveVariable) -> dict[str, Any]:
    found: dict[str, Any] = {"name": variable.name}
    if not variable.secret:
        found["value"] = variable.value
    else:
        found |= {"secret": True, "has_value": variable.value is not None}
    found |= {"origin": variable.origin, "overrides": list(variable.overrides)}
    if variable.refers_to:
        found["refers_to"] = list(variable.refers_to)
    if variable.unset:
        found["unset"] = True
    if variable.problem:
        found["problem"] = variable.problem
    return found
