"""Turns the bytes of one line into what a terminal would show of it, and says what holds on behind it.

What is understood: colours and styles (SGR), carriage return, backspace, tabs (every 8 columns), moves within the line
(CUF, CUB, CHA, HPA), erasing (EL, ED as far as it concerns the line, ECH), wide and combining characters, hyperlinks
(OSC 8). Everything else that is a control sequence is swallowed. So are moves to other lines: what a program with
several progress bars paints over its earlier lines (docker, npm) stands line under line in the order in which it came,
because an output is a record of what was written, not a screen. Shift in and out are swallowed with the character sets;
every other control character is made visible by its picture (U+2400 ff.), a C1 control by U+FFFD, as are bytes that
are not UTF-8. Tabs become spaces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from core.output.terminal.cells import Cells
from core.output.terminal.links import marked_address
from core.output.terminal.sequences import Sequence, sequences, unfinished
from core.output.terminal.style import PLAIN, Style, apply_sgr

__all__ = ["START", "Line", "Pen", "Span", "read_line"]


class Span(NamedTuple):
    """A stretch of text that looks alike; `link` is the address that a program gave to it, or ""."""

    text: str
    style: Style = PLAIN
    link: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What is shown of a line: the text without its line feed, and the same text in spans (none are empty)."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Pen:
    """What a terminal remembers between two pieces of an output.

    The style holds over lines. A link ends with its line (a terminal would let one that was never ended go on for
    ever), and so does a sequence of which only the beginning came (`pending`).
    """

    style: Style = PLAIN
    link: str = ""
    pending: str = ""


START = Pen()
_SHIFTS = "\x0e\x0f"
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_PRIVATE = ("<", "=", ">", "?")
_LONGEST_NUMBER = 6
_MOVES: dict[str, Callable[[Cells, int], None]] = {
    "C": lambda cells, number: cells.move_by(max(1, number)),
    "D": lambda cells, number: cells.move_by(-max(1, number)),
    "G": lambda cells, number: cells.move_to(max(1, number) - 1),
    "`": lambda cells, number: cells.move_to(max(1, number) - 1),
    "K": lambda cells, number: cells.erase(number),
    "J": lambda cells, number: cells.erase(min(number, 2)),
    "X": lambda cells, number: cells.erase_some(max(1, number)),
    "\r": lambda cells, _: cells.move_to(0),
    "\b": lambda cells, _: cells.move_by(-1),
    "\t": lambda cells, _: cells.tab(),
}


def read_line(data: bytes, pen: Pen = START) -> tuple[Line, Pen]:
    """Return what is shown of a line, or of a piece of a long one, and the pen behind it.

    `data` is one line with or without its line feed; of more than one, the rest is shown as if it were behind the
    first with the line feeds made visible. The work is in proportion to the length of `data`.
    """
    text = pen.pending + data.decode("utf-8", "replace")
    is_whole = text.endswith("\n")
    if is_whole:
        text = text[:-1].removesuffix("\r")
    if text.isprintable():
        spans = (Span(text, pen.style, pen.link),) if text else ()
        return Line(text, spans), _behind(pen, "", is_whole=is_whole)
    pending = "" if is_whole else unfinished(text)
    line, after = _interpret(text.removesuffix(pending), pen)
    return line, _behind(after, pending, is_whole=is_whole)


def _behind(pen: Pen, pending: str, *, is_whole: bool) -> Pen:
    link = "" if is_whole else pen.link
    return pen if (pen.link, pen.pending) == (link, pending) else Pen(pen.style, link, pending)


def _interpret(text: str, pen: Pen) -> tuple[Line, Pen]:
    """Return what is shown of text without a line feed, and the pen behind it."""
    cells: Cells | None = None
    runs: list[tuple[str, Style, str]] = []
    style, link, position = pen.style, pen.link, 0
    for each in sequences(text):
        if each.start > position:
            runs.append((text[position : each.start], style, link))
        position = each.end
        if each.kind == "m":
            style = apply_sgr(style, each.body)
        elif each.kind == "ESC c":
            style, link = PLAIN, ""
        elif each.kind == "]":
            address = marked_address(each.body)
            link = link if address is None else address
        elif each.kind in _MOVES and not each.body.startswith(_PRIVATE):
            cells = cells or Cells()
            _write(cells, runs)
            runs = []
            _MOVES[each.kind](cells, _parameter(each))
        elif shown := _picture(each.kind):
            runs.append((shown, style, link))
    if position < len(text):
        runs.append((text[position:], style, link))
    # A mark that a sequence parts from its letter belongs to it all the same: that is for the cells to see.
    if cells is None and len(runs) > 1 and not text.isascii():
        cells = Cells()
    if cells is not None:
        _write(cells, runs)
        runs = cells.runs()
    spans = _merged(runs)
    return Line("".join(span.text for span in spans), spans), replace(pen, style=style, link=link)


def _write(cells: Cells, runs: list[tuple[str, Style, str]]) -> None:
    for run in runs:
        cells.write(*run)


def _parameter(sequence: Sequence) -> int:
    """Return the only number that moves and erasures within a line look at; an absurd one is a large one."""
    digits = sequence.body.partition(";")[0]
    if not digits:
        return 0
    return int(digits[:_LONGEST_NUMBER]) if digits.isascii() and digits.isdigit() else 0


def _picture(kind: str) -> str:
    """Return what makes a single control character visible; nothing for a swallowed sequence."""
    if len(kind) != 1 or kind in _SHIFTS or "\x20" <= kind < "\x7f":
        return ""
    return _PICTURES.get(ord(kind), "\N{REPLACEMENT CHARACTER}")


def _merged(runs: list[tuple[str, Style, str]]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for text, style, link in runs:
        if spans and spans[-1].style == style and spans[-1].link == link:
            spans[-1] = Span(spans[-1].text + text, style, link)
        else:
            spans.append(Span(text, style, link))
    return tuple(spans)
