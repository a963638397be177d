"""Whatever is done to the queue in whatever order, its promises hold."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, update

from core.catalog.specs import QueueSpec
from core.errors import ConflictError
from core.execution.outcome import Cancelled, CouldNotStart, Failed, Outcome, Signalled, Succeeded, TimedOut
from core.model import Job
from core.queue.enqueue import enqueue
from core.queue.jobs import ClaimedJob, Finished, NewJob, Started
from core.queue.rows import EVENTS, JOBS
from core.queue.states import FINISHED, LIVE, JobState, Origin, Overlap
from core.workspace import Workspace
from tests.core.queue.helpers import END_KINDS
from tests.support import FakeClock

LIMITS = {"default": 2, "net": 1}
OUTCOMES: list[Outcome] = [
    Succeeded(),
    Failed(1),
    Signalled(9),
    TimedOut(timedelta(minutes=1)),
    Cancelled("the user"),
    CouldNotStart("no such program", permanent=True),
    CouldNotStart("the keyring is locked"),
]
LIVING, DEAD = 1, 2  # agents: one that runs, one of which nothing is left


class QueueMachine(RuleBasedStateMachine):
    """Drives one queue; `claimed` are the attempts that an agent believes it runs, also those that were taken away."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="clockhand-queue-"))
        shutil.copyfile(self.template, self.folder / "clockhand.db")
        self.clock = FakeClock()
        self.workspace = Workspace(self.folder, clock=self.clock)
        self.queue = self.workspace.queue
        self.claimed: list[ClaimedJob] = []
        self.limits = dict(LIMITS)

    def teardown(self) -> None:
        self.workspace.close()
        shutil.rmtree(self.folder)

    @initialize()
    def make_queues(self) -> None:
        for name, limit in LIMITS.items():
            self.workspace.catalog.put_queue(QueueSpec(name=name, limit=limit))
        assert self.queue.register_agent("agent").result() == LIVING

    @rule(
        command_id=st.integers(1, 2),
        environment_id=st.sampled_from([None, 1]),
        overlap=st.sampled_from(Overlap),
        priority=st.integers(-1, 1),
        queue=st.sampled_from(sorted(LIMITS)),
        group=st.sampled_from([None, None, "disk"]),
        max_attempts=st.integers(1, 3),
        ahead_s=st.sampled_from([0, 0, 0, 60]),
        due_key=st.sampled_from([None, "1", "2", "3"]),
    )
    def put(
        self,
        *,
        command_id: int,
        environment_id: int | None,
        overlap: Overlap,
        priority: int,
        queue: str,
        group: str | None,
        max_attempts: int,
        ahead_s: int,
        due_key: str | None,
    ) -> None:
        now = self.clock.now()
        new = NewJob(
            command_id=command_id,
            command_name=f"command {command_id}",
            environment_id=environment_id,
            scheduled_at=now + timedelta(seconds=ahead_s),
            origin=Origin.MANUAL,
            queue=queue,
            priority=priority,
            overlap=overlap,
            concurrency_group=group,
            max_attempts=max_attempts,
            due_key=due_key,
        )
        known = due_key in {row["due_key"] for row in self.rows()}
        enqueued = self.workspace.database.write(lambda tx: enqueue(tx, new, now))
        assert (enqueued is None) == (due_key is not None and known)

    @rule(agent=st.sampled_from([LIVING, LIVING, DEAD]))
    def claim(self, agent: int) -> None:
        before = self.rows()
        jobs = self.queue.claim(agent).result()
        waiting = {row["id"] for row in before if row["state"] == JobState.AVAILABLE}
        assert {job.id for job in jobs} <= waiting
        self.claimed += jobs

    @precondition(lambda self: self.rows())
    @rule(data=st.data())
    def claim_one(self, data: st.DataObject) -> None:
        self.claimed += self.queue.claim_job(self.some_id(data), LIVING).result() if self.has_room() else []

    @precondition(lambda self: self.claimed)
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(self.claimed))
        started = Started(
            job_id=job.id,
            attempt=job.attempt,
            at=self.clock.now(),
            pid=4_000_000,
            process_started_at=None,
            plan={"argv": ["true"]},
        )
        self.queue.record(LIVING, started=[started]).result()

    @precondition(lambda self: self.claimed)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), forget=st.booleans())
    def finish(self, data: st.DataObject, outcome: Outcome, forget: bool) -> None:
        job = data.draw(st.sampled_from(self.claimed))
        row = self.row(job.id)
        mine = row["state"] == JobState.EXECUTING and row["attempt"] == job.attempt
        answer = self.queue.record(LIVING, finished=[Finished(job=job, outcome=outcome, at=self.clock.now())]).result()
        assert (job.id in answer) == mine
        if forget:
            self.claimed.remove(job)

    @precondition(lambda self: self.claimed)
    @rule(data=st.data())
    def snooze(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(self.claimed))
        self.queue.snooze(job, until=self.clock.now() + timedelta(seconds=30), reason="not now").result()
        self.claimed.remove(job)

    @precondition(lambda self: self.rows())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job = self.some_id(data)
        live = self.row(job)["state"] in LIVE
        try:
            self.queue.cancel(job, by="the user").result()
        except ConflictError:
            assert not live
        else:
            assert live

    @rule(seconds=st.sampled_from([1, 30, 60, 7200]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @rule()
    def stage(self) -> None:
        self.queue.stage().result()
        now = self.clock.now()
        late = [row for row in self.rows() if row["state"] in {"scheduled", "retryable"} and row["scheduled_at"] <= now]
        assert late == []

    @rule()
    def rescue(self) -> None:
        self.queue.rescue().result()
        assert not [row for row in self.rows() if row["state"] == JobState.EXECUTING and row["agent_id"] == DEAD]

    @rule(name=st.sampled_from(sorted(LIMITS)), limit=st.integers(1, 3))
    def change_limit(self, name: str, limit: int) -> None:
        executing = sum(row["state"] == JobState.EXECUTING and row["queue"] == name for row in self.rows())
        if executing <= limit:
            self.workspace.catalog.put_queue(QueueSpec(name=name, limit=limit))
            self.limits[name] = limit

    def rows(self) -> list[dict[str, Any]]:
        with self.workspace.database.reading() as connection:
            return [dict(row) for row in connection.execute(select(JOBS).order_by(JOBS.c.id)).mappings()]

    def row(self, job_id: int) -> dict[str, Any]:
        return next(row for row in self.rows() if row["id"] == job_id)

    def some_id(self, data: st.DataObject) -> int:
        job_id: int = data.draw(st.sampled_from([row["id"] for row in self.rows()]))
        return job_id

    def has_room(self) -> bool:
        executing = Counter(row["queue"] for row in self.rows() if row["state"] == JobState.EXECUTING)
        return all(executing[name] < limit for name, limit in self.limits.items())

    @invariant()
    def the_promises_hold(self) -> None:
        with self.workspace.database.reading() as connection:
            rows = [dict(row) for row in connection.execute(select(JOBS).order_by(JOBS.c.id)).mappings()]
            events = connection.execute(select(EVENTS).order_by(EVENTS.c.id)).all()
        executing = [row for row in rows if row["state"] == JobState.EXECUTING]
        check_no_limit_is_passed(executing, self.limits)
        check_one_of_a_turn_executes(executing)
        check_no_due_time_has_two_jobs(rows)
        stories: dict[int, list[Any]] = {}
        for event in events:
            stories.setdefault(event.job_id, []).append(event)
        for row in rows:
            check_row(row)
            check_story(row, stories[row["id"]])


def check_no_limit_is_passed(executing: list[dict[str, Any]], limits: dict[str, int]) -> None:
    counts = Counter(row["queue"] for row in executing)
    assert all(counts[name] <= limit for name, limit in limits.items())


def check_one_of_a_turn_executes(executing: list[dict[str, Any]]) -> None:
    turns = Counter(row["turn_key"] for row in executing if row["turn_key"])
    assert all(count == 1 for count in turns.values())


def check_no_due_time_has_two_jobs(rows: list[dict[str, Any]]) -> None:
    keys = [row["due_key"] for row in rows if row["due_key"]]
    assert len(keys) == len(set(keys))


def check_row(row: dict[str, Any]) -> None:
    assert 0 <= row["attempt"] <= row["max_attempts"]
    assert (row["finished_at"] is not None) == (row["state"] in FINISHED)
    assert row["agent_id"] or row["state"] != JobState.EXECUTING


def check_story(row: dict[str, Any], story: list[Any]) -> None:
    """Compare a job with its events: one beginning, one end if it has ended, and each attempt once."""
    ends = [event for event in story if event.kind in END_KINDS and event.next_attempt_at is None]
    assert story[0].kind in {"queued", "skipped"}
    assert [event.kind for event in story].count("queued") <= 1
    assert len(ends) == (1 if row["state"] in FINISHED else 0)
    if ends:
        assert story[-1] is ends[0], "nothing happens after the end"
        assert ends[0].at == row["finished_at"]
        assert ends[0].reason == row["reason"]
        assert row["state"] == JobState.SKIPPED or ends[0].kind == row["outcome"]
    attempts = Counter(event.attempt for event in story if event.kind == "started")
    snoozes = sum(event.kind == "snoozed" for event in story)
    assert sum(attempts.values()) <= row["attempt"] + snoozes
    if row["state"] == JobState.RETRYABLE:
        assert story[-1].next_attempt_at == row["scheduled_at"]


@pytest.fixture
def template(empty_database: Path) -> None:
    QueueMachine.template = empty_database


@pytest.mark.usefixtures("template")
class TestQueue(QueueMachine.TestCase):  # type: ignore[misc, valid-type]  # hypothesis makes the class
    settings = settings(max_examples=40, stateful_step_count=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))


def test_the_comparison_would_see_an_event_that_is_missing(workspace: Workspace) -> None:
    workspace.catalog.put_queue(QueueSpec(name="default", limit=1))
    from tests.core.queue.helpers import job_row, put

    job = put(workspace)
    workspace.database.write(lambda tx: tx.connection.execute(update(Job).values(state="completed")))
    with pytest.raises(AssertionError):
        check_story(job_row(workspace, job), list(workspace.runs.events(job)))
