"""Adds to records what really comes next of them, for those who show it; most of the catalog does without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from core.catalog.due import Moment
from core.catalog.records import CommandRecord, CronRecord, EnvironmentRecord, Record, ScheduleRecord
from core.queue.pauses import open_pause, paused_schedules
from core.queue.prospects import LinkProspect, combine, read_link_prospects

__all__ = ["with_outlook"]


def with_outlook(connection: Connection, records: Sequence[Record], moment: Moment) -> list[Record]:
    """Return the records with their `outlook`; environments have none."""
    if not records or isinstance(records[0], EnvironmentRecord):
        return list(records)
    ids = [record.id for record in records] if isinstance(records[0], ScheduleRecord) else None
    by_schedule: defaultdict[int, list[LinkProspect]] = defaultdict(list)
    by_command: defaultdict[int, list[LinkProspect]] = defaultdict(list)
    by_cron: defaultdict[int, list[LinkProspect]] = defaultdict(list)
    for link in read_link_prospects(connection, moment.now, moment.zone, ids):
        by_schedule[link.schedule_id].append(link)
        by_command[link.command_id].append(link)
        by_cron[link.cron_id].append(link)
    everything = open_pause(connection, moment.now)
    paused = {span.scope.schedule_id: span for span in paused_schedules(connection, moment.now)}

    def of(record: Record) -> Record:
        match record:
            case CommandRecord():
                return replace(record, outlook=combine(by_command[record.id]))
            case CronRecord():
                return replace(record, outlook=combine(by_cron[record.id]))
            case ScheduleRecord():
                found = combine(by_schedule[record.id])
                # One that has no cron is paused as well.
                pause = found.pause or paused.get(record.id, everything)
                return replace(record, outlook=replace(found, pause=pause))
            case _:
                return record

    return [of(record) for record in records]
