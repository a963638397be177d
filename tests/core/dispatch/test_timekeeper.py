"""The APScheduler thread with real threads: it rings in time, survives failures, and notices what time did."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.changes import Changes
from core.clock import Clock, SystemClock
from core.dispatch import timekeeper as timekeeping
from core.dispatch.dispatcher import Dispatched, Dispatcher
from core.dispatch.timekeeper import Timekeeper
from core.errors import StorageBusyError
from core.queue.pauses import open_pause
from core.queue.scopes import PauseScope
from core.timing.flow import Flow
from core.workspace import Workspace
from tests.core.dispatch.helpers import due_times, jobs, link, make_schedule, observed, skips
from tests.support import FakeClock, wait_until

HOUR = timedelta(hours=1)


class Watched(Dispatcher):
    """A dispatcher whose wakings can be counted, held and made to fail."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.database)
        self.wakings = 0
        self.failures = 0
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.stopwatch = threading.Event()

    def wake(self, now: datetime, zone: ZoneInfo, *, flow: Flow | None = None) -> Dispatched:
        self.entered.set()
        assert self.gate.wait(20)
        if self.failures:
            self.failures -= 1
            raise StorageBusyError("The disk is full.")
        answer = super().wake(now, zone, flow=flow)
        self.wakings += 1
        return answer


Start = Callable[..., tuple[Timekeeper, Watched]]


@pytest.fixture
def start(workspace: Workspace) -> Iterator[Start]:
    """Return a function that starts a timekeeper, which is stopped after the test."""
    with ExitStack() as stack:

        def begin(
            *, clock: Clock | None = None, beat: Callable[[], object] | None = None
        ) -> tuple[Timekeeper, Watched]:
            dispatcher = Watched(workspace)
            keeper = Timekeeper(
                database=workspace.database,
                dispatcher=dispatcher,
                clock=clock or workspace.clock,
                publisher=workspace.changes,
                beat=beat or (lambda: None),
                housekeep=lambda: None,
            )
            keeper.start()
            stack.callback(keeper.stop)
            return keeper, dispatcher

        yield begin


def after_next_waking(keeper: Timekeeper, dispatcher: Watched) -> None:
    """Poke and wait until the waking that follows is over."""
    seen = dispatcher.wakings
    keeper.poke()
    wait_until(lambda: dispatcher.wakings > seen)


def test_it_rings_at_each_due_time_of_the_real_clock(data_folder: Path) -> None:
    with Workspace(data_folder) as workspace:
        make_schedule(workspace, "* * * * * *")
        keeper = workspace.timekeeper(workspace.queue.register_agent("agent").result())
        keeper.start()
        try:
            wait_until(lambda: len(jobs(workspace)) >= 3)
        finally:
            keeper.stop()
        dues = [job.due_at for job in jobs(workspace)]
        assert dues == [dues[0] + timedelta(seconds=number) for number in range(len(dues))]
        assert all(job.created_at >= job.due_at for job in jobs(workspace))


def test_it_rings_at_the_end_of_a_pause_and_what_lies_behind_it_runs(data_folder: Path) -> None:
    with Workspace(data_folder) as workspace:
        schedule = make_schedule(workspace, "* * * * * *")
        scope = PauseScope.schedule(schedule)
        until = workspace.clock.now() + timedelta(seconds=1.5)
        pause = workspace.queue.pause(scope, until=until, origin="the user").result()
        keeper = workspace.timekeeper(workspace.queue.register_agent("agent").result())
        keeper.start()
        try:
            wait_until(lambda: any(job.due_at >= until for job in jobs(workspace)))
        finally:
            keeper.stop()
        with workspace.database.reading() as connection:
            assert open_pause(connection, pause.started_at, scope) is None, "somebody noted that it is over"
        dues = [job.due_at for job in jobs(workspace) if job.due_at > pause.started_at]
        assert dues[0] >= until
        (left_out,) = skips(workspace)
        assert pause.started_at < left_out.due_at < until
        assert left_out.skipped_count in {1, 2}


def test_the_first_waking_comes_at_once_and_beats(start: Start) -> None:
    beaten = threading.Event()
    start(beat=beaten.set)
    assert beaten.wait(10)


def test_a_new_schedule_is_noticed_without_waiting(workspace: Workspace, clock: FakeClock, start: Start) -> None:
    _, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    seen = dispatcher.wakings
    make_schedule(workspace)
    wait_until(lambda: dispatcher.wakings > seen)


