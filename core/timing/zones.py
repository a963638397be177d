"""Time zones: finding one by its name, and the stretches of constant UTC offset that it consists of.

Instants and wall-clock times are whole seconds since 0001-01-01 00:00 (of UTC, or of the wall clock). Python's
arithmetic on aware datetimes ignores the zone's changes, integers can't.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from core.errors import Problem, suggest
from core.timing.errors import ZoneError

__all__ = [
    "DAY_S",
    "END_INSTANT",
    "FIRST_INSTANT",
    "FIRST_YEAR",
    "LAST_YEAR",
    "Stretch",
    "ZoneError",
    "load_zone",
    "stretches",
    "to_datetime",
    "to_seconds",
    "year_of",
]

DAY_S = 86_400
# A margin of a year at both ends of the calendar, so that no offset leads out of what a datetime can hold.
FIRST_YEAR = 2
LAST_YEAR = 9998

_SECOND = timedelta(seconds=1)
_BEGINNING = datetime(1, 1, 1)  # noqa: DTZ001 - the wall clock's own beginning, in no zone
_BEGINNING_UTC = _BEGINNING.replace(tzinfo=UTC)
# Sampling every 3 days misses no change: the two nearest ones in the IANA data (1939) lie almost 4 days apart, and a
# change is never larger than 26 h. A test compares the result with the data itself, for every zone.
_SAMPLE_S = 3 * DAY_S
_SAMPLES = tuple(timedelta(seconds=number * _SAMPLE_S) for number in range(370 * DAY_S // _SAMPLE_S + 2))
_LONGEST_NAME = 255
# Links that some systems keep beside the zones; they mean something else on each machine.
_MACHINE_DEPENDENT = {"localtime", "posixrules"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of time in which the zone's UTC offset is constant, cut where a UTC year begins.

    Instants from `start` (included) to `end` (not included); `offset` and `previous_offset` (equal unless the zone
    changes at `start`) in seconds east of UTC. Wall-clock times before `shown_until` were shown by an earlier stretch.
    """

    start: int
    end: int
    offset: int
    previous_offset: int
    shown_until: int

    @property
    def wall_start(self) -> int:
        """The wall clock at its start."""
        return self.start + self.offset

    @property
    def wall_end(self) -> int:
        """The wall clock at its end, as this stretch counts."""
        return self.end + self.offset

    @property
    def wall_before(self) -> int:
        """What the wall clock would show at its start, had nothing changed: earlier than `wall_start` in a gap."""
        return self.start + self.previous_offset


def load_zone(name: str) -> ZoneInfo:
    """Return the IANA zone named; “system” is for the caller to resolve.

    Raises ZoneError, for names that are unknown and for those that are no names but paths.
    """
    if not name or len(name) > _LONGEST_NAME or not name.isascii() or not name.isprintable():
        raise _zone_error(f"“{name[:40]}” is no time zone. Write an IANA name, such as Europe/Berlin, or system.")
    known = _known()
    # Only listed names: the file system may ignore case, and would follow a path.
    if name in known:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, OSError, ValueError) as error:
            raise _zone_error(f"The time zone “{name}” can't be read ({error}). Write another one.") from error
    exact = next((zone for zone in known if zone.lower() == name.lower()), None)
    hint = f" Did you mean “{exact}”?" if exact else suggest(name, sorted(known))
    raise _zone_error(
        f"There is no time zone named “{name[:40]}”.{hint} Write an IANA name, such as Europe/Berlin, or system."
    )


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """Return the names of the machine's zone data; listing them walks the file system, which takes 10 ms and more."""
    return frozenset(available_timezones() - _MACHINE_DEPENDENT)


def _zone_error(message: str) -> ZoneError:
    return ZoneError([Problem("timezone", message, field="timezone")])


def to_seconds(instant: datetime) -> int:
    """Return the whole seconds of an aware datetime, rounded down. ValueError if it is naive."""
    if instant.tzinfo is None:
        raise ValueError(f"A naive datetime has no place on the time line: {instant!r}")
    return (instant - _BEGINNING_UTC) // _SECOND


def to_datetime(seconds: int) -> datetime:
    """Return the aware UTC datetime of an instant."""
    return _BEGINNING_UTC + timedelta(seconds=seconds)


def year_of(instant: int) -> int:
    """Return the UTC year of an instant, held within the years that are answered for."""
    if instant < 0:
        return FIRST_YEAR
    if instant >= END_INSTANT:
        return LAST_YEAR
    return max(to_datetime(instant).year, FIRST_YEAR)


# A memo of a pure function: 50 years of 80 zones. The zone's data never changes while the program runs.
@lru_cache(maxsize=4096)
def stretches(zone: tzinfo, year: int) -> tuple[Stretch, ...]:
    """Return the stretches of a UTC year from FIRST_YEAR to LAST_YEAR, in order and without a gap between them."""
    start = to_seconds(datetime(year, 1, 1, tzinfo=UTC))
    end = to_seconds(datetime(year + 1, 1, 1, tzinfo=UTC))
    # Changes shortly before the year still matter: the repeated period may reach into it.
    at = start - _SAMPLE_S
    offset = previous = _offset(zone, at)
    shown_until = 0
    pieces = []
    for instant, new in [*_changes(zone, at, end), (end, offset)]:
        if instant > start:
            first = at < start
            pieces.append(Stretch(start if first else at, instant, offset, offset if first else previous, shown_until))
        shown_until = max(shown_until, instant + offset)
        at, offset, previous = instant, new, offset
    return tuple(pieces)


def _changes(zone: tzinfo, start: int, end: int) -> list[tuple[int, int]]:
    """Return each change of offset in (start, end), at most a year apart, as its instant and the new offset."""
    first = to_datetime(start).replace(tzinfo=zone)
    local = map(zone.fromutc, map(first.__add__, _SAMPLES))
    offsets = [moment.utcoffset() for moment in local]
    found = []
    for number, (old, new) in enumerate(pairwise(offsets)):
        if old != new:
            instant = _bisect(zone, start + number * _SAMPLE_S, start + (number + 1) * _SAMPLE_S)
            if instant < end:
                found.append((instant, _offset(zone, instant)))
    return found


def _bisect(zone: tzinfo, before: int, after: int) -> int:
    """Return the instant in (before, after] of the one change of offset between them."""
    origin = _BEGINNING.replace(tzinfo=zone)
    old = zone.fromutc(origin + timedelta(seconds=before)).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if zone.fromutc(origin + timedelta(seconds=middle)).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: tzinfo, instant: int) -> int:
    """Return the zone's offset in seconds at an instant."""
    offset = zone.fromutc(_BEGINNING.replace(tzinfo=zone) + timedelta(seconds=instant)).utcoffset()
    assert offset is not None
    return offset // _SECOND


FIRST_INSTANT = to_seconds(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC))
END_INSTANT = to_seconds(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC))
