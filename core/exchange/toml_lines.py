"""Finds the line in which each key of a TOML text stands, since the standard library's reader does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Path", "TomlLines"]

Path = tuple[str | int, ...]
"""Names of tables and keys, with the index of the entry after the name of an array of tables."""

_BARE = r"[A-Za-z0-9_-]+"
_BASIC = r'"(?:\\.|[^"\\\n])*"'
_LITERAL = r"'[^'\n]*'"
_PART = re.compile(rf"[ \t]*({_BARE}|{_BASIC}|{_LITERAL})[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
# In the order in which they must be tried: the long strings before the short ones. A long string may end in up to two
# quotes of its own before the three that close it (TOML 1.0, “String”).
_VALUE_TOKEN = re.compile(
    rf'"""(?:\\.|[^\\])*?"""(?!")|\'\'\'.*?\'\'\'(?!\')|{_BASIC}|{_LITERAL}|#[^\n]*|[\[\]{{}}\n]|[^\[\]{{}}\n"\'#]+',
    re.DOTALL,
)


@dataclass(slots=True)
class TomlLines:
    """The lines of a valid TOML text, counted from 1."""

    _lines: dict[Path, int] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> TomlLines:
        """Return the lines of `text`, which `tomllib` has accepted; where a layout is not understood, fewer of them."""
        found = cls()
        entries: dict[str, int] = {}
        table: Path = ()
        for line, brackets, parts, value in _statements(text):
            if brackets:
                table = _table_path(parts, entries, is_array=brackets == "[[")
                found._lines.setdefault(table, line)
                found._lines.setdefault(table[:1], line)
            else:
                for length in range(1, len(parts) + 1):
                    found._lines.setdefault((*table, *parts[:length]), line)
                if not table and len(parts) == 1:
                    for index, start in _elements(value, line):
                        found._lines.setdefault((parts[0], index), start)
        return found

    def line(self, *path: str | int) -> int | None:
        """Return the line of this key, else that of the nearest table around it, else None.

        The name of an array of tables alone is no place near enough.
        """
        for length in range(len(path), 1, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return self._lines.get(path) if len(path) == 1 else None


def _table_path(parts: list[str], entries: dict[str, int], *, is_array: bool) -> Path:
    """Return the path of a header; only the first name can be an array of tables in our files."""
    first, *rest = parts
    if is_array and not rest:
        entries[first] = entries.get(first, -1) + 1
    return (first, entries[first], *rest) if first in entries else (first, *rest)


def _elements(value: str, line: int) -> Iterator[tuple[int, int]]:
    """Yield the index and the line of each element of `value`, if that is an array; it begins in `line`.

    TOML 1.0 keeps an inline table on one line, so the line of a table is that of its keys.
    """
    depth = index = 0
    told = -1
    for match in _VALUE_TOKEN.finditer(value):
        token = match[0]
        if depth == 1 and token[0] not in "]}#":
            for number, part in enumerate([token] if token[0] in "\"'[{" else token.split(",")):
                index += 1 if number else 0
                if part.strip() and told < index:
                    told = index
                    yield index, line
        depth += (token in {"[", "{"}) - (token in {"]", "}"})
        line += token.count("\n")


def _statements(text: str) -> Iterator[tuple[int, str, list[str], str]]:
    """Yield the line, the opening brackets (none for a key), the dotted name and the rest of each header and key."""
    position = 0
    line = 1
    while position < len(text):
        if blank := _BLANK.match(text, position):
            line += blank[0].count("\n")
            position = blank.end()
            continue
        brackets = "[[" if text.startswith("[[", position) else "[" if text[position] == "[" else ""
        parts, end = _dotted(text, position + len(brackets))
        if not parts:
            return
        start = end + len(brackets) if brackets else end + 1
        end = _end_of_statement(text, start)
        yield line, brackets, parts, text[start:end]
        line += text.count("\n", position, end)
        position = end


def _dotted(text: str, position: int) -> tuple[list[str], int]:
    parts = []
    while part := _PART.match(text, position):
        name = part[1]
        parts.append(tomllib.loads(f"name = {name}")["name"] if name[0] in "\"'" else name)
        position = part.end()
        if not text.startswith(".", position):
            break
        position += 1
    return parts, position


def _end_of_statement(text: str, position: int) -> int:
    """Return where the line ends that finishes the statement: outside strings, arrays and inline tables."""
    depth = 0
    while token := _VALUE_TOKEN.match(text, position):
        position = token.end()
        if token[0] in {"[", "{"}:
            depth += 1
        elif token[0] in {"]", "}"}:
            depth -= 1
        elif token[0] == "\n" and depth <= 0:
            return position
    return len(text)
