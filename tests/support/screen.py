"""An X server of a test's own: its picture, its keyboard and its mouse."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage

__all__ = ["Screen", "open_screen", "why_no_screen"]

PATIENCE_S = 60
"""How long anything on the screen may take, in seconds: the machine may be busy with other things."""

_SIZE = "1400x900x24"
_TOOLS = ("Xvfb", "xdotool")
# Where the corner of a frame is round, its colour is mixed with the ground's: so many lines may have none of it.
_CORNER = 8


def why_no_screen() -> str:
    """Return which programs are missing, or an empty text."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    return f"needs {' and '.join(missing)}" if missing else ""


@dataclass(frozen=True, slots=True)
class Screen:
    """`display` is for DISPLAY. Keys and clicks go through the XTEST extension, like those of a person.

    There is no window manager: `focus` gives a window the keyboard.
    """

    display: str
    picture: Path

    def focus(self, title: str) -> QRect:
        """Wait for the one window whose title matches a whole pattern, give it the keyboard, and return where it is."""
        found = self._tool("search", "--sync", "--onlyvisible", "--name", f"^{title}$").split()
        assert len(found) == 1, f"{len(found)} windows named {title}"
        self._tool("windowfocus", "--sync", found[0])
        lines = self._tool("getwindowgeometry", "--shell", found[0]).splitlines()
        place = {name: int(value) for name, value in (line.split("=") for line in lines)}
        return QRect(place["X"], place["Y"], place["WIDTH"], place["HEIGHT"])

    def press(self, *keys: str) -> None:
        """Press keys one after another, in the words of xdotool: `ctrl+s`."""
        self._tool("key", *keys)

    def write(self, text: str) -> None:
        """Type a text."""
        self._tool("type", text)

    def click(self, place: QRect) -> None:
        """Click the left button in the middle of a place."""
        at = place.center()
        self._tool("mousemove", str(at.x()), str(at.y()), "click", "1")

    def look(self) -> QImage:
        """Return what is to be seen now."""
        # -fbdir keeps the picture as XWD does: a header of words in network order, a table of colours, the pixels.
        content = self.picture.read_bytes()
        words = struct.unpack(">25I", content[:100])
        header, width, height, line, colours = words[0], words[4], words[5], words[12], words[19]
        pixels = content[header + 12 * colours :]
        return QImage(pixels, width, height, line, QImage.Format.Format_RGB32).copy()

    def find(self, colour: QColor, place: QRect, is_meant: Callable[[QRect], bool]) -> QRect:
        """Wait for the patch of a colour in a place that `is_meant`, and return where it is.

        Where there is none, the test fails, and the last picture is kept beside the server's.
        """
        deadline = time.monotonic() + PATIENCE_S
        while True:
            image = self.look()
            for patch in _coloured(image, colour, place):
                if is_meant(patch):
                    return patch
            if time.monotonic() > deadline:
                kept = self.picture.with_name("seen.png")
                image.save(str(kept))
                pytest.fail(f"Nothing in {colour.name()} looks like what is meant; {kept} shows what is there")
            time.sleep(0.02)

    def _tool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env={**os.environ, "DISPLAY": self.display},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        if done.returncode:
            pytest.fail(f"xdotool {' '.join(arguments)}: {done.stderr.strip() or done.returncode}")
        return done.stdout


def _coloured(image: QImage, colour: QColor, place: QRect) -> list[QRect]:
    """Return where a place has a colour, one patch for lines that belong together, the upper first."""
    pixel = struct.pack("=I", colour.rgb())
    lines = []
    for y in range(place.top(), place.bottom() + 1):
        row = bytes(image.copy(place.left(), y, place.width(), 1).constBits())
        if pixel in row:
            # Again, as the bytes found may belong to two neighbours.
            columns = [at // len(pixel) for at in range(0, len(row), len(pixel)) if row.startswith(pixel, at)]
            if columns:
                lines.append(QRect(place.left() + columns[0], y, columns[-1] - columns[0] + 1, 1))
    return _joined(lines)


def _joined(lines: Iterable[QRect]) -> list[QRect]:
    """Return lines that lie close below each other as one rectangle; they are given from above."""
    found: list[QRect] = []
    for line in lines:
        if found and line.top() - found[-1].bottom() <= _CORNER:
            found[-1] = found[-1].united(line)
        else:
            found.append(line)
    return found


@contextmanager
def open_screen(folder: Path) -> Iterator[Screen]:
    """Start an X server, which chooses a free number, and end it; its picture is kept in `folder`."""
    reading, writing = os.pipe()
    options = ["-displayfd", str(writing), "-screen", "0", _SIZE, "-fbdir", str(folder), "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(
        ["Xvfb", *options], pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield Screen(f":{number}", folder / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait(PATIENCE_S)
