"""How the pieces of an output are printed: as they are, line by line with time stamps or as plain text, or as JSON."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from core.clock import from_micros
from core.output.timeline import span_text
from desktop.cli.printing import answer_bytes, answer_json, flush_answer, note

if TYPE_CHECKING:  # it brings the database along, which the verbs about time do without
    from core.output.index import Stream
    from core.output.reader import Reader

__all__ = ["BytePrinter", "JsonPrinter", "OneStream", "PlainPrinter", "Printer", "StampPrinter", "Stamper", "Times"]

_BUFFER_BYTES = 64 * 1024
_SPAN_CHARACTERS = 12

Put = Callable[[bytes], None]


class Times(StrEnum):
    """What stands before a line: the clock's time here or in UTC, or that since the start or the line before."""

    LOCAL = "local"
    UTC = "utc"
    START = "start"
    LINE = "line"


class Printer(Protocol):
    """Takes the pieces of an output in their order."""

    def add(self, at_us: int, stream: Stream, data: bytes) -> None:
        """Take a piece: when it was written (µs since the epoch, 0 where that is not known), by which stream, what."""
        ...

    def flush(self) -> None:
        """Print what can be printed by now."""
        ...

    def finish(self) -> None:
        """Print the rest of this output; another one may follow."""
        ...


