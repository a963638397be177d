"""The search over all runs: real jobs with real outputs, wherever they lie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.catalog.specs import CommandSpec, EnvironmentSpec
from core.clock import to_micros
from core.execution.outcome import Failed
from core.history.runs import RunFilter
from core.output.aging import pack_output
from core.output.index import Stream
from core.output.spool import INLINE_LIMIT_US, Spool
from core.queue.states import JobState
from core.search import outputs, searching
from core.search.query import SearchQuery, SearchTextError
from core.search.searching import Hit, OutputSearch, Step
from core.workspace import Workspace
from tests.support import FakeClock
from tests.support.outputs import begin_run, print_and_end, printed


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def workspace(tmp_path: Path, clock: FakeClock) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data", clock=clock) as opened:
        yield opened


def steps(workspace: Workspace, text: str = "needle", **query: Any) -> list[Step]:
    search = OutputSearch(workspace.database, workspace.outputs, workspace.folder.output)
    return list(search.run(SearchQuery(text=text, **query)))


def found(workspace: Workspace, text: str = "needle", **query: Any) -> list[tuple[int, int, str]]:
    return [
        (hit.output.job_id, hit.line.number, hit.line.excerpt.text)
        for step in steps(workspace, text, **query)
        for hit in step.hits
    ]


def test_small_and_large_outputs_are_searched_the_newest_first(workspace: Workspace) -> None:
    old = printed(workspace, b"hay\nan old needle\n")
    file = printed(workspace, b"a needle in a file\nhay\nneedle", in_file=True)
    assert list(workspace.folder.output.rglob("*.log"))
    printed(workspace, b"nothing\n")
    new = printed(workspace, b"a new needle\n")
    assert found(workspace) == [
        (new, 1, "a new needle"),
        (file, 1, "a needle in a file"),
        (file, 3, "needle"),
        (old, 2, "an old needle"),
    ]


def test_a_compressed_output_is_searched_as_if_it_were_not(workspace: Workspace) -> None:
    lines = b"".join(b"line %d, and some more\n" % number for number in range(1, 40_001))
    printed(workspace, lines.replace(b"line 30000,", b"a needle \xff,"), in_file=True)
    before = [step.hits for step in steps(workspace) if step.hits]
    (path,) = workspace.folder.output.rglob("*.log")
    assert pack_output(path, may_go_on=lambda: True)
    assert not path.exists()
    assert [step.hits for step in steps(workspace) if step.hits] == before
    ((hit,),) = before
    assert (hit.line.number, hit.line.before) == (30_000, ("line 29999, and some more",))


@pytest.mark.parametrize("farthest", [0, 10_000])
def test_a_hit_says_which_stream_it_came_from_and_when(
    workspace: Workspace, clock: FakeClock, farthest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_FARTHEST_BYTES", farthest)
    job = begin_run(workspace)
    at = to_micros(clock.now())
    print_and_end(
        workspace,
        job,
        [(Stream.STDOUT, b"a needle\n"), (Stream.STDERR, b"another needle\n"), (Stream.STDOUT, b"hay\nneedle\n")],
        in_file=True,
    )
    hits = [hit for step in steps(workspace) for hit in step.hits]
    assert [(hit.stream, hit.at_us - at) for hit in hits] == [
        (Stream.STDOUT, INLINE_LIMIT_US),
        (Stream.STDERR, INLINE_LIMIT_US),
        (Stream.STDOUT, INLINE_LIMIT_US),
    ]
    assert (hits[0].output.command, hits[0].output.environment, hits[0].output.outcome) == ("print", None, "succeeded")


def test_every_attempt_is_searched(workspace: Workspace, clock: FakeClock) -> None:
    workspace.catalog.create(CommandSpec(name="again", run="true", shell="sh", max_attempts=2))
    job = begin_run(workspace, "again")
    print_and_end(workspace, job, [(Stream.STDOUT, b"first needle\n")], outcome=Failed(1))
    clock.advance(timedelta(days=1))
    workspace.queue.stage().result()
    (second,) = workspace.queue.claim(workspace.queue.register_agent("test").result()).result()
    print_and_end(workspace, second, [(Stream.STDOUT, b"second needle\n")])
    made = steps(workspace)
    hits = [hit for step in made for hit in step.hits]
    assert [(hit.output.attempt, hit.output.outcome) for hit in hits] == [(2, "succeeded"), (1, "failed")]
    # The sizes of the runs are those of their last attempts.
    assert made[-1].progress.done_bytes == made[-1].progress.total_bytes == len(b"second needle\n")


def test_a_run_that_prints_now_is_searched_as_far_as_it_is(workspace: Workspace, clock: FakeClock) -> None:
    job = begin_run(workspace)
    at = to_micros(clock.now())
    spool = Spool(workspace.folder.output, job.id, job.attempt, started_at_us=at)
    spool.write(Stream.STDOUT, b"the needle is not a whole line yet", at + INLINE_LIMIT_US)
    hits = [hit for step in steps(workspace) for hit in step.hits]
    assert [(hit.output.job_id, hit.output.outcome) for hit in hits] == [(job.id, None)]
    spool.close()


def test_what_a_run_past_its_limit_has_lost_is_stepped_over(workspace: Workspace, clock: FakeClock) -> None:
    job = begin_run(workspace)
    at = to_micros(clock.now())
    spool = Spool(workspace.folder.output, job.id, job.attempt, limit_bytes=2000, started_at_us=at)
    for number in range(10_000):
        spool.write(Stream.STDOUT, b"needle %6d\n" % number, at + INLINE_LIMIT_US + number)
    hits = [hit for step in steps(workspace, most_hits_per_output=1000) for hit in step.hits]
    with spool.live() as reader:
        assert reader.size() == 140_000
        assert [reader.read(hit.line.match_offset, 13) for hit in hits if len(hit.line.excerpt.text) == 13] == [
            hit.line.excerpt.text.encode() for hit in hits if len(hit.line.excerpt.text) == 13
        ]
        assert hits[0].line.excerpt.text == "needle      0"
        assert hits[-1].line.excerpt.text == "needle   9999"
        assert hits[-1].line.offset == 14 * 9999
        assert len(hits) == 2000 // 14 + 1
    assert found(workspace, "not kept") == []
    assert [text for *_, text in found(workspace, "are missing here")] == [
        "[Clockhand: 138,000 bytes are missing here: the output is larger than its limit]"
    ]
    spool.close()


def test_only_the_runs_that_are_asked_for_are_searched(workspace: Workspace, clock: FakeClock) -> None:
    environment_id = workspace.catalog.create(EnvironmentSpec(name="staging"))
    one = printed(workspace, b"needle", command="one")
    clock.advance(timedelta(hours=1))
    since = clock.now()
    two = printed(workspace, b"needle", command="two", environment_id=environment_id)
    clock.advance(timedelta(hours=1))
    three = printed(workspace, b"needle", command="two", fails=True)
    command_id = workspace.catalog.command("two").id

    def numbers(**which: Any) -> list[int]:
        return [job_id for job_id, _line, _text in found(workspace, which=RunFilter(**which))]

    assert numbers() == [three, two, one]
    assert numbers(command_id=command_id) == [three, two]
    assert numbers(environment_id=environment_id) == [two]
    assert numbers(since=since) == [three, two]
    assert numbers(until=since) == [one]
    assert numbers(states=[JobState.DISCARDED]) == [three]


def test_many_runs_are_read_in_pages(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "_JOBS_PER_PAGE", 2)
    monkeypatch.setattr(outputs, "_IDS_PER_SPAN", 3)
    numbers = [printed(workspace, b"needle %d" % number) for number in range(7)]
    assert [job_id for job_id, _line, _text in found(workspace)] == numbers[::-1]
    assert steps(workspace)[-1].progress.total_bytes == 7 * 8


def test_the_progress_ends_at_the_total(workspace: Workspace) -> None:
    printed(workspace, b"hay\n" * 200_000, in_file=True)
    printed(workspace, b"needle\n" * 3)
    told = [step.progress for step in steps(workspace)]
    assert told[-1].is_over
    assert (told[-1].done_bytes, told[-1].total_bytes) == (800_021, 800_021)
    assert [progress.done_bytes for progress in told] == sorted(progress.done_bytes for progress in told)
    assert (told[-1].outputs, told[-1].hits, told[-1].outputs_with_hits) == (2, 3, 1)
    assert not any(progress.is_over for progress in told[:-1])


def test_nothing_at_all_is_told_as_such(workspace: Workspace) -> None:
    assert [(step.hits, step.progress.is_over, step.progress.total_bytes) for step in steps(workspace)] == [
        ((), True, 0)
    ]


def test_too_many_hits_in_one_output_do_not_hide_the_others(workspace: Workspace) -> None:
    other = printed(workspace, b"needle")
    many = printed(workspace, b"needle\n" * 50)
    numbers = [job_id for job_id, _line, _text in found(workspace, most_hits_per_output=10)]
    assert numbers == [many] * 10 + [other]
    last = steps(workspace, most_hits_per_output=10)[-1].progress
    assert (last.cut_outputs, last.is_cut) == (1, False)


def test_the_search_ends_when_there_are_too_many_hits_at_all(workspace: Workspace) -> None:
    printed(workspace, b"needle\n" * 50)
    printed(workspace, b"needle\n" * 5)
    last = steps(workspace, most_hits=8)[-1].progress
    assert (last.hits, last.cut_outputs, last.is_cut, last.is_over) == (8, 0, True, True)


def test_an_output_that_is_gone_is_told_and_the_search_goes_on(workspace: Workspace) -> None:
    other = printed(workspace, b"needle")
    gone = printed(workspace, b"needle", in_file=True)
    for path in workspace.folder.output.rglob("*.log"):
        path.unlink()
    made = steps(workspace)
    assert [hit.output.job_id for step in made for hit in step.hits] == [other]
    (problem,) = [step.problem for step in made if step.problem]
    assert problem.startswith(f"Job {gone}, attempt 1: The output file ")
    assert made[-1].progress.unreadable == 1
    assert made[-1].progress.done_bytes == made[-1].progress.total_bytes


def test_outputs_that_were_deleted_to_save_space_are_passed_over(workspace: Workspace) -> None:
    gone = printed(workspace, b"needle")
    workspace.queue.forget_outputs([gone]).result()
    assert [(step.hits, step.problem, step.progress.total_bytes) for step in steps(workspace)] == [((), None, 0)]


def test_a_search_can_be_given_up_at_any_step(workspace: Workspace) -> None:
    for _ in range(3):
        printed(workspace, b"needle")
    search = OutputSearch(workspace.database, workspace.outputs, workspace.folder.output)
    running = search.run(SearchQuery(text="needle"))
    assert next(running).hits
    running.close()  # type: ignore[attr-defined]  # it is a generator, which is not promised


def test_a_wrong_expression_is_refused_before_anything_is_read(workspace: Workspace) -> None:
    search = OutputSearch(workspace.database, workspace.outputs, workspace.folder.output)
    with pytest.raises(SearchTextError):
        search.run(SearchQuery(text="(", is_regex=True))


def test_every_line_is_found_when_a_run_past_its_limit_ends_meanwhile(workspace: Workspace) -> None:
    job = begin_run(workspace)
    spool = Spool(workspace.folder.output, job.id, job.attempt, limit_bytes=4_000_000, started_at_us=0)
    lines = b"needle\n" + b"some hay, and more\n" * 2_500
    for number in range(400):
        spool.write(Stream(1 + number % 2), lines, (number + 1) * 100_000)
    hits = [hit for step in steps(workspace, most_hits_per_output=1000) for hit in step.hits]
    assert len(hits) > 80
    search = OutputSearch(workspace.database, workspace.outputs, workspace.folder.output)
    again: list[Hit] = []
    for step in search.run(SearchQuery(text="needle", most_hits_per_output=1000)):
        again += step.hits
        if step.hits:
            spool.close()
    assert again == hits
