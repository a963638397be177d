"""The look of characters as control sequences set it: colours and attributes (SGR of ECMA-48 and of xterm)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

__all__ = ["PLAIN", "Colour", "Style", "apply_sgr", "indexed_rgb"]

# The number of one of the 256 colours of xterm (0-15 are the terminal's own), or three parts of 0-255.
Colour = int | tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Style:
    """How characters look; a colour of None is the terminal's own."""

    foreground: Colour | None = None
    background: Colour | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    conceal: bool = False
    strike: bool = False


PLAIN = Style()

# One attribute each; blinking, fonts, frames and overlines are not shown and so not kept.
_SIMPLE: dict[int, dict[str, Any]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    7: {"reverse": True},
    8: {"conceal": True},
    9: {"strike": True},
    21: {"underline": True},  # double, by ECMA-48 and xterm
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    28: {"conceal": False},
    29: {"strike": False},
    39: {"foreground": None},
    49: {"background": None},
}
_EXTENDED = {38: "foreground", 48: "background", 58: ""}  # 58, the colour of underlines, is read and left
_LONGEST_NUMBER = 5


@lru_cache(maxsize=4096)
def apply_sgr(style: Style, parameters: str) -> Style:
    """Return `style` after `CSI parameters m`; what is unknown or malformed changes nothing.

    Extended colours are understood in both spellings: `38;5;n`, `38;2;r;g;b` (xterm) and `38:5:n`,
    `38:2:[space]:r:g:b` (ITU T.416). Each kind of underline (`4:2` double, `4:3` curly …) is an underline.
    """
    if parameters and parameters[0] in "<=>?":
        return style  # private: a mode, not a look
    fields = parameters.split(";")
    place = 0
    while place < len(fields):
        numbers = [_number(part) for part in fields[place].split(":")]
        code = numbers[0]
        place += 1
        if code in _EXTENDED:
            if len(numbers) == 1:
                numbers, used = _borrow(fields, place)
                place += used
                colour = _colour(numbers)
            else:
                colour = _colour(numbers[1:], with_space=True)
            if colour is not None and _EXTENDED[code]:
                style = _changed(style, {_EXTENDED[code]: colour})
        elif code == 4:
            style = _changed(style, {"underline": len(numbers) == 1 or numbers[1] != 0})
        elif len(numbers) == 1:
            style = _apply_one(style, code)
    return style


def indexed_rgb(number: int) -> tuple[int, int, int]:
    """Return the parts of one of the colours 16-255 of xterm: a cube of 6 x 6 x 6, then 24 greys."""
    if number >= 232:
        grey = 8 + (number - 232) * 10
        return grey, grey, grey
    levels = (0, 95, 135, 175, 215, 255)
    number -= 16
    return levels[number // 36], levels[number // 6 % 6], levels[number % 6]


def _apply_one(style: Style, code: int) -> Style:
    if code == 0:
        return PLAIN
    if (change := _SIMPLE.get(code)) is not None:
        return _changed(style, change)
    for first, name, colour in ((30, "foreground", 0), (40, "background", 0), (90, "foreground", 8)):
        if first <= code < first + 8:
            return _changed(style, {name: code - first + colour})
    if 100 <= code < 108:
        return _changed(style, {"background": code - 92})
    return style


def _changed(style: Style, change: dict[str, Any]) -> Style:
    return replace(style, **change)


def _number(text: str) -> int:
    """Return a parameter; an empty one is 0, a malformed or absurd one is none that means anything."""
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else -1


def _borrow(fields: list[str], place: int) -> tuple[list[int], int]:
    """Return the numbers behind a 38 that belong to it, and how many fields they are."""
    kind = _number(fields[place]) if place < len(fields) else -1
    count = {5: 2, 2: 4}.get(kind, 1)
    taken = fields[place : place + count]
    return [_number(field) for field in taken], len(taken)


def _colour(numbers: list[int], *, with_space: bool = False) -> Colour | None:
    """Return the colour that `5, n` or `2, r, g, b` mean; `with_space` allows a colour space before r."""
    if len(numbers) >= 2 and numbers[0] == 5:
        return numbers[1] if 0 <= numbers[1] <= 255 else None
    if len(numbers) >= 4 and numbers[0] == 2:
        red, green, blue = numbers[2:5] if with_space and len(numbers) >= 5 else numbers[1:4]
        if all(0 <= part <= 255 for part in (red, green, blue)):
            return red, green, blue
    return None
