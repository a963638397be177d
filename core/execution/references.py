"""References between variables: `${NAME}` in a value is replaced, and nothing else in it is special.

A value is no shell text: `$NAME`, `$1`, `$(x)` and `${NAME:-x}` stay what they are. As in files of Docker Compose
(“Interpolation”), `$$` before a brace stands for one `$`, so `$${NAME}` is the text `${NAME}`; away from `{NAME}` every
`$` stays, because passwords are full of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["escape", "references", "substitute"]

_REFERENCE = re.compile(r"(\$+)\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)


def references(value: str) -> tuple[str, ...]:
    """Return the names that `value` refers to, each once, in the order of the text."""
    if "${" not in value:
        return ()
    return tuple(dict.fromkeys(found[2] for found in _REFERENCE.finditer(value) if len(found[1]) % 2))


def substitute(value: str, look_up: Callable[[str], str]) -> str:
    """Return `value` with its references replaced by what `look_up` gives; what is put in is not read again."""

    def put(found: re.Match[str]) -> str:
        dollars, name = found.groups()
        literal = "$" * (len(dollars) // 2)
        return literal + (look_up(name) if len(dollars) % 2 else f"{{{name}}}")

    return _REFERENCE.sub(put, value) if "${" in value else value


def escape(text: str) -> str:
    """Return the value that stands for `text` as it is, whatever it holds."""
    return _REFERENCE.sub(lambda found: f"{found[1]}{found[0]}", text) if "${" in text else text
