"""The verbs about time, `cron next` and `cron explain`: they read no data folder and start fast."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Annotated

import typer

from core.clock import SystemClock
from core.timing.cron import CronError, Expression, parse
from core.timing.occurrences import Occurrences
from core.timing.zones import load_zone
from desktop.cli.arguments import DataDir, Json, examples, read_instant
from desktop.cli.batch import answer_batch, utc_text
from desktop.cli.errors import ExpressionRefusedError
from desktop.cli.printing import answer, answer_json, answer_table, is_terminal, note

__all__ = ["app"]

_NEXT = 5
_MOST = 10_000

app = typer.Typer(help="Ask what a cron expression means, and when it is due.", no_args_is_help=True)

Zone = Annotated[str, typer.Option("--tz", metavar="ZONE", help="An IANA time zone such as Europe/Berlin, or system.")]


@app.command(
    name="next",
    short_help="The next due times.",
    epilog=examples(
        "clockhand cron next '30 7 * * 1-5' --tz Europe/Berlin --count 3",
        "clockhand cron next @hourly --from 2026-11-24T07:30",
        "clockhand cron next --batch < expressions.jsonl",
    ),
)
def next_(
    *,
    expression: Annotated[str | None, typer.Argument(metavar="[EXPR]", show_default=False)] = None,
    zone: Zone = "system",
    start: Annotated[
        str | None, typer.Option("--from", metavar="ISO", help="Begin after this time; by default now.")
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=_MOST, help="How many due times.")] = _NEXT,
    batch: Annotated[bool, typer.Option("--batch", help="Answer each line of JSON on standard input.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,  # noqa: ARG001 (accepted by every verb; this one needs none)
) -> None:
    """Print the next due times of EXPR, one a line, in UTC.

    With --batch each line of standard input is {"expr", "tz", "from", "count"} (all but expr may be left out), and is
    answered by one line: {"next": [times]} or {"error": {"message", "field", "position"}}.
    """
    clock = SystemClock()
    if batch:
        if expression is not None:
            raise typer.BadParameter("Give either an expression or --batch, not both.", param_hint="EXPR")
        answer_batch(now=clock.now(), system_zone=clock.zone, default_count=_NEXT, most=_MOST)
        return
    if expression is None:
        raise typer.BadParameter("Give an expression, such as “30 7 * * 1-5”, or --batch.", param_hint="EXPR")
    where = _zone(zone, clock)
    after = clock.now() if start is None else read_instant(start, where, "--from")
    parsed = _parse(expression)
    due = Occurrences(parsed, where).upcoming(after, count)
    if as_json:
        answer_json({"next": [utc_text(at) for at in due]})
        return
    if not due:
        note(_never(parsed))
    for at in due:
        answer(f"{utc_text(at)}  {_local(at, where)}" if is_terminal() else utc_text(at))


@app.command(
    short_help="What an expression means.",
    epilog=examples(
        "clockhand cron explain '0 9 1-7 * MON'",
        "clockhand cron explain '*/40 * * * *' --tz America/New_York",
    ),
)
def explain(
    expression: Annotated[str, typer.Argument(metavar="EXPR", show_default=False)],
    zone: Zone = "system",
    as_json: Json = False,
    data_dir: DataDir = None,  # noqa: ARG001 (accepted by every verb; this one needs none)
) -> None:
    """Say what EXPR means: in one sentence, field by field, what may surprise, and the next five due times."""
    from core.timing.describe import describe, explain_fields, warnings

    clock = SystemClock()
    where = _zone(zone, clock)
    parsed = _parse(expression)
    now = clock.now()
    cautions = warnings(parsed, where, now)
    due = Occurrences(parsed, where).upcoming(now, _NEXT)
    if as_json:
        answer_json(
            {
                "expression": expression,
                "resolved": parsed.resolved,
                "timezone": str(where),
                "sentence": describe(parsed),
                "fields": [
                    {"name": name, "text": text, "meaning": meaning} for name, text, meaning in explain_fields(parsed)
                ],
                "warnings": cautions,
                "next": [utc_text(at) for at in due],
            }
        )
        return
    answer(describe(parsed))
    if parsed.fields:
        answer("")
        answer_table(["Field", "Text", "Meaning"], explain_fields(parsed))
    if cautions:
        answer("")
        for caution in cautions:
            answer(f"Note: {caution}")
    if due:
        answer(f"\nNext, in UTC and in {where}:")
        for at in due:
            answer(f"  {utc_text(at)}  {_local(at, where)}")


def _zone(name: str, clock: SystemClock) -> tzinfo:
    return clock.zone() if name == "system" else load_zone(name)


def _parse(text: str) -> Expression:
    try:
        return parse(text)
    except CronError as error:
        raise ExpressionRefusedError(text, error) from error


def _never(expression: Expression) -> str:
    if expression.is_reboot:
        return "“@reboot” is once per start of Clockhand, so it has no due times."
    return "There is no due time within the next 50 years."


def _local(at: datetime, zone: tzinfo) -> str:
    try:
        return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}"
    except OverflowError:  # at the very end of the calendar
        return f"{at.astimezone(UTC):%a %Y-%m-%d %H:%M:%S} UTC"
