"""What a list says of what comes next: the time at which it really runs, or why it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QCoreApplication

from core.catalog.records import CommandRecord, CronRecord, ScheduleRecord
from core.queue.prospects import Hindrance, Outlook
from core.timing.jitter import jitter_offset
from desktop.models.pause_texts import day_text, pause_sentence, pause_text, until_text
from desktop.models.run_texts import local_text

__all__ = ["hindrance_text", "next_icon", "next_key", "next_moment", "next_text", "next_tip", "skips_ahead"]

HasOutlook = CommandRecord | CronRecord | ScheduleRecord

_NEVER = datetime.max.replace(tzinfo=UTC)
_NOTHING = Outlook()
_PAUSES = frozenset({Hindrance.ALL_PAUSED, Hindrance.PAUSED})


def next_text(record: HasOutlook, now: datetime) -> str:
    """Return the time of the next run, `now`, or why there is none for the time being."""
    outlook = record.outlook or _NOTHING
    if outlook.hindrance in _PAUSES and outlook.pause is not None and isinstance(record, ScheduleRecord):
        return pause_text(outlook.pause, now)
    if outlook.hindrance is not None:
        return _why_not(record, outlook.hindrance)
    if outlook.overdue_since is not None:
        return _tr("now")
    if outlook.start_at is None:
        return ""
    return _tr("now") if outlook.start_at <= now else day_text(outlook.start_at, now, exact=_is_exact(outlook))


def next_tip(record: HasOutlook, now: datetime) -> str:
    """Return all that there is to say about it."""
    outlook = record.outlook or _NOTHING
    lines = [next_text(record, now)]
    if outlook.pause is not None:
        lines = [pause_sentence(outlook.pause, now)]
        if outlook.start_at is not None:
            time = until_text(outlook.start_at, now, exact=_is_exact(outlook))
            lines.append(_tr("Then it runs at {time}.").format(time=time))
    elif outlook.start_at is not None and outlook.next_run_at is not None and outlook.start_at != outlook.next_run_at:
        text = _tr("It is due at {due}, and starts a little later because of its jitter.")
        lines.append(text.format(due=local_text(outlook.next_run_at)))
    lines += [
        _tr("The run of {time} is skipped.").format(time=until_text(at, now, exact=True))
        for at in skips_ahead(record, now)
    ]
    if outlook.muted:
        lines.append(_tr("Muted cells: {count}").format(count=outlook.muted))
    return "\n".join(line for line in lines if line)


def next_icon(record: HasOutlook, now: datetime) -> str:
    """Return the icon beside it: for what is paused or muted, and where a run is skipped; else an empty text."""
    outlook = record.outlook or _NOTHING
    if outlook.hindrance in _PAUSES:
        return "pause"
    if outlook.hindrance is None and skips_ahead(record, now):
        return "skipped"
    return "mute" if outlook.hindrance is Hindrance.MUTED or (outlook.muted and outlook.hindrance is None) else ""


def _is_exact(outlook: Outlook) -> bool:
    """Return whether its seconds matter: those of a cron do, those of a jitter do not."""
    return outlook.start_at == outlook.next_run_at


def next_key(record: HasOutlook) -> datetime:
    """Return what sorts a list by it."""
    return (record.outlook or _NOTHING).start_at or _NEVER


def next_moment(record: HasOutlook, now: datetime) -> datetime | None:
    """Return when what is said of it will be over; what is overdue is over as soon as somebody has dealt with it."""
    outlook = record.outlook or _NOTHING
    moments = [outlook.overdue_since or outlook.start_at]
    moments += [at + _jitter_offset(record) for at in skips_ahead(record, now)[:1]]
    if outlook.pause is not None:
        moments = [outlook.pause.over_at]
    return min((moment for moment in moments if moment is not None), default=None)


def skips_ahead(record: HasOutlook, now: datetime) -> list[datetime]:
    """Return the due times that are to be skipped and whose runs would not have started by `now`, by time.

    Of what several schedules share, it is not known how much later each of them starts; their due times count.
    """
    offset = _jitter_offset(record)
    return [at for at in (record.outlook or _NOTHING).skipped if at + offset > now]


def _jitter_offset(record: HasOutlook) -> timedelta:
    return jitter_offset(record.id, record.spec.jitter) if isinstance(record, ScheduleRecord) else timedelta()


def _why_not(record: HasOutlook, hindrance: Hindrance) -> str:
    """Return why nothing of a record runs; what is so of the record itself needs no noun."""
    if hindrance is Hindrance.NO_CRON and not isinstance(record, ScheduleRecord):
        return ""  # no schedule at all
    if not record.spec.enabled:
        return _tr("disabled")
    return hindrance_text(hindrance)


def hindrance_text(hindrance: Hindrance) -> str:
    """Return why nothing comes next, in two or three words."""
    return {
        Hindrance.COMMAND_DISABLED: _tr("command is disabled"),
        Hindrance.SCHEDULE_DISABLED: _tr("schedule is disabled"),
        Hindrance.CRON_DISABLED: _tr("cron is disabled"),
        Hindrance.ENVIRONMENT_DISABLED: _tr("environment is disabled"),
        Hindrance.ALL_PAUSED: _tr("paused"),
        Hindrance.PAUSED: _tr("paused"),
        Hindrance.MUTED: _tr("muted"),
        Hindrance.AT_START: _tr("at each start"),
        Hindrance.NEVER: _tr("never due again"),
        Hindrance.NO_CRON: _tr("only by hand"),
    }[hindrance]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Outlook", text)
