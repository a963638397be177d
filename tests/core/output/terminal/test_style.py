"""Colours and attributes, in the spellings that programs use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.output.terminal.style import PLAIN, Style, apply_sgr, indexed_rgb


@pytest.mark.parametrize(
    ("parameters", "style"),
    [
        ("", PLAIN),
        ("0", PLAIN),
        ("1;31", Style(bold=True, foreground=1)),
        ("97;104", Style(foreground=15, background=12)),
        ("38;5;208", Style(foreground=208)),
        ("38:5:208", Style(foreground=208)),
        ("48;2;1;2;3;1", Style(background=(1, 2, 3), bold=True)),
        ("38:2::9:8:7", Style(foreground=(9, 8, 7))),
        ("38:2:9:8:7", Style(foreground=(9, 8, 7))),
        ("4:3", Style(underline=True)),
        ("4;24", PLAIN),
        ("4:0", PLAIN),
        ("21", Style(underline=True)),
        ("58;5;1;3", Style(italic=True)),
        ("58:2::1:2:3;9", Style(strike=True)),
        ("1;2;22", PLAIN),
        ("7;8", Style(reverse=True, conceal=True)),
        ("38;5;999", PLAIN),
        ("38;5", PLAIN),
        ("38", PLAIN),
        ("99999999999999999999;1", Style(bold=True)),
        (">4;1", PLAIN),
        ("?1", PLAIN),
    ],
)
def test_parameters_set_a_style(parameters: str, style: Style) -> None:
    assert apply_sgr(PLAIN, parameters) == style


def test_what_is_set_stays_until_it_is_taken_back() -> None:
    red = Style(foreground=1, bold=True, italic=True)
    assert apply_sgr(red, "39;22") == Style(italic=True)
    assert apply_sgr(red, "5;6;10;53;73") == red


def test_the_256_colours_are_those_of_xterm() -> None:
    assert [indexed_rgb(number) for number in (16, 21, 196, 231, 232, 255)] == [
        (0, 0, 0),
        (0, 0, 255),
        (255, 0, 0),
        (255, 255, 255),
        (8, 8, 8),
        (238, 238, 238),
    ]


@given(st.text("0123456789:;<=>?", max_size=40))
def test_no_parameters_are_too_odd(parameters: str) -> None:
    assert isinstance(apply_sgr(PLAIN, parameters), Style)