class BytePrinter:
    """Prints the bytes as they are; `put` writes them."""

    def __init__(self, put: Put = answer_bytes) -> None:
        self._put = put
        self._waiting: list[bytes] = []
        self._bytes = 0
        self.is_within_line = False

    def add(self, at_us: int, stream: Stream, data: bytes) -> None:  # noqa: ARG002 (a printer's own parameters)
        """Print the bytes, soon."""
        self.write(data)

    def write(self, data: bytes) -> None:
        """Print the bytes, soon."""
        if not data:
            return
        self._waiting.append(data)
        self._bytes += len(data)
        self.is_within_line = not data.endswith(b"\n")
        if self._bytes >= _BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Print what is waiting."""
        if self._waiting:
            self._put(b"".join(self._waiting))
            self._waiting.clear()
            self._bytes = 0

    def finish(self) -> None:
        """Print what is waiting."""
        self.flush()


class Stamper:
    """Writes the time stamps of lines, in the order of the lines; one whose time is not known has blanks."""

    def __init__(self, kind: Times, zone: tzinfo) -> None:
        writers: dict[Times, Callable[[int], str]] = {
            Times.LOCAL: lambda at_us: _clock(at_us, zone),
            Times.UTC: lambda at_us: _clock(at_us, UTC).replace(" ", "T") + "Z",
            Times.START: self._since_start,
            Times.LINE: self._since_line,
        }
        self._write = writers[kind]
        self._width = _SPAN_CHARACTERS if kind in (Times.START, Times.LINE) else len(self._write(0))
        self._start_us: int | None = None
        self._last_us: int | None = None

    def begin(self, reader: Reader | None = None) -> None:
        """Begin with an output, which starts with what the reader has first, else with its first line."""
        first = None if reader is None else next(iter(reader.index()), None)
        self._start_us = None if first is None else first.at_us
        self._last_us = None

    def stamp(self, at_us: int) -> bytes:
        """Return what stands before a line that was begun then (µs since the epoch, 0 where it is not known)."""
        text = ""
        if at_us:
            self._start_us = self._start_us or at_us
            text = self._write(at_us)
            self._last_us = at_us
        return (text.rjust(self._width) + " ").encode()

    def _since_start(self, at_us: int) -> str:
        return span_text(at_us - (self._start_us or at_us))

    def _since_line(self, at_us: int) -> str:
        return "" if self._last_us is None else span_text(at_us - self._last_us)


class StampPrinter:
    """Prints the bytes with a time before each line.

    A line that goes back to its beginning (as a progress bar does) has the time again, or a terminal would write over
    it. The last line gets its line feed if it has none.
    """

    def __init__(self, stamper: Stamper, put: Put = answer_bytes) -> None:
        self._stamper = stamper
        self._bytes = BytePrinter(put)
        self._stamp: bytes | None = None  # that of the line that is being printed
        self._went_back = False

    def add(self, at_us: int, stream: Stream, data: bytes) -> None:  # noqa: ARG002 (a printer's own parameters)
        """Print the bytes, each line with its time."""
        if not data or self._went_back or b"\r" in data:
            self._add_parts(at_us, data)
            return
        first = self._stamper.stamp(at_us) if self._stamp is None else b""
        last = first or self._stamp
        ended = data.endswith(b"\n")
        body = data[: len(data) - ended]
        if b"\n" in body:
            last = self._stamper.stamp(at_us)
            body = body.replace(b"\n", b"\n" + last)  # in one go, since there may be millions of lines
        self._stamp = None if ended else last
        self._bytes.write(first + body + b"\n" * ended)

    def _add_parts(self, at_us: int, data: bytes) -> None:
        printed = []
        for part in data.splitlines(keepends=True):  # of bytes: behind a line feed, a carriage return, or both
            if self._stamp is None:
                self._stamp = self._stamper.stamp(at_us)
                printed.append(self._stamp)
            elif self._went_back and part.strip(b"\r\n"):
                printed.append(self._stamp)
            printed.append(part)
            self._went_back = part.endswith(b"\r")
            if part.endswith(b"\n"):
                self._stamp = None
        self._bytes.write(b"".join(printed))

    def flush(self) -> None:
        """Print what is waiting."""
        self._bytes.flush()

    def finish(self) -> None:
        """End the last line."""
        if self._stamp is not None:
            self._bytes.write(b"\n")
        self._stamp, self._went_back = None, False
        self._bytes.flush()


class PlainPrinter:
    """Prints each line as a terminal would show it in the end, without colours, with its time if there is a stamper.

    A line comes when it has ended. A line of more than 64 KiB comes in parts.
    """

    def __init__(self, stamper: Stamper | None = None, put: Put = answer_bytes) -> None:
        from core.output.terminal.carrying import LineReader

        self._stamper = stamper
        self._lines = LineReader()
        self._bytes = BytePrinter(put)
        self._at_us: int | None = None  # when the line was begun that is being read

    def add(self, at_us: int, stream: Stream, data: bytes) -> None:  # noqa: ARG002 (a printer's own parameters)
        """Print the lines that the bytes complete."""
        if self._stamper is None:
            self._print(data)
            return
        *whole, rest = data.split(b"\n")
        for part in [*(line + b"\n" for line in whole), *([rest] if rest else [])]:
            if self._at_us is None:
                self._at_us = at_us
            self._print(part)
            if part.endswith(b"\n"):
                self._at_us = None

    def flush(self) -> None:
        """Print what is waiting."""
        self._bytes.flush()

    def finish(self) -> None:
        """Print the line that has not ended."""
        from core.output.terminal.carrying import LineReader

        for line in self._lines.finish():
            self._write(line.text)
        self._lines = LineReader()
        self._at_us = None
        self._bytes.flush()

    def _print(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            self._write(line.text)

    def _write(self, text: str) -> None:
        stamp = b"" if self._stamper is None else self._stamper.stamp(self._at_us or 0)
        self._bytes.write(stamp + text.encode("utf-8", "replace") + b"\n")


class JsonPrinter:
    """Prints each piece as a line of JSON; a character that spans two pieces of a stream comes whole in the later."""

    def __init__(self) -> None:
        self._decoders: dict[str, codecs.IncrementalDecoder] = {}

    def add(self, at_us: int, stream: Stream, data: bytes) -> None:
        """Print the text of a piece, if it has any."""
        name = stream.name.lower()
        decoder = self._decoders.setdefault(name, codecs.getincrementaldecoder("utf-8")("replace"))
        self._print(at_us, name, decoder.decode(data))

    def flush(self) -> None:
        """Print what is waiting."""
        flush_answer()

    def finish(self) -> None:
        """Print what is left of characters that never became whole."""
        for name, decoder in self._decoders.items():
            self._print(0, name, decoder.decode(b"", True))
        self._decoders.clear()
        flush_answer()

    @staticmethod
    def _print(at_us: int, stream: str, text: str) -> None:
        from core.history.contract import as_utc_text

        if text:
            at = as_utc_text(from_micros(at_us)) if at_us else None
            answer_json({"at": at, "stream": stream, "text": text}, indent=None)


class OneStream:
    """Leaves to a printer what one stream wrote. A mark of Clockhand's own goes to standard error, never unsaid."""

    def __init__(self, stream: Stream, printer: Printer, tell: Callable[[str], None] = note) -> None:
        self._stream = stream
        self._printer = printer
        self._tell = tell

    def add(self, at_us: int, stream: Stream, data: bytes) -> None:
        """Print the piece if it is the stream's."""
        if stream is self._stream:
            self._printer.add(at_us, stream, data)
        elif stream.name == "NOTE":
            self._tell(data.decode("utf-8", "replace").strip())

    def flush(self) -> None:
        """Print what is waiting."""
        self._printer.flush()

    def finish(self) -> None:
        """Print the rest of this output."""
        self._printer.finish()


def _clock(at_us: int, zone: tzinfo) -> str:
    return from_micros(at_us).astimezone(zone).replace(tzinfo=None).isoformat(" ", "milliseconds")
