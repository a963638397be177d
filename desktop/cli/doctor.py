"""The verb `doctor`: what is wrong with the data folder and on this machine, and how to mend it."""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from desktop.cli.arguments import DataDir, Json, examples
from desktop.cli.printing import answer, answer_json, visible
from desktop.cli.session import Session

if TYPE_CHECKING:  # it brings the database along, which the verbs about time do without
    from core.diagnosis.finding import Finding

__all__ = ["add_to", "check_display", "check_qt"]

_INSTALL_QT = "Install what it needs: “python3 dev.py setup” names it, or see the README."


def add_to(app: typer.Typer) -> None:
    """Add the verb of this subject."""
    app.command(
        short_help="What is wrong here, and how to mend it.",
        epilog=examples("clockhand doctor", "clockhand doctor --json"),
    )(doctor)


def doctor(context: typer.Context, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Check the data folder and this machine, and say how to mend what is wrong. Changes nothing.

    Exit codes: 0 when nothing is broken, 1 for a fault, 5 when the data can't be used.
    """
    from core import __version__
    from core.clock import SystemClock
    from core.diagnosis.machine import check_machine
    from core.diagnosis.secrets import check_secrets, uses_keyring
    from core.diagnosis.storage import check_storage
    from core.secrets.keyring_access import KeyringAccess
    from core.secrets.passphrase_file import named_passphrase_file

    folder = Session.of(context, data_dir).folder
    clock = SystemClock()
    keyring = KeyringAccess()
    findings = [*check_storage(folder, clock), *check_machine(clock, keyring, uses_keyring=uses_keyring(folder))]
    findings += check_secrets(folder, keyring, named_passphrase_file(os.environ))
    findings += [check_display(os.environ), *check_qt(os.environ)]
    if as_json:
        answer_json(
            {
                "version": __version__,
                "data_folder": str(folder.root),
                "checks": [
                    {"check": f.check, "health": f.health.value, "message": f.message, "mend": f.mend} for f in findings
                ],
            }
        )
    else:
        for finding in findings:
            answer(f"{finding.health.value:<8} {finding.check}: {visible(finding.message)}")
            if finding.mend is not None:
                answer(f"         → {visible(finding.mend)}")
    raise typer.Exit(_exit_code(findings))


def _exit_code(findings: list[Finding]) -> int:
    if any(finding.blocks for finding in findings):
        return 5
    return 1 if any(finding.health.value == "fault" for finding in findings) else 0


def check_display(environment: Mapping[str, str]) -> Finding:
    """Find out whether a window could be shown."""
    from core.diagnosis.finding import Finding

    if not sys.platform.startswith("linux"):
        return Finding.ok("display", "The system's own.")
    for name in ("WAYLAND_DISPLAY", "DISPLAY"):
        if environment.get(name):
            return Finding.ok("display", f"{name} is {environment[name]}.")
    return Finding.warning(
        "display", "There is none here, so the window can't open.", "Use “clockhand agent” and the other verbs."
    )


def check_qt(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Find the native libraries that Qt lacks: of its core, which every run needs, and of the window."""
    from core.diagnosis.finding import Finding

    try:
        core = importlib.import_module("PySide6.QtCore")
    except ImportError as error:
        yield Finding.fault("Qt", f"It can't be loaded, so nothing can be run: {error}.", _INSTALL_QT)
        return
    try:
        importlib.import_module("PySide6.QtWidgets")
        if sys.platform.startswith("linux") and environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
            plugins = core.QLibraryInfo.path(core.QLibraryInfo.LibraryPath.PluginsPath)
            ctypes.CDLL(str(Path(plugins, "platforms", "libqxcb.so")))
    except (ImportError, OSError) as error:
        yield Finding.warning("Qt", f"The window can't open, because a library is missing: {error}.", _INSTALL_QT)
        return
    yield Finding.ok("Qt", f"Version {core.qVersion()}, with all that it needs.")
