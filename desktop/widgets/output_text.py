"""Turns the bytes of one row of output into text that can be painted."""

from __future__ import annotations

import re

__all__ = ["printable"]

_TAB_WIDTH = 8
# ECMA-48: control sequences (CSI), strings of the operating system (OSC and its like), and two-character escapes. They
# are left out; what they ask for (colours above all) is not painted. One that is cut off at the end goes, too.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|$)|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|[ -/]*(?:[0-~]|$))|\x9b[0-?]*[ -/]*[@-~]"
)
_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20) if code not in {0x09, 0x0A}} | {0x7F: "\u2421"}


def printable(data: bytes) -> str:
    """Return the text of a row without its line feed.

    Bytes that are not UTF-8 appear as U+FFFD, control characters as their pictures. A carriage return goes back to the
    beginning of the row, as in a terminal: what came after it lies over what was there.
    """
    text = data.decode("utf-8", "replace").rstrip("\n")
    if text.isprintable():
        return text
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", text)
    if "\r" in text:
        text = _overwritten(text)
    if "\t" in text:
        text = text.expandtabs(_TAB_WIDTH)
    return text.translate(_CONTROLS)


def _overwritten(text: str) -> str:
    shown = ""
    for piece in text.split("\r"):
        shown = piece + shown[len(piece) :]
    return shown
