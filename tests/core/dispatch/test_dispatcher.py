"""What is due becomes a job, exactly once, whoever looks; what is not to run does not."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from core.catalog.specs import CommandSpec, CronSpec, Kind, ScheduleSpec
from core.clock import to_micros
from core.dispatch import dispatcher as dispatching
from core.dispatch.dispatcher import Dispatcher
from core.model import Cron
from core.workspace import Workspace
from tests.core.dispatch.helpers import due_times, jobs, link, make_schedule, observed, skips, wake
from tests.core.queue.helpers import kinds
from tests.support import FakeClock

ROOT = Path(__file__).parents[3]
MINUTE = timedelta(minutes=1)


def test_nothing_happens_before_the_due_time(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace)
    clock.advance(5 * MINUTE - timedelta(microseconds=1))
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped, answer.staged) == (0, 0, 0)
    assert answer.next_at == datetime(2026, 11, 24, 6, 5, tzinfo=UTC)
    assert jobs(workspace) == []


def test_a_due_time_becomes_a_job_that_says_where_it_came_from(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, name="orders", environments=["staging"], command={"max_attempts": 3})
    now = clock.advance(5 * MINUTE)
    answer = wake(workspace)
    assert (answer.jobs, answer.next_at) == (1, now + 5 * MINUTE)
    (job,) = jobs(workspace)
    assert (job.state, job.origin, job.due_at, job.scheduled_at) == ("available", "schedule", now, now)
    assert (job.command_name, job.environment_name) == ("orders command", "staging")
    assert (job.schedule_id, job.schedule_name, job.cron_name) == (schedule, "orders", "orders cron 0")
    assert job.max_attempts == 3
    assert job.due_key == f"{schedule}:{job.cron_id}:{job.environment_id}:{to_micros(now)}"
    assert kinds(workspace, job.id) == ["queued"]
    assert link(workspace, schedule) == (now, now + 5 * MINUTE)


def test_two_environments_and_two_crons_make_four_jobs(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, ["5 6 * * *", "*/5 * * * *"], environments=["staging", "production"])
    clock.advance(5 * MINUTE)
    assert wake(workspace).jobs == 4
    pairs = Counter((job.environment_name, job.cron_name) for job in jobs(workspace))
    assert pairs == Counter((e, f"s cron {n}") for e in ("staging", "production") for n in (0, 1))


def test_a_schedule_without_environments_runs_once_without_one(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace)
    clock.advance(5 * MINUTE)
    wake(workspace)
    assert [(job.environment_id, job.environment_name) for job in jobs(workspace)] == [(None, None)]


def test_looking_twice_makes_nothing_twice(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace)
    clock.advance(5 * MINUTE)
    assert [wake(workspace).jobs for _ in range(3)] == [1, 0, 0]
    clock.advance(timedelta(seconds=30))
    assert wake(workspace).jobs == 0
    assert len(jobs(workspace)) == 1


def test_due_times_within_the_grace_are_on_time_however_many(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "*/10 * * * * *")
    clock.advance(timedelta(seconds=60))
    assert wake(workspace).jobs == 6
    assert due_times(workspace) == [f"06:00:{second}" for second in range(10, 60, 10)] + ["06:01:00"]
    assert {job.origin for job in jobs(workspace)} == {"schedule"}


@pytest.mark.parametrize("kind", [Kind.COMMAND, Kind.CRON, Kind.SCHEDULE])
def test_what_is_disabled_is_not_dispatched(workspace: Workspace, clock: FakeClock, kind: Kind) -> None:
    make_schedule(workspace)
    workspace.catalog.set_enabled(kind, 1, False)
    clock.advance(5 * MINUTE)
    answer = wake(workspace)
    assert (answer.jobs, answer.next_at) == (0, None)
    workspace.catalog.set_enabled(kind, 1, True)
    assert wake(workspace).jobs == 0, "what passed while it was disabled is not due"
    clock.advance(5 * MINUTE)
    assert wake(workspace).jobs == 1


def test_a_disabled_environment_is_not_dispatched_and_the_other_one_is(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, environments=["staging", "production"])
    workspace.catalog.set_enabled(Kind.ENVIRONMENT, 1, False)
    clock.advance(5 * MINUTE)
    wake(workspace)
    assert [job.environment_name for job in jobs(workspace)] == ["production"]
    workspace.catalog.set_enabled(Kind.ENVIRONMENT, 2, False)
    clock.advance(5 * MINUTE)
    assert wake(workspace).jobs == 0
    assert link(workspace)[1] == clock.now() + 5 * MINUTE


def test_what_is_disabled_while_it_is_being_dispatched_makes_no_job(
    workspace: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_schedule(workspace)
    clock.advance(5 * MINUTE)
    decide = Dispatcher._decide

    def disable_meanwhile(*args: Any) -> Any:
        workspace.catalog.set_enabled(Kind.SCHEDULE, 1, False)
        return decide(*args)

    monkeypatch.setattr(Dispatcher, "_decide", disable_meanwhile)
    assert wake(workspace).jobs == 0
    assert jobs(workspace) == []


def test_an_edit_that_comes_between_reading_and_writing_counts(
    workspace: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next due time is the same before and after this edit; the watermark tells that there was one."""
    make_schedule(workspace, "* * * * *", catch_up="all")
    decide = Dispatcher._decide
    edits = iter([CronSpec(name="s cron 0", expression="1 * * * *", timezone="UTC")])

    def edit_meanwhile(*args: Any) -> Any:
        for spec in edits:
            clock.set(datetime(2026, 11, 24, 6, 0, 30, tzinfo=UTC))
            workspace.catalog.change(1, spec)
        return decide(*args)

    monkeypatch.setattr(Dispatcher, "_decide", edit_meanwhile)
    clock.advance(5 * MINUTE)
    wake(workspace)
    assert due_times(workspace) == ["06:01:00"]


