"""Cuts a stream of bytes into lines of text, wherever the reads happened to end."""

from __future__ import annotations

import codecs

__all__ = ["LineSplitter"]


class LineSplitter:
    """Decodes UTF-8 and splits at line feeds; a character or a line may span any number of reads.

    Invalid bytes become U+FFFD. A line longer than `max_characters` is cut there, so that a stream without line
    feeds never grows in memory; the rest continues as a line of its own.
    """

    def __init__(self, *, max_characters: int = 64 * 1024) -> None:
        if max_characters < 1:
            raise ValueError("A line needs room for one character at least.")
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._max = max_characters
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> list[str]:
        """Return the lines that `data` completes, without their line feeds; with `final` also the unfinished one."""
        *whole, rest = (self._rest + self._decoder.decode(data, final)).split("\n")
        lines = [part for line in whole for part in self._cut(line)]
        *cut, self._rest = self._cut(rest)
        lines += cut
        if final and self._rest:
            lines.append(self._rest)
            self._rest = ""
        return lines

    def _cut(self, line: str) -> list[str]:
        """Return `line` in parts of the longest length allowed; the last may be shorter, and is empty for ""."""
        return [line[start : start + self._max] for start in range(0, len(line), self._max)] or [""]
