"""Compares two runs, by default one with the last good run of the same command and environment before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from core.comparison.facts import Fact, Variable, compare_facts, compare_variables
from core.comparison.ignoring import BY_DEFAULT, Ignorable, Ignoring
from core.comparison.lines import Kind, LineComparison, Row, compare_lines
from core.comparison.text import Gap, OutputText, Source, read_text
from core.database import Database
from core.errors import NotFoundError, StorageError
from core.history.runs import Run, Runs
from core.history.statistics import expected_durations
from core.output.gaps import KeptBytes
from core.output.reader import Reader
from core.queue.rows import JOBS
from core.queue.states import JobState

__all__ = ["Comparison", "NoGoodRunError", "OutputComparison", "RunComparer", "last_good_run"]

_LOOK_BACK = 20_000
_CHUNK_BYTES = 256 * 1024
_NOTHING = Ignoring(())

# The index of the command's runs is read backwards from the run to the first that fits, and not further than a limit,
# however rare a success is. The limit itself is found in the index alone.
_EARLIER = (JOBS.c.command_id == bindparam("command"), JOBS.c.id < bindparam("job"))
_FARTHEST = (
    select(JOBS.c.id).where(*_EARLIER).order_by(JOBS.c.id.desc()).limit(1).offset(_LOOK_BACK).correlate(None)
).scalar_subquery()
_LAST_GOOD = (
    select(JOBS.c.id)
    .where(
        *_EARLIER,
        JOBS.c.id > func.coalesce(_FARTHEST, 0),
        JOBS.c.state == JobState.COMPLETED.value,
        JOBS.c.environment_id.is_not_distinct_from(bindparam("environment")),
    )
    .order_by(JOBS.c.id.desc())
    .limit(1)
)


class NoGoodRunError(NotFoundError):
    """There is no earlier run that succeeded, so there is nothing to compare with."""

    def __init__(self, run: Run) -> None:
        where = f"“{run.command}” in “{run.environment}”" if run.environment else f"“{run.command}”"
        super().__init__("run", f"before {run.id}")
        self.args = (f"No run of {where} before job {run.id} succeeded. Name a job to compare it with.",)


def last_good_run(database: Database, run: Run) -> int | None:
    """Return the id of the last run of the same command and environment before `run` that succeeded, or None.

    It looks back over 20,000 runs of the command at most. Raises StorageError.
    """
    which = {"command": run.command_id, "environment": run.environment_id, "job": run.id}
    with database.reading() as connection:
        found: int | None = connection.execute(_LAST_GOOD, which).scalar()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputComparison:
    """What was printed, line by line.

    `problem` says why one of the outputs can't be read; then there are no rows. Of large outputs the middle is not
    read: a row of the kind GAP stands there, the gaps say how much it is, and `gaps_differ` whether the bytes differ.
    """

    lines: LineComparison = field(default_factory=lambda: LineComparison(()))
    gap_before: Gap | None = None
    gap_after: Gap | None = None
    gaps_differ: bool = False
    problem: str | None = None

    @property
    def counts(self) -> Mapping[Kind, int]:
        """Return how many rows there are of each kind."""
        return Counter(row.kind for row in self.lines.rows)

    @property
    def differs(self) -> bool:
        """Return whether there is a difference that is not ignored, or none could be looked for."""
        return self.gaps_differ or self.problem is not None or any(row.kind.differs for row in self.lines.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`before` is the run that `after` is compared with; `usual` is how long such runs take, None without any."""

    before: Run
    after: Run
    usual: timedelta | None
    facts: tuple[Fact, ...]
    variables: tuple[Variable, ...]
    command: LineComparison
    output: OutputComparison

    @property
    def differs(self) -> bool:
        """Return whether they differ in what they did: the duration and the time of the start do not count."""
        return (
            any(fact.differs for fact in self.facts)
            or any(variable.change != "same" for variable in self.variables)
            or any(row.kind.differs for row in self.command.rows)
            or self.output.differs
        )


