"""What a page holds that can be found by its name: read off the GUI thread, in the form of the command palette."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from core.catalog.catalog import Catalog
from core.catalog.records import Record
from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind
from core.history.runs import Run, Runs
from desktop.models.run_texts import run_look

__all__ = ["Thing", "read_catalog_things", "read_recent_runs"]

_MOST_RUNS = 200


@dataclass(frozen=True, slots=True)
class Thing:
    """`kind` is the word for one of its sort; `hint` tells it from others with a similar title."""

    id: int
    title: str
    kind: str
    hint: str = ""


def read_catalog_things(catalog: Catalog, kind: Kind) -> list[Thing]:
    """Return everything of one kind, sorted by name; not in the GUI thread."""
    words = {
        Kind.COMMAND: _tr("Command"),
        Kind.ENVIRONMENT: _tr("Environment"),
        Kind.CRON: _tr("Cron"),
        Kind.SCHEDULE: _tr("Schedule"),
    }
    records, _ = catalog.records(kind)
    return [Thing(record.id, record.spec.name, words[kind], _hint(record)) for record in records]


def read_recent_runs(runs: Runs) -> list[Thing]:
    """Return the newest runs; not in the GUI thread."""
    return [Thing(run.id, _run_title(run), _tr("Run"), _run_hint(run)) for run in runs.page(limit=_MOST_RUNS)]


def _hint(record: Record) -> str:
    spec = record.spec
    if isinstance(spec, CommandSpec):
        return next((line.strip() for line in spec.run.splitlines() if line.strip()), "")
    if isinstance(spec, CronSpec):
        return spec.expression
    if isinstance(spec, EnvironmentSpec):
        return _tr("extends “{name}”").format(name=spec.extends) if spec.extends else ""
    return spec.command


def _run_title(run: Run) -> str:
    return _tr("Run {number}: {command}").format(number=run.id, command=run.command)


def _run_hint(run: Run) -> str:
    return ", ".join(part for part in (run_look(run).word, run.environment) if part)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Things", text)
