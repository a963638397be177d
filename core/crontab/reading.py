"""Reads a crontab as cron does (crontab(5)): job lines with what is in force for them, and the lines that are bad."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.crontab.fields import to_expression
from core.crontab.lines import read_setting, split_percent
from core.crontab.naming import name_in_comments
from core.timing.errors import CronError, ZoneError
from core.timing.occurrences import SYSTEM_ZONE
from core.timing.zones import load_zone

__all__ = ["OWN_SETTINGS", "BadLine", "Crontab", "JobLine", "decode_crontab", "read_crontab"]

OWN_SETTINGS = frozenset({"MAILTO", "MAILFROM", "CRON_TZ", "RANDOM_DELAY", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING"})
"""Variables that steer cron itself (crontab(5) of cronie and of Debian)."""

_FIVE = re.compile(r"((?:[^ \t]+[ \t]+){4}[^ \t]+)(?:[ \t]+(.*))?", re.DOTALL)
_ONE = re.compile(r"(@[^ \t]*)(?:[ \t]+(.*))?", re.DOTALL)
_USER = re.compile(r"([^ \t]+)(?:[ \t]+(.*))?", re.DOTALL)
_USER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?(?::[\w.-]+)?(?:/[\w.-]+)?")
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_DELAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """One job line and what was in force where it stood.

    `line` counts from 1. `written` is its time as it stands there, with single blanks; `to_expression` takes it.
    `timezone` is an IANA name or “system”; `stdin` None is without a `%`. `environment` holds all variables set above
    the line, cron's own included. `user` is that of a system crontab, `name` comes from the comment above. `quiet` is
    a `-` before the time (cronie: nothing is logged), `unfinished` a line without a line end. `delay_min` is
    RANDOM_DELAY in minutes.
    """

    line: int
    text: str
    written: str
    command: str
    timezone: str = SYSTEM_ZONE
    stdin: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    name: str | None = None
    quiet: bool = False
    unfinished: bool = False
    delay_min: int = 0

    @property
    def shell(self) -> str:
        """Return the program that cron runs the command with: SHELL, or /bin/sh."""
        return self.environment.get("SHELL") or "/bin/sh"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cron would not take, or that can't be taken over, with the reason as a sentence; counted from 1."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crontab:
    """What a crontab says, in the order of its lines; `system` is with a column for the user."""

    jobs: tuple[JobLine, ...] = ()
    errors: tuple[BadLine, ...] = ()
    system: bool = False
    has_windows_line_ends: bool = False


def decode_crontab(data: bytes) -> str:
    """Return the text of a file; bytes that are no UTF-8 become surrogates, and their lines bad ones."""
    return data.decode("utf-8", "surrogateescape")


def read_crontab(text: str, *, system: bool = False) -> Crontab:
    """Return what `text` says; no text raises.

    With `system` each job line has a user before the command, as in /etc/crontab and /etc/cron.d. Variables hold for
    the lines below them.
    """
    reader = _Reader(system=system)
    lines = text.removeprefix("\ufeff").split("\n")
    last = lines.pop()
    for number, line in enumerate(lines, 1):
        reader.read(number, line.removesuffix("\r"), unfinished=False)
    if last.strip(" \t\r"):
        reader.read(len(lines) + 1, last.removesuffix("\r"), unfinished=True)
    return Crontab(
        jobs=tuple(reader.jobs),
        errors=tuple(reader.errors),
        system=system,
        has_windows_line_ends=any(line.endswith("\r") for line in lines),
    )


class _Refused(Exception):  # noqa: N818  (it is a reason that is raised, and never leaves this module)
    """Why a line is bad."""


class _Reader:
    """Goes through the lines, and keeps what the lines above have set."""

    def __init__(self, *, system: bool) -> None:
        self.jobs: list[JobLine] = []
        self.errors: list[BadLine] = []
        self._system = system
        self._comments: list[str] = []
        self._environment: dict[str, str] = {}
        self._zone = SYSTEM_ZONE
        self._delay_min = 0

    def read(self, number: int, line: str, *, unfinished: bool) -> None:
        """Take in one line."""
        text = line.lstrip(" \t")
        if text.startswith("#"):
            self._comments.append(text)
            return
        comments, self._comments = self._comments, []
        if not text.strip():
            return
        try:
            _check_readable(text)
            setting = read_setting(text)
            if setting is not None:
                self._set(*setting)
            else:
                self.jobs.append(self._job(number, text, comments, unfinished=unfinished))
        except _Refused as refused:
            self.errors.append(BadLine(number, line, str(refused)))

    def _set(self, name: str, value: str) -> None:
        self._environment[name] = value
        if name == "CRON_TZ":
            self._zone = SYSTEM_ZONE
            self._zone = _zone(value)
        elif name == "RANDOM_DELAY":
            self._delay_min = 0
            self._delay_min = _delay(value)

    def _job(self, number: int, text: str, comments: list[str], *, unfinished: bool) -> JobLine:
        quiet = text.startswith("-")
        found = _time_and_rest(text.removeprefix("-"))
        written = " ".join(found[0].split())
        try:
            to_expression(written)
        except CronError as error:
            raise _Refused(error.message) from error
        rest = found[1]
        if rest.startswith("*"):
            raise _Refused(
                "After the five fields of the time follows another *. Cron knows no seconds and no years, and takes no "
                "command that begins so; write five fields."
            )
        user = None
        if self._system:
            user, rest = _user_and_rest(rest)
        command, stdin = split_percent(rest)
        if not command.strip():
            raise _Refused("There is no command after the time" + (" and the user." if self._system else "."))
        return JobLine(
            line=number,
            text=text,
            written=written,
            command=command,
            timezone=self._zone,
            stdin=stdin,
            environment=dict(self._environment),
            user=user,
            name=name_in_comments(comments),
            quiet=quiet,
            unfinished=unfinished,
            delay_min=self._delay_min,
        )


def _check_readable(text: str) -> None:
    if bad := _UNREADABLE.search(text):
        what = "a NUL character" if bad[0] == "\0" else "bytes that are no UTF-8"
        raise _Refused(f"The line holds {what}. Write it anew, in UTF-8.")


def _time_and_rest(text: str) -> tuple[str, str]:
    found = (_ONE if text.startswith("@") else _FIVE).fullmatch(text)
    if found is None:
        count = len(text.split())
        fields = "1 field" if count == 1 else f"{count} fields"
        raise _Refused(
            f"The line has {fields}. A job has five for its time (minute, hour, day-of-month, month, day-of-week) "
            "and a command; a variable is written NAME=value, with a quote that is opened also closed."
        )
    return found[1], found[2] or ""


def _user_and_rest(text: str) -> tuple[str, str]:
    found = _USER.fullmatch(text)
    if found is None:
        raise _Refused("There is neither a user nor a command after the time. A system crontab has both.")
    if not _USER_NAME.fullmatch(found[1]):
        raise _Refused(
            f"“{found[1][:40]}” stands where a system crontab names the user, and is no user's name. Write the user "
            "before the command; a user's own crontab has none."
        )
    return found[1], found[2] or ""


def _zone(value: str) -> str:
    name = value.removeprefix(":")
    if not name:
        return SYSTEM_ZONE
    try:
        load_zone(name)
    except ZoneError as error:
        raise _Refused(f"{error.message} The lines below are read in the system's zone.") from error
    return name


def _delay(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 4 or int(value) > _LONGEST_DELAY_MIN:
        raise _Refused(
            f"RANDOM_DELAY is “{value[:20]}”. Write minutes, as a whole number up to {_LONGEST_DELAY_MIN}; the lines "
            "below are read without a delay."
        )
    return int(value)
