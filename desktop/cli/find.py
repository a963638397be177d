"""The hidden verb by which the window looks for an expression in the output that it shows."""

from __future__ import annotations

import sys

import typer

from desktop.cli import hidden

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name=hidden.FIND, hidden=True)(find_for_the_window)


def find_for_the_window() -> None:
    """Answer the questions on standard input until it ends."""
    from core.search.row_service import serve

    serve(sys.stdin.buffer, sys.stdout.buffer)
