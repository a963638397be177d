"""Turns the bytes of a line of output into the text that a person sees, which is what a search goes through."""

from __future__ import annotations

import re

__all__ = ["has_escapes", "raw_place", "strip_escapes", "visible_text"]

# ECMA-48: control sequences (CSI), strings of the operating system (OSC and its like), and two-character escapes, each
# within its line: lines are counted in what is left.
_ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|(?=\n|\Z))"
    rb"|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\|(?=\n|\Z))"
    rb"|[ -/]*(?:[0-~]|(?=\n|\Z)))"
    rb"|\xc2\x9b[0-?]*[ -/]*[@-~]"
)


def has_escapes(data: bytes) -> bool:
    """Return whether there may be escape sequences in `data`."""
    # Looking for one byte is many times as fast as for two.
    return b"\x1b" in data or (b"\x9b" in data and b"\xc2\x9b" in data)


def strip_escapes(data: bytes) -> bytes:
    """Return `data` without its escape sequences, with the same line feeds."""
    return _ESCAPES.sub(b"", data) if has_escapes(data) else data


def raw_place(data: bytes, place: int) -> int:
    """Return where the byte lies in `data` that lies at `place` without the escape sequences."""
    for escape in _ESCAPES.finditer(data):
        if escape.start() > place:
            break
        place += escape.end() - escape.start()
    return place


def visible_text(line: bytes) -> str:
    """Return the text of a line without its line feed; bytes that are not UTF-8 become U+FFFD.

    What a carriage return in its middle would overwrite on a terminal is kept: it was printed, so it is found.
    """
    return strip_escapes(line).decode("utf-8", "replace")
