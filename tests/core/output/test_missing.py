"""What is missing in an output is counted by the marks in it, and not by what a program prints alike."""

from __future__ import annotations

from core.output.index import Piece, Stream
from core.output.missing import Marks, marks_in
from core.output.reader import InlineReader
from core.output.sink import gap_mark
from core.output.timeline import Timeline


def test_marks_are_counted_and_what_a_program_prints_alike_is_not() -> None:
    one, other = gap_mark(12_345, "the output is larger than its limit"), gap_mark(5, "they could not be written (x)")
    data = b"begin" + one + gap_mark(99, "no") + other
    starts = [0, 5, 5 + len(one), len(data) - len(other)]
    streams = [Stream.STDOUT, Stream.NOTE, Stream.STDOUT, Stream.NOTE]
    timeline = Timeline(Piece(at, 1, stream) for at, stream in zip(starts, streams, strict=True))
    assert marks_in(InlineReader(data, b""), timeline) == Marks(12_350, len(one) + len(other))
    assert marks_in(InlineReader(b"text", b""), Timeline()) == Marks()
