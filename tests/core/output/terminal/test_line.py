"""What a terminal shows of a line: text, style and overwriting."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.output.terminal.line import START, Line, Pen, Span, read_line
from core.output.terminal.style import PLAIN, Style


def shown(data: bytes | str) -> str:
    return read_line(data.encode() if isinstance(data, str) else data)[0].text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain\n", "plain"),
        (b"dos line\r\n", "dos line"),
        (b" 10 %\r 20 %\r100 %\n", "100 %"),
        (b"long text\rabc\n", "abcg text"),
        (b"typo\b\b\bext\n", "text"),
        (b"\b\babc", "abc"),
        (b"a\tb", "a       b"),
        (b"abcdefgh\r\tx", "abcdefghx"),
        (b"Downloading 50%\r\x1b[KDone", "Done"),
        (b"Downloading 50%\r\x1b[2KDone", "Done"),
        (b"abcdef\x1b[3D\x1b[1K", "    ef"),
        (b"abcdef\x1b[2G\x1b[0K", "a"),
        (b"abcdef\x1b[2G\x1b[3X", "a   ef"),
        (b"abc\x1b[2CX", "abc  X"),
        (b"\x1b[5G[ OK ]\rtest", "test[ OK ]"),
        (b"abc\x1b[1A\x1b[Bdef", "abcdef"),
        (b"\x1b[?25lno cursor\x1b[?25h", "no cursor"),
        (b"\x1b(Bcharset\x0f\x0e", "charset"),
        (b"\x1b]0;a title\x07rest", "rest"),
        (b"\x1b]0;never ended", ""),
        (b"\x1bPsixel q#0\x1b\\behind \x1b_Ga=T;AAAA\x1b\\it", "behind it"),
        (b"\x1b]0;cut off by \x1b[31mred", "red"),
        (b"bell\x07 null\x00 del\x7f", "bell\u2407 null\u2400 del\u2421"),
        (b"bad \xff\xfe byte", "bad \ufffd\ufffd byte"),
        ("コンニ\r漢".encode(), "漢ンニ"),
        ("コンニ\rx".encode(), "x ンニ"),
        ("コンニ\r\x1b[Cx".encode(), " xンニ"),
        ("abc\b\b漢".encode(), "a漢"),
        ("e\x1b[31m\N{COMBINING ACUTE ACCENT}x".encode(), "e\N{COMBINING ACUTE ACCENT}x"),
        ("👩\u200d👩\u200d👧ab\r\x1b[2Cx".encode(), "👩\u200d👩\u200d👧xb"),
        ("\x9b31mred\x9d0;title\x9c.".encode(), "red."),
        (b"", ""),
    ],
)
def test_a_line_is_shown_as_a_terminal_would(data: bytes, text: str) -> None:
    assert shown(data) == text


def test_a_style_holds_over_lines_until_it_is_reset() -> None:
    _, pen = read_line(b"a \x1b[1;31mred\n")
    second, pen = read_line(b"still\x1b[0m plain\n", pen)
    assert second.spans == (Span("still", Style(foreground=1, bold=True)), Span(" plain"))
    assert pen == START


def test_what_is_written_over_keeps_its_look() -> None:
    line, _ = read_line(b"\x1b[32mgreen\x1b[m\r\x1b[31mRE")
    assert line.spans == (Span("RE", Style(foreground=1)), Span("een", Style(foreground=2)))


def test_a_marked_link_ends_with_its_line() -> None:
    line, pen = read_line(b"see \x1b]8;id=1;https://example.org/\x1b\\here\n")
    assert line.spans == (Span("see "), Span("here", PLAIN, "https://example.org/"))
    assert pen.link == ""


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_sequence_that_was_cut_goes_on_in_the_next_piece(cut: int) -> None:
    data = b"\x1b[1;38;5;208mtext\x1b]8;;http://x.y/\x1b\\link\x1b]8;;\x07"
    first, pen = read_line(data[:cut])
    second, last = read_line(data[cut:], pen)
    assert first.text + second.text == "textlink"
    assert "".join(span.text for span in (*first.spans, *second.spans) if span.link) == "link"
    assert last == Pen(Style(foreground=208, bold=True))


def test_a_string_without_an_end_swallows_a_bounded_part_of_a_line() -> None:
    assert shown(b"\x1b]0;" + b"x" * 10_000).endswith("x" * 1000)


def test_an_absurd_move_stays_within_bounds() -> None:
    assert len(shown(b"a\x1b[999999999Cb\x1b[4000000000Gc")) <= 1002


@given(st.binary(max_size=300), st.binary(max_size=60))
@settings(max_examples=150)
def test_any_bytes_become_visible_text_of_bounded_length(data: bytes, before: bytes) -> None:
    _, pen = read_line(before)
    line, after = read_line(data.replace(b"\n", b""), pen)
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in line.text)
    assert line.text == "".join(span.text for span in line.spans)
    assert all(span.text for span in line.spans)
    assert len(line.text) <= 1000 + 8 * (len(data) + len(pen.pending))
    assert len(after.pending) <= 5000


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))))
def test_text_without_controls_stays_what_it_is(text: str) -> None:
    assert read_line(text.encode())[0] == Line(text, (Span(text),) if text else ())


# What pyte and this module both do; pyte wraps and breaks wide characters otherwise, so the words are narrow and few.
_PARTS = st.one_of(
    st.text("abcXYZ .äß", min_size=1, max_size=5),
    st.sampled_from(["\r", "\b", "\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[0m", "\x1b[m"]),
    st.builds("\x1b[{}{}".format, st.integers(0, 12), st.sampled_from("CDGX")),
    st.builds(
        "\x1b[{}m".format, st.sampled_from([1, 3, 4, 7, 9, 22, 23, 24, 27, 29, 31, 42, 39, 49, "1;33", "38;5;2"])
    ),
)


@given(st.lists(_PARTS, max_size=14))
@settings(max_examples=200)
def test_an_independent_terminal_shows_the_same(parts: list[str]) -> None:
    screen = pyte.Screen(200, 1)
    pyte.Stream(screen).feed("".join(parts))
    line, _ = read_line("".join(parts).encode())
    assert line.text.rstrip() == screen.display[0].rstrip()
    column = 0
    for span in line.spans:
        for character in span.text:
            cell = screen.buffer[0][column]
            column += 1
            if character == " ":
                continue  # pyte gives its pen to what it erases
            ours = (span.style.bold, span.style.italic, span.style.underline, span.style.reverse, span.style.strike)
            assert ours == (cell.bold, cell.italics, cell.underscore, cell.reverse, cell.strikethrough)
            assert (span.style.foreground is None) == (cell.fg == "default")
            assert (span.style.background is None) == (cell.bg == "default")
