"""What a person chose to see of the runs, as values that can be kept: the filter is made from it when it is used."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta, tzinfo
from typing import Any

from core.history.runs import RunFilter
from core.queue.states import JobState, Origin

__all__ = ["ORIGINS", "SPANS", "STATES", "RunChoice"]

STATES: dict[str, tuple[JobState, ...]] = {
    "all": (),
    "running": (JobState.EXECUTING,),
    "waiting": (JobState.SCHEDULED, JobState.AVAILABLE, JobState.RETRYABLE),
    "succeeded": (JobState.COMPLETED,),
    "failed": (JobState.DISCARDED, JobState.RETRYABLE),
    "cancelled": (JobState.CANCELLED,),
    "skipped": (JobState.SKIPPED,),
}
SPANS = ("any", "today", "24h", "7d", "between")
ORIGINS: dict[str, tuple[Origin, ...]] = {
    "any": (),
    "schedule": (Origin.SCHEDULE, Origin.CATCH_UP),
    "hand": (Origin.MANUAL,),
    "command-line": (Origin.COMMAND_LINE,),
    "retry": (Origin.RETRY,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChoice:
    """Keys of the three tables above, a text, a schedule, and wall-clock times of this machine for `between`."""

    text: str = ""
    states: str = "all"
    span: str = "any"
    since: str = ""
    until: str = ""
    schedule_id: int | None = None
    schedule: str = ""
    origin: str = "any"

    def as_filter(self, now: datetime, zone: tzinfo) -> RunFilter:
        """Return the filter as it is at this time: “today” and “the last 24 hours” move on."""
        since, until = self._span(now, zone)
        return RunFilter(
            text=self.text.strip(),
            states=STATES[self.states],
            origins=ORIGINS[self.origin],
            schedule_id=self.schedule_id,
            since=since,
            until=until,
        )

    def _span(self, now: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        match self.span:
            case "today":
                return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0), None
            case "24h":
                return now - timedelta(hours=24), None
            case "7d":
                return now - timedelta(days=7), None
            case "between":
                return _instant(self.since, zone), _instant(self.until, zone)
            case _:
                return None, None

    def to_json(self) -> dict[str, Any]:
        """Return what differs from a choice of everything."""
        default = RunChoice()
        return {name: value for name, value in asdict(self).items() if value != getattr(default, name)}

    def to_text(self) -> str:
        """Return it as a text to be kept."""
        return json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> RunChoice:
        """Return the choice in a kept text; everything where the text is damaged."""
        try:
            return cls.from_json(json.loads(text))
        except ValueError:
            return cls()

    @classmethod
    def from_json(cls, kept: object) -> RunChoice:
        """Return the choice in what was kept; what is unknown (of a later version, or edited) is left out."""
        if not isinstance(kept, dict):
            return cls()
        known = {field.name: kept[field.name] for field in fields(cls) if _is_known(field.name, kept.get(field.name))}
        return cls(**known)


def _is_known(name: str, value: object) -> bool:
    match name:
        case "states":
            return value in STATES
        case "origin":
            return value in ORIGINS
        case "span":
            return value in SPANS
        case "since" | "until":
            return isinstance(value, str) and _is_time(value)
        case "schedule_id":
            return isinstance(value, int)
        case _:
            return isinstance(value, str)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def _instant(text: str, zone: tzinfo) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=zone) if text else None
