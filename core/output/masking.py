"""Hides secrets in a stream of bytes before anything of it is kept, wherever the reads happen to end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile

__all__ = ["MASK", "StreamMask"]

MASK = b"***"
_MOST_SHOWN_BYTES = 3
_SHORTEST_ANCHOR = 12
_LONGEST_BACKWARDS = 256
# What logs are made of, about in this order.
_COMMON = b" etaoinsrlhd0123456789:-cu.mfpgwybv\n/_=,kITESADNOR\"CLFPM'()[]MUBGWHVYxjqzKXJQZ"


class StreamMask:
    """Replaces every occurrence of the `forms` in one stream by MASK; occurrences that overlap become one.

    What has to be held back is the end of the stream as long as it is the beginning of a form, and so always shorter
    than the longest form. `feed`, `give_way` and `flush` return what may be kept by now; how the stream was cut never
    changes the whole of it.
    """

    def __init__(self, forms: Iterable[bytes]) -> None:
        self._forms = sorted({form for form in forms if form}, key=len, reverse=True)
        self._anchors = [(anchor, _rarest(anchor), forms) for anchor, forms in _groups(self._forms)]
        self._held = b""
        # How much of `_held` was given out already, and how much of that as a part of a mask.
        self._out = 0
        self._masked = 0

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes and return those that can't be part of a secret any more."""
        if not data:
            return b""
        if not self._forms:
            return data
        buffer = self._held + data if self._held else data
        border = self._border(buffer)
        spans = self._spans(buffer)
        if not spans and not self._out and border == len(buffer):
            self._held = b""
            return buffer
        return self._decide(buffer, border, spans)

    def give_way(self) -> bytes:
        """Return what is held back if it is a few bytes only, because nothing followed it for a while.

        The last letter of a prompt may be the first one of a secret, and has to appear. Should the rest of the secret
        follow, it is masked all the same. A quarter of a secret is shown in this way at most, and never more than
        three bytes.
        """
        shown = len(self._held) - self._out
        fewest = min((len(form) for form in self._forms if form.startswith(self._held)), default=0)
        if not 0 < shown <= min(_MOST_SHOWN_BYTES, fewest // 4) or self._out:
            return b""
        self._out = len(self._held)
        return self._held

    def flush(self) -> bytes:
        """Return what was held back, at the end of the stream.

        More than half of a secret, as a process leaves that was ended while it wrote, is masked like the whole.
        """
        held, out, masked = self._held, self._out, self._masked
        self._held, self._out, self._masked = b"", 0, 0
        if any(form.startswith(held) and len(held) * 2 > len(form) for form in self._forms):
            return b"" if masked or out == len(held) else MASK
        self._held, self._out, self._masked = held, out, masked
        rest = self._decide(held, len(held), self._spans(held))
        self._held, self._out, self._masked = b"", 0, 0
        return rest

    def _decide(self, buffer: bytes, border: int, spans: list[tuple[int, int]]) -> bytes:
        """Return what is known of `buffer`, whose bytes from `border` on may be the beginning of a secret."""
        parts: list[bytes] = []
        position, masked = self._out, self._masked
        for start, end in spans:
            if end <= position:
                continue
            if start >= masked:
                if start > border:
                    break  # a longer secret may turn out to begin before this one
                parts += (buffer[position:start], MASK)
            position = masked = end
        if position < border:
            parts.append(buffer[position:border])
            position = border
        self._held = buffer[border:]
        self._out = position - border
        self._masked = max(0, masked - border)
        return b"".join(parts)

    def _border(self, buffer: bytes) -> int:
        """Return where the longest end of `buffer` begins that is the beginning of a form, but not all of it."""
        border = len(buffer)
        last = buffer[-1]
        for form in self._forms:
            if last not in form:
                continue
            first = form[:1]
            at = buffer.find(first, max(0, len(buffer) - len(form) + 1), border)
            while at >= 0:
                if form.startswith(buffer[at:]):
                    border = at
                    break
                at = buffer.find(first, at + 1, border)
        return border

    def _spans(self, buffer: bytes) -> list[tuple[int, int]]:
        """Return where forms occur in `buffer`, in order, also where they overlap."""
        spans = []
        for anchor, (rare, rarer, rarest), forms in self._anchors:
            # One byte is looked for ten times as fast as several, and often enough one of these is not there.
            if rarest not in buffer or rarer not in buffer or rare not in buffer:
                continue
            for at in _places(anchor, buffer):
                spans += [(at, at + len(form)) for form in forms if buffer.startswith(form, at)]
        spans.sort()
        return spans


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


def _groups(forms: list[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield groups of forms with what all of a group begin with, so that most are looked for together."""
    group: list[bytes] = []
    anchor = b""
    for form in sorted(forms):
        common = _common_beginning(anchor, form)
        if len(common) < _SHORTEST_ANCHOR:
            if group:
                yield anchor, group
            group, common = [], form
        anchor = common
        group.append(form)
    if group:
        yield anchor, group


def _rarest(anchor: bytes) -> bytes:
    """Return three bytes of `anchor`, the last of them that which texts have least."""
    by_rarity = sorted(anchor, key=lambda byte: _COMMON.find(byte) if byte in _COMMON else len(_COMMON))
    return bytes(by_rarity[-3:]).rjust(3, anchor[:1])


def _common_beginning(one: bytes, other: bytes) -> bytes:
    equal = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return one[: sum(1 for _ in equal)]
