"""Whatever a program asks for can be read, in light and in dark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor

from core.output.terminal.style import PLAIN, Style
from desktop.theme import DARK, LIGHT, Colours
from desktop.widgets.output_colours import LEAST_CONTRAST, colours_of, contrast

_PARTS = st.integers(0, 255)
_COLOURS = st.one_of(st.none(), _PARTS, st.tuples(_PARTS, _PARTS, _PARTS))
_STYLES = st.builds(Style, foreground=_COLOURS, background=_COLOURS, dim=st.booleans(), reverse=st.booleans())


def parts(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()


@given(_STYLES, st.sampled_from([LIGHT, DARK]))
def test_every_text_has_enough_contrast_on_its_ground(style: Style, scheme: Colours) -> None:
    text, ground = colours_of(style, scheme)
    assert contrast(parts(text), parts(ground or QColor(scheme.base))) >= LEAST_CONTRAST


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_plain_text_is_in_the_colour_of_the_pane(scheme: Colours) -> None:
    assert colours_of(PLAIN, scheme) == (QColor(scheme.text), None)


def test_a_readable_colour_is_painted_as_it_was_given() -> None:
    text, ground = colours_of(Style(foreground=(10, 20, 30), background=(240, 250, 255)), DARK)
    assert (parts(text), ground) == ((10, 20, 30), QColor(240, 250, 255))


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((0x77, 0x77, 0x77), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)
