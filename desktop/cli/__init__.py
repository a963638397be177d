"""The command line: verbs that read and change one data folder, for people and for programs."""

from __future__ import annotations

from desktop.cli.entry import main

__all__ = ["main"]
