"""Starts the program, and turns every error into a sentence on standard error and an exit code."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper

from core.errors import ClockhandError
from desktop.cli.errors import exit_code_of, lines_of
from desktop.cli.printing import note

__all__ = ["main"]

_UNEXPECTED = 1


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
            return _do(words)
        except ClockhandError as error:
            if debug:
                traceback.print_exc()
            note(lines_of(error))
            return exit_code_of(error)
        except Exception as error:  # noqa: BLE001 (the last net: whoever meets a bug gets a sentence, not a traceback)
            if debug:
                traceback.print_exc()
            hint = "" if debug else " Run the same with --debug before the verb to see where."
            # Not its repr: that of a UnicodeEncodeError shows the text, which may be a secret.
            note(f"clockhand: an error inside Clockhand: {type(error).__name__}: {error}.{hint}")
            return _UNEXPECTED


def _do(words: Sequence[str]) -> int:
    if not words:
        # The verbs take as long to import as a page of the window, which does without them.
        from desktop.application import main as open_window

        logging.getLogger().setLevel(logging.WARNING)
        return open_window()
    from desktop.cli.app import run_verb

    return run_verb(words)


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
