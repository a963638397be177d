"""The words for runs and events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.history.runs import Event, Run
from core.queue.states import EventKind, JobState
from desktop.models.run_texts import (
    brief_text,
    describe_bytes,
    describe_share,
    due_text,
    elapsed_text,
    event_look,
    event_text,
    local_text,
    origin_text,
    result_text,
    run_look,
    short_text,
)

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)

RUN = Run(
    id=7, state=JobState.COMPLETED, command_id=1, command="sync", environment_id=None, environment=None,
    schedule_id=None, schedule="each morning", cron=None, origin="schedule", queue="default", attempt=1,
    max_attempts=1, due_at=NOW, scheduled_at=NOW, created_at=NOW, claimed_at=NOW, started_at=NOW,
    finished_at=NOW, duration=timedelta(seconds=4), outcome="succeeded", exit_code=0, signal=None, reason=None,
    retry_of=None, agent_id=1, pid=12, process_started_at=NOW, cancel_requested_at=None, stdout_bytes=0,
    stderr_bytes=0, output=None, skipped_count=None,
)  # fmt: skip

EVENT = Event(
    id=1, job_id=7, attempt=1, kind="started", at=NOW, agent_id=1, host="here", pid=12, duration=None, exit_code=None,
    signal=None, reason=None, next_attempt_at=None, stdout_bytes=None, stderr_bytes=None, output=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"state": JobState.COMPLETED}, "Succeeded"),
        ({"state": JobState.EXECUTING}, "Running"),
        ({"state": JobState.EXECUTING, "cancel_requested_at": NOW}, "Stopping"),
        ({"state": JobState.AVAILABLE}, "Waiting"),
        ({"state": JobState.SCHEDULED}, "Scheduled"),
        ({"state": JobState.RETRYABLE}, "Retrying"),
        ({"state": JobState.CANCELLED}, "Cancelled"),
        ({"state": JobState.SKIPPED}, "Skipped"),
        ({"state": JobState.DISCARDED, "outcome": "failed"}, "Failed"),
        ({"state": JobState.DISCARDED, "outcome": "timed-out"}, "Timed out"),
        ({"state": JobState.DISCARDED, "outcome": "signalled"}, "Killed"),
        ({"state": JobState.DISCARDED, "outcome": "could-not-start"}, "Could not start"),
        ({"state": JobState.DISCARDED, "outcome": "lost"}, "Lost"),
    ],
)
def test_every_state_has_a_word(changes: dict[str, object], word: str) -> None:
    assert run_look(replace(RUN, **changes)).word == word  # type: ignore[arg-type]  # the table names the fields


def test_no_two_words_share_icon_and_colour() -> None:
    looks = {run_look(replace(RUN, state=state)) for state in JobState}
    assert len({(look.icon, look.tone) for look in looks}) == len(looks)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "exit code 0"),
        ({"state": JobState.DISCARDED, "outcome": "failed", "exit_code": 3}, "exit code 3"),
        ({"state": JobState.DISCARDED, "outcome": "failed", "exit_code": 3, "attempt": 2, "max_attempts": 2},
         "exit code 3, attempt 2 of 2"),
        ({"state": JobState.DISCARDED, "outcome": "signalled", "exit_code": None, "signal": 11}, "SIGSEGV (11)"),
        ({"state": JobState.DISCARDED, "outcome": "timed-out", "signal": 15, "reason": "time limit of 3.0 s"},
         "time limit of 3.0 s"),
        ({"state": JobState.EXECUTING, "outcome": None}, ""),
        ({"state": JobState.EXECUTING, "outcome": None, "attempt": 2, "max_attempts": 3}, "attempt 2 of 3"),
        ({"state": JobState.SKIPPED, "outcome": None, "exit_code": None, "reason": "it was off", "skipped_count": 4},
         "it was off (4 due times)"),
    ],
)  # fmt: skip
def test_the_result_is_said_in_few_words(changes: dict[str, object], text: str) -> None:
    assert result_text(replace(RUN, **changes)) == text  # type: ignore[arg-type]  # the table names the fields


def test_a_run_to_be_retried_says_when() -> None:
    run = replace(RUN, state=JobState.RETRYABLE, attempt=1, max_attempts=3)
    assert result_text(run) == f"attempt 2 of 3 at {local_text(NOW)[11:]}"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "each morning"),
        ({"origin": "catch-up"}, "each morning (caught up)"),
        ({"origin": "manual"}, "by hand"),
        ({"origin": "command-line"}, "from the command line"),
        ({"origin": "retry", "retry_of": 5}, "repeats run 5"),
    ],
)
def test_a_run_says_where_it_came_from(changes: dict[str, object], text: str) -> None:
    assert origin_text(replace(RUN, **changes)) == text  # type: ignore[arg-type]  # the table names the fields


def test_every_kind_of_event_has_a_word_of_its_own() -> None:
    assert len({event_look(replace(EVENT, kind=kind)).word for kind in EventKind}) == len(EventKind)


def test_an_event_of_a_later_version_is_shown_by_its_name() -> None:
    assert event_look(replace(EVENT, kind="teleported")).word == "teleported"


def test_an_end_tells_all_that_is_known_of_it() -> None:
    event = replace(EVENT, kind="failed", duration=timedelta(seconds=2), exit_code=3)
    event = replace(event, stdout_bytes=10, stderr_bytes=2000)
    assert event_text(event) == "attempt 1 · after 2.0 s · exit code 3 · output 10 B, errors 2.0 kB"
    assert event_text(EVENT) == "attempt 1 · process 12 on here"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1834, "1.8 kB"), (52_000_000, "52 MB"), (999_600, "1.0 MB")],
)
def test_sizes_are_rounded_to_what_matters(count: int, text: str) -> None:
    assert describe_bytes(count) == text


def test_times_that_go_on_are_told_in_whole_seconds() -> None:
    assert elapsed_text(timedelta(seconds=-1)) == "0 s"
    assert elapsed_text(timedelta(milliseconds=1999)) == "1 s"
    assert elapsed_text(timedelta(seconds=61)) == "1 min 1 s"


def test_another_year_is_said() -> None:
    assert " 1999 " in short_text(datetime(1999, 6, 1, 12, tzinfo=UTC))
    assert short_text(None) == ""


def test_a_time_of_today_is_told_without_its_day() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert brief_text(noon, noon + timedelta(minutes=5)) == local_text(noon)[11:]
    assert brief_text(noon - timedelta(days=2), noon) == short_text(noon - timedelta(days=2))[:-3]


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (None, NOW, "{last:%H:%M:%S}"),
        (NOW, NOW, "{last:%H:%M:%S}"),
        (NOW - timedelta(minutes=10), NOW, "{first:%H:%M} to {last:%H:%M}"),
        (NOW - timedelta(days=2), NOW, "{first.day} Nov {first:%H:%M} to {last:%H:%M}"),
        (NOW - timedelta(days=2, minutes=10), NOW - timedelta(days=2), "{first.day} Nov {first:%H:%M} to {last:%H:%M}"),
    ],
)
def test_a_skipped_run_says_when_its_due_times_were(first: datetime | None, last: datetime, text: str) -> None:
    run = replace(RUN, state=JobState.SKIPPED, skipped_count=3, due_at=last, skipped_from=first)
    local = {"first": first and first.astimezone(), "last": last.astimezone()}
    assert due_text(run, NOW) == text.format(**local)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (105_000_000, 117_000_000, "105 of 117 MB"),
        (812_000, 1_800_000, "812 kB of 1.8 MB"),
        (1000, 5000, "1.0 of 5.0 kB"),
        (0, 812, "0 of 812 B"),
    ],
)
def test_a_share_names_its_unit_once(part: int, whole: int, text: str) -> None:
    assert describe_share(part, whole) == text
