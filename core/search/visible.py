"""Turns the bytes of a line of output into the text that a person sees, which is what a search goes through.

Of a line that is written over (the bars of pip, curl, rsync; spinners) that is the text with which a terminal is left:
what was overwritten is seen by nobody, so that it is neither found nor compared. (To be found by its letters, the text
has to have been written in one piece as well, without a carriage return or a move in it: most lines can be ruled out by
that.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.output.terminal.line import read_line

__all__ = ["final_text", "has_escapes", "may_rewrite", "raw_place", "rewritten_lines", "strip_escapes", "visible_text"]

# ECMA-48: control sequences (CSI), strings of the operating system (OSC and its like), and two-character escapes, each
# within its line: lines are counted in what is left.
_ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|(?=\n|\Z))"
    rb"|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\|(?=\n|\Z))"
    rb"|[ -/]*(?:[0-~]|(?=\n|\Z)))"
    rb"|\xc2\x9b[0-?]*[ -/]*[@-~]"
)
# What lets a line be written over: a carriage return that does not end it, a backspace, and moves within it. (Erasing
# does so only together with one of these.)
_REWRITING = re.compile(rb"\r[^\r\n]|\x08|\x1b\[[0-9;]*[CDG`]")
_MOVING = re.compile(rb"\x1b\[[0-9;]*[CDG`]")
_ERASING = re.compile(rb"\x1b\[(?:[0-9;]*[JX]|0*[1-9][0-9;]*K)")
_PLACING = re.compile(rb"\x1b\[[0-9;]*[CDGJKX`]")
# The rest of the line is erased before anything is written, or behind all that is; a tab leaves what it jumps over.
_ERASED = re.compile(rb"(?:\x1b\[[0-9;]*m)*\x1b\[0?K|[^\t]*\x1b\[0?K(?:\x1b\[[0-9;]*m)*\Z")


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
    """Return the text of lines that are not written over; bytes that are not UTF-8 become U+FFFD."""
    return strip_escapes(line).decode("utf-8", "replace")


def may_rewrite(data: bytes) -> bool:
    """Return whether a line in `data` is written over."""
    if b"\x08" in data or data.count(b"\r") > data.count(b"\r\n"):
        return _REWRITING.search(data) is not None
    return b"\x1b" in data and _MOVING.search(data) is not None


def rewritten_lines(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end without the line feed) of the lines in `data` that are written over."""
    found = _REWRITING.search(data) if may_rewrite(data) else None
    while found is not None:
        end = data.find(b"\n", found.start())
        end = len(data) if end < 0 else end
        yield data.rfind(b"\n", 0, found.start()) + 1, end
        found = _REWRITING.search(data, end)


def final_text(line: bytes) -> str:
    """Return the text with which a terminal is left of a line (without its line feed), however it was written.

    Of bytes that are no text (UTF-8) only what stands behind a carriage return lies over what was before: there are
    controls in them by chance, and interpreting megabytes of these takes a minute.
    """
    if not may_rewrite(line):
        return visible_text(line).rstrip("\r")
    line = line.rstrip(b"\r")
    if not _is_text(line):
        return _overwritten(visible_text(line))
    newest = line[line.rfind(b"\r") + 1 :]
    if _ERASED.match(newest) and not _MOVING.search(newest) and not _ERASING.search(newest):
        line = newest  # nothing of what was before sticks out
        is_simple = True
    else:
        is_simple = not _PLACING.search(line)
    if is_simple:
        text = visible_text(line)
        if text.isascii() and text.replace("\r", "").isprintable():
            return _overwritten(text)
    # The interpreter knows everything, but takes its time.
    return read_line(line)[0].text


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _overwritten(text: str) -> str:
    *earlier, shown = text.split("\r")
    for piece in reversed(earlier):
        if len(piece) > len(shown):
            shown += piece[len(shown) :]
    return shown
