"""The colours that an output asks for, as they are painted: ours for the sixteen, and always readable."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QColor

from core.output.terminal.style import Colour, Style, indexed_rgb
from desktop.theme import Colours

__all__ = ["LEAST_CONTRAST", "colours_of", "contrast"]

LEAST_CONTRAST = 4.5  # WCAG 2.2, level AA, for text of this size
_DIM = 0.35
_STEPS = 20

# Black, red, green, yellow, blue, magenta, cyan, white, and the same bright.
# fmt: off
_LIGHT_16 = (
    "#24292f", "#b3261e", "#1d7a3e", "#8a5300", "#2462c8", "#8a3ab9", "#0f7285", "#e3e7ed",
    "#5b6472", "#cf352b", "#22863a", "#946000", "#3273dc", "#a045cf", "#157b90", "#ffffff",
)
_DARK_16 = (
    "#14171c", "#f28b82", "#6ccb8b", "#e5b567", "#7aa9f7", "#d3a1f0", "#6fc7d9", "#d5dae2",
    "#9aa4b2", "#ffa8a0", "#8fe0a9", "#f5d08a", "#a3c4ff", "#e4c0fa", "#95dfee", "#ffffff",
)
# fmt: on

_Parts = tuple[int, int, int]


@lru_cache(maxsize=2048)
def colours_of(style: Style, scheme: Colours) -> tuple[QColor, QColor | None]:
    """Return what text of this style is painted in, and on; None is the pane's own ground.

    A text that would have too little contrast on its ground, whoever chose the two, is made darker or lighter as far as
    is needed; programs choose for a ground that they do not know.
    """
    text, ground = _parts(style.foreground, scheme), _parts(style.background, scheme)
    own_ground = _of_name(scheme.base)
    text = text or _of_name(scheme.text)
    if style.reverse:
        text, ground = ground or own_ground, text
    below = ground or own_ground
    if style.dim:
        text = _mixed(text, below, _DIM)
    return QColor(*_readable(text, below)), QColor(*ground) if ground is not None else None


def contrast(one: _Parts, other: _Parts) -> float:
    """Return the contrast of two colours by WCAG 2.2: 1 for none, 21 for black on white."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _parts(colour: Colour | None, scheme: Colours) -> _Parts | None:
    if colour is None or isinstance(colour, tuple):
        return colour
    if colour < 16:
        return _of_name((_DARK_16 if scheme.is_dark else _LIGHT_16)[colour])
    return indexed_rgb(colour)


def _of_name(name: str) -> _Parts:
    return int(name[1:3], 16), int(name[3:5], 16), int(name[5:7], 16)


def _mixed(one: _Parts, other: _Parts, share: float) -> _Parts:
    red, green, blue = (round(mine + (theirs - mine) * share) for mine, theirs in zip(one, other, strict=True))
    return red, green, blue


def _readable(text: _Parts, ground: _Parts) -> _Parts:
    if contrast(text, ground) >= LEAST_CONTRAST:
        return text
    far = max(((0, 0, 0), (255, 255, 255)), key=lambda end: contrast(end, ground))
    tried = (_mixed(text, far, step / _STEPS) for step in range(1, _STEPS))
    return next((colour for colour in tried if contrast(colour, ground) >= LEAST_CONTRAST), far)


def _luminance(parts: _Parts) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
