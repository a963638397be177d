"""Names of zones, and the stretches compared with the transitions in the IANA data itself."""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime, timedelta, timezone
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pytest

from core.errors import InvalidError
from core.timing.cron import parse
from core.timing.occurrences import Occurrences
from core.timing.zones import ZoneError, load_zone, stretches, to_datetime, to_seconds


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires"])
def test_iana_names_are_zones(name: str) -> None:
    assert load_zone(name).key == name


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Berln", "Did you mean “Europe/Berlin”?"),
        ("europe/berlin", "Did you mean “Europe/Berlin”?"),
        ("", "Write an IANA name"),
        ("system", "Write an IANA name"),
        ("localtime", "Write an IANA name"),
        ("../Europe/Berlin", "Write an IANA name"),
        ("/etc/localtime", "Write an IANA name"),
        ("Europe/../Europe/Berlin", "Write an IANA name"),
        ("Europe", "Write an IANA name"),
        ("Europe/Berlin\x00", "Write an IANA name"),
        ("Europe/Berlin\n", "Write an IANA name"),
        (" Europe/Berlin", "Did you mean “Europe/Berlin”?"),
        ("Z\u00fcrich", "Write an IANA name"),
        ("x" * 5000, "Write an IANA name"),
    ],
)
def test_other_names_are_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(ZoneError) as caught:
        load_zone(name)
    assert hint in caught.value.message
    assert len(caught.value.message) < 200
    assert isinstance(caught.value, InvalidError)
    assert [problem.field for problem in caught.value.problems] == ["timezone"]


def test_instants_are_whole_seconds_of_utc() -> None:
    moment = datetime(2026, 6, 1, 12, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert to_datetime(to_seconds(moment)) == datetime(2026, 6, 1, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="naive"):
        to_seconds(moment.replace(tzinfo=None))


def transitions(name: str) -> list[tuple[int, int]]:
    """Read the instants and new offsets of a TZif file (RFC 9636), leaving out what changes only a name."""
    folders = [Path(folder) for folder in TZPATH]
    if (package := find_spec("tzdata")) and package.origin:
        folders.append(Path(package.origin).parent / "zoneinfo")
    data = next(path for path in (folder / name for folder in folders) if path.is_file()).read_bytes()
    ut, std, leap, times, types, chars = struct.unpack(">6l", data[20:44])
    start = 44 + times * 5 + types * 6 + chars + leap * 8 + std + ut  # the first block has 32 bits and is of no use
    _, _, _, times, types, _ = struct.unpack(">6l", data[start + 20 : start + 44])
    start += 44
    instants = struct.unpack(f">{times}q", data[start : start + times * 8])
    numbers = data[start + times * 8 : start + times * 9]
    offsets = [
        struct.unpack(">l", data[at : at + 4])[0] for at in range(start + times * 9, start + times * 9 + types * 6, 6)
    ]
    found = []
    current = offsets[0]
    for instant, number in zip(instants, numbers, strict=True):
        if offsets[number] != current:
            current = offsets[number]
            found.append((instant, current))
    return found


EPOCH = to_seconds(datetime(1970, 1, 1, tzinfo=UTC))


def test_every_change_in_the_data_of_every_zone_is_found() -> None:
    for name in sorted(available_timezones() - {"localtime", "posixrules"}):
        zone = ZoneInfo(name)
        expected = [(at, offset) for at, offset in transitions(name) if at >= 0]
        found = [
            (stretch.start - EPOCH, stretch.offset)
            for year in {to_datetime(at + EPOCH).year for at, _ in expected}
            for stretch in stretches(zone, year)
            if stretch.offset != stretch.previous_offset
        ]
        # In the year of its last explicit change a zone goes on by its rule, which is not in the list.
        last = max((at for at, _ in expected), default=0)
        assert sorted(each for each in found if each[0] <= last) == expected, name


@pytest.mark.parametrize("name", ["Europe/Berlin", "Pacific/Apia", "America/Danmarkshavn", "UTC"])
def test_stretches_cover_the_years_without_a_gap(name: str) -> None:
    pieces = [stretch for year in range(1990, 2045) for stretch in stretches(ZoneInfo(name), year)]
    assert pieces[0].start == to_seconds(datetime(1990, 1, 1, tzinfo=UTC))
    assert pieces[-1].end == to_seconds(datetime(2045, 1, 1, tzinfo=UTC))
    for earlier, later in pairwise(pieces):
        assert earlier.end == later.start
        assert earlier.offset == later.previous_offset


def zone_with(change: datetime, before: int, after: int) -> ZoneInfo:
    """Return a zone of our own whose offset changes once, as a file of the first TZif version."""
    header = b"TZif\0" + bytes(15) + struct.pack(">6l", 0, 0, 0, 1, 2, 2)
    types = struct.pack(">lbb", before, 0, 0) + struct.pack(">lbb", after, 0, 0)
    data = header + struct.pack(">l", int(change.timestamp())) + b"\x01" + types + b"X\0"
    return ZoneInfo.from_file(io.BytesIO(data))


def test_what_was_shown_in_the_old_year_is_not_shown_again_in_the_new_one() -> None:
    zone = zone_with(datetime(2029, 12, 31, 23, 30, tzinfo=UTC), 3600, 0)
    around = datetime(2029, 12, 31, 12, tzinfo=UTC), datetime(2030, 1, 1, 6, tzinfo=UTC)
    assert Occurrences(parse("15 0 * * *"), zone).latest(*around, 9) == [datetime(2029, 12, 31, 23, 15, tzinfo=UTC)]
    assert Occurrences(parse("*/45 0 * * *"), zone).latest(*around, 9) == [
        datetime(2029, 12, 31, 23, 0, tzinfo=UTC),
        datetime(2030, 1, 1, 0, 0, tzinfo=UTC),
        datetime(2030, 1, 1, 0, 45, tzinfo=UTC),
    ]


def test_a_change_at_the_very_new_year_makes_up_what_it_skips() -> None:
    zone = zone_with(datetime(2030, 1, 1, tzinfo=UTC), 0, 3600)
    around = datetime(2029, 12, 31, 12, tzinfo=UTC), datetime(2030, 1, 1, 6, tzinfo=UTC)
    occurrences = Occurrences(parse("15,30 0 * * *"), zone)
    assert occurrences.latest(*around, 9) == [datetime(2030, 1, 1, tzinfo=UTC)]
    assert occurrences.next(around[0]) == datetime(2030, 1, 1, tzinfo=UTC)
    assert occurrences.count(*around) == 1
