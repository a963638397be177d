"""What will behave otherwise here than under cron, in sentences: for one job line, and for all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo

from core.crontab.becoming import passed_on
from core.crontab.fields import to_expression
from core.crontab.lines import DOUBLED
from core.crontab.reading import OWN_SETTINGS, Crontab, JobLine
from core.crontab.shell_text import shell_of
from core.timing.cautions import clock_changes
from core.timing.cron import Expression
from core.timing.occurrences import SYSTEM_ZONE
from core.timing.zones import load_zone

__all__ = ["general_notes", "warnings_of"]

# Names of users alone: “mail” or “mysql” is a program, too.
_USERS = frozenset({"root", "daemon", "nobody", "www-data", "postgres", "debian-spamd", "smmsp", "messagebus"})
_SINGLE_STEP = re.compile(r"(?:^|[ ,])([0-9A-Za-z]+/[0-9]+)")
_DOLLAR = re.compile(r"\$[A-Za-z_{(]")
_HOURS_A_DAY = 24


def general_notes(crontab: Crontab) -> tuple[str, ...]:
    """Return what holds for every line of the crontab."""
    notes = [
        "Clockhand runs jobs while its agent or its window runs, cron from the start of the machine on.",
        "Cron starts whatever is due at once; here a queue runs a limited number at the same time, and the rest waits.",
        "Cron mails the output unless MAILTO is empty; Clockhand keeps it with each run and sends no mail.",
    ]
    if crontab.system:
        notes.append("A system crontab names a user for each line; Clockhand runs everything as you.")
    if crontab.has_windows_line_ends:
        notes.append(
            "The file has Windows line ends. Cron hands the carriage return to the command; here it is left out."
        )
    return tuple(notes)


def warnings_of(job: JobLine, system_zone: tzinfo, now: datetime) -> tuple[str, ...]:
    """Return what is otherwise for this line, the surest first.

    `system_zone` is the machine's; changes of the clock are looked for in the 13 months after `now` (aware).
    """
    expression = to_expression(job.written)
    return (
        *_percent(job),
        *_user(job),
        *_settings(job),
        *_line(job),
        *_time(job, expression),
        *_sleep(expression),
        *_clock(job, expression, system_zone, now),
    )


def _percent(job: JobLine) -> Iterator[str]:
    if job.stdin:
        yield (
            "Cron reads the first % as the end of the command, and hands it the rest as standard input, with a new "
            "line for each further %. Here the command opens the same text as a here-document."
        )
    elif job.stdin is not None:
        yield "Cron reads the % as the end of the command. Here the command ends there, too, and its input is empty."
    if "%" in job.command or "%" in (job.stdin or ""):
        yield "Cron needs \\% for a percent sign. Here it is a plain %, and \\% must not be written."
    if DOUBLED in job.command:
        yield (
            "The command has two backslashes in a row. Debian's and FreeBSD's cron make one of them, cronie leaves "
            "both. Here both stay, so take one away where it ran under Debian's."
        )


def _user(job: JobLine) -> Iterator[str]:
    if job.user is not None:
        yield f"Cron runs it as the user “{job.user}”. Clockhand runs it as you, with your permissions."
        return
    first, _, rest = job.command.partition(" ")
    if first in _USERS and rest.strip():
        yield (
            f"The command begins with “{first}”, which looks like a user's name. Where this is a system crontab, as "
            "/etc/crontab is, read it with --system."
        )


def _settings(job: JobLine) -> Iterator[str]:
    if mail := job.environment.get("MAILTO"):
        yield f"Cron mails the output to {mail}. Clockhand sends no mail and keeps the output with the run."
    given = passed_on(job)
    dropped = [name for name in job.environment if name not in given and name not in OWN_SETTINGS]
    for name in dropped:
        if name == "LOGNAME":
            yield "Cron does not let a crontab change LOGNAME, so the line that sets it is left out."
        else:
            yield f"The variable “{name[:40]}” is left out: no shell could read it, or the name belongs to Clockhand."
    for name, value in given.items():
        if _DOLLAR.search(value) or (name == "PATH" and "~" in value):
            yield f"Cron does not expand {name}={value[:60]}, and neither does Clockhand: it is taken as it stands."
    if shell_of(job.shell) is None:
        yield f"Cron runs it with {job.shell}. Here that program is called with -c and the command, as cron does it."


def _line(job: JobLine) -> Iterator[str]:
    if job.quiet:
        yield "The - before the time keeps cronie from logging it. Clockhand keeps a history of every run."
    if job.unfinished:
        yield "The line has no line end, for which cron refuses it or the whole crontab. Here it counts."
    if "run-parts" in job.command:
        yield "run-parts runs every program of a folder. Here all of them are one job, with one output."


def _time(job: JobLine, expression: Expression) -> Iterator[str]:
    if "~" in job.written:
        yield (
            f"Cron chooses a value for {job.written} by chance, anew at each reading of the crontab. Here it is chosen "
            "once, when the cron is saved."
        )
    if job.delay_min:
        yield (
            f"Cronie delays by up to {job.delay_min} minutes, by another time each day. Here the delay is always the "
            "same for a schedule."
        )
    for step in _SINGLE_STEP.findall(job.written):
        yield (
            f"“{step}” is no crontab(5): some crons refuse it or read only its first number. Here it steps on from "
            "there to the end of the field."
        )
    if job.timezone != SYSTEM_ZONE:
        yield (
            f"The line runs by the clock of {job.timezone}. Cronie does so, too; Debian's cron does not know CRON_TZ "
            "and runs it by the machine's clock."
        )
    if not expression.is_reboot:
        days, weekdays = expression.day_of_month, expression.day_of_week
        for field, other in ((days, weekdays), (weekdays, days)):
            if "/" in field.text and field.starts_with_star and not other.starts_with_star:
                yield (
                    f"“{field.text}” begins with *, so a day must match both the day and the weekday, as in cron; "
                    "other schedulers take either."
                )


def _sleep(expression: Expression) -> Iterator[str]:
    if expression.is_reboot:
        yield "Cron runs it when the machine starts. Here it runs at each start of Clockhand's agent."
    elif len(expression.hour.values) < _HOURS_A_DAY:
        yield (
            "While the machine sleeps or is off cron leaves it out. Here it runs once afterwards; the schedule's "
            "catch-up can be turned off."
        )


def _clock(job: JobLine, expression: Expression, system_zone: tzinfo, now: datetime) -> Iterator[str]:
    if expression.is_reboot:
        return
    in_system_zone = job.timezone == SYSTEM_ZONE
    changes = clock_changes(expression, system_zone if in_system_zone else load_zone(job.timezone), now)
    yield from changes
    if not changes:
        return
    if not in_system_zone:
        yield "Cron itself heeds changes of the machine's clock alone, and none of those of another zone."
    elif not expression.is_wildcard and len(expression.minute.values) > 1:
        yield "At such a change cron runs every skipped time by itself; Clockhand runs them together, once."
