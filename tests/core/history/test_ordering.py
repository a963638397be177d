"""The newest runs, sorted by what is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from core.history.ordering import NEWEST_FIRST, OLDEST_FIRST, RunOrder, SortKey, count_runs, sorted_ids
from core.history.runs import RunFilter
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from tests.support.jobs import write_history

ALL = RunFilter()


def ids(workspace: Workspace, by: SortKey, *, descending: bool = False, which: RunFilter = ALL) -> list[int]:
    return list(sorted_ids(workspace.database, which, RunOrder(by, descending), workspace.clock.now()))


def write(workspace: Workspace, *rows: dict[str, Any]) -> None:
    write_history(workspace, len(rows), lambda number: {"signal": None, **rows[number]})


def test_names_are_sorted_whatever_the_case_of_their_letters(workspace: Workspace) -> None:
    write(workspace, {"command_name": "pear"}, {"command_name": "Apple"}, {"command_name": "fig"})
    assert ids(workspace, SortKey.COMMAND) == [2, 3, 1]
    assert ids(workspace, SortKey.COMMAND, descending=True) == [1, 3, 2]


def test_what_is_missing_comes_last_in_both_directions(workspace: Workspace) -> None:
    write(workspace, {"environment_name": "b"}, {}, {"environment_name": "a"})
    assert ids(workspace, SortKey.ENVIRONMENT) == [3, 1, 2]
    assert ids(workspace, SortKey.ENVIRONMENT, descending=True) == [1, 3, 2]


def test_equals_stand_with_the_newest_first_in_both_directions(workspace: Workspace) -> None:
    write_history(workspace, 4)
    assert ids(workspace, SortKey.COMMAND) == ids(workspace, SortKey.COMMAND, descending=True) == [4, 3, 2, 1]


def test_what_asks_for_attention_is_first_by_state(workspace: Workspace) -> None:
    states = [*reversed(JobState)]
    write_history(workspace, len(states), lambda number: {"state": states[number]})
    assert [states[job_id - 1] for job_id in ids(workspace, SortKey.STATE)] == [
        JobState.DISCARDED,
        JobState.RETRYABLE,
        JobState.EXECUTING,
        JobState.AVAILABLE,
        JobState.SCHEDULED,
        JobState.COMPLETED,
        JobState.CANCELLED,
        JobState.SKIPPED,
    ]


def test_a_running_run_has_taken_what_it_took_by_now(workspace: Workspace) -> None:
    began = workspace.clock.now() - timedelta(seconds=30)
    write(
        workspace,
        {"duration": timedelta(seconds=20)},
        {"duration": timedelta(seconds=1), "started_at": began, "state": JobState.EXECUTING},
        {"duration": timedelta(seconds=40)},
        {"duration": None, "state": JobState.AVAILABLE},
    )
    assert ids(workspace, SortKey.DURATION, descending=True) == [3, 2, 1, 4]


def test_results_are_exit_codes_then_signals_then_reasons(workspace: Workspace) -> None:
    write(
        workspace,
        {"exit_code": None, "reason": "the disk is full"},
        {"exit_code": 10},
        {"exit_code": None, "signal": 9},
        {"exit_code": 9},
        {"exit_code": None},
    )
    assert ids(workspace, SortKey.RESULT) == [4, 2, 3, 1, 5]


def test_origins_are_schedules_by_name_then_hands(workspace: Workspace) -> None:
    write(
        workspace,
        {"origin": Origin.COMMAND_LINE, "schedule_name": None},
        {"schedule_name": "weekly"},
        {"origin": Origin.MANUAL, "schedule_name": None},
        {"origin": Origin.CATCH_UP, "schedule_name": "daily"},
    )
    assert ids(workspace, SortKey.ORIGIN) == [4, 2, 3, 1]


def test_output_counts_both_streams(workspace: Workspace) -> None:
    write(workspace, {"stdout_bytes": 5, "stderr_bytes": 5}, {"stdout_bytes": 8}, {"stdout_bytes": 0})
    assert ids(workspace, SortKey.OUTPUT) == [2, 1, 3]


def test_the_order_of_coming_is_that_of_the_ids(workspace: Workspace) -> None:
    write_history(workspace, 3)
    now = workspace.clock.now()
    assert sorted_ids(workspace.database, ALL, NEWEST_FIRST, now) == (3, 2, 1)
    assert sorted_ids(workspace.database, ALL, OLDEST_FIRST, now) == (1, 2, 3)


def test_only_the_newest_that_pass_are_sorted(workspace: Workspace) -> None:
    write_history(workspace, 10, lambda number: {"command_name": "goat" if number % 2 else "cow", "stdout_bytes": 99})
    order = RunOrder(SortKey.OUTPUT, descending=False)
    found = sorted_ids(workspace.database, RunFilter(text="goat"), order, workspace.clock.now(), most=3)
    assert found == (10, 8, 6)
    assert count_runs(workspace.database, RunFilter(text="goat")) == 5
    assert count_runs(workspace.database, RunFilter(text="goat"), 4) == 4
    assert count_runs(workspace.database, ALL) == 10


@pytest.mark.parametrize("by", SortKey)
def test_the_newest_are_found_by_key_without_going_through_the_rest(workspace: Workspace, by: SortKey) -> None:
    write_history(workspace, 10)
    seen: list[tuple[str, Any]] = []
    engine = workspace.database._read_engine

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    ids(workspace, by)
    event.remove(engine, "before_cursor_execute", note)
    [(statement, parameters)] = [each for each in seen if each[0].startswith("SELECT")]
    with workspace.database.reading() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    # The one sort is that of the few: the newest come in the order of the table itself.
    assert "SCAN jobs" in plan
    assert sum("TEMP B-TREE" in line for line in plan) <= 1
