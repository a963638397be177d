"""The forms that a line of a crontab has: a variable with cron's own quoting, and a command with percent signs."""

from __future__ import annotations

import re

__all__ = ["DOUBLED", "join_percent", "read_setting", "split_percent", "write_setting"]

DOUBLED = r"\\"
"""What the crons of Debian and FreeBSD read in a command as one backslash; those of cronie and OpenBSD leave it."""

_SPACE = r"[ \t\r\f\v]"
_SETTING = re.compile(
    rf"""{_SPACE}*
    (?: "(?P<double>[^"=]*)" | '(?P<single>[^'=]*)' | (?P<bare>[^\s="'][^ \t\r\f\v=]*) )
    {_SPACE}*={_SPACE}*
    (?: (?P<quote>["'])(?P<quoted>(?:(?!(?P=quote)).)*)(?P=quote){_SPACE}* | (?P<plain>(?!["']).*) )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANKS = " \t\r\f\v"
_LITERAL_PERCENT = re.compile(r"(\\*)%")


def read_setting(line: str) -> tuple[str, str] | None:
    """Return the name and the value that a line sets, or None where it is no such line.

    As cron reads it (crontab(5), and load_env in cron's env.c): blanks around `=` are free, either side may stand in
    matching quotes, which nothing escapes; blanks at the end belong to the value only within quotes. Nothing is
    expanded: `$PATH` is text.
    """
    found = _SETTING.fullmatch(line)
    if found is None:
        return None
    name = next(part for part in (found["double"], found["single"], found["bare"]) if part is not None)
    if not name:
        return None
    return name, found["quoted"] if found["quote"] else found["plain"].rstrip(_BLANKS)


def write_setting(name: str, value: str) -> str | None:
    """Return the line that `read_setting` reads as this, or None where cron's quoting can't carry the value."""
    if "\n" in value:
        return None
    bare = f"{name}={value}"
    for line in (bare, f'{name}="{value}"', f"{name}='{value}'"):
        # Debian's cron takes an empty value in quotes alone.
        if (value or line is not bare) and read_setting(line) == (name, value):
            return line
    return None


def split_percent(text: str) -> tuple[str, str | None]:
    r"""Return the command in the rest of a job line, and its standard input: None without one.

    The first `%` that no backslash escapes ends the command, and every further one is a line feed; `\%` is a percent
    sign, and any other backslash stays (crontab(5), “sixth field”; do_command.c of cronie for what precedes what, where
    Debian's makes one of two: see DOUBLED).
    Input that is not empty ends with a line feed.
    """
    command: list[str] = []
    escaped = False
    for position, character in enumerate(text):
        if escaped:
            if character == "%":
                command.pop()
            escaped = False
        elif character == "%":
            return "".join(command), _input(text[position + 1 :])
        else:
            escaped = character == "\\"
        command.append(character)
    return "".join(command), None


def _input(text: str) -> str:
    parts: list[str] = []
    escaped = False
    for character in text:
        if escaped and character != "%":
            parts.append("\\")
        given = "\n" if character == "%" and not escaped else character
        # Two backslashes before a percent sign are not one escaped backslash here, unlike in the command.
        escaped = character == "\\"
        if not escaped:
            parts.append(given)
    if escaped:
        parts.append("\\")
    found = "".join(parts)
    return found if not found or found.endswith("\n") else f"{found}\n"


def join_percent(command: str, stdin: str | None) -> str | None:
    """Return the text that `split_percent` splits into these two, or None where there is none.

    A command of several lines can't be written, nor an odd number of backslashes before a percent sign in it.
    """
    text = _LITERAL_PERCENT.sub(r"\1\\%", command)
    if stdin is not None:
        if stdin and not stdin.endswith("\n"):
            return None
        text += "%" + _LITERAL_PERCENT.sub(r"\1\\%", stdin.removesuffix("\n")).replace("\n", "%")
        if stdin.endswith("\n\n") or stdin == "\n":
            text += "%"
    return text if "\n" not in text and split_percent(text) == (command, stdin) else None
