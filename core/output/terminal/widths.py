"""How many cells characters take, and which code points make one character together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from wcwidth import iter_graphemes, wcswidth

__all__ = ["clusters", "width_of"]


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """Yield each character as a person sees it (UAX 29) with the cells it takes (wcwidth's tables); 0 adds to others.

    A combining mark or a joined emoji is one with what it joins. Ambiguous characters are narrow.
    """
    if text.isascii():
        for character in text:
            yield character, 1
        return
    for cluster in iter_graphemes(text):
        yield cluster, _width(cluster)


def width_of(text: str) -> int:
    """Return the cells that the text takes."""
    return len(text) if text.isascii() else sum(width for _, width in clusters(text))


@lru_cache(maxsize=8192)
def _width(cluster: str) -> int:
    return max(0, wcswidth(cluster))