def test_what_does_not_concern_time_wakes_nobody(workspace: Workspace, start: Start) -> None:
    _, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    seen = dispatcher.wakings
    workspace.changes.publish(Changes(jobs=True, claimable=True, agents=True, queues=True))
    workspace.changes.publish(Changes(due_times=True))
    wait_until(lambda: dispatcher.wakings > seen)
    assert dispatcher.wakings == seen + 1


@pytest.mark.expects_log
def test_it_survives_a_dispatcher_that_fails(
    workspace: Workspace,
    clock: FakeClock,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(timekeeping, "_AFTER_FAILURE", timedelta(milliseconds=20))
    make_schedule(workspace)
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    clock.advance(timedelta(minutes=5))
    dispatcher.failures = 3
    keeper.poke()
    wait_until(lambda: jobs(workspace))
    assert due_times(workspace) == ["06:05:00"]
    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(failures) == 3
    assert "tried again: The disk is full." in failures[0].getMessage()


@pytest.mark.expects_log
def test_a_step_of_the_clock_is_not_forgotten_because_the_first_try_failed(
    workspace: Workspace, clock: FakeClock, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timekeeping, "_AFTER_FAILURE", timedelta(milliseconds=20))
    make_schedule(workspace, "0 * * * *", catch_up="all")
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    dispatcher.failures = 2
    clock.step(10 * HOUR)
    keeper.poke()
    wait_until(lambda: [what for what, _ in observed(workspace)].count("clock-step") == 1)
    assert jobs(workspace) == []


@pytest.mark.expects_log
def test_failing_is_not_taken_for_sleeping(
    workspace: Workspace, clock: FakeClock, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timekeeping, "_AFTER_FAILURE", timedelta(milliseconds=5))
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    for _ in range(3):
        dispatcher.failures = 1
        clock.advance(timedelta(seconds=20))
        keeper.poke()
        wait_until(lambda: dispatcher.failures == 0)
    after_next_waking(keeper, dispatcher)
    assert "slept" not in [what for what, _ in observed(workspace)]


def test_a_poke_during_a_waking_is_not_lost(workspace: Workspace, start: Start) -> None:
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    dispatcher.gate.clear()
    dispatcher.entered.clear()
    keeper.poke()
    assert dispatcher.entered.wait(10)
    seen = dispatcher.wakings
    keeper.poke()
    dispatcher.gate.set()
    wait_until(lambda: dispatcher.wakings >= seen + 2)


def test_a_flood_of_pokes_makes_few_wakings_and_no_complaint(workspace: Workspace, start: Start) -> None:
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    dispatcher.gate.clear()
    dispatcher.entered.clear()
    keeper.poke()
    assert dispatcher.entered.wait(10)
    seen = dispatcher.wakings

    def poke_much() -> None:
        for _ in range(60):
            keeper.poke()
            dispatcher.stopwatch.wait(0.005)  # APScheduler's thread looks in between

    pokers = [threading.Thread(target=poke_much) for _ in range(3)]
    for poker in pokers:
        poker.start()
    for poker in pokers:
        poker.join(20)
    dispatcher.gate.set()
    wait_until(lambda: dispatcher.wakings >= seen + 2)
    after_next_waking(keeper, dispatcher)
    assert dispatcher.wakings <= seen + 5


def test_stopping_during_a_waking_waits_for_it_and_ends_the_threads(workspace: Workspace, start: Start) -> None:
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    dispatcher.gate.clear()
    dispatcher.entered.clear()
    keeper.poke()
    assert dispatcher.entered.wait(10)
    stopping = threading.Thread(target=keeper.stop)
    stopping.start()
    keeper.poke()
    dispatcher.gate.set()
    stopping.join(20)
    assert not stopping.is_alive()
    names = {thread.name for thread in threading.enumerate()}
    assert not {name for name in names if "APScheduler" in name or "ThreadPool" in name}
    seen = dispatcher.wakings
    keeper.poke()
    workspace.changes.publish(Changes(due_times=True))
    keeper.stop()
    assert dispatcher.wakings == seen


def test_stopping_while_the_next_waking_is_armed_does_not_lock(
    workspace: Workspace, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """APScheduler shuts down under the lock that arming needs, and waits there for the waking that arms."""
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    arming, original = threading.Event(), keeper._scheduler.modify_job

    def slowly(*args: object, **values: object) -> None:
        if threading.current_thread().name.startswith("ThreadPool"):
            arming.set()
            threading.Event().wait(0.2)
        original(*args, **values)

    monkeypatch.setattr(keeper._scheduler, "modify_job", slowly)
    keeper.poke()
    assert arming.wait(10)
    stopping = threading.Thread(target=keeper.stop, daemon=True)
    stopping.start()
    stopping.join(20)
    assert not stopping.is_alive()


def test_many_starts_and_stops_leave_nothing(workspace: Workspace, clock: FakeClock) -> None:
    agent = workspace.queue.register_agent("agent").result()
    for _ in range(20):
        keeper = workspace.timekeeper(agent)
        keeper.start()
        keeper.poke()
        keeper.stop()
    assert not [thread for thread in threading.enumerate() if "APScheduler" in thread.name]


def test_a_sleep_is_recorded_and_its_due_times_are_missed(workspace: Workspace, clock: FakeClock, start: Start) -> None:
    make_schedule(workspace, "0 * * * *")
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    clock.sleep(8 * HOUR + timedelta(minutes=10))
    after_next_waking(keeper, dispatcher)
    assert ("slept", {"seconds": 29400}) in observed(workspace)
    assert due_times(workspace) == ["14:00:00"]
    assert [skip.skipped_count for skip in skips(workspace)] == [7]
    assert "clock-step" not in [what for what, _ in observed(workspace)]


def test_a_step_forward_of_hours_is_a_correction(workspace: Workspace, clock: FakeClock, start: Start) -> None:
    make_schedule(workspace, "0 * * * *")
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    clock.step(5 * HOUR)
    after_next_waking(keeper, dispatcher)
    assert [what for what, _ in observed(workspace)].count("clock-step") == 1
    assert (jobs(workspace), skips(workspace)) == ([], [])
    after_next_waking(keeper, dispatcher)
    assert [what for what, _ in observed(workspace)].count("clock-step") == 1


def test_a_change_of_zone_is_recorded_and_moves_what_follows_it(
    workspace: Workspace, clock: FakeClock, start: Start
) -> None:
    schedule = make_schedule(workspace, "0 12 * * *", timezone="system")
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    clock.move_to("America/New_York")
    after_next_waking(keeper, dispatcher)
    wait_until(lambda: link(workspace, schedule)[1] == datetime(2026, 11, 24, 17, 0, tzinfo=UTC))
    assert observed(workspace)[-1] == ("zone-changed", {"before": "UTC", "after": "America/New_York"})


def test_what_was_due_before_a_change_of_zone_runs_by_the_old_one(
    workspace: Workspace, clock: FakeClock, start: Start
) -> None:
    make_schedule(workspace, "0 12 * * *", timezone="system")
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    clock.advance(6 * HOUR)
    clock.move_to("America/New_York")
    after_next_waking(keeper, dispatcher)
    assert due_times(workspace) == ["12:00:00"]


def test_a_corrected_clock_and_a_new_zone_at_once_catch_nothing_up(
    workspace: Workspace, clock: FakeClock, start: Start
) -> None:
    make_schedule(workspace, "0 * * * *", timezone="system", catch_up="all")
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    clock.step(24 * HOUR)
    clock.move_to("Europe/Berlin")
    after_next_waking(keeper, dispatcher)
    wait_until(lambda: [what for what, _ in observed(workspace)].count("zone-changed") == 2)
    after_next_waking(keeper, dispatcher)
    assert jobs(workspace) == []
    assert [what for what, _ in observed(workspace)].count("clock-step") == 1


def test_a_waking_that_was_planned_before_the_clock_went_back_is_not_waited_for(
    workspace: Workspace, start: Start
) -> None:
    """After a step back by hours, APScheduler's next run lies hours ahead of the wall clock."""
    keeper, dispatcher = start()
    wait_until(lambda: dispatcher.wakings >= 1)
    seen = dispatcher.wakings
    keeper._scheduler.modify_job("wake", next_run_time=datetime.now(UTC) + 3 * HOUR)
    keeper._scheduler.wakeup()
    wait_until(lambda: dispatcher.wakings > seen)


def test_the_real_clock_answers_everything_the_timekeeper_asks(start: Start) -> None:
    _, dispatcher = start(clock=SystemClock())
    wait_until(lambda: dispatcher.wakings >= 1)
