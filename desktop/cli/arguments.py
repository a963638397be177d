"""Reads what people write on the command line: instants, durations, and the options that several verbs share."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Annotated

import typer

from core.durations import parse_duration

__all__ = [
    "DataDir",
    "EnvironmentName",
    "JobId",
    "Json",
    "examples",
    "parse_instant",
    "read_duration",
    "read_instant",
    "read_since",
]

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="The data folder; by default CLOCKHAND_DATA_DIR, else the system's place for your data.",
        show_default=False,
    ),
]
EnvironmentName = Annotated[str, typer.Argument(metavar="NAME", help="The environment's name.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
JobId = Annotated[int, typer.Argument(metavar="JOB", min=1, help="The job's number.", show_default=False)]


def examples(*lines: str) -> str:
    """Return the end of a verb's help; the mark in front keeps the lines from being joined."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def parse_instant(text: str, zone: tzinfo) -> datetime:
    """Return the instant that an ISO 8601 text names; without an offset it is the wall clock of `zone`.

    Raises ValueError with a sentence that says what would be right.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f"“{text}” is not a time. Write it as 2026-11-24T07:30, 2026-11-24T06:30:00Z or 2026-11-24T07:30+01:00."
        ) from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=zone)


def read_instant(text: str, zone: tzinfo, option: str) -> datetime:
    """Return the instant that the option's text names; a wrong one is wrong use."""
    try:
        return parse_instant(text, zone)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def read_duration(text: str, option: str) -> timedelta:
    """Return the duration that the option's text names; a wrong one is wrong use."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def read_since(text: str, now: datetime, zone: tzinfo, option: str = "--since") -> datetime:
    """Return the instant meant by an ISO time, by a time of day (today's), or by a duration that ends now."""
    with suppress(ValueError):
        return now - parse_duration(text)
    if ":" in text:
        with suppress(ValueError):
            clock = time.fromisoformat(text.strip())
            return datetime.combine(now.astimezone(zone).date(), clock, clock.tzinfo or zone)
    try:
        return parse_instant(text, zone)
    except ValueError as error:
        raise typer.BadParameter(f"{error} Right, too: 07:30 (today), 2h or 7d (ago).", param_hint=option) from error
