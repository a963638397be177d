"""The shells: where their programs are, and the argv that makes one read a text."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.errors import ClockhandError, NotFoundError
from core.execution.definitions import Shell
from core.execution.quoting import QuotingError, quote

__all__ = ["QuotingError", "argv", "find_program", "find_shell", "quote", "split"]

_STANDARD_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin")
_SWITCHES = {
    Shell.SH: ("-c",),
    Shell.BASH: ("-c",),
    Shell.ZSH: ("-c",),
    Shell.PWSH: ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command"),
    # /d: no AutoRun commands; /s: the text is taken as it is; /v:off: “!” stays a character.
    Shell.CMD: ("/d", "/v:off", "/s", "/c"),
}
_WINDOWS_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')


def find_program(name: str, environment: Mapping[str, str], *, platform: str = sys.platform) -> Path | None:
    """Return the executable file that `name` means by the PATH of `environment`, or None.

    Empty and relative entries of PATH are passed over: they would mean the current directory, where anyone may have
    put a file of that name.
    """
    return next(_candidates(name, environment.get("PATH", os.defpath).split(os.pathsep), environment, platform), None)


def find_shell(shell: Shell, environment: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the program of `shell`: by the PATH of `environment`, then in the standard folders.

    Raises NotFoundError when this machine does not have it, ValueError for Shell.NONE.
    """
    if shell is Shell.NONE:
        raise ValueError("No program belongs to “none”.")
    # Every POSIX system has it here, and an environment without a PATH must not be without a shell.
    if shell is Shell.SH and os.access("/bin/sh", os.X_OK):
        return Path("/bin/sh")
    found = find_program(shell.value, environment, platform=platform)
    if found is None and shell is Shell.PWSH and platform == "win32":
        found = find_program("powershell", environment, platform=platform)
    if found is None:
        found = next(_candidates(shell.value, _standard_folders(environment, platform), environment, platform), None)
    if found is None:
        raise NotFoundError("shell", shell.value)
    return found


def argv(shell: Shell, text: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the arguments that make `shell` read `text`; the first one is the absolute path of its program.

    Raises NotFoundError when the shell is not there, ValueError for Shell.NONE (see `split`).
    """
    return (str(find_shell(shell, environment)), *_SWITCHES[shell], text)


def split(text: str, *, platform: str = sys.platform) -> list[str]:
    """Return the words of a text that no shell reads: quotes group, nothing else is special.

    POSIX quoting (shlex); on Windows double quotes alone, so that paths keep their backslashes. Raises ClockhandError
    when a quote is not closed or there is no word.
    """
    unclosed = "The text can't be split into arguments, because a quote is not closed. Close it, or choose a shell."
    if platform == "win32":
        if text.count('"') % 2:
            raise ClockhandError(unclosed)
        words = [word.replace('"', "") for word in _WINDOWS_WORD.findall(text)]
    else:
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise ClockhandError(unclosed) from error
    if not words:
        raise ClockhandError("The text is empty, so there is nothing to run. Write a program and its arguments.")
    return words


def _candidates(name: str, folders: list[str], environment: Mapping[str, str], platform: str) -> Iterator[Path]:
    suffixes = [""]
    if platform == "win32":
        extensions = environment.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";")
        suffixes = [""] if Path(name).suffix.upper() in extensions else extensions
    for folder in folders:
        if not folder.startswith("/") and not Path(folder).is_absolute():
            continue
        for suffix in suffixes:
            # Text until something is found: this runs for every start, and most entries of PATH are misses.
            path = f"{folder}{os.sep}{name}{suffix}"
            if os.access(path, os.X_OK) and Path(path).is_file():
                yield Path(path)


def _standard_folders(environment: Mapping[str, str], platform: str) -> list[str]:
    if platform == "win32":
        return [str(Path(environment.get("SystemRoot", r"C:\Windows"), "System32"))]
    return list(_STANDARD_FOLDERS)
