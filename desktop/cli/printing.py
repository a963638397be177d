"""What the command line prints: the answer alone to standard output, words for a person to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from desktop.cli.errors import AnswerError

__all__ = [
    "answer",
    "answer_bytes",
    "answer_json",
    "answer_table",
    "flush_answer",
    "is_terminal",
    "note",
    "note_bytes",
    "visible",
]


def answer(text: str) -> None:
    """Print one line of the answer."""
    with _writing():
        print(text)


def answer_json(value: Any, *, indent: int | None = 2) -> None:
    """Print the answer as JSON; with `indent=None` as one line of its own."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    answer(json.dumps(value, indent=indent, ensure_ascii=encoding != "utf8"))


def answer_bytes(data: bytes) -> None:
    """Write bytes as they are, at once."""
    with _writing():
        _write_bytes(sys.stdout, data)


def answer_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: coloured and folded to the width of a terminal, plain aligned text elsewhere."""
    cells = [[visible(cell) for cell in row] for row in rows]
    if is_terminal():
        _rich_table(headers, cells)
        return
    widths = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
    for row in [headers, *cells]:
        answer("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def note(text: str) -> None:
    """Say something to the person at the screen."""
    # Where nobody can be told, the work still goes on.
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def note_bytes(data: bytes) -> None:
    """Write bytes to standard error as they are, at once."""
    with suppress(OSError):
        _write_bytes(sys.stderr, data)


def is_terminal() -> bool:
    """Return whether the answer goes to a person's terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def flush_answer() -> None:
    """Write out what is still buffered."""
    with _writing():
        if sys.stdout is not None:
            sys.stdout.flush()


def visible(text: str) -> str:
    """Return `text` with its control characters replaced, so that none of them reaches the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


@contextmanager
def _writing() -> Iterator[None]:
    """End quietly when the reader of the answer has gone; raise AnswerError when it can't be written."""
    try:
        yield
    except BrokenPipeError:
        import typer

        _silence(sys.stdout)
        raise typer.Exit(0) from None
    except OSError as error:
        _silence(sys.stdout)
        raise AnswerError(f"The answer can't be written to standard output: {error.strerror}.") from error


def _silence(stream: TextIO) -> None:
    """Send what is still buffered nowhere; otherwise the interpreter complains about it at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _write_bytes(stream: TextIO | None, data: bytes) -> None:
    if stream is None:  # closed by whoever started the program
        return
    stream.flush()
    stream.buffer.write(data)
    stream.buffer.flush()


def _rich_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    with _writing():
        Console().print(table)


_STYLES = {
    "completed": "green",
    "succeeded": "green",
    "ok": "green",
    "executing": "cyan",
    "retryable": "yellow",
    "warning": "yellow",
    "skipped": "yellow",
    "cancelled": "yellow",
    "discarded": "red",
    "fault": "red",
}
"""Colours for words; the word itself says it all, a colour only helps the eye."""
