"""Lines one after another: the pen that one leaves to the next, and how it is known in the middle of a large output.

Whoever reads from the beginning feeds a `LineReader`. Whoever jumps into a file of a gigabyte asks `pen_after` about
the bytes before: at most two blocks of BLOCK_BYTES, from a border of blocks on. So the answer depends on where the line
lies alone, not on how one came to it; capturing costs nothing, and there is no second index to be kept and healed. The
price: a style that was set more than BLOCK_BYTES before and never again is forgotten. Programs that colour set and end
their colours within a line or a few, and a colour that somebody forgot to end is no loss.
"""

from __future__ import annotations

import re

from core.output.terminal.line import START, Line, Pen, read_line
from core.output.terminal.sequences import LONGEST_SEQUENCE, unfinished
from core.output.terminal.style import PLAIN, apply_sgr

__all__ = ["BLOCK_BYTES", "LONGEST_LINE_BYTES", "LineReader", "block_before", "pen_after"]

BLOCK_BYTES = 16 * 1024
LONGEST_LINE_BYTES = 64 * 1024
# What sets the style, as `sequences` finds it too: an escape always begins anew, so that nothing around it matters.
_STYLING = re.compile(r"(?:\x1b\[|\x9b)([0-?]{0,4096})m|\x1bc")
_RESETS = (b"\x1b[0m", b"\x1b[m")


class LineReader:
    """Turns bytes into lines as they come, wherever the reads happened to end.

    A line longer than `longest_bytes` is cut there, and the rest is a line of its own: what is kept never grows.
    """

    def __init__(self, *, longest_bytes: int = LONGEST_LINE_BYTES) -> None:
        self._longest = max(longest_bytes, 4)  # a character of UTF-8 has its place
        self._rest = b""
        self._pen = START

    def feed(self, data: bytes) -> list[Line]:
        """Return the lines that `data` completes."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        lines: list[Line] = []
        for line in whole:
            rest = self._cut(line, lines)
            lines.append(self._read(rest + b"\n"))
        self._rest = self._cut(self._rest, lines)
        return lines

    def finish(self) -> list[Line]:
        """Return the line that was not ended, if there is one."""
        rest, self._rest = self._rest, b""
        return [self._read(rest)] if rest else []

    def _read(self, data: bytes) -> Line:
        line, self._pen = read_line(data, self._pen)
        return line

    def _cut(self, data: bytes, lines: list[Line]) -> bytes:
        start = 0
        while len(data) - start > self._longest:
            end = start + self._longest
            # Not within a character (its bytes behind the first are 10xxxxxx, RFC 3629).
            for back in range(3):
                if data[end - back] & 0xC0 != 0x80:
                    end -= back
                    break
            lines.append(self._read(data[start:end]))
            start = end
        return data[start:]


def block_before(offset: int) -> int:
    """Return from which byte on `pen_after` wants to know the bytes before `offset`."""
    return max(0, (offset // BLOCK_BYTES - 1) * BLOCK_BYTES)


def pen_after(data: bytes) -> Pen:
    """Return the pen behind `data`, as if nothing had been set before it."""
    # Nothing before a reset matters to the style, and nothing before a line feed to the rest.
    begin = max(0, *(data.rfind(reset) for reset in _RESETS))
    style = PLAIN
    for parameters in _STYLING.findall(data[begin:].decode("utf-8", "replace")):
        style = apply_sgr(style, parameters)
    rest = data[data.rfind(b"\n") + 1 :]
    if b"\x1b" not in rest and b"\xc2" not in rest:
        return Pen(style)
    link = read_line(rest)[1].link if b"8;" in rest else ""
    return Pen(style, link, unfinished(rest[-LONGEST_SEQUENCE * 4 :].decode("utf-8", "replace")))