class RunComparer:
    """Reads runs and outputs; a large output takes seconds, so not in a window's thread or process."""

    def __init__(self, *, database: Database, runs: Runs, output: Callable[[int], Reader]) -> None:
        """`output` opens what the last attempt of a job printed, and raises NotFoundError, StorageError."""
        self._database = database
        self._runs = runs
        self._output = output

    def compare(
        self, job_id: int, other_id: int | None = None, *, ignored: frozenset[Ignorable] = BY_DEFAULT
    ) -> Comparison:
        """Compare a job with another one, by default the last good run before it.

        Raises NotFoundError for a job that does not exist, NoGoodRunError, StorageError.
        """
        after = self._runs.get(job_id)
        if other_id is None:
            other_id = last_good_run(self._database, after)
            if other_id is None:
                raise NoGoodRunError(after)
        before = self._runs.get(other_id)
        plans = self._runs.plan(before.id), self._runs.plan(after.id)
        usual = expected_durations(self._database, [after])
        return Comparison(
            before=before,
            after=after,
            usual=next(iter(usual.values()), None),
            facts=compare_facts(before, after, *plans),
            variables=compare_variables(*plans),
            command=compare_lines(_command_lines(plans[0]), _command_lines(plans[1]), _NOTHING),
            output=self._compare_outputs(before, after, Ignoring(ignored)),
        )

    def _compare_outputs(self, before: Run, after: Run, ignoring: Ignoring) -> OutputComparison:
        try:
            with closing(self._open(before)) as one, closing(self._open(after)) as other:
                here, there = KeptBytes(one), KeptBytes(other)
                return _compare_texts(read_text(here), read_text(there), ignoring, here, there)
        except (NotFoundError, StorageError) as error:
            return OutputComparison(problem=str(error))

    def _open(self, run: Run) -> Reader:
        if run.attempt < 1:
            raise NotFoundError("output", f"job {run.id}: it has not started")
        return self._output(run.id)


def _command_lines(plan: Mapping[str, Any] | None) -> list[str]:
    return str(plan["text"]).strip("\n").split("\n") if plan is not None else []


def _compare_texts(
    before: OutputText, after: OutputText, ignoring: Ignoring, here: Source, there: Source
) -> OutputComparison:
    if before.gap is None and after.gap is None:
        return OutputComparison(lines=compare_lines(before.head, after.head, ignoring))
    if before.gap is not None and after.gap is not None:
        first, last = (
            compare_lines(before.head, after.head, ignoring),
            compare_lines(before.tail, after.tail, ignoring, first_numbers=(before.first_of_tail, after.first_of_tail)),
        )
        rows = (*first.rows, Row(Kind.GAP), *last.rows)
        differ = not _same_bytes(here, before.gap, there, after.gap)
        is_rough = first.is_rough or last.is_rough
    else:
        rows, is_rough = _compare_with_whole(before, after, ignoring)
        differ = True
    return OutputComparison(
        lines=LineComparison(rows, is_rough), gap_before=before.gap, gap_after=after.gap, gaps_differ=differ
    )


def _compare_with_whole(before: OutputText, after: OutputText, ignoring: Ignoring) -> tuple[tuple[Row, ...], bool]:
    """Compare two outputs of which one has a gap and the other one is whole: the gap stands where its tail begins."""
    found = compare_lines((*before.head, *before.tail), (*after.head, *after.tail), ignoring)
    rows: list[Row] = []
    is_behind = False
    cut, shift = (before, "before_number") if before.gap is not None else (after, "after_number")
    assert cut.gap is not None, "one of them has a gap"
    for row in found.rows:
        number = getattr(row, shift)
        if number is not None and number > len(cut.head):
            if not is_behind:
                rows.append(Row(Kind.GAP))
                is_behind = True
            row = row._replace(**{shift: number + cut.gap.lines})  # noqa: PLW2901  (the same row, with its true number)
        rows.append(row)
    if not is_behind:
        rows.append(Row(Kind.GAP))
    return tuple(rows), found.is_rough


def _same_bytes(here: Source, gap: Gap, there: Source, other: Gap) -> bool:
    if gap.end - gap.start != other.end - other.start:
        return False
    for offset in range(0, gap.end - gap.start, _CHUNK_BYTES):
        length = min(_CHUNK_BYTES, gap.end - gap.start - offset)
        if here.read(gap.start + offset, length) != there.read(other.start + offset, length):
            return False
    return True
