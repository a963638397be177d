"""How long runs take: the median of what is alike, and of the latest only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.history.runs import Run
from core.history.statistics import MOST_COUNTED, expected_durations
from core.queue.states import JobState
from core.workspace import Workspace
from tests.support.jobs import write_history


def seconds(*each: float) -> list[dict[str, Any]]:
    return [{"duration": timedelta(seconds=number)} for number in each]


def write(workspace: Workspace, rows: list[dict[str, Any]]) -> None:
    write_history(workspace, len(rows), lambda number: rows[number])


def newest(workspace: Workspace) -> Run:
    return workspace.runs.page(limit=1)[0]


def expected(workspace: Workspace, run: Run) -> timedelta | None:
    return expected_durations(workspace.database, [run]).get((run.command_id, run.environment_id))


def test_the_median_is_expected_and_one_long_run_changes_little(workspace: Workspace) -> None:
    write(workspace, seconds(10, 11, 12, 13, 9000))
    assert expected(workspace, newest(workspace)) == timedelta(seconds=12)


def test_only_what_succeeded_in_the_same_environment_is_counted(workspace: Workspace) -> None:
    rows = seconds(1, 2, 3, 60)
    rows[0] |= {"environment_id": 7}
    rows[1] |= {"command_id": 2}
    rows[2] |= {"state": JobState.DISCARDED}
    write(workspace, rows)
    assert expected(workspace, newest(workspace)) == timedelta(seconds=60)
    assert expected(workspace, workspace.runs.get(1)) == timedelta(seconds=1)


def test_without_a_success_nothing_is_expected(workspace: Workspace) -> None:
    write(workspace, [{"state": JobState.DISCARDED, "duration": timedelta(seconds=1)}, {"state": JobState.EXECUTING}])
    assert expected(workspace, newest(workspace)) is None


def test_a_command_that_became_slower_is_known_soon(workspace: Workspace) -> None:
    write(workspace, seconds(*[1] * 50, *[100] * MOST_COUNTED))
    assert expected(workspace, newest(workspace)) == timedelta(seconds=100)


def test_many_kinds_are_asked_at_once(workspace: Workspace) -> None:
    write(workspace, [{"command_id": 1 + number % 3, "duration": timedelta(seconds=number)} for number in range(9)])
    found = expected_durations(workspace.database, workspace.runs.page())
    assert found == {(1 + number, None): timedelta(seconds=3 + number) for number in range(3)}
