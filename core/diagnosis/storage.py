"""Checks of a data folder: its permissions, its room, its databases and what is in them; nothing is ever written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from core.catalog.reading import read_commands, read_crons, read_schedules
from core.catalog.specs import SYSTEM_ZONE
from core.clock import Clock
from core.diagnosis.finding import Finding
from core.diagnosis.pauses import check_pauses
from core.durations import describe_duration
from core.errors import ClockhandError, StorageError
from core.migrations import HEAD, revision_of
from core.paths import DATA_DIR_VARIABLE, DataFolder
from core.queue.agents import running_agents
from core.timing.cron import parse
from core.timing.occurrences import Occurrences
from core.timing.zones import load_zone

__all__ = ["check_storage", "reading_only"]

_SCARCE_BYTES = 1_000_000_000
_HARDLY_ANY_BYTES = 50_000_000
_SILENCE = timedelta(seconds=60)
_LOCKED_WAIT_S = 5.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_RESTORE = "Restore a copy from the folder “backups” beside it, or move the file away to start with an empty one."


def check_storage(folder: DataFolder, clock: Clock) -> Iterator[Finding]:
    """Yield what is found in the data folder, which need not exist. Never raises for what it finds."""
    try:
        exists = folder.root.exists()
    except OSError as error:
        yield Finding.fault(
            "data folder", f"{folder.root} can't be looked into: {error.strerror}.", _MEND_FOLDER, blocks=True
        )
        return
    if not exists:
        yield _missing_folder(folder.root)
        return
    yield from _check_folder(folder.root)
    if not folder.root.is_dir() or not os.access(folder.root, os.R_OK | os.X_OK):
        return
    if not folder.database.exists():
        yield Finding.ok("database", "There is none yet; the first “clockhand apply FILE” makes it.")
        return
    yield from _check_database(folder.database, clock)
    if folder.outputs.exists():
        yield _check_outputs(folder.outputs)


_MEND_FOLDER = f"Mend its permissions, or choose another folder with --data-dir or {DATA_DIR_VARIABLE}."


def _missing_folder(root: Path) -> Finding:
    above = next(place for place in root.parents if place.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        return Finding.fault(
            "data folder", f"{root} does not exist and can't be made in {above}.", _MEND_FOLDER, blocks=True
        )
    return Finding.ok("data folder", f"{root} does not exist yet; it is made when there is something to keep.")


def _check_folder(root: Path) -> Iterator[Finding]:
    if not root.is_dir():
        yield Finding.fault("data folder", f"{root} is not a folder.", _MEND_FOLDER, blocks=True)
        return
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        yield Finding.fault("data folder", f"{root} can't be read and written.", _MEND_FOLDER, blocks=True)
    elif os.name == "posix" and root.stat().st_mode & _OTHERS:
        yield Finding.warning(
            "data folder", f"{root} is open to other users of this machine.", f"Close it with: chmod 700 '{root}'"
        )
    else:
        yield Finding.ok("data folder", f"{root}, for its owner alone.")
    free = shutil.disk_usage(root).free
    room = f"{free / 1e9:.1f} GB are free on its disk."
    if free < _HARDLY_ANY_BYTES:
        yield Finding.fault("disk space", f"Only {free / 1e6:.0f} MB are free on its disk.", "Make room on the disk.")
    elif free < _SCARCE_BYTES:
        yield Finding.warning("disk space", room, "Make room on the disk before runs can't be recorded any more.")
    else:
        yield Finding.ok("disk space", room)


def _check_database(path: Path, clock: Clock) -> Iterator[Finding]:
    try:
        with reading_only(path) as connection:
            revision = revision_of(connection)
            if revision is not None and revision > HEAD:
                yield Finding.fault(
                    "database",
                    f"{path} was made by a newer version of Clockhand (revision {revision}; this one knows up to "
                    f"{HEAD}).",
                    "Install that version or a newer one, or choose another data folder.",
                    blocks=True,
                )
                return
            yield _integrity(connection, path, revision)
            if revision == HEAD:
                yield _check_agent(connection, clock)
                yield from _check_crons(connection, clock)
                yield from check_pauses(connection, clock)
    except DBAPIError as error:
        yield Finding.fault("database", f"{path} can't be read: {error.orig}.", _RESTORE, blocks=True)
    except StorageError as error:
        yield Finding.fault("database", str(error), _RESTORE, blocks=True)


@contextmanager
def reading_only(path: Path) -> Iterator[Connection]:
    """Give a connection that can't write, not even by migrating or by making a file that is missing."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(uri, uri=True, timeout=_LOCKED_WAIT_S), poolclass=NullPool
    )
    with engine.connect() as connection:
        yield connection


