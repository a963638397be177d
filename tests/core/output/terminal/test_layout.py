"""Cells, pieces and links of a line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.output.terminal.layout import Layout, Link
from core.output.terminal.line import read_line
from core.output.terminal.links import address_to_open, plain_addresses


def lay_out(text: str | bytes) -> Layout:
    return Layout(read_line(text.encode() if isinstance(text, str) else text)[0])


def test_wide_characters_take_two_cells_and_marks_none() -> None:
    layout = lay_out("aコe\N{COMBINING ACUTE ACCENT}👩\u200d👩\u200d👧z")
    assert layout.width == 7
    assert [layout.column_of(index) for index in (0, 1, 2, 3, 4, 9, 10)] == [0, 1, 3, 3, 4, 6, 7]
    assert [layout.index_at(column) for column in (0, 0.6, 1, 1.9, 2.1, 4, 5.2, 6, 9)] == [0, 1, 1, 1, 2, 4, 9, 9, 10]


def test_letters_from_right_to_left_are_drawn_together() -> None:
    pieces = lay_out("x שלום עולם 12").pieces
    assert [(piece.text.strip(), piece.step) for piece in pieces] == [("x", 1), ("שלום עולם", 0), ("12", 1)]


def test_the_direction_of_text_can_not_be_turned_by_a_control() -> None:
    assert "\u202e" in [piece.text for piece in lay_out("a\u202eb").pieces if not piece.width]


@given(st.text(max_size=30))
@settings(max_examples=150)
def test_pieces_are_the_whole_line_and_columns_lead_back(text: str) -> None:
    layout = lay_out(text.replace("\n", ""))
    assert "".join(piece.text for piece in layout.pieces) == layout.line.text
    assert sum(piece.width for piece in layout.pieces) == layout.width
    for piece in layout.pieces:
        assert layout.column_of(piece.first) == piece.column
        if piece.width:
            assert layout.column_of(layout.index_at(piece.column)) == piece.column


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("see https://example.org/a?b=c#d.", ["https://example.org/a?b=c#d"]),
        (
            "(https://en.wikipedia.org/wiki/Cron_(disambiguation)),",
            ["https://en.wikipedia.org/wiki/Cron_(disambiguation)"],
        ),
        ("<http://a.b/>, 'https://c.d/e'", ["http://a.b/", "https://c.d/e"]),
        ("mailto:someone@example.org; file:///tmp/x.log:12", ["mailto:someone@example.org", "file:///tmp/x.log:12"]),
        ("ftp://no https:// no xhttp://no", []),
        ("https://пример.рф/путь", ["https://пример.рф/путь"]),
    ],
)
def test_addresses_in_text_end_where_people_would_end_them(text: str, addresses: list[str]) -> None:
    assert [address for _, _, address in plain_addresses(text)] == addresses
    assert all(text[first:end] == address for first, end, address in plain_addresses(text))


def test_a_marked_link_hides_the_address_in_its_text() -> None:
    data = b"\x1b]8;;https://real.example/\x1b\\https://sh\x1b[31mown.example\x1b]8;;\x1b\\ http://b.c"
    assert lay_out(data).links() == [Link(0, 21, "https://real.example/"), Link(22, 32, "http://b.c")]


@pytest.mark.parametrize(
    ("address", "opened"),
    [
        ("https://example.org/", "https://example.org/"),
        ("HTTP://example.org/", "HTTP://example.org/"),
        ("mailto:a@b.c", "mailto:a@b.c"),
        ("file:///tmp/a b", None),
        ("file:///tmp/a%20b", "file:///tmp/a%20b"),
        ("file://myhost/tmp/x", "file:///tmp/x"),
        ("file://elsewhere/share/x", None),
        ("file:////elsewhere/share/x", None),
        ("javascript:alert(1)", None),
        ("ssh://host", None),
        ("https:///no-host", None),
        ("http://[broken", None),
    ],
)
def test_only_harmless_addresses_open(address: str, opened: str | None) -> None:
    found = address_to_open(address, "myhost")
    assert (found or "").lower() == (opened or "").lower()
