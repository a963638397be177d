"""Which variables a process gets, and where each of them comes from."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from core.durations import describe_duration
from core.errors import ClockhandError, InvalidError
from core.execution.definitions import Base, CommandDefinition, EnvironmentDefinition, JobFacts

__all__ = [
    "JOB_VARIABLES",
    "EffectiveVariable",
    "base_environment",
    "capture_login",
    "clockhand_variables",
    "effective",
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
_ORIGINS = {Base.SESSION: "session", Base.LOGIN: "login shell", Base.CLEAN: "clean"}
_OWN_ORIGIN = "Clockhand"
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
_MARK = b"\x1eclockhand-environment\x1e"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveVariable:
    """One variable that a process will have.

    `origin` is “session”, “login shell”, “clean”, “environment “X””, or “Clockhand”; `overrides` names the origins,
    nearest first, whose value of the same name does not count. `value` is None for a secret that has no value yet.
    """

    name: str
    value: str | None = field(repr=False)
    origin: str
    secret: bool = False
    overrides: tuple[str, ...] = ()


def base_environment(
    base: Base, *, session: Mapping[str, str], login: Mapping[str, str] | None = None, platform: str = sys.platform
) -> dict[str, str]:
    """Return the variables that a process starts from; `login` is what `capture_login` returned.

    The variables of another job are left out, so that a Clockhand started by a job does not pass them on. Raises
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
        found = {"PATH": _CLEAN_PATH} | {name: session[name] for name in _KEPT if name in session}
    for name in JOB_VARIABLES:
        found.pop(name, None)
    return found


def effective(
    environment: EnvironmentDefinition,
    base: Mapping[str, str],
    secrets: Mapping[str, str],
    own: Mapping[str, str] | None = None,
) -> list[EffectiveVariable]:
    """Return the variables of a process sorted by name: `base`, the environment's layers, `own` of Clockhand.

    `secrets` holds the plain values by variable name; a secret that is not in it has the value None.
    """
    found: dict[str, EffectiveVariable] = {}
    origin = _ORIGINS[environment.base]
    for name, value in base.items():
        found[name] = EffectiveVariable(name=name, value=value, origin=origin)
    for layer in environment.layers:
        origin = f"environment “{layer.environment_name}”"
        for variable in layer.variables:
            value_now = secrets.get(variable.name) if variable.secret else variable.value
            _put(found, variable.name, value_now, origin, secret=variable.secret)
    for name, value in (own or {}).items():
        _put(found, name, value, _OWN_ORIGIN)
    return [found[name] for name in sorted(found)]


def _put(
    found: dict[str, EffectiveVariable], name: str, value: str | None, origin: str, *, secret: bool = False
) -> None:
    before = found.get(name)
    overrides = (before.origin, *before.overrides) if before else ()
    found[name] = EffectiveVariable(name=name, value=value, origin=origin, secret=secret, overrides=overrides)


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


def capture_login(session: Mapping[str, str], timeout: timedelta = timedelta(seconds=10)) -> dict[str, str]:
    """Return the environment that the user's login shell sets up, by running it once.

    Takes up to `timeout`, so it is no call for a window's thread. Raises ClockhandError with a sentence when there
    is no such shell, or it fails or does not end.
    """
    if sys.platform == "win32":
        raise ClockhandError("Windows has no login shell. Choose another base for the environment.")
    shell = session.get("SHELL") or "/bin/sh"
    # The mark separates what profile files may print; `env -0` carries values with line feeds.
    script = "printf '\\036clockhand-environment\\036'; exec env -0"
    try:
        # A session of its own: whatever the profile files start can be ended with it.
        process = subprocess.Popen(
            [shell, "-l", "-c", script],
            env=dict(session),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise ClockhandError(
            f"The login shell {shell} can't be started: {error.strerror}. Choose another base for the environment."
        ) from error
    with process:
        try:
            output, _ = process.communicate(timeout=timeout.total_seconds())
        except subprocess.TimeoutExpired as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise ClockhandError(
                f"The login shell {shell} did not end within {describe_duration(timeout)}. One of its profile files"
                " waits for something; mend it, or choose another base for the environment."
            ) from error
    _, found, listing = output.rpartition(_MARK)
    if process.returncode != 0 or not found:
        raise ClockhandError(
            f"The login shell {shell} ended with exit code {process.returncode} before it told its environment."
            " Mend its profile files, or choose another base for the environment."
        )
    return _parse_listing(listing.split(b"\0"))


def _parse_listing(entries: Iterable[bytes]) -> dict[str, str]:
    pairs = (os.fsdecode(entry).partition("=") for entry in entries if b"=" in entry)
    # The shell's own bookkeeping would be wrong for another process (environ(7)).
    return {name: value for name, _, value in pairs if name not in {"_", "SHLVL", "PWD", "OLDPWD"}}