def _integrity(connection: Connection, path: Path, revision: str | None) -> Finding:
    rows = connection.exec_driver_sql("PRAGMA quick_check(10)").scalars().all()
    faults = [row for row in rows if row != "ok"]
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    faults += [f"a row of {row[0]} refers to nothing in {row[2]}" for row in broken]
    if faults:
        return Finding.fault("database", f"{path} is damaged: {'; '.join(faults)}.", _RESTORE, blocks=True)
    if revision != HEAD:
        return Finding.ok("database", f"{path} is sound; the next start brings its tables to revision {HEAD}.")
    return Finding.ok("database", f"{path} is sound (revision {revision}, {path.stat().st_size / 1e6:.1f} MB).")


def _check_outputs(path: Path) -> Finding:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            faults = [row[0] for row in connection.execute("PRAGMA quick_check(10)") if row[0] != "ok"]
    except sqlite3.Error as error:
        faults = [str(error)]
    if faults:
        return Finding.fault(
            "small outputs",
            f"{path} is damaged: {'; '.join(faults)}.",
            "Rename it while Clockhand is closed; a new one is made, and only small outputs of the past are missing.",
        )
    return Finding.ok("small outputs", f"{path} is sound.")


def _check_agent(connection: Connection, clock: Clock) -> Finding:
    now = clock.now()
    agents = running_agents(connection)
    alive = [agent for agent in agents if not agent.is_gone(now)]
    start = "Start one: “clockhand agent”, or the window."
    if not alive:
        silent = "No agent is running, so nothing is run when it is due."
        if agents:
            silent += " The last one ended without a word; the next start records what it left behind."
        return Finding.warning("agent", silent, start)
    agent = alive[-1]
    silence = now - agent.heartbeat_at
    who = f"An agent ({agent.kind}, process {agent.pid} on {agent.host})"
    if silence > _SILENCE:
        return Finding.warning(
            "agent",
            f"{who} is there, but gave no sign of life for {describe_duration(silence)}.",
            "It may hang, or the machine has just woken up. If it stays silent, end it and start it again.",
        )
    return Finding.ok("agent", f"{who} works.")


def _check_crons(connection: Connection, clock: Clock) -> Iterator[Finding]:
    """Find crons that can't be computed, and those that were set aside and have no next due time for it."""
    now = clock.now()
    crons = {cron.spec.name: cron for cron in read_crons(connection) if cron.spec.enabled}
    enabled = {command.spec.name for command in read_commands(connection) if command.spec.enabled}
    upcoming: dict[str, datetime | None] = {}
    faults = 0
    for name, cron in crons.items():
        try:
            upcoming[name] = _next(cron.spec.expression, cron.spec.timezone, now, clock.zone)
        except ClockhandError as error:
            faults += 1
            yield Finding.fault("crons", f"The cron “{name}” can't be used: {error}", "Correct it.")
    for schedule in read_schedules(connection):
        if not schedule.spec.enabled or schedule.spec.command not in enabled:
            continue
        for link in schedule.links:
            if link.next_due_at is None and upcoming.get(link.cron) is not None:
                faults += 1
                yield Finding.fault(
                    "crons",
                    f"The cron “{link.cron}” of the schedule “{schedule.spec.name}” was set aside.",
                    "Disable and enable the schedule to compute its due times anew.",
                )
    if not faults:
        yield Finding.ok("crons", f"All {len(crons)} that are enabled can be computed.")


def _next(expression: str, timezone: str, now: datetime, system_zone: Callable[[], tzinfo]) -> datetime | None:
    zone = system_zone() if timezone == SYSTEM_ZONE else load_zone(timezone)
    return Occurrences(parse(expression), zone).next(now)
