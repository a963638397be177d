"""Names what a schedule has and a crontab can't say, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from core.catalog.specs import DEFAULT_QUEUE, CommandSpec, CronSpec, EnvironmentSpec, ScheduleSpec
from core.durations import format_duration
from core.timing.occurrences import SYSTEM_ZONE

__all__ = ["Part", "delay_min", "unsaid", "why_off"]

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One line to be: a schedule in one of its environments, or in none, by one of its crons."""

    schedule: ScheduleSpec
    command: CommandSpec
    environment: EnvironmentSpec | None
    cron: CronSpec


def delay_min(schedule: ScheduleSpec) -> int:
    """Return the jitter as cronie's RANDOM_DELAY takes it: whole minutes, 0 where it is no such number."""
    return 0 if schedule.jitter % _MINUTE else schedule.jitter // _MINUTE


def why_off(part: Part) -> str | None:
    """Return why the part does not run at present, or None."""
    for word, spec in (
        ("schedule", part.schedule),
        ("command", part.command),
        ("cron", part.cron),
        ("environment", part.environment),
    ):
        if spec is not None and not spec.enabled:
            return f"The {word} “{spec.name}” is disabled."
    return None


def unsaid(part: Part) -> Iterator[str]:
    """Yield a sentence for each thing that cron will not do."""
    yield from _of_the_schedule(part)
    yield from _of_the_command(part.command)
    if part.environment is None or part.environment.base != "clean":
        yield "It has your session's variables here; cron gives a few alone, and PATH as it is now."
    if part.cron.timezone != SYSTEM_ZONE:
        yield f"Cronie runs it by the clock of {part.cron.timezone}; Debian's cron does not know CRON_TZ."


def _of_the_schedule(part: Part) -> Iterator[str]:
    schedule = part.schedule
    if len(schedule.environments) > 1:
        yield f"It runs in {len(schedule.environments)} environments; each has a line of its own."
    if len(schedule.crons) > 1:
        yield f"It has {len(schedule.crons)} crons; each has a line of its own."
    if schedule.catch_up != "skip":
        yield f"Catch-up ({schedule.catch_up}): cron leaves out what is missed."
    if schedule.jitter:
        if delay_min(schedule):
            yield "Jitter: RANDOM_DELAY is known to cronie alone, and chosen anew each day."
        else:
            yield f"Jitter ({format_duration(schedule.jitter)}): cron has none but in whole minutes."


def _of_the_command(command: CommandSpec) -> Iterator[str]:
    if command.timeout is not None:
        yield f"Time limit ({format_duration(command.timeout)}): cron lets it run on."
    if command.overlap != "allow":
        yield f"Overlap ({command.overlap}): cron starts it also while it still runs."
    if command.max_attempts > 1:
        yield f"Attempts ({command.max_attempts}): cron tries once."
    if command.success_exit_codes != (0,):
        yield "Exit codes that count as success: cron does not look at them."
    if command.queue != DEFAULT_QUEUE or command.priority or command.concurrency_group:
        yield "Queue, priority and concurrency group: cron starts everything at once."
    if command.tags:
        yield f"Tags: {', '.join(command.tags)}."
    if command.interactive or command.terminal:
        yield "Terminal and input: cron has neither."
