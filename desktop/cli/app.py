"""Puts the verbs together, and turns every error into a sentence on standard error and an exit code."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Annotated

import typer

from core import __version__
from core.errors import ClockhandError
from desktop.cli import agent, catalog, compare, cron, doctor, find, jobs, log, pauses, run, search
from desktop.cli.arguments import DataDir, examples
from desktop.cli.errors import exit_code_of, lines_of
from desktop.cli.printing import answer, flush_answer, note
from desktop.cli.session import Session

__all__ = ["app", "main"]

_UNEXPECTED = 1

# Plain help: panels drawn with lines are a burden in a pipe, and rich takes longer to import than most verbs to run.
app = typer.Typer(
    name="clockhand",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for subject in (agent, catalog, run, jobs, log, compare, pauses, search, find, doctor):
    subject.add_to(app)
app.add_typer(cron.app, name="cron")


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say (by default those of the process) and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal's encoding lacks must not end the program.
            stream.reconfigure(errors="backslashreplace")
    debug = "--debug" in words
    with _plain_log(debug=debug):
        try:
            return _run(words)
        except ClockhandError as error:
            if debug:
                traceback.print_exc()
            note(lines_of(error))
            return exit_code_of(error)
        except Exception as error:  # noqa: BLE001 (the last net: whoever meets a bug gets a sentence, not a traceback)
            if debug:
                traceback.print_exc()
            hint = "" if debug else " Run the same with --debug before the verb to see where."
            note(f"clockhand: an error inside Clockhand: {error!r}.{hint}")
            return _UNEXPECTED


def _run(words: list[str]) -> int:
    try:
        typer.main.get_command(app).main(words, prog_name="clockhand")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    try:
        flush_answer()
    except typer.Exit:
        return 0
    return code


@contextmanager
def _plain_log(*, debug: bool) -> Iterator[None]:
    """Show warnings of the program as plain lines; tracebacks only where they were asked for."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(debug=debug))
    root_logger = logging.getLogger()
    level = root_logger.level
    root_logger.addHandler(handler)
    try:
        yield
    finally:
        root_logger.removeHandler(handler)
        root_logger.setLevel(level)


class _Formatter(logging.Formatter):
    def __init__(self, *, debug: bool) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s" if debug else "clockhand: %(message)s")
        self._debug = debug

    def formatException(self, exc_info: object) -> str:  # noqa: N802 (logging's own name)
        if self._debug:
            return super().formatException(exc_info)  # type: ignore[arg-type]  # logging's own triple
        error = exc_info[1] if isinstance(exc_info, tuple) else None
        return f"  {type(error).__name__}: {error}"
