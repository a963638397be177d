"""Pruning: by age and by number, never what is unfinished, and outputs along with their jobs."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import NotFoundError
from core.execution.outcome import Failed, Succeeded
from core.output.files import INDEX_SUFFIX, beside, create_file
from core.output.index import Stream
from core.output.spool import INLINE_LIMIT_US, Spool
from core.queue.jobs import Finished, OutputFacts
from core.queue.retention import CHUNK, Retention
from core.settings import OUTPUT_PACK_DAYS, RETENTION_DAYS, RETENTION_JOBS_PER_COMMAND, RETENTION_OUTPUT_BYTES
from core.workspace import Workspace
from tests.core.queue.helpers import claim, finish, insert_finished, kinds, open_queue, put, start, states
from tests.support import FakeClock

DAY = timedelta(days=1)
BY_AGE = Retention(age=30 * DAY, jobs_per_command=0)


def count(workspace: Workspace, table: str) -> int:
    with workspace.database.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_what_finished_too_long_ago_goes_with_its_events(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    old = put(workspace)
    finish(workspace, *claim(workspace))
    clock.advance(timedelta(microseconds=1))
    young = put(workspace)
    finish(workspace, *claim(workspace))
    clock.advance(30 * DAY)
    pruned = workspace.queue.prune(BY_AGE).result()
    assert (pruned.job_ids, pruned.more) == ([old], False)
    assert kinds(workspace, old) == []
    assert kinds(workspace, young) == ["queued", "succeeded"]


def test_nothing_unfinished_is_pruned_however_old(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    put(workspace, scheduled_at=clock.now() + 1000 * DAY)
    put(workspace, max_attempts=2, priority=-1)
    put(workspace)
    retryable, _executing = claim(workspace)
    finish(workspace, retryable, outcome=Failed(1))
    put(workspace)
    before = states(workspace)
    assert before == ["scheduled", "retryable", "executing", "available"]
    clock.advance(500 * DAY)
    limits = Retention(age=timedelta(microseconds=1), jobs_per_command=1)
    assert workspace.queue.prune(limits).result().job_ids == []
    assert states(workspace) == before


def test_each_command_keeps_its_newest_jobs(workspace: Workspace, clock: FakeClock) -> None:
    now = clock.now()
    first = insert_finished(workspace, 5, at=now, command_id=1)
    second = insert_finished(workspace, 2, at=now, command_id=2)
    third = insert_finished(workspace, 4, at=now, command_id=9)
    pruned = workspace.queue.prune(Retention(age=30 * DAY, jobs_per_command=3)).result()
    assert sorted(pruned.job_ids) == [*first[:2], third[0]]
    assert count(workspace, "jobs") == 8
    assert second


def test_a_limit_of_zero_keeps_everything(workspace: Workspace, clock: FakeClock) -> None:
    insert_finished(workspace, 5, at=clock.now())
    clock.advance(1000 * DAY)
    assert workspace.queue.prune(Retention(age=None, jobs_per_command=0)).result().job_ids == []
    workspace.settings.set(RETENTION_DAYS, 0)
    workspace.settings.set(RETENTION_JOBS_PER_COMMAND, 0)
    assert workspace.housekeeper().prune() == 0


def test_much_is_pruned_in_small_steps_by_both_rules(workspace: Workspace, clock: FakeClock) -> None:
    insert_finished(workspace, CHUNK + 100, at=clock.now())
    clock.advance(31 * DAY)
    insert_finished(workspace, CHUNK + 300, at=clock.now())
    limits = Retention(age=30 * DAY, jobs_per_command=10)
    steps = []
    more = True
    while more:
        step = workspace.queue.prune(limits).result()
        steps.append(len(step.job_ids))
        more = step.more
    assert max(steps) == CHUNK
    assert sum(steps) == 2 * CHUNK + 400 - 10
    assert count(workspace, "jobs") == 10


def test_housekeeping_deletes_the_outputs_with_the_jobs(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    folder = workspace.folder.output
    for _ in range(2):
        put(workspace)
    inline, large = claim(workspace)
    workspace.outputs.save_many([(inline.id, 1, b"hello", b"")])
    descriptor, path = create_file(folder, large.id, 1)
    os.close(descriptor)
    beside(path, INDEX_SUFFIX).write_bytes(b"")
    ends = [
        Finished(job=inline, outcome=Succeeded(), at=clock.now(), output=OutputFacts(5, 0, "inline")),
        Finished(
            job=large,
            outcome=Succeeded(),
            at=clock.now(),
            output=OutputFacts(5, 0, path.relative_to(folder).as_posix()),
        ),
    ]
    workspace.queue.record(1, finished=ends).result()
    assert workspace.housekeeper().prune() == 0
    clock.advance(91 * DAY)
    assert workspace.housekeeper().prune() == 2
    assert workspace.outputs.load(inline.id, 1) is None
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_the_output_of_a_lost_attempt_goes_with_its_job(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    job = put(workspace)
    claim(workspace, 77)
    descriptor, path = create_file(workspace.folder.output, job, 1)
    os.close(descriptor)
    workspace.queue.rescue().result()
    clock.advance(91 * DAY)
    assert workspace.housekeeper().prune() == 1
    assert not path.exists()


def test_the_oldest_outputs_go_when_all_together_are_too_large(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace, limit=1)
    folder = workspace.folder.output
    paths = []
    for _ in range(3):
        put(workspace)
        (job,) = claim(workspace)
        descriptor, path = create_file(folder, job.id, 1)
        os.write(descriptor, b"x" * 40_000)
        os.close(descriptor)
        paths.append(path)
        output = OutputFacts(40_000, 0, path.relative_to(folder).as_posix())
        workspace.queue.record(
            1, finished=[Finished(job=job, outcome=Succeeded(), at=clock.now(), output=output)]
        ).result()
        clock.advance(timedelta(minutes=1))
    assert workspace.housekeeper().trim_outputs() == 0
    workspace.settings.set(RETENTION_OUTPUT_BYTES, 100_000)
    assert workspace.housekeeper().trim_outputs() == 1
    assert [path.exists() for path in paths] == [False, True, True]
    assert states(workspace) == ["completed"] * 3
    assert workspace.runs.get(1).stdout_bytes == 40_000
    assert workspace.housekeeper().trim_outputs() == 0


def test_a_run_whose_output_was_deleted_says_when_and_why(workspace: Workspace, clock: FakeClock) -> None:
    job_id, path = finished_output(workspace, clock, b"x" * 200_000)
    clock.advance(DAY)
    workspace.settings.set(RETENTION_OUTPUT_BYTES, 100_000)
    assert workspace.housekeeper().trim_outputs() == 1
    assert not path.exists()
    assert workspace.runs.get(job_id).stdout_bytes == 200_000
    day = clock.now().date().isoformat()
    with pytest.raises(NotFoundError, match=f"deleted on {day} to save space"):
        workspace.output(job_id)
    assert workspace.housekeeper().trim_outputs() == 0
    clock.advance(91 * DAY)
    assert workspace.housekeeper().prune() == 1


def test_outputs_of_runs_that_ended_long_ago_are_packed_and_read_as_before(
    workspace: Workspace, clock: FakeClock
) -> None:
    text = b"".join(b"%09d line\n" % number for number in range(40_000))
    job_id, path = finished_output(workspace, clock, text)
    clock.advance(6 * DAY)
    _, young = finished_output(workspace, clock, text)
    clock.advance(DAY)
    put(workspace)
    (running,) = claim(workspace)
    descriptor, living = create_file(workspace.folder.output, running.id, 1)
    os.write(descriptor, text)
    os.close(descriptor)
    clock.advance(timedelta(seconds=1))
    workspace.settings.set(OUTPUT_PACK_DAYS, 0)
    assert workspace.housekeeper().pack_outputs() == 0
    workspace.settings.reset(OUTPUT_PACK_DAYS)
    halted = workspace.housekeeper()
    halted.halt()
    assert halted.pack_outputs() == 0
    assert workspace.housekeeper().pack_outputs() == 1
    assert [each.exists() for each in (path, young, living)] == [False, True, True]
    with workspace.output(job_id) as reader:
        assert reader.read(0, reader.size()) == text
    assert workspace.housekeeper().pack_outputs() == 0
    # What is packed counts with the room that it takes.
    workspace.settings.set(RETENTION_OUTPUT_BYTES, 2 * len(text) + 200_000)
    assert workspace.housekeeper().trim_outputs() == 0
    workspace.settings.set(RETENTION_OUTPUT_BYTES, 2 * len(text) + 1000)
    assert workspace.housekeeper().trim_outputs() == 1
    assert [each.exists() for each in (young, living)] == [True, True]
    assert not list(path.parent.glob(f"{path.name}*"))


def test_the_tail_that_a_lost_attempt_left_is_put_to_its_head(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    job_id = put(workspace)
    claim(workspace, 77)
    out = Spool(workspace.folder.output, job_id, 1, limit_bytes=1000, started_at_us=0)
    out.write(Stream.STDOUT, b"%09d\n" * 500 % tuple(range(500)), INLINE_LIMIT_US)
    left = {each: each.read_bytes() for each in workspace.folder.output.rglob("*.log*")}
    out.close()
    for each, data in left.items():
        each.write_bytes(data)
    workspace.housekeeper().pack_outputs()
    assert all(each.exists() for each in left)
    workspace.queue.rescue().result()
    assert workspace.runs.get(job_id).stdout_bytes == 5000
    clock.advance(timedelta(seconds=1))
    workspace.housekeeper().pack_outputs()
    with workspace.output(job_id) as reader:
        text = reader.read(0, 5000)
    assert (text[:10], text[-10:]) == (b"000000000\n", b"000000499\n")
    assert b"4,000 bytes are missing here" in text
    assert not list(workspace.folder.output.rglob("*.tail*"))


@pytest.mark.expects_log
def test_one_output_that_cant_be_packed_keeps_no_other_from_it(
    workspace: Workspace, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    bad, *good = [finished_output(workspace, clock, b"x" * 20_000)[1] for _ in range(3)]
    # Where the packed one would be written first there is a folder.
    beside(bad, ".gz.part").mkdir()
    clock.advance(30 * DAY)
    assert workspace.housekeeper().pack_outputs() == 2
    assert [each.exists() for each in (bad, *good)] == [True, False, False]
    (record,) = caplog.records
    assert f"{bad} can't be compressed" in record.getMessage()
    beside(bad, ".gz.part").rmdir()
    assert workspace.housekeeper().pack_outputs() == 1


def test_outputs_of_no_job_are_swept_after_a_day(
    workspace: Workspace, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    _, kept = finished_output(workspace, clock, b"x" * 20_000)
    workspace.outputs.save_many([(1, 1, b"hello", b""), (2, 1, b"hello", b""), (3, 1, b"hello", b"")])
    put(workspace)
    place = kept.parent
    names = ["9-1.log", "9-1.log.idx", "9-2-3.log.gz", "9-2-3.log.idx.gz", "9-3.log.tail", "9-3.log.tail.idx"]
    litter = [place / name for name in [*names, "9-3.log.gz.part"]]
    foreign = place / "9-notes.txt"
    for path in (*litter, foreign):
        path.write_bytes(b"x")
    for path in (kept, *litter, foreign):
        moment = (clock.now() - DAY).timestamp()
        os.utime(path, (moment, moment))
    assert [workspace.housekeeper().sweep_outputs(), [each.exists() for each in litter]] == [1, [True] * 7]
    assert [bool(workspace.outputs.load(number, 1)) for number in (1, 2, 3)] == [True, True, False]
    clock.advance(timedelta(seconds=1))
    halted = workspace.housekeeper()
    halted.halt()
    assert halted.sweep_outputs() == 0
    workspace.housekeeper().keep_house()
    assert [each.exists() for each in (kept, foreign, *litter)] == [True, True, *([False] * 7)]
    assert "Deleted 7 outputs that belonged to no job" in caplog.messages


@pytest.mark.expects_log
def test_an_output_of_no_job_that_cant_be_deleted_is_told_and_keeps_no_other(
    workspace: Workspace, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    place = workspace.folder.output / "0000"
    (place / "9-1.log").mkdir(parents=True)
    (place / "9-2.log").write_bytes(b"x")
    for path in place.iterdir():
        os.utime(path, (0, 0))
    assert workspace.housekeeper().sweep_outputs() == 1
    assert [each.name for each in place.iterdir()] == ["9-1.log"]
    assert "9-1.log belongs to no job and can't be deleted" in caplog.text


def finished_output(workspace: Workspace, clock: FakeClock, text: bytes) -> tuple[int, Path]:
    """Return a job that has finished with an output in a file, and the file."""
    open_queue(workspace)
    put(workspace)
    (job,) = claim(workspace)
    descriptor, path = create_file(workspace.folder.output, job.id, 1)
    os.write(descriptor, text)
    os.close(descriptor)
    output = OutputFacts(len(text), 0, path.relative_to(workspace.folder.output).as_posix())
    end = Finished(job=job, outcome=Succeeded(), at=clock.now(), output=output)
    workspace.queue.record(1, finished=[end]).result()
    return job.id, path


def test_plans_go_with_the_last_job_that_ran_them(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    put(workspace)
    jobs = claim(workspace)
    start(workspace, *jobs)
    finish(workspace, *jobs)
    assert workspace.queue.prune_plans().result() == 0
    clock.advance(91 * DAY)
    workspace.housekeeper().prune()
    assert count(workspace, "plans") == 0
    put(workspace)
    jobs = claim(workspace)
    start(workspace, *jobs)
    assert workspace.runs.plan(jobs[0].id) == {"argv": ["true"]}


def test_a_housekeeper_that_is_halted_leaves_the_rest_for_later(workspace: Workspace, clock: FakeClock) -> None:
    insert_finished(workspace, 3, at=clock.now() - 400 * DAY)
    halted = workspace.housekeeper()
    halted.halt()
    assert halted.prune() == 0
    assert workspace.housekeeper().prune() == 3
