"""Puts the verbs together, and does what one of them says."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated

import typer

from core import __version__
from desktop.cli import (
    agent,
    catalog,
    compare,
    cron,
    crontab_export,
    crontabs,
    doctor,
    environments,
    find,
    jobs,
    log,
    pauses,
    run,
    search,
    secrets,
)
from desktop.cli.arguments import DataDir, examples
from desktop.cli.printing import answer, flush_answer
from desktop.cli.session import Session

__all__ = ["app", "run_verb"]

# Plain help: panels drawn with lines are a burden in a pipe, and rich takes longer to import than most verbs to run.
app = typer.Typer(
    name="clockhand",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for subject in (agent, catalog, crontab_export, run, jobs, log, compare, pauses, search, find, doctor):
    subject.add_to(app)
app.add_typer(cron.app, name="cron")
app.add_typer(crontabs.app, name="import")
app.add_typer(environments.app, name="env")
app.add_typer(secrets.app, name="secret")


@app.callback(
    epilog=examples(
        "clockhand apply jobs.toml            take over commands, environments, crons and schedules",
        "clockhand agent                      run what is due, without a window",
        "clockhand run 'sync orders' --wait   run a command now and see its output",
        "clockhand jobs --since 1d            what ran, runs and will run",
    )
    + "\n\nExit codes: 0 done, 1 it ran and failed, 2 wrong use, 3 not found, 4 refused, 5 the data can't be used."
)
def root(
    context: typer.Context,
    data_dir: DataDir = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error of Clockhand's own arose.")] = False,
) -> None:
    """Run your commands on time, and show what happened. Without a verb the window opens."""
    logging.getLogger().setLevel(logging.DEBUG if debug else logging.WARNING)
    if version:
        answer(f"clockhand {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        # Qt takes its time to import, and the verbs do without the window.
        from desktop.application import main as open_window

        raise typer.Exit(open_window(Session.of(context, data_dir).folder.root))


def run_verb(words: Sequence[str]) -> int:
    """Do what the words say and return the exit code. Raises ClockhandError."""
    try:
        typer.main.get_command(app).main(list(words), prog_name="clockhand")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    try:
        flush_answer()
    except typer.Exit:
        return 0
    return code
