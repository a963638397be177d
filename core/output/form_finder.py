"""Finds byte strings in the buffers of a stream, quickly also where there are hundreds, as of a key of many lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["FormFinder"]

_SHORTEST_ANCHOR = 12
_LONGEST_BACKWARDS = 256
# What logs are made of, about in this order.
_COMMON = b" etaoinsrlhd0123456789:-cu.mfpgwybv\n/_=,kITESADNOR\"CLFPM'()[]MUBGWHVYxjqzKXJQZ"
_RARITY = [_COMMON.find(byte) if byte in _COMMON else len(_COMMON) for byte in range(256)]
_HEAD_BYTES = 4
_BYTES_PER_PLACE = 100
_BITS_PER_BYTE = 8
_MOST_ANCHORS = 32


@dataclass(frozen=True, slots=True)
class _Sampling:
    """Words (a format of `struct`) that are looked at, each `stride_bytes` behind the one before."""

    format: Literal["Q", "I"]
    word_bytes: int
    stride_bytes: int

    @property
    def shortest(self) -> int:
        """How many bytes have one of the words among them, wherever they lie."""
        return self.word_bytes + self.stride_bytes - 1

    def look(self, buffer: bytes) -> Sequence[int]:
        """Return the words of `buffer`."""
        whole = memoryview(buffer)[: len(buffer) // self.word_bytes * self.word_bytes].cast(self.format)
        return whole[:: self.stride_bytes // self.word_bytes]


_SAMPLINGS = (_Sampling("Q", 8, 16), _Sampling("I", 4, 4))


class FormFinder:
    """The `forms` that are looked for; it never changes, so that several streams may share it."""

    def __init__(self, forms: Iterable[bytes]) -> None:
        self.forms: Sequence[bytes] = sorted({form for form in forms if form}, key=len, reverse=True)
        self._longest = max(map(len, self.forms), default=0)
        self._heads: dict[bytes, list[bytes]] = {}
        for form in self.forms:
            for length in range(1, min(_HEAD_BYTES, len(form) - 1) + 1):
                self._heads.setdefault(form[:length], []).append(form)
        # Zero bytes between them, so that few ends of a text look as if they were within.
        self._joined = bytes(_HEAD_BYTES).join(self.forms)
        self._parts: list[_Few | _Many] = []
        rest = self.forms
        for sampling in _SAMPLINGS:
            if len(_anchors(rest, _SHORTEST_ANCHOR)) > _MOST_ANCHORS:
                long = [form for form in rest if len(form) >= sampling.shortest]
                self._parts.append(_Many(_anchors(long, max(sampling.shortest, _SHORTEST_ANCHOR)), sampling))
                rest = rest[len(long) :]
        self._parts.append(_Few(_anchors(rest, _SHORTEST_ANCHOR)))

    def spans(self, buffer: bytes) -> list[tuple[int, int]]:
        """Return where forms occur in `buffer` as (first byte, end), in order, also where they overlap."""
        found: list[tuple[int, int]] = []
        for part in self._parts:
            for anchor in part.those_in(buffer):
                found += anchor.spans(buffer)
        found.sort()
        return found

    def beginning_with(self, head: bytes) -> Sequence[bytes]:
        """Return the forms that begin with `head`, of 4 bytes at most, and are longer."""
        return self._heads.get(head, ())

    def beginning(self, buffer: bytes) -> int:
        """Return where the longest end of `buffer` begins that is the beginning of a form, but not all of it."""
        size = len(buffer)
        first = max(0, size - self._longest + 1)
        # Whether one look at all forms is quicker than a look at every place.
        if (size - first) * _BYTES_PER_PLACE > len(self._joined) and buffer[-_HEAD_BYTES:] not in self._joined:
            first = max(first, size - _HEAD_BYTES + 1)
        heads = self._heads
        for at in range(first, size):
            if (forms := heads.get(buffer[at : at + _HEAD_BYTES])) is not None:
                rest = buffer[at:]
                if any(len(form) > len(rest) and form.startswith(rest) for form in forms):
                    return at
        return size


@dataclass(frozen=True, slots=True)
class _Anchor:
    """What some forms begin with, so that these are looked for together."""

    common: bytes
    forms: Sequence[bytes]

    def spans(self, buffer: bytes) -> Iterator[tuple[int, int]]:
        """Yield where the forms occur in `buffer`, in no order."""
        for at in _places(self.common, buffer):
            for form in self.forms:
                if buffer.startswith(form, at):
                    yield at, at + len(form)


class _Few:
    """Few anchors, which are looked for one after the other."""

    def __init__(self, anchors: Iterable[_Anchor]) -> None:
        self._anchors = [(anchor, *_rarest(anchor.common)) for anchor in anchors]

    def those_in(self, buffer: bytes) -> Iterable[_Anchor]:
        """Return the anchors that may be in `buffer`."""
        # One byte is looked for ten times as fast as several, and often enough one of these is not there.
        return (
            anchor
            for anchor, third, second, rarest in self._anchors
            if rarest in buffer and second in buffer and third in buffer
        )


class _Many:
    """Very many anchors: some words of the buffer, at equal distances, say which of them may be there.

    One look at the words takes as long as searching for a few anchors one after the other.
    """

    def __init__(self, anchors: Iterable[_Anchor], sampling: _Sampling) -> None:
        self._sampling = sampling
        self._anchors: dict[int, tuple[_Anchor, ...]] = {}
        for anchor in anchors:
            alone = (anchor,)
            for at in range(sampling.stride_bytes):
                word = int.from_bytes(anchor.common[at : at + sampling.word_bytes], sys.byteorder)
                others = self._anchors.get(word)
                self._anchors[word] = alone if others is None else others + alone
        self._words = frozenset(self._anchors)

    def those_in(self, buffer: bytes) -> Iterable[_Anchor]:
        """Return the anchors that may be in `buffer`."""
        words = self._sampling.look(buffer)
        if self._words.isdisjoint(words):
            return ()
        there = self._words.intersection(words)
        return {id(anchor): anchor for word in there for anchor in self._anchors[word]}.values()


def _places(wanted: bytes, buffer: bytes) -> Iterator[int]:
    """Yield where `wanted` occurs in `buffer`, in no order."""
    if len(wanted) > _LONGEST_BACKWARDS:
        at = buffer.find(wanted)
        while at >= 0:
            yield at
            at = buffer.find(wanted, at + 1)
        return
    # Backwards CPython looks with Horspool's skips, which takes less than half the time, as long as `wanted` is short
    # enough for its worst case not to matter.
    at = buffer.rfind(wanted)
    while at >= 0:
        yield at
        at = buffer.rfind(wanted, 0, at + len(wanted) - 1)


def _anchors(forms: Iterable[bytes], shortest: int) -> list[_Anchor]:
    """Return anchors for all forms: those that begin alike, in `shortest` bytes at least, have one together."""
    found: list[_Anchor] = []
    group: list[bytes] = []
    anchor = b""
    for form in sorted(forms):
        common = _common_beginning(anchor, form) if anchor[:shortest] == form[:shortest] else b""
        if len(common) < shortest:
            if group:
                found.append(_Anchor(anchor, group))
            group, common = [], form
        anchor = common
        group.append(form)
    if group:
        found.append(_Anchor(anchor, group))
    return found


def _rarest(anchor: bytes) -> tuple[int, int, int]:
    """Return three bytes of `anchor`, the last of them that which texts have least."""
    *_, third, second, rarest = anchor[:1] * 2 + bytes(sorted(set(anchor), key=_RARITY.__getitem__))
    return third, second, rarest


def _common_beginning(one: bytes, other: bytes) -> bytes:
    size = min(len(one), len(other))
    different = int.from_bytes(one[:size], "big") ^ int.from_bytes(other[:size], "big")
    return one[: size - -(-different.bit_length() // _BITS_PER_BYTE)]
