"""Finds bytes that are in every text which a regular expression can match, to rule texts out quickly."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

try:
    # Python's own parser of expressions, which has no public name; without it there are only no shortcuts.
    from re import _constants, _parser  # type: ignore[attr-defined]  # private
except ImportError:  # pragma: no cover
    _parser = None

__all__ = ["SHORTEST_KEY", "keys_of_regex", "keys_of_text"]

SHORTEST_KEY = 2
"""Shorter ones are in nearly every line."""
_MOST_KEYS = 8
_NO_KEYS: tuple[bytes, ...] = ()


def keys_of_text(text: str, *, ignore_case: bool) -> tuple[bytes, ...]:
    """Return bytes that are in every line which contains `text`, or none where none are sure.

    They are in lower case to ignore it.
    """
    if "\ufffd" in text:
        return _NO_KEYS  # it stands for bytes of all kinds
    if not ignore_case:
        return (text.encode(),)
    # Letters beyond ASCII have their cases in other bytes.
    longest = max(re.findall(r"[\x00-\x7f]+", text), key=len, default="")
    return (longest.lower().encode(),) if longest == text or len(longest) >= SHORTEST_KEY else _NO_KEYS


def keys_of_regex(regex: re.Pattern[str]) -> tuple[bytes, ...]:
    """Return bytes of which at least one is in every text that `regex` matches, or none where none are known.

    They are in lower case where the expression ignores it.
    """
    if _parser is None:
        return _NO_KEYS
    ignore_case = bool(regex.flags & re.IGNORECASE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # compiling it has told them, where they are wanted
        nodes = _parser.parse(regex.pattern, regex.flags & ~re.UNICODE)
    keys = _keys(nodes, ignore_case=ignore_case)
    return tuple(keys) if keys is not None and len(keys) <= _MOST_KEYS else _NO_KEYS


def _keys(nodes: Iterable[tuple[Any, Any]], *, ignore_case: bool) -> list[bytes] | None:
    """Return the best keys that the parts of a sequence offer: those of the part whose shortest one is the longest."""
    offers: list[list[bytes]] = []
    run = ""
    for kind, value in [*nodes, (None, None)]:
        if kind is _constants.LITERAL and _is_sure(value, ignore_case=ignore_case):
            run += chr(value)
            continue
        if run:
            offers.append([(run.lower() if ignore_case else run).encode()])
            run = ""
        if (inner := _inner_keys(kind, value, ignore_case=ignore_case)) is not None:
            offers.append(inner)
    best = max(offers, key=_shortest, default=None)
    return best if best is not None and _shortest(best) >= SHORTEST_KEY else None


def _inner_keys(kind: Any, value: Any, *, ignore_case: bool) -> list[bytes] | None:
    if kind is _constants.SUBPATTERN:
        _group, add_flags, drop_flags, nodes = value
        return None if add_flags or drop_flags else _keys(nodes, ignore_case=ignore_case)
    if kind in {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT} and value[0] > 0:
        return _keys(value[2], ignore_case=ignore_case)
    if kind is _constants.BRANCH:
        branches = [_keys(nodes, ignore_case=ignore_case) for nodes in value[1]]
        return None if None in branches else [key for keys in branches for key in keys or ()]
    return None


def _is_sure(code: int, *, ignore_case: bool) -> bool:
    return code < 0x80 if ignore_case else code != 0xFFFD and not 0xD800 <= code <= 0xDFFF


def _shortest(keys: Sequence[bytes]) -> int:
    return min(map(len, keys))
