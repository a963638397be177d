"""Tells whether there is a display for a window, before Qt is asked: where it finds none, Qt ends the process."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["why_no_display"]

_X_DISPLAY = re.compile(r"(?:unix/|unix)?(?P<host>.*):(?P<number>\d+)(?:\.\d+)?")
_X_FOLDER = "/tmp/.X11-unix"  # noqa: S108  (X11's own place for its sockets)
_X_PORT = 6000
_PATIENCE_S = 2.0


def why_no_display(environ: Mapping[str, str]) -> str | None:
    """Return a sentence that says why no window can be shown here, or None where one can."""
    if not sys.platform.startswith("linux") or environ.get("QT_QPA_PLATFORM"):
        return None
    if name := environ.get("WAYLAND_DISPLAY"):
        if Path(environ.get("XDG_RUNTIME_DIR", "/"), name).exists():
            return None
        if not environ.get("DISPLAY"):
            return f"The Wayland display “{name}” does not answer, so no window can be shown." + _WAY_OUT
    if name := environ.get("DISPLAY"):
        if _x_answers(name):
            return None
        return f"The X display “{name}” does not answer, so no window can be shown." + _WAY_OUT
    return "There is no display here, so no window can be shown." + _WAY_OUT


_WAY_OUT = " Start “clockhand agent”, which runs the same schedules without a window."


def _x_answers(display: str) -> bool:
    match = _X_DISPLAY.fullmatch(display)
    if match is None:
        # Such as a path of XQuartz: Qt shall judge it.
        return True
    number = int(match["number"])
    if match["host"]:
        return _connects(socket.AF_INET, (match["host"], _X_PORT + number))
    # Linux also has the abstract name, for servers whose file system is another one.
    path = f"{_X_FOLDER}/X{number}"
    return _connects(socket.AF_UNIX, path) or _connects(socket.AF_UNIX, f"\0{path}")


def _connects(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family) as connection:
        connection.settimeout(_PATIENCE_S)
        try:
            connection.connect(address)
        except OSError:
            return False
    return True
