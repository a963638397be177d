"""Hides secrets in a stream of bytes before anything of it is kept, wherever the reads happen to end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["MASK", "StreamMask"]

MASK = b"***"
_MOST_SHOWN_BYTES = 3


class StreamMask:
    """Replaces every occurrence of the `forms` in one stream by MASK; occurrences that overlap become one.

    What has to be held back is the end of the stream as long as it is the beginning of a form, and so always shorter
    than the longest form. `feed`, `give_way` and `flush` return what may be kept by now; how the stream was cut never
    changes the whole of it.
    """

    def __init__(self, forms: Iterable[bytes]) -> None:
        self._forms = sorted({form for form in forms if form}, key=len, reverse=True)
        self._overlaps_itself = {form: _has_border(form) for form in self._forms}
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
        if not self._out and border == len(buffer):
            present = [form for form in self._forms if form in buffer]
            if not present or (len(present) == 1 and not self._overlaps_itself[present[0]]):
                # Nearly always; the long way is for what was begun before, or is not decided yet.
                self._held = b""
                return buffer.replace(present[0], MASK) if present else buffer
        return self._decide(buffer, border)

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
        rest = self._decide(held, len(held))
        self._held, self._out, self._masked = b"", 0, 0
        return rest

    def _decide(self, buffer: bytes, border: int) -> bytes:
        """Return what is known of `buffer`, whose bytes from `border` on may be the beginning of a secret."""
        parts: list[bytes] = []
        position, masked = self._out, self._masked
        for start, end in self._occurrences(buffer):
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
        for form in self._forms:
            first = form[:1]
            at = buffer.find(first, max(0, len(buffer) - len(form) + 1), border)
            while at >= 0:
                if form.startswith(buffer[at:]):
                    border = at
                    break
                at = buffer.find(first, at + 1, border)
        return border

    def _occurrences(self, buffer: bytes) -> list[tuple[int, int]]:
        return sorted(span for form in self._forms for span in _spans(form, buffer))


def _spans(form: bytes, buffer: bytes) -> Iterator[tuple[int, int]]:
    at = buffer.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = buffer.find(form, at + 1)


def _has_border(form: bytes) -> bool:
    """Return whether two occurrences of `form` can overlap: it ends with what it begins with."""
    return any(form.startswith(form[at:]) for at in range(1, len(form)))
