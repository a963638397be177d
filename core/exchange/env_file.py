"""Reads the files of variables that environments name, anew at each run."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from core.errors import ClockhandError
from core.exchange.dotenv import read_dotenv
from core.execution.definitions import EnvironmentDefinition, FileVariables
from core.execution.references import references

__all__ = ["EnvFileError", "read_env_file", "read_env_files"]

_LARGEST_BYTES = 1024 * 1024


class EnvFileError(ClockhandError):
    """A file of variables can't be used as it is now; the sentence names the file, and the line where there is one."""


def read_env_files(environment: EnvironmentDefinition, base: Mapping[str, str], home: Path) -> dict[str, FileVariables]:
    """Return what the files of the layers set, by the names of their environments.

    `${NAME}` in a file means what stands before it in the file, or else what the base and the farther layers set
    without referring to anything themselves. Raises EnvFileError.
    """
    known = dict(base)
    put_in: dict[str, frozenset[tuple[str, str]]] = {}
    found: dict[str, FileVariables] = {}
    for layer in environment.layers:
        if layer.env_file is not None:
            file = found[layer.environment_name] = read_env_file(layer.env_file, known, home, put_in)
            known |= file.values
            put_in = {name: parts for name, parts in put_in.items() if name not in file.values} | dict(file.put_in)
        for name in layer.unset:
            known.pop(name, None)
        for variable in layer.variables:
            put_in.pop(variable.name, None)
            if variable.value is not None and not references(variable.value):
                known[variable.name] = variable.value
            else:
                known.pop(variable.name, None)
    return found


def read_env_file(
    wanted: str,
    known: Mapping[str, str],
    home: Path,
    known_put_in: Mapping[str, frozenset[tuple[str, str]]] | None = None,
) -> FileVariables:
    """Return what the file at `wanted` sets; a leading ~ is `home`, the rest as for `read_dotenv`.

    Files up to 1 MiB in UTF-8 are read. Raises EnvFileError with the first line that can't be taken: a run with half
    of its variables is worse than none.
    """
    found = read_dotenv(_text(wanted, home), known, known_put_in=known_put_in)
    # Where a name stands twice the last one counts, as everywhere else; that is no reason not to run.
    if found.wrong:
        first, *others = found.wrong
        more = f" {len(others)} more of its lines are wrong." if others else ""
        raise EnvFileError(f"The file {wanted} can't be used: {first}{more}")
    return FileVariables(found.variables, found.put_in)


def _text(wanted: str, home: Path) -> str:
    try:
        path = home / wanted[2:] if wanted.startswith("~/") else home / Path(wanted).expanduser()
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            # A pipe would be waited for, and a device never end.
            raise EnvFileError(f"{wanted} is no file of variables, but something else. Name a file.")
        if status.st_size > _LARGEST_BYTES:
            raise EnvFileError(f"The file {wanted} has {status.st_size} bytes; up to {_LARGEST_BYTES} are read.")
        data = path.read_bytes()
    except FileNotFoundError as error:
        message = f"The file {wanted}, which sets variables, does not exist. Bring it back, or take it out."
        raise EnvFileError(message) from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"The file {wanted}, which sets variables, can't be read: {reason}. Make it readable."
        raise EnvFileError(message) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"The file {wanted} can't be used: line {line} is not UTF-8 text. Save it as UTF-8."
        raise EnvFileError(message) from error
