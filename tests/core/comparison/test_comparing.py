"""Two runs of a real history, compared as a whole."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from core.catalog.specs import EnvironmentSpec
from core.comparison import comparing
from core.comparison.comparing import Comparison, NoGoodRunError, RunComparer, last_good_run
from core.comparison.contract import comparison_as_json
from core.comparison.facts import Change
from core.comparison.ignoring import Ignorable
from core.comparison.lines import Kind, LineComparison, Row
from core.comparison.text import OutputText, read_text
from core.comparison.unified import hunks
from core.errors import NotFoundError
from core.output.reader import Reader
from core.queue.states import JobState
from core.workspace import Workspace
from tests.support.comparisons import plan, ran
from tests.support.jobs import write_history
from tests.support.outputs import begin_run


def compare(workspace: Workspace, job: int, other: int | None = None, *, ignored: str = "times,ids") -> Comparison:
    comparer = RunComparer(database=workspace.database, runs=workspace.runs, output=workspace.output)
    return comparer.compare(job, other, ignored=frozenset(map(Ignorable, filter(None, ignored.split(",")))))


def kinds(comparison: Comparison) -> list[Kind]:
    return [row.kind for row in comparison.output.lines.rows]


def test_the_last_good_run_is_of_the_same_command_and_environment_and_before_it(workspace: Workspace) -> None:
    live = workspace.catalog.create(EnvironmentSpec(name="live"))
    ran(workspace, b"", environment_id=live)
    good = ran(workspace, b"", environment_id=live)
    ran(workspace, b"", command="another", environment_id=live)
    ran(workspace, b"")
    ran(workspace, b"", environment_id=live, fails=True)
    job = ran(workspace, b"", environment_id=live, fails=True)
    ran(workspace, b"", environment_id=live)
    assert last_good_run(workspace.database, workspace.runs.get(job)) == good
    assert compare(workspace, job).before.id == good


def test_without_a_good_run_there_is_nothing_to_compare_with(workspace: Workspace) -> None:
    bad = ran(workspace, b"a", fails=True)
    job = ran(workspace, b"b")
    with pytest.raises(NoGoodRunError, match=r"No run of “print” before job 2 succeeded"):
        compare(workspace, job)
    assert compare(workspace, job, bad).before.id == bad
    with pytest.raises(NotFoundError):
        compare(workspace, 99)
    with pytest.raises(NotFoundError):
        compare(workspace, job, 99)


def test_not_all_of_a_long_history_is_gone_through(workspace: Workspace) -> None:
    statement = comparing._LAST_GOOD.params(command=1, environment=7, job=9)
    with workspace.database.reading() as connection:
        text = str(statement.compile(connection, compile_kwargs={"literal_binds": True}))
        steps = " ".join(map(str, connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", (7,))))
    assert "USING INDEX ix_jobs_command (command_id=? AND id>? AND id<?)" in steps
    assert "USING COVERING INDEX ix_jobs_command (command_id=? AND id<?)" in steps
    assert "SCAN jobs" not in steps
    assert "TEMP B-TREE" not in steps


def test_what_lies_too_far_back_is_not_looked_for(workspace: Workspace) -> None:
    def fails(number: int) -> dict[str, Any]:
        return {"state": JobState.DISCARDED} if number else {}

    write_history(workspace, comparing._LOOK_BACK + 2, fails)
    assert last_good_run(workspace.database, workspace.runs.get(comparing._LOOK_BACK + 1)) == 1
    assert last_good_run(workspace.database, workspace.runs.get(comparing._LOOK_BACK + 2)) is None


def test_runs_that_did_the_same_do_not_differ(workspace: Workspace) -> None:
    ran(workspace, b"07:30:00 begin\n07:30:04 end\n", seconds=4)
    job = ran(workspace, b"08:30:00 begin\n08:31:00 end\n", seconds=60)
    comparison = compare(workspace, job)
    assert not comparison.differs
    assert kinds(comparison) == [Kind.IGNORED, Kind.IGNORED]
    assert compare(workspace, job, ignored="").differs
    facts = {fact.name: fact for fact in comparison.facts}
    assert (facts["duration_ms"].before, facts["duration_ms"].after) == (4000, 60_000)


def test_how_they_ended_and_what_they_ran_is_compared(workspace: Workspace) -> None:
    ran(workspace, b"fine\n", what=plan("echo fine\nexit 0", secrets=("TOKEN",), URL="a", OLD="x", KEPT="k"))
    job = ran(
        workspace, b"fine\n", what=plan("echo fine\nexit 1", secrets=("TOKEN",), URL="b", NEW="y", KEPT="k"), fails=True
    )
    comparison = compare(workspace, job)
    assert comparison.differs
    assert [fact.name for fact in comparison.facts if fact.differs] == ["outcome", "exit_code"]
    assert [row.kind for row in comparison.command.rows] == [Kind.SAME, Kind.CHANGED]
    assert {variable.name: variable.change for variable in comparison.variables} == {
        "KEPT": Change.SAME,
        "NEW": Change.ADDED,
        "OLD": Change.REMOVED,
        "TOKEN": Change.SAME,
        "URL": Change.CHANGED,
    }
    assert not comparison.output.differs


def test_each_difference_alone_is_one(workspace: Workspace) -> None:
    good = ran(workspace, b"fine\n", what=plan(A="1"))
    for job in (
        ran(workspace, b"fine\nmore\n", what=plan(A="1")),
        ran(workspace, b"fine\n", what=plan(A="2")),
        ran(workspace, b"fine\n", what=plan("false", A="1")),
        ran(workspace, b"fine\n", what=plan(A="1") | {"working_directory": "/"}),
        ran(workspace, b"fine\n", what=plan(A="1"), fails=True),
    ):
        assert compare(workspace, job, good).differs
    assert not compare(workspace, ran(workspace, b"fine\n", what=plan(A="1")), good).differs


def test_a_run_that_is_still_executing_is_compared_as_far_as_it_is(workspace: Workspace) -> None:
    ran(workspace, b"begin\nend\n")
    job = begin_run(workspace)
    comparison = compare(workspace, job.id)
    assert kinds(comparison) == [Kind.REMOVED, Kind.REMOVED]


def test_an_output_that_is_gone_is_a_problem_and_the_rest_is_compared(workspace: Workspace) -> None:
    ran(workspace, b"x\n", in_file=True)
    job = ran(workspace, b"x\n")
    shutil.rmtree(workspace.folder.output)
    comparison = compare(workspace, job)
    assert comparison.output.problem is not None
    assert comparison.output.lines.rows == ()
    assert comparison.differs


def small(source: Reader) -> OutputText:
    return read_text(source, most_lines=6)


@pytest.mark.parametrize(
    ("before", "after", "expected", "differ"),
    [
        (b"1\n2\n3\n4\n5\n6\n7\n8\n9\n", b"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "===g===", False),
        (b"1\n2\n3\n4\n5\n6\n7\n8\n9\n", b"1\n2\n3\n4\nx\n6\n7\n8\n9\n", "===g===", True),
        (b"1\n2\n3\n4\n5\n6\n7\n8\n9\n", b"1\n2\n3\n8\n9\n", "===g-==", True),
        (b"1\n2\n3\n8\n9\n", b"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "===g+==", True),
    ],
)
def test_of_large_outputs_the_ends_are_compared_and_the_middle_by_its_bytes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, before: bytes, after: bytes, expected: str, *, differ: bool
) -> None:
    monkeypatch.setattr(comparing, "read_text", small)
    ran(workspace, before)
    comparison = compare(workspace, ran(workspace, after))
    marks = {Kind.SAME: "=", Kind.GAP: "g", Kind.REMOVED: "-", Kind.ADDED: "+"}
    assert "".join(marks[kind] for kind in kinds(comparison)) == expected
    assert comparison.output.gaps_differ is comparison.differs is differ
    last = comparison.output.lines.rows[-1]
    assert (last.before_number, last.after_number) == (before.count(b"\n"), after.count(b"\n"))


def test_hunks_hold_the_differences_and_the_lines_around_them() -> None:
    marks = "==!=======+====-==="
    rows = tuple(Row({"=": Kind.SAME, "!": Kind.CHANGED, "+": Kind.ADDED, "-": Kind.REMOVED}[mark]) for mark in marks)
    marked = [
        "".join({Kind.SAME: "=", Kind.CHANGED: "!", Kind.ADDED: "+", Kind.REMOVED: "-"}[row.kind] for row in each)
        for each in hunks(LineComparison(rows), 2)
    ]
    assert marked == ["==!==", "==+====-=="]
    assert list(hunks(LineComparison(rows[:2]), 2)) == []


def test_a_comparison_as_json_has_only_the_lines_near_a_difference(workspace: Workspace) -> None:
    ran(workspace, b"".join(b"line %d\n" % number for number in range(100)))
    job = ran(workspace, b"".join(b"line %d\n" % number for number in range(100) if number != 50))
    told = comparison_as_json(compare(workspace, job), context_lines=1)
    (rows,) = told["output"]["hunks"]
    assert [row["before"] for row in rows] == ["line 49", "line 50", "line 51"]
    assert (told["differs"], told["output"]["counts"]) == (True, {"removed": 1, "same": 99})
    assert comparison_as_json(compare(workspace, job))["output"]["hunks"] == []
