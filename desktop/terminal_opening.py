"""Opens the desktop's terminal in an environment, by the program's own `env shell`: no value leaves this process."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QProcess, QProcessEnvironment

from core.errors import ClockhandError
from core.terminals import find_terminal, mac_script
from desktop.own_process import program, start_folder

__all__ = ["open_terminal"]


def open_terminal(environment: str, data_folder: Path, session: Mapping[str, str], *, with_secrets: bool) -> None:
    """Open a terminal with a shell in the saved environment of this name. Raises ClockhandError with a sentence.

    Secrets are read by the shell's own process: neither an argument nor a file ever holds one. It looks for programs,
    so it is no call for the window's thread.
    """
    terminal = find_terminal(session)
    if terminal is None:
        raise ClockhandError(
            "No terminal was found. Install one, or name it in the variable TERMINAL, and start Clockhand again."
        )
    words = [*program(), "--data-dir", str(data_folder), "env", "shell"]
    words += [*(["--secrets"] if with_secrets else []), "--", environment]
    if sys.platform == "darwin":
        words = [_script_for(words)]
    found, *arguments = terminal.argv(words)
    process = QProcess()
    process.setProgram(found)
    process.setArguments(arguments)
    variables = QProcessEnvironment()
    for name, value in session.items():
        variables.insert(name, value)
    process.setProcessEnvironment(variables)
    process.setStandardInputFile(QProcess.nullDevice())
    process.setStandardOutputFile(QProcess.nullDevice())
    process.setStandardErrorFile(QProcess.nullDevice())
    if (folder := start_folder()) is not None:
        process.setWorkingDirectory(str(folder))
    if not process.startDetached():
        raise ClockhandError(f"The terminal {found} can't be started: {process.errorString()}.")


def _script_for(words: list[str]) -> str:
    handle, name = tempfile.mkstemp(prefix="clockhand-", suffix=".command")
    with os.fdopen(handle, "w") as file:
        file.write(mac_script(words, start_folder()))
    Path(name).chmod(0o700)
    return name
