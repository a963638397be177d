"""Prints found lines in the manner of grep, coloured only on a terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from desktop.cli.printing import answer, is_terminal

if TYPE_CHECKING:  # it brings the database along, which the verbs about time do without
    from core.search.searching import Hit

__all__ = ["LinePrinter"]

# The colours that grep has made a habit: where it was found, which line, and what matches.
_PLACE, _NUMBER, _MATCH, _MARK = "35", "32", "1;31", "36"


class LinePrinter:
    """With context, groups of lines that do not follow one another are parted by `--`."""

    def __init__(self, *, context_lines: int, in_colour: bool | None = None) -> None:
        self._has_context = context_lines > 0
        self._in_colour = _can_colour() if in_colour is None else in_colour
        self._last: tuple[str, int] | None = None  # the run and the number of the line that was printed last

    def show(self, hit: Hit) -> None:
        """Print a hit with its context."""
        output, line = hit.output, hit.line
        place = str(output.job_id) if output.is_latest else f"{output.job_id}.{output.attempt}"
        first = line.number - len(line.before)
        if self._has_context and self._last is not None and self._last != (place, first - 1):
            answer(self._paint("--", _MARK))
        for number, text in enumerate(line.before, first):
            self._print(place, number, "-", _plain(text))
        self._print(place, line.number, ":", self._marked(hit))
        for number, text in enumerate(line.after, line.number + 1):
            self._print(place, number, "-", _plain(text))
        self._last = (place, line.number + len(line.after))

    def _print(self, place: str, number: int, mark: str, text: str) -> None:
        mark = self._paint(mark, _MARK)
        answer(f"{self._paint(place, _PLACE)}{mark}{self._paint(str(number), _NUMBER)}{mark}{text}")

    def _marked(self, hit: Hit) -> str:
        excerpt = hit.line.excerpt
        text, pieces, position = _plain(excerpt.text), [], 0
        for start, end in excerpt.spans:
            pieces += [text[position:start], self._paint(text[start:end], _MATCH)]
            position = end
        pieces.append(text[position:])
        return "…" * excerpt.is_cut_before + "".join(pieces) + "…" * excerpt.is_cut_after

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[m" if self._in_colour and text else text


def _plain(text: str) -> str:
    """Return the text, as long as it was, without what would reach a terminal as a command."""
    return "".join(each if each.isprintable() or each == "\t" else "\N{REPLACEMENT CHARACTER}" for each in text)


def _can_colour() -> bool:
    """Return whether colours are wanted (https://no-color.org) and seen."""
    if not is_terminal() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.platform != "win32" or "WT_SESSION" in os.environ
