"""What a process's variables start from, which names they may have, and which of them are Clockhand's own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from core.errors import InvalidError
from core.execution.definitions import Base, CommandDefinition, EnvironmentDefinition, JobFacts

__all__ = [
    "JOB_VARIABLES",
    "base_environment",
    "clockhand_variables",
    "utc_text",
    "validate_variable",
    "without_bundle_variables",
]

JOB_VARIABLES = (
    "CLOCKHAND_JOB_ID",
    "CLOCKHAND_ATTEMPT",
    "CLOCKHAND_DUE_AT",
    "CLOCKHAND_DUE_AT_LOCAL",
    "CLOCKHAND_COMMAND",
    "CLOCKHAND_ENVIRONMENT",
    "CLOCKHAND_SCHEDULE",
)
_PREFIX = "CLOCKHAND_"
# POSIX (Base Definitions, 8.1): letters, digits and underscores, not beginning with a digit.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# What a clean environment keeps from the session: who the user is, not what the session was set up for. Windows
# programs do not start without SystemRoot, and find no place for files without the others.
_KEPT = ("HOME", "USER", "LOGNAME", "LANG", "SHELL")
_KEPT_WINDOWS = ("SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATH", "PATHEXT", "TEMP", "TMP", "USERNAME", "USERPROFILE")
_CLEAN_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
# PyInstaller's bootloader keeps what it replaced under these names (its manual, “LD_LIBRARY_PATH considerations”).
_BUNDLE_PATHS = ("LD_LIBRARY_PATH", "LIBPATH", "DYLD_LIBRARY_PATH")
_ORIGINAL = "_ORIG"
_BUNDLE_OWN = ("_MEIPASS2", "_PYI_")


def base_environment(
    base: Base, *, session: Mapping[str, str], login: Mapping[str, str] | None = None, platform: str = sys.platform
) -> dict[str, str]:
    """Return the variables that a process starts from; `login` is what `capture_login` returned.

    What a clean one keeps and the session lacks, as under a service manager, is what the account says (passwd(5)). The
    variables of another job are left out, so that a Clockhand started by a job does not pass them on. Raises
    ValueError when the login shell's environment is asked for and not given.
    """
    if base is Base.LOGIN:
        if login is None:
            raise ValueError("The login shell's environment was not captured.")
        found = dict(login)
    elif base is Base.SESSION:
        found = dict(session)
    elif platform == "win32":
        found = {name: value for name, value in session.items() if name.upper() in _KEPT_WINDOWS}
    else:
        found = {"PATH": _CLEAN_PATH} | _user() | {name: session[name] for name in _KEPT if name in session}
        for name, same in (("USER", "LOGNAME"), ("LOGNAME", "USER")):
            if name not in session and same in session:
                found[name] = session[same]
    for name in JOB_VARIABLES:
        found.pop(name, None)
    return found


def _user() -> dict[str, str]:
    """Return the variables that login(1) sets from the account; none for a user that has no account, or on Windows."""
    if sys.platform == "win32":
        return {}
    import pwd  # Windows has none

    try:
        account = pwd.getpwuid(os.getuid())
    except KeyError:
        return {}
    found = {
        "HOME": account.pw_dir,
        "USER": account.pw_name,
        "LOGNAME": account.pw_name,
        "SHELL": account.pw_shell or "/bin/sh",  # passwd(5): an empty one means that
    }
    return {name: value for name, value in found.items() if value}


def validate_variable(name: str, value: str | None) -> None:
    """Raise InvalidError with a sentence when no process could be given this variable.

    Names follow POSIX (Base Definitions, 8.1), because shells can't read any other; `value` None is a secret that is
    kept elsewhere.
    """
    where = f"variable “{name}”"
    if not name:
        raise InvalidError.single("variable", "A variable needs a name.", field="name")
    if not _NAME.fullmatch(name):
        raise InvalidError.single(
            where, "A name consists of letters, digits and underscores, and begins with no digit.", field="name"
        )
    if name.startswith(_PREFIX):
        raise InvalidError.single(
            where, f"Names that begin with {_PREFIX} belong to Clockhand. Choose another.", field="name"
        )
    if value is not None and "\0" in value:
        raise InvalidError.single(
            where, "The value holds a NUL character, which no environment can carry. Take it out.", field="value"
        )


def clockhand_variables(
    command: CommandDefinition, environment: EnvironmentDefinition | None, facts: JobFacts, local_zone: tzinfo
) -> dict[str, str]:
    """Return Clockhand's own variables for a run; what the job does not have is left out, not empty."""
    variables: dict[str, str | None] = {
        "CLOCKHAND_JOB_ID": str(facts.id),
        "CLOCKHAND_ATTEMPT": str(facts.attempt),
        "CLOCKHAND_DUE_AT": utc_text(facts.due_at) if facts.due_at else None,
        "CLOCKHAND_DUE_AT_LOCAL": facts.due_at.astimezone(local_zone).isoformat() if facts.due_at else None,
        "CLOCKHAND_COMMAND": command.name,
        "CLOCKHAND_ENVIRONMENT": environment.name if environment else None,
        "CLOCKHAND_SCHEDULE": facts.schedule_name,
    }
    return {name: value for name, value in variables.items() if value is not None}


def utc_text(instant: datetime) -> str:
    """Return `2026-11-24T06:30:00Z`, with microseconds only where there are any."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def without_bundle_variables(environ: Mapping[str, str], *, frozen: bool) -> dict[str, str]:
    """Return `environ` as it was before a frozen program's bootloader changed it; unchanged when not `frozen`.

    Otherwise children would load the bundle's libraries instead of the system's.
    """
    found = dict(environ)
    if not frozen:
        return found
    for name in _BUNDLE_PATHS:
        original = found.pop(name + _ORIGINAL, None)
        if original is not None:
            found[name] = original
        else:
            found.pop(name, None)
    return {name: value for name, value in found.items() if not name.startswith(_BUNDLE_OWN)}
