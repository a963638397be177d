"""Crontabs as they are found: systems' own, users', and odd ones, each with what is to be read in it.

`expected.json` holds, for each file, what was checked against crontab(5) line by line: the job lines and the numbers
of the bad ones. To have a change shown, run the test; to take it over, edit the file.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.catalog.validation import Known
from core.crontab.becoming import become
from core.crontab.reading import Crontab, decode_crontab, read_crontab
from core.crontab.warnings import warnings_of
from core.crontab.writing import Definitions, write_crontab
from core.timing.zones import load_zone

FOLDER = Path(__file__).parents[2] / "data" / "crontabs"
FILES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in {".user", ".system"})
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(name: str) -> Crontab:
    data = (FOLDER / name).read_bytes()
    return read_crontab(decode_crontab(data), system=name.endswith(".system"))


def facts(name: str) -> dict[str, Any]:
    plan = become(read(name), {}, name)
    jobs = []
    for each in plan.becomings:
        job = each.job
        fact: dict[str, Any] = {
            "line": job.line,
            "time": job.written,
            "command": job.command,
            "name": each.schedule.name,
        }
        more = {"user": job.user, "stdin": job.stdin, "environment": dict(job.environment) or None}
        fact |= {key: value for key, value in more.items() if value is not None}
        fact |= {} if job.timezone == "system" else {"timezone": job.timezone}
        jobs.append(fact)
    return {"jobs": jobs, "bad": [error.line for error in plan.errors]}


def test_every_file_is_expected_and_there_are_enough() -> None:
    assert sorted(EXPECTED) == FILES
    assert len(FILES) >= 20


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_what_is_expected_of_it(name: str) -> None:
    assert facts(name) == EXPECTED[name]


@pytest.mark.parametrize("name", FILES)
def test_what_a_file_becomes_is_sound(name: str) -> None:
    plan = become(read(name), {}, name)
    assert plan.bundle.problems(Known()) == []
    for each in plan.becomings:
        assert all(warnings_of(each.job, load_zone("Europe/Berlin"), NOW))


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_imported_and_exported_has_every_line_again(name: str) -> None:
    bundle = become(read(name), {}, name).bundle
    written = write_crontab(
        Definitions(
            schedules=bundle.schedules,
            commands={spec.name: spec for spec in bundle.commands},
            environments={spec.name: spec for spec in bundle.environments},
            crons={spec.name: spec for spec in bundle.crons},
        ),
        {},
    )
    again = become(read_crontab(written.text), {}, name)
    assert again.errors == ()
    assert [remark for remark in written.remarks if remark.left_out] == []
    assert {spec.name for spec in again.bundle.schedules} == {spec.name for spec in bundle.schedules}
