"""Hides secrets in a stream of bytes before anything of it is kept, wherever the reads happen to end."""

from __future__ import annotations

from collections.abc import Iterable

from core.output.form_finder import FormFinder

__all__ = ["MASK", "StreamMask"]

MASK = b"***"
_MOST_SHOWN_BYTES = 3
_SHOWN_PART = 4


class StreamMask:
    """Replaces every occurrence of the `forms` in one stream by MASK; occurrences that overlap become one.

    What has to be held back is the end of the stream as long as it is the beginning of a form, and so always shorter
    than the longest form. `feed`, `give_way`, `hint` and `flush` return what may be kept by now.

    Of a secret that is whole in the stream, or was cut off by its end, no more than its first letters are ever given
    out: three bytes at most, and a quarter of it at most. That needs a pause within the secret; without pauses nothing
    of it is, and how the stream was cut never changes the whole of what is given out. All that is no secret comes out,
    in its order; after a pause a MASK too many may stand in it.
    """

    def __init__(self, forms: Iterable[bytes]) -> None:
        self._finder = FormFinder(forms)
        self._held = b""
        # How much of `_held` was given out already, and up to where a MASK stands for it or behind it.
        self._out = 0
        self._masked = 0

    def twin(self) -> StreamMask:
        """Return a mask of the same forms for another stream."""
        twin = StreamMask(())
        twin._finder = self._finder
        return twin

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes and return those that can't be part of a secret any more."""
        if not data:
            return b""
        if not self._finder.forms:
            return data
        buffer = self._held + data if self._held else data
        border = self._finder.beginning(buffer)
        spans = self._finder.spans(buffer)
        if not spans and not self._out and border == len(buffer):
            self._held = b""
            return buffer
        return self._decide(buffer, border, spans)

    def give_way(self) -> bytes:
        """Return what is held back if it is a few letters only, because nothing followed it for a while.

        The last letter of a prompt may be the first one of a secret, and has to appear. Should the rest of the secret
        follow, it is masked all the same.
        """
        rest = self._held[self._out :]
        if not rest or self._out or self._masked or self._shown_bytes() < len(rest):
            return b""
        self._out = len(self._held)
        return rest

    def hint(self) -> bytes:
        """Return the first letters of what is held back, and MASK for the others, because nothing followed for long.

        Who waits for an answer has to see that something was printed. Should it turn out to be no secret, the others
        follow behind the mask.
        """
        if self._masked or self._out == len(self._held):
            return b""
        if whole := self.give_way():
            return whole
        shown = b"" if self._out else self._held[: self._shown_bytes()]
        self._out += len(shown)
        self._masked = self._out
        return shown + MASK

    def flush(self) -> bytes:
        """Return what was held back, at the end of the stream: a few letters as they are, or MASK for more.

        A process may have been ended while it wrote a secret.
        """
        rest = self.give_way()
        if not rest and not self._masked and self._out < len(self._held):
            rest = MASK
        self._held, self._out, self._masked = b"", 0, 0
        return rest

    def _shown_bytes(self) -> int:
        """Return how many of the first bytes of what is held back may be given out, whichever secret they begin."""
        for count in range(min(_MOST_SHOWN_BYTES, len(self._held)), 1, -1):
            ends = [self._held[at:count] for at in range(count)]
            if all(len(form) >= _SHOWN_PART * len(end) for end in ends for form in self._finder.beginning_with(end)):
                return count
        return 1

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
