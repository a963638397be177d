"""Marks that stand for placeholders in a shell's text, and what is known of the place of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

__all__ = ["MARK", "Context", "Place", "mark"]

# Noncharacters (Unicode 23.7) stand for a placeholder until its value is put in: they are in no text that people
# write, and a value can't forge one, because values are put in last and in one pass.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")


class Context(Enum):
    """By what rules the shell reads the place where a value goes."""

    PLAIN = "plain"
    DOUBLE = "double quotes"
    SINGLE = "single quotes"
    ANSI = "dollar and single quotes"
    COMMENT = "comment"
    ARITHMETIC = "arithmetic"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one placeholder stands; when it is refused, `advice` completes “A placeholder can't stand …”."""

    context: Context
    advice: str = ""


def mark(number: int) -> str:
    """Return the text that stands for the placeholder with this number."""
    return f"{_OPEN}{number}{_CLOSE}"
