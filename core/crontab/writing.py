"""Writes schedules as a crontab, and says what of them a crontab can't express."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, ScheduleSpec
from core.crontab.becoming import CRON_VARIABLES
from core.crontab.line_writing import Body, NotSaidError, body_of, line_of
from core.crontab.lines import DOUBLED, write_setting
from core.crontab.naming import MARK, name_in_command, name_in_comments
from core.crontab.wants import Part, delay_min, unsaid, why_off
from core.timing.occurrences import SYSTEM_ZONE

__all__ = ["Definitions", "Remark", "WrittenCrontab", "write_crontab"]

_HEAD = "# Written by Clockhand. A line with ! says what cron does otherwise, one with - what is left out.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """What is to be written, each by its name; schedules in the order in which they are to come."""

    schedules: Iterable[ScheduleSpec]
    commands: Mapping[str, CommandSpec]
    environments: Mapping[str, EnvironmentSpec]
    crons: Mapping[str, CronSpec]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something of a schedule that the crontab does not say; `left_out` where there is no line for it at all."""

    schedule: str
    text: str
    left_out: bool


@dataclass(frozen=True, slots=True)
class WrittenCrontab:
    """A crontab with what it does not say, which stands in its comments, too."""

    text: str
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    part: Part
    body: Body

    @property
    def order(self) -> tuple[bool, str, int, int, list[tuple[str, str]]]:
        """Where the piece comes: what needs less in force comes first, for nothing can be taken back."""
        zone = self.part.cron.timezone
        variables = sorted(self.body.variables.items())
        return zone != SYSTEM_ZONE, zone, len(variables), delay_min(self.part.schedule), variables


def write_crontab(definitions: Definitions, session: Mapping[str, str]) -> WrittenCrontab:
    """Return the schedules as a crontab that `read_crontab` reads back.

    One line for each environment and cron of a schedule, sorted by the variables that must be in force. What is
    disabled or can't be said has no line and a remark instead. `session` is the environment of this process, for
    variables that refer to it.
    """
    writer = _Writer()
    pieces: list[_Piece] = []
    for schedule in definitions.schedules:
        parts = _parts(schedule, definitions)
        if not parts:
            writer.leave_out(schedule.name, "It has no cron.")
        for part in parts:
            if off := why_off(part):
                writer.leave_out(schedule.name, off)
                continue
            try:
                pieces.append(_Piece(part, body_of(part, definitions.environments, session)))
            except NotSaidError as error:
                writer.leave_out(schedule.name, str(error))
    for piece in sorted(pieces, key=lambda piece: piece.order):
        writer.write(piece)
    return writer.result()


def _parts(schedule: ScheduleSpec, definitions: Definitions) -> list[Part]:
    return [
        Part(
            schedule=schedule,
            command=definitions.commands[schedule.command],
            environment=None if name is None else definitions.environments[name],
            cron=definitions.crons[cron],
        )
        for name in (schedule.environments or (None,))
        for cron in schedule.crons
    ]


class _Writer:
    """Writes line after line, and knows what is in force."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._left_out: list[str] = []
        self._remarks: list[Remark] = []
        self._variables = dict(CRON_VARIABLES)
        self._steering = {"CRON_TZ": "", "RANDOM_DELAY": "0"}

    def leave_out(self, schedule: str, reason: str) -> None:
        """Remember that there is no line for this."""
        self._remarks.append(Remark(schedule, reason, left_out=True))
        self._left_out.append(f"# - {_one_line(schedule)}: {_one_line(reason)}")

    def write(self, piece: _Piece) -> None:
        """Write the variables that the piece needs, and its line."""
        part, body = piece.part, piece.body
        unset = sorted(self._variables.keys() - body.variables.keys())
        try:
            line = line_of(body, unset)
        except NotSaidError as error:
            self.leave_out(part.schedule.name, str(error))
            return
        self._set_variables(part, body)
        remarks = [*unsaid(part)]
        if DOUBLED in body.command:
            remarks.append("Two backslashes in a row: Debian's and FreeBSD's cron make one of them.")
        if unset:
            remarks.append("The command takes away the variables of lines above it.")
        self._remarks += [Remark(part.schedule.name, text, left_out=False) for text in remarks]
        self._lines += [f"# ! {_one_line(text)}" for text in remarks]
        names_itself = not unset and name_in_command(body.command) == part.schedule.name
        if remarks:
            # Remarks right above the line would be read as its name.
            self._lines.append("" if names_itself else "#")
        if not names_itself:
            self._lines.append(_comment(part.schedule.name))
        self._lines += [line, ""]

    def result(self) -> WrittenCrontab:
        """Return what was written."""
        left_out = [*self._left_out, ""] if self._left_out else []
        text = _HEAD + "\n" + "".join(f"{line}\n" for line in [*left_out, *self._lines])
        return WrittenCrontab(text, tuple(self._remarks))

    def _set_variables(self, part: Part, body: Body) -> None:
        zone = "" if part.cron.timezone == SYSTEM_ZONE else part.cron.timezone
        wanted = {"CRON_TZ": zone, "RANDOM_DELAY": str(delay_min(part.schedule))}
        changed = [
            write_setting(name, value)
            for force, values in ((self._steering, wanted), (self._variables, body.variables))
            for name, value in values.items()
            if force.get(name) != value
        ]
        self._steering |= wanted
        self._variables |= body.variables
        if changed:
            self._lines += [*(line for line in changed if line is not None), ""]


def _comment(name: str) -> str:
    plain = f"# {name}"
    return plain if name_in_comments([plain]) == name else f"# {MARK} {name}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
