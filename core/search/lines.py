"""Finds the pattern in one line of any length, and cuts out what is worth showing of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from core.search.query import Pattern
from core.search.visible import final_text, may_rewrite, raw_place, strip_escapes, visible_text

__all__ = ["Excerpt", "LineMatch", "aligned", "find_in_line", "shorten"]

EXCERPT_CHARACTERS = 300
_BEFORE_MATCH = 60
_MOST_SPANS = 100
_CONTINUATION = range(0x80, 0xC0)
_LONGEST_CHARACTER_BYTES = 4


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a line's visible text. `spans` are the matches (first, end) in it, in characters of `text`."""

    text: str
    spans: tuple[tuple[int, int], ...]
    is_cut_before: bool
    is_cut_after: bool


@dataclass(frozen=True, slots=True)
class LineMatch:
    """The first match in a line: the byte of the line at which it begins, and what is around it."""

    start_byte: int
    excerpt: Excerpt


def find_in_line(
    line: bytes,
    pattern: Pattern,
    *,
    piece_bytes: int,
    overlap_bytes: int,
    goes_on_before: bool = False,
    goes_on_after: bool = False,
) -> LineMatch | None:
    """Return the first match in a line, or in a part of one that `goes_on` at its ends.

    Of a line that is written over, the text that is left is searched; of a part of one that goes on, only what stands
    behind its last carriage return and does not come again with the next part, as `overlap_bytes` of it do.

    A line that is longer than `piece_bytes` is searched piece by piece, each of them beginning `overlap_bytes` before
    the end of the one before: what is longer than that may be missed where it lies across an end.
    """
    if may_rewrite(line):
        return _find_in_rewritten(
            line, pattern, piece_bytes=piece_bytes, overlap_bytes=overlap_bytes, goes_on_after=goes_on_after
        )
    return _find_in_pieces(
        line,
        pattern,
        piece_bytes=piece_bytes,
        overlap_bytes=overlap_bytes,
        goes_on_before=goes_on_before,
        goes_on_after=goes_on_after,
    )


def _find_in_pieces(
    line: bytes, pattern: Pattern, *, piece_bytes: int, overlap_bytes: int, goes_on_before: bool, goes_on_after: bool
) -> LineMatch | None:
    for start, end in _pieces(line, piece_bytes, overlap_bytes):
        piece = line[start:end]
        is_first, is_last = start == 0 and not goes_on_before, end == len(line) and not goes_on_after
        text = visible_text(piece)
        if is_last:
            text = text.rstrip("\r")
        # From the second character on: the first one is there to be looked back at.
        match = pattern.regex.search(text, 0 if is_first else 1)
        if match is None:
            continue
        # What touches the end of a piece may go on, or not be what it seems. The next one knows, if it has all of it.
        if not is_last and match.end() == len(text):
            overlap_from = aligned(piece, max(0, len(piece) - overlap_bytes))
            if match.start() > len(visible_text(piece[:overlap_from])):
                continue
        excerpt = _excerpt(pattern, text, match, goes_on_before=not is_first, goes_on_after=not is_last)
        return LineMatch(start + _byte_of(piece, text, match.start()), excerpt)
    return None


def _find_in_rewritten(
    line: bytes, pattern: Pattern, *, piece_bytes: int, overlap_bytes: int, goes_on_after: bool
) -> LineMatch | None:
    newest = line.rfind(b"\r") + 1
    if not goes_on_after:
        shown = final_text(line).encode()
    elif newest and len(line) - newest > overlap_bytes and not may_rewrite(line[newest:]):
        shown = line[newest:]
    else:
        return None
    found = _find_in_pieces(
        shown,
        pattern,
        piece_bytes=piece_bytes,
        overlap_bytes=overlap_bytes,
        goes_on_before=False,
        goes_on_after=goes_on_after,
    )
    if found is None:
        return None
    if goes_on_after:
        return LineMatch(newest + found.start_byte, found.excerpt)
    # Where the text was written for the last time; what became one by overwriting alone was so at the end.
    first, end = found.excerpt.spans[0]
    place = line.rfind(found.excerpt.text[first:end].encode())
    return LineMatch(place if place >= 0 else min(newest, len(line)), found.excerpt)


def shorten(line: bytes) -> str:
    """Return the visible text of a line of context, cut where it is long."""
    text = final_text(line) if may_rewrite(line) else visible_text(line[: EXCERPT_CHARACTERS * 8]).rstrip("\r")
    return text if len(text) <= EXCERPT_CHARACTERS else text[: EXCERPT_CHARACTERS - 1] + "…"


def _pieces(line: bytes, piece_bytes: int, overlap_bytes: int) -> Iterator[tuple[int, int]]:
    start = 0
    while True:
        end = len(line) if len(line) - start <= piece_bytes else aligned(line, start + piece_bytes)
        yield start, end
        if end == len(line):
            return
        start = aligned(line, end - overlap_bytes)


def aligned(data: bytes, place: int) -> int:
    """Return `place`, or the next one at which a character of UTF-8 begins."""
    for each in range(place, min(place + _LONGEST_CHARACTER_BYTES, len(data))):
        if data[each] not in _CONTINUATION:
            return each
    return place


def _byte_of(line: bytes, text: str, character: int) -> int:
    """Return the byte of `line` at which the character of its visible text begins."""
    before = text[:character]
    plain = strip_escapes(line)
    if "\ufffd" not in before:
        place = len(before.encode())
    else:
        # What is not UTF-8 may be one to three bytes for a character.
        ends = range(1, len(plain) + 1)
        place = bisect_left(ends, character + 1, key=lambda end: len(plain[:end].decode("utf-8", "replace")))
    return place if plain is line else raw_place(line, place)


def _excerpt(
    pattern: Pattern, text: str, match: re.Match[str], *, goes_on_before: bool, goes_on_after: bool
) -> Excerpt:
    left = 0 if len(text) <= EXCERPT_CHARACTERS else max(0, match.start() - _BEFORE_MATCH)
    right = min(len(text), left + EXCERPT_CHARACTERS)
    spans: list[tuple[int, int]] = []
    for found in pattern.regex.finditer(text, match.start()):
        if (found.start() >= right and spans) or len(spans) == _MOST_SPANS:
            break
        spans.append((found.start() - left, min(found.end(), right) - left))
    return Excerpt(
        text[left:right],
        tuple(spans),
        is_cut_before=left > 0 or goes_on_before,
        is_cut_after=right < len(text) or goes_on_after,
    )
