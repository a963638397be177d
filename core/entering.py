"""What a shell or another program needs to be where a command of an environment is: its variables and its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ClockhandError
from core.exchange.env_file import read_env_files
from core.execution.definitions import Base, EnvironmentDefinition
from core.execution.effective import effective
from core.execution.environment import base_environment
from core.execution.login_shell import LoginShell
from core.execution.plan import find_folder

__all__ = ["Surroundings", "surroundings_of"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The whole environment of a process with its folder; `left_out` names the secrets that are not there."""

    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    left_out: tuple[str, ...] = ()


def surroundings_of(
    definition: EnvironmentDefinition,
    *,
    session: Mapping[str, str],
    login: LoginShell,
    home: Path,
    secrets: Mapping[str, str] | None,
) -> Surroundings:
    """Return what a command gets that names no folder, without what differs from job to job.

    Where `secrets` is None all secrets are left out, with what refers to them and what looks like one in a file. Reads
    files, and may take as long as the login shell does. Raises ClockhandError where no command could start there.
    """
    base = base_environment(
        definition.base, session=session, login=login.variables() if definition.base is Base.LOGIN else None
    )
    files = read_env_files(definition, base, home)
    found = effective(definition, base, secrets or {}, files=files)
    for each in found:
        if each.problem:
            raise ClockhandError(each.problem)
    left_out = [each.name for each in found if each.secret and (secrets is None or each.value is None)]
    environment = {each.name: each.value for each in found if each.value is not None and each.name not in left_out}
    return Surroundings(environment, find_folder(None, home, definition.working_directory), tuple(left_out))
