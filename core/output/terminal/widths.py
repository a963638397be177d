"""How many cells characters take, and which code points make one character together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from wcwidth import iter_graphemes, wcswidth

__all__ = ["clusters", "stretches", "width_of"]

# What no rule of UAX 29 joins with its like: letters, digits and signs of Latin, Greek and Cyrillic, lines and boxes;
# kana, ideographs, syllables of Hangul, and full-width forms. With what is neither they may be joined at either end.
_NARROW = " -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0377\u0391-\u03a1\u03a3-\u0482\u048a-\u052f\u2190-\u21ff\u2500-\u25fc"
_WIDE = "\u3000-\u3029\u3041-\u3096\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60"
_EVEN = re.compile(rf"([{_NARROW}]{{3,}})|[{_WIDE}]{{3,}}")


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """Yield each character as a person sees it (UAX 29) with the cells it takes (wcwidth's tables); 0 adds to others.

    A combining mark or a joined emoji is one with what it joins. Ambiguous characters are narrow.
    """
    for stretch, width, is_even in stretches(text):
        if is_even:
            for character in stretch:
                yield character, width
        else:
            yield stretch, width


def stretches(text: str) -> Iterator[tuple[str, int, bool]]:
    """Yield the same as `clusters`, where it `is_even` many characters of one width at once: (text, width of each)."""
    if text.isascii():
        if text:
            yield text, 1, True
        return
    position = 0
    for match in _EVEN.finditer(text):
        # The first and the last one may be joined with what is before and behind.
        start = match.start() + (match.start() > 0)
        end = match.end() - (match.end() < len(text))
        for cluster in iter_graphemes(text[position:start]):
            yield cluster, _width(cluster), False
        yield text[start:end], 2 if match[1] is None else 1, True
        position = end
    for cluster in iter_graphemes(text[position:]):
        yield cluster, _width(cluster), False


def width_of(text: str) -> int:
    """Return the cells that the text takes."""
    return sum(width * (len(part) if is_even else 1) for part, width, is_even in stretches(text))


@lru_cache(maxsize=8192)
def _width(cluster: str) -> int:
    return max(0, wcswidth(cluster))
