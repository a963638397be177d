"""The verb `log`: which lines, in which form; on real stores, and on real runs where the program itself is asked."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, timedelta
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.output.index import IndexWriter, Piece, Stream
from core.output.reader import InlineReader
from core.output.spool import Spool
from core.queue.states import Origin
from core.workspace import Workspace
from desktop.cli import log_range
from desktop.cli.log_printing import BytePrinter, OneStream, PlainPrinter, Stamper, StampPrinter, Times
from desktop.cli.log_range import OutputLines
from tests.desktop.cli.conftest import PATIENCE_S, Call
from tests.support.outputs import Pieces, begin_run, print_and_end, printed

Start = Callable[..., subprocess.Popen[str]]
Timed = Sequence[tuple[int, Stream, bytes]]

OUT, ERR, NOTE = Stream.STDOUT, Stream.STDERR, Stream.NOTE
S = 1_000_000
MIXED: Pieces = [(OUT, b"one\ntwo\n"), (ERR, b"bad\n"), (OUT, b"three\n"), (ERR, b"worse\n")]


def reader_of(pieces: Timed) -> InlineReader:
    """Return an output of pieces, each of which has its place in the index."""
    index, data = [IndexWriter.header()], b""
    for at_us, stream, part in pieces:
        index.append(Piece(len(data), at_us, stream).pack())
        data += part
    return InlineReader(data, b"".join(index))


def timed(workspace: Workspace, pieces: Sequence[tuple[float, Stream, bytes]], *, in_file: bool = False) -> int:
    """Return a finished job that printed the pieces so many seconds after its start."""
    job = begin_run(workspace)
    after = [timedelta(seconds=seconds) for seconds, _, _ in pieces]
    print_and_end(workspace, job, [(stream, data) for _, stream, data in pieces], after=after, in_file=in_file)
    return job.id


def moment(workspace: Workspace, job: int, seconds: float) -> str:
    """Return the time so many seconds after the start of a job that was made by `timed`."""
    at = workspace.runs.get(job).finished_at
    assert at is not None
    return (at + timedelta(seconds=seconds)).isoformat()


def test_one_stream_is_printed_alone(ask: Call, workspace: Workspace) -> None:
    job = begin_run(workspace)
    print_and_end(workspace, job, MIXED)
    assert ask("log", str(job.id), "--stream", "stderr").out == "bad\nworse\n"
    assert ask("log", str(job.id), "--stream", "stdout").out == "one\ntwo\nthree\n"
    assert ask("log", str(job.id)).out == "one\ntwo\nbad\nthree\nworse\n"
    pieces = [json.loads(line) for line in ask("log", str(job.id), "--stream", "stderr", "--json").out.splitlines()]
    assert [piece["text"] for piece in pieces] == ["bad\n", "worse\n"]


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (("--tail", "2"), ["three", "worse"]),
        (("-n", "1"), ["worse"]),
        (("-n", "0"), []),
        (("-n", "99"), ["one", "two", "bad", "three", "worse"]),
        (("-n", "2", "--stream", "stdout"), ["two", "three"]),
        (("--since", "1h"), ["one", "two", "bad", "three", "worse"]),
        (("--until", "1h"), []),
    ],
)
def test_options_say_which_lines_are_printed(
    ask: Call, workspace: Workspace, options: tuple[str, ...], lines: list[str]
) -> None:
    job = begin_run(workspace)
    print_and_end(workspace, job, MIXED)
    answer = ask("log", str(job.id), *options)
    assert (answer.code, answer.out.splitlines()) == (0, lines)


def test_a_mark_of_a_gap_is_told_beside_the_one_stream() -> None:
    told: list[str] = []
    stream = OneStream(OUT, BytePrinter(), told.append)
    stream.add(0, NOTE, b"\n[Clockhand: 5 bytes are missing here: why]\n")
    assert told == ["[Clockhand: 5 bytes are missing here: why]"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--json", "--times", "utc"), "--json"),
        (("--json", "--plain"), "--json"),
        (("--follow", "--until", "1h"), "--follow"),
        (("--since", "noon"), "“noon” is not a time"),
        (("--tail", "-1"), "--tail"),
        (("--times", "absolute"), "--times"),
    ],
)
def test_what_makes_no_sense_is_wrong_use(ask: Call, workspace: Workspace, options: tuple[str, ...], said: str) -> None:
    job = printed(workspace, b"x\n")
    answer = ask("log", str(job), *options)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_times_stand_before_the_lines(ask: Call, workspace: Workspace) -> None:
    job = printed(workspace, b"one\ntwo\nno end")
    local = ask("log", str(job), "--times", "local").out.splitlines()
    assert [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} ", "", line) for line in local] == ["one", "two", "no end"]
    utc = ask("log", str(job), "--times", "utc", "--stream", "stdout").out
    assert re.fullmatch(r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [a-z ]+\n){3}", utc)
    assert ask("log", str(job), "--times", "start").out == "      +0.000 one\n      +0.000 two\n      +0.000 no end\n"
    assert ask("log", str(job), "--times", "line").out == "             one\n      +0.000 two\n      +0.000 no end\n"


@pytest.mark.parametrize(
    ("kind", "stamps"),
    [("start", ["+0.000", "+0.000", "+1.500", "+1:02.000"]), ("line", ["", "+0.000", "+1.500", "+1:00.500"])],
)
def test_times_are_those_of_the_first_byte_of_a_line(
    ask: Call, workspace: Workspace, kind: str, stamps: list[str]
) -> None:
    job = timed(workspace, [(0, OUT, b"a\nb"), (1, OUT, b"b\n"), (1.5, ERR, b"c\n"), (62, OUT, b"d")])
    lines = ask("log", str(job), "--times", kind).out.splitlines()
    assert lines == [f"{stamp:>12} {text}" for stamp, text in zip(stamps, ["a", "bb", "c", "d"], strict=True)]


def test_the_start_stays_the_start_where_only_the_end_is_printed(ask: Call, workspace: Workspace) -> None:
    job = timed(workspace, [(0, OUT, b"a\n"), (5, OUT, b"b\n")], in_file=True)
    assert ask("log", str(job), "--times", "start", "-n", "1").out == "      +5.000 b\n"
    assert ask("log", str(job), "--times", "start", "-n", "1", "--follow").out == "      +5.000 b\n"


def test_lines_belong_to_the_time_at_which_they_were_begun(ask: Call, workspace: Workspace) -> None:
    job = timed(workspace, [(0, OUT, b"a\nb"), (10, OUT, b"b\nc\n"), (20, ERR, b"d\n"), (30, OUT, b"e\n")])
    for since, until, options, out in (
        (10, 31, (), "c\nd\ne\n"),
        (0, 10, (), "a\nbb\n"),
        (5, 20, (), "c\n"),
        (11, 21, ("--stream", "stdout"), ""),
        (5, 31, ("--stream", "stdout", "-n", "1"), "e\n"),
        (0, 25, ("-n", "1"), "d\n"),
        (40, 50, (), ""),
    ):
        times = ("--since", moment(workspace, job, since), "--until", moment(workspace, job, until))
        assert ask("log", str(job), *times, *options).out == out, (since, until, options)


def test_a_bar_has_its_time_again_whenever_it_goes_back(ask: Call, workspace: Workspace) -> None:
    job = timed(workspace, [(0, OUT, b"10%\r20%"), (1, OUT, b"\r"), (2, OUT, b"30%\r"), (3, OUT, b"\nend\r\n")])
    assert ask("log", str(job), "--times", "start").out == (
        "      +0.000 10%\r      +0.000 20%\r      +0.000 30%\r\n      +3.000 end\r\n"
    )


def test_plain_text_is_what_a_terminal_shows_in_the_end(ask: Call, workspace: Workspace) -> None:
    job = timed(workspace, [(0, OUT, b"\x1b[1;31mred\x1b[0m\n10%\r2"), (1, OUT, b"0%\r30%\ntab\tend")])
    assert ask("log", str(job), "--plain").out == "red\n30%\ntab     end\n"
    assert ask("log", str(job), "--plain", "--times", "start").out == (
        "      +0.000 red\n      +0.000 30%\n      +1.000 tab     end\n"
    )


def test_a_followed_log_begins_with_its_last_lines_and_goes_on_to_the_end(
    start: Start, agent: subprocess.Popen[str], workspace: Workspace, ask: Call
) -> None:
    bundle = """
        version = 1
        [[commands]]
        name = "counts"
        run = "echo one; echo two; exec sleep 60"
        shell = "sh"
        """
    assert ask("apply", "-", stdin=bundle.encode()).code == 0
    job = workspace.queue.run(workspace.catalog.command("counts").id, None, origin=Origin.COMMAND_LINE).result().job_id
    assert job is not None
    everything = start("log", str(job), "--follow")
    assert everything.stdout is not None
    assert [everything.stdout.readline(), everything.stdout.readline()] == ["one\n", "two\n"]
    process = start("log", str(job), "--follow", "--tail", "1", "--times", "line")
    assert process.stdout is not None
    assert process.stdout.readline() == "             two\n"
    assert ask("cancel", str(job)).code == 0
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (out, process.returncode) == ("", 0)
    assert "cancelled" in err


def test_a_job_that_waits_says_so_before_it_is_followed(start: Start, workspace: Workspace, ask: Call) -> None:
    job = workspace.queue.run(workspace.catalog.command("three").id, None, origin=Origin.COMMAND_LINE).result().job_id
    assert job is not None
    process = start("log", str(job), "--follow")
    assert process.stderr is not None
    assert "waits for its turn" in process.stderr.readline()
    assert ask("cancel", str(job)).code == 0
    assert process.wait(PATIENCE_S) == 0


def test_following_is_left_quietly(start: Start, workspace: Workspace) -> None:
    job = workspace.queue.run(workspace.catalog.command("three").id, None, origin=Origin.COMMAND_LINE).result().job_id
    process = start("log", str(job), "--follow")
    assert process.stderr is not None
    assert "waits for its turn" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out, err) == (130, "", "")


@pytest.mark.parametrize("looked_at", [1, 100, 64 * 1024])
def test_a_gap_counts_as_a_line_however_large_it_is(
    looked_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_range, "_CHUNK_BYTES", looked_at)
    monkeypatch.setattr(log_range, "_MOST_STRETCHES", 1)
    spool = Spool(tmp_path, 1, 1, started_at_us=0, limit_bytes=2000)
    for number in range(1000):
        spool.write(OUT, b"%09d\n" % number, 2 * S + number)
    with spool.live() as live:
        size = live.size()
        assert size == 10_000
        assert OutputLines(live).last(100) == size - 1000
        mark = OutputLines(live).last(101)
        assert live.read(mark, 11) == b"[Clockhand:"
        assert live.read(OutputLines(live).last(102), 10) == b"000000099\n"
        assert live.read(OutputLines(live, OUT).last(101), 10) == b"000000099\n"
    spool.close()


@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(
        st.tuples(
            st.integers(0, 3), st.sampled_from([OUT, ERR]), st.text("ab\n", min_size=1, max_size=6).map(str.encode)
        ),
        max_size=12,
    ),
    stream=st.sampled_from([None, OUT, ERR]),
    count=st.integers(0, 8),
    at_us=st.integers(0, 12),
    looked_at=st.sampled_from([1, 3, 64 * 1024]),
)
def test_lines_are_found_as_reading_them_all_would(
    pieces: list[tuple[int, Stream, bytes]], stream: Stream | None, count: int, at_us: int, looked_at: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_range, "_CHUNK_BYTES", looked_at)
        check_that_lines_are_found(pieces, stream, count, at_us)


def check_that_lines_are_found(
    pieces: list[tuple[int, Stream, bytes]], stream: Stream | None, count: int, at_us: int
) -> None:
    clock, written = 1, []
    for delay, by, data in pieces:
        clock += delay
        written.append((clock, by, data))
    reader = reader_of(written)
    lines = OutputLines(reader, stream)
    bytes_ = [
        (start + place, at, data[place : place + 1])
        for start, (at, by, data) in zip(starts_of(written), written, strict=True)
        for place in range(len(data))
        if stream in (None, by)
    ]
    begun = [
        (offset, at) for number, (offset, at, _) in enumerate(bytes_) if number == 0 or bytes_[number - 1][2] == b"\n"
    ]

    def shown(start: int) -> bytes:
        return b"".join(byte for offset, _, byte in bytes_ if offset >= start)

    first = next((offset for offset, at in begun if at >= at_us), reader.size())
    assert shown(lines.since(at_us)) == shown(first)
    last = begun[-count:] if count else []
    assert shown(lines.last(count)) == shown(last[0][0] if last else reader.size())
    last = [each for each in begun if each[0] < first][-count:] if count else []
    assert shown(lines.last(count, before=first)) == shown(last[0][0] if last else first)


def test_the_last_lines_are_found_without_a_look_at_all_that_was_printed() -> None:
    looked_at = 0

    class Counted(InlineReader):
        def index(self, offset: int = 0) -> Iterator[Piece]:
            nonlocal looked_at
            for piece in super().index(offset):
                looked_at += 1
                yield piece

    pieces = [Piece(number * 100, number * 60_000, Stream(1 + number % 2)) for number in range(50_000)]
    index = IndexWriter.header() + b"".join(piece.pack() for piece in pieces)
    lines = OutputLines(Counted((b"x" * 99 + b"\n") * 50_000, index))
    assert lines.last(20) == 49_980 * 100
    assert looked_at < 5_000


def starts_of(pieces: Timed) -> list[int]:
    """Return the offset of each piece."""
    return list(accumulate((len(data) for _, _, data in pieces), initial=0))[:-1]


@settings(max_examples=200, deadline=None)
@given(
    data=st.text("a\r\n\x1bé", max_size=30).map(str.encode),
    cuts=st.lists(st.integers(0, 30), max_size=6),
    is_plain=st.booleans(),
)
def test_where_the_reads_ended_does_not_show_in_the_lines(data: bytes, cuts: list[int], is_plain: bool) -> None:
    def lines_of(pieces: list[bytes]) -> bytes:
        printed: list[bytes] = []
        stamper = Stamper(Times.START, UTC)
        stamper.begin()
        printer = PlainPrinter(stamper, printed.append) if is_plain else StampPrinter(stamper, printed.append)
        for piece in pieces:
            printer.add(S, OUT, piece)
        printer.finish()
        return b"".join(printed)

    ends = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    whole = lines_of([data])
    assert lines_of([data[start:end] for start, end in pairwise(ends)]) == whole
    if not is_plain:
        stamp = b"      +0.000 "
        assert whole.count(stamp) >= len([line for line in data.split(b"\n") if line])
        assert whole.replace(stamp, b"") == data + b"\n" * (data[-1:] not in (b"", b"\n"))
