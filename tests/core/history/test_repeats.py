"""What has been repeated is found by what it repeats."""

from __future__ import annotations

from core.history.repeats import read_repeats
from core.queue.states import Origin
from core.workspace import Workspace
from tests.support.jobs import write_history


def test_the_newest_repeat_of_each_failed_run_is_found(workspace: Workspace) -> None:
    repeats = {3: 1, 4: 1, 5: 2}
    write_history(
        workspace,
        6,
        lambda number: {
            "origin": Origin.RETRY if number + 1 in repeats else Origin.SCHEDULE,
            "retry_of": repeats.get(number + 1),
        },
    )
    found = read_repeats(workspace.database, [1, 2, 6])
    assert {job_id: run.id for job_id, run in found.items()} == {1: 4, 2: 5}
    assert read_repeats(workspace.database, []) == {}