@pytest.mark.expects_log
def test_an_expression_that_can_not_be_read_stops_only_itself(workspace: Workspace, clock: FakeClock) -> None:
    broken = make_schedule(workspace, name="broken")
    nowhere = make_schedule(workspace, name="nowhere", timezone="Europe/Berlin")
    sound = make_schedule(workspace, name="sound")

    def spoil(tx: Any) -> None:
        tx.connection.execute(update(Cron).where(Cron.id == 1).values(expression="61 * * * *"))
        tx.connection.execute(update(Cron).where(Cron.id == 2).values(timezone="Europe/Atlantis"))

    workspace.database.write(spoil)
    clock.advance(5 * MINUTE)
    assert wake(workspace).jobs == 1
    assert [job.schedule_id for job in jobs(workspace)] == [sound]
    assert link(workspace, broken)[1] is None
    assert link(workspace, nowhere)[1] is None
    set_aside = [detail for kind, detail in observed(workspace) if kind == "cron-set-aside"]
    assert [detail["schedule"] for detail in set_aside] == ["broken", "nowhere"]
    assert all(detail["fault"] for detail in set_aside)
    clock.advance(5 * MINUTE)
    assert wake(workspace).jobs == 1, "the others go on"
    workspace.catalog.change(1, CronSpec(name="broken cron 0", expression="*/5 * * * *", timezone="UTC"))
    clock.advance(5 * MINUTE)
    assert wake(workspace).jobs == 2, "an edit brings it back"


def test_editing_an_expression_never_makes_the_past_due(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 12 * * *")
    clock.advance(timedelta(hours=2, seconds=30))
    workspace.catalog.change(1, CronSpec(name="s cron 0", expression="* * * * *", timezone="UTC"))
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped) == (0, 0)
    assert answer.next_at == datetime(2026, 11, 24, 8, 1, tzinfo=UTC)


def test_jobs_of_later_are_made_available_at_their_time(workspace: Workspace, clock: FakeClock) -> None:
    from core.queue.states import Origin

    command = workspace.catalog.create(CommandSpec(name="sync", run="true"))
    at = clock.now() + 10 * MINUTE
    workspace.queue.run(command, None, origin=Origin.MANUAL, at=at).result()
    answer = wake(workspace)
    assert (answer.staged, answer.next_at) == (0, at)
    clock.advance(10 * MINUTE)
    answer = wake(workspace)
    assert (answer.staged, answer.next_at) == (1, None)
    assert [job.state for job in jobs(workspace)] == ["available"]


def test_more_due_rows_than_a_chunk_are_all_dispatched(
    workspace: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "CHUNK", 3)
    for number in range(10):
        make_schedule(workspace, name=f"s{number}")
    clock.advance(5 * MINUTE)
    assert wake(workspace).jobs == 10
    assert sorted(job.schedule_id for job in jobs(workspace)) == list(range(1, 11))


def test_an_overlap_of_skip_is_judged_for_each_due_time(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "* * * * *", command={"overlap": "skip"})
    for _ in range(3):
        clock.advance(MINUTE)
        wake(workspace)
    assert len(jobs(workspace)) == 1
    assert [f"{skip.due_at:%H:%M}" for skip in skips(workspace)] == ["06:02", "06:03"]
    assert all("the overlap policy is skip" in skip.reason for skip in skips(workspace))


def test_a_cron_follows_its_zone_through_a_change_of_dst(workspace: Workspace, clock: FakeClock) -> None:
    clock.set(datetime(2026, 3, 28, 12, 0, tzinfo=UTC))
    make_schedule(workspace, "30 2 * * *", timezone="Europe/Berlin")
    assert link(workspace)[1] == datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "02:30 is skipped: at once after the gap"
    clock.set(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
    assert wake(workspace).jobs == 1
    assert link(workspace)[1] == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


def test_system_means_the_zone_that_is_handed_in(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 8 * * *", timezone="system")
    clock.advance(timedelta(hours=2))
    Dispatcher(workspace.database).wake(clock.now(), ZoneInfo("UTC"))
    assert due_times(workspace) == ["08:00:00"]


def test_two_dispatchers_in_two_threads_make_each_job_once(workspace: Workspace, clock: FakeClock) -> None:
    for number in range(20):
        make_schedule(workspace, "* * * * *", name=f"s{number}", catch_up="all", catch_up_limit=5)
    made = []
    for _ in range(5):
        clock.advance(MINUTE)
        barrier = threading.Barrier(3)

        def look(barrier: threading.Barrier = barrier) -> None:
            barrier.wait(10)
            made.append(wake(workspace).jobs)

        threads = [threading.Thread(target=look) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert sum(made) == 100
    found = Counter((job.schedule_id, job.due_at) for job in jobs(workspace))
    assert len(found) == 100
    assert set(found.values()) == {1}


def test_dispatchers_in_several_processes_make_each_job_once(workspace: Workspace, clock: FakeClock) -> None:
    for number in range(30):
        make_schedule(workspace, "* * * * *", name=f"s{number}", catch_up="all", environments=["a", "b"])
    code = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo
from core.dispatch.dispatcher import Dispatcher
from core.workspace import Workspace

now = datetime.fromisoformat(sys.argv[2])
with Workspace(Path(sys.argv[1])) as workspace:
    dispatcher = Dispatcher(workspace.database)
    print("ready", flush=True)
    sys.stdin.readline()
    print(sum(dispatcher.wake(now + timedelta(minutes=n), ZoneInfo("UTC")).jobs for n in range(1, 6)))
"""
    argv = [sys.executable, "-c", code, str(workspace.folder.root), clock.now().isoformat()]
    processes = [
        subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0] for process in processes]
    assert sum(map(int, answers)) == 30 * 2 * 5
    found = Counter((job.schedule_id, job.environment_id, job.due_at) for job in jobs(workspace))
    assert len(found) == 300
    assert set(found.values()) == {1}


def test_the_due_key_holds_even_where_the_watermark_was_lost(workspace: Workspace, clock: FakeClock) -> None:
    """The second net: had a copy of the catalog been put back, the jobs that were made are still known."""
    make_schedule(workspace)
    before = link(workspace)
    clock.advance(5 * MINUTE)
    wake(workspace)
    from core.model import ScheduleCron

    workspace.database.write(
        lambda tx: tx.connection.execute(update(ScheduleCron).values(watermark_at=before[0], next_due_at=before[1]))
    )
    assert wake(workspace).jobs == 0
    assert len(jobs(workspace)) == 1


def test_a_schedule_may_name_the_same_command_as_another(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, name="s")
    workspace.catalog.create(ScheduleSpec(name="t", command="s command", crons=("s cron 0",)))
    clock.advance(5 * MINUTE)
    assert wake(workspace).jobs == 2
