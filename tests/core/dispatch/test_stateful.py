"""Whatever is paused, muted, skipped, edited, and set on the clock: each due time is accounted for exactly once."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.catalog.specs import Kind
from core.dispatch.dispatcher import Dispatcher
from core.errors import ConflictError
from core.queue.prospects import read_link_prospects
from core.queue.scopes import EVERYTHING, PauseScope, ScopeKind
from core.timing.cron import parse
from core.timing.flow import Reading, judge
from core.timing.occurrences import Occurrences
from core.workspace import Workspace
from tests.core.dispatch.helpers import jobs, make_schedule, skips
from tests.support import FakeClock

MINUTE = timedelta(minutes=1)
WHO = "the user"
CRONS = {1: "*/10 * * * *", 2: "*/15 * * * *", 3: "*/20 * * * *"}
EXPRESSIONS = (*CRONS.values(), "5-59/10 * * * *")
LINKS = {1: (1, (1, 2)), 2: (1, (1, 2)), 3: (2, (None,))}
"""The schedule of each cron, and the environments in which it runs."""
CELLS = [(schedule, cron, environment) for cron, (schedule, every) in LINKS.items() for environment in every]
SCOPES = [
    EVERYTHING,
    *(PauseScope.schedule(number) for number in (1, 2)),
    *(PauseScope.cell(schedule, environment, cron) for schedule, cron, environment in CELLS),
]
PAUSED = [None, EVERYTHING, PauseScope.schedule(1), PauseScope.schedule(2)]
"""What an edit finds paused for a while."""
LENGTHS = st.sampled_from([None, 5, 10, 20, 60, 300])


class PauseMachine(RuleBasedStateMachine):
    """Drives a dispatcher and keeps its own book: the pauses as (scope, start, end), and the skips as (cron, due).

    `spells` says from when to when a cron had which expression, None while its schedule was disabled. The book begins
    anew, behind the job `base`, when the clock was set.
    """

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="clockhand-pauses-"))
        shutil.copyfile(self.template, self.folder / "clockhand.db")
        self.clock = FakeClock()
        self.workspace = Workspace(self.folder, clock=self.clock)
        self.spans: list[list[Any]] = []
        self.skipped: set[tuple[int, datetime]] = set()
        self.expressions = dict(CRONS)
        self.disabled: set[int] = set()
        self.spells: dict[int, list[tuple[datetime, str | None]]] = {}
        self.base = 0

    @initialize()
    def make_schedules(self) -> None:
        rest: dict[str, Any] = {"catch_up": "all", "catch_up_limit": 1000}
        make_schedule(self.workspace, [CRONS[1], CRONS[2]], environments=["a", "b"], **rest)
        make_schedule(self.workspace, CRONS[3], name="t", **rest)
        self.spells = {cron: [(self.clock.now(), expression)] for cron, expression in CRONS.items()}

    def teardown(self) -> None:
        if self.spells:
            self.end_all_and_compare()
        self.workspace.close()
        shutil.rmtree(self.folder)

    def minute(self) -> datetime:
        return self.clock.now().replace(second=0, microsecond=0)

    def act(self) -> datetime:
        """Return the time at which a person acts: never at the very instant of a due time, as ends of pauses may be."""
        return self.clock.advance(timedelta(milliseconds=1))

    def going_on(self, scope: PauseScope) -> list[Any] | None:
        now = self.clock.now()
        return next((span for span in self.spans if span[0] == scope and (span[2] is None or span[2] > now)), None)

    def is_barred(self, schedule: int, cron: int, environment: int | None, due: datetime) -> bool:
        scopes = {EVERYTHING, PauseScope.schedule(schedule), PauseScope.cell(schedule, environment, cron)}
        return (cron, due) in self.skipped or any(
            scope in scopes and start < due and (end is None or due < end) for scope, start, end in self.spans
        )

    @rule(minutes=st.sampled_from([1, 5, 9, 10, 20, 45, 130]), wakes=st.booleans())
    def let_time_pass(self, minutes: int, wakes: bool) -> None:
        self.clock.set(self.minute() + minutes * MINUTE)
        if wakes:
            self.wake()

    @rule()
    def wake(self) -> None:
        Dispatcher(self.workspace.database).wake(self.clock.now(), self.clock.zone())

    @rule()
    def start_again(self) -> None:
        self.workspace.close()
        self.workspace = Workspace(self.folder, clock=self.clock)

    @rule(scope=st.sampled_from(SCOPES), minutes=LENGTHS)
    def pause(self, scope: PauseScope, minutes: int | None) -> None:
        now = self.act()
        until = None if minutes is None else self.minute() + minutes * MINUTE
        future = self.workspace.queue.pause(scope, until=until, origin=WHO)
        if self.going_on(scope) is not None:
            with pytest.raises(ConflictError):
                future.result()
            return
        assert future.result().scope == scope
        self.spans.append([scope, now, until])

    @rule(scope=st.sampled_from(SCOPES), minutes=LENGTHS)
    def change(self, scope: PauseScope, minutes: int | None) -> None:
        self.act()
        until = None if minutes is None else self.minute() + minutes * MINUTE
        future = self.workspace.queue.change_pause(scope, until=until, origin=WHO)
        if (span := self.going_on(scope)) is None:
            with pytest.raises(ConflictError):
                future.result()
            return
        assert future.result().until_at == until
        span[2] = until

    @rule(scope=st.sampled_from(SCOPES))
    def resume(self, scope: PauseScope) -> None:
        self.act()
        future = self.workspace.queue.resume(scope, origin=WHO)
        if (span := self.going_on(scope)) is None:
            with pytest.raises(ConflictError):
                future.result()
            return
        assert future.result().ended_at == self.clock.now()
        span[2] = self.clock.now()

    @rule(schedule=st.sampled_from([1, 2]))
    def skip(self, schedule: int) -> None:
        firsts: dict[int, datetime] = {}
        for (cron, _), due in self.next_runs(schedule).items():
            if due is not None:
                firsts[cron] = min(due, firsts.get(cron, due))
        expected = min(firsts.values(), default=None)
        future = self.workspace.queue.skip_next(schedule, origin=WHO)
        if expected is None:
            with pytest.raises(ConflictError):
                future.result()
            return
        assert future.result() == expected
        self.skipped |= {(cron, expected) for cron in firsts if firsts[cron] == expected}

    @rule(schedule=st.sampled_from([1, 2]))
    def take_back(self, schedule: int) -> None:
        mine = {(cron, due) for cron, due in self.skipped if LINKS[cron][0] == schedule and due > self.clock.now()}
        ahead = set() if schedule in self.disabled else {due for _, due in mine}
        future = self.workspace.queue.unskip(schedule, origin=WHO)
        if not ahead:
            with pytest.raises(ConflictError):
                future.result()
            return
        assert future.result() == max(ahead)
        self.skipped -= {(cron, due) for cron, due in mine if due == max(ahead)}

    @rule(cron=st.sampled_from([1, 2, 3]), expression=st.sampled_from(EXPRESSIONS), scope=st.sampled_from(PAUSED))
    def edit_cron(self, cron: int, expression: str, scope: PauseScope | None) -> None:
        if scope is not None:
            self.pause(scope, None)
            self.let_time_pass(45, wakes=False)
        self.wake()  # what is due and waits would be dropped by the edit, which others test
        self.act()
        saved = self.workspace.catalog.cron(cron).spec
        self.workspace.catalog.change(cron, replace(saved, expression=expression))
        self.expressions[cron] = expression
        if LINKS[cron][0] not in self.disabled:
            self.spells[cron].append((self.clock.now(), expression))
        self.skipped = {
            (each, due)
            for each, due in self.skipped
            if each != cron or due <= self.clock.now() or occurrences(expression).next(due - MINUTE) == due
        }

    @rule(schedule=st.sampled_from([1, 2]))
    def switch(self, schedule: int) -> None:
        self.wake()
        self.act()
        self.disabled ^= {schedule}
        self.workspace.catalog.switch(Kind.SCHEDULE, [schedule], schedule not in self.disabled)
        for cron, (owner, _) in LINKS.items():
            if owner == schedule:
                expression = None if schedule in self.disabled else self.expressions[cron]
                self.spells[cron].append((self.clock.now(), expression))

    @rule(
        minutes=st.sampled_from([-300, -185, -45, -5, 185]),
        schedule=st.sampled_from([1, 2]),
        scope=st.sampled_from(SCOPES),
        pause=st.sampled_from([0, 25, 45]),
    )
    def set_clock(self, minutes: int, schedule: int, scope: PauseScope, pause: int) -> None:
        """Set the clock, often behind a pause and a skip that are over then, and come to their due times again."""
        if pause:
            self.skip(schedule)
            self.pause(scope, None)
            self.let_time_pass(pause, wakes=True)
        self.end_all_and_compare()
        before = Reading(self.clock.now(), self.clock.elapsed())
        self.clock.step(minutes * MINUTE)
        flow = judge(before, Reading(self.clock.now(), self.clock.elapsed()))
        Dispatcher(self.workspace.database).wake(self.clock.now(), self.clock.zone(), flow=flow)
        self.spans = []
        self.skipped = {(cron, due) for cron, due in self.skipped if due > max(before.wall, self.clock.now())}
        self.spells = {cron: [(self.clock.now(), each[-1][1])] for cron, each in self.spells.items()}
        self.base = max((row.id for row in [*jobs(self.workspace), *skips(self.workspace)]), default=0)
        self.let_time_pass(max(45, -minutes), wakes=True)

    def next_runs(self, schedule: int) -> dict[tuple[int, int | None], datetime | None]:
        """Return what will run next in each cell, by a search of our own."""
        found: dict[tuple[int, int | None], datetime | None] = {}
        for number, cron, environment in CELLS:
            if number == schedule:
                expression = self.spells[cron][-1][1]
                dues = [] if expression is None else occurrences(expression).upcoming(self.clock.now(), 100)
                free = (due for due in dues if not self.is_barred(schedule, cron, environment, due))
                found[cron, environment] = next(free, None)
        return found

    @invariant()
    def what_is_promised_will_come(self) -> None:
        if not self.spells:
            return
        with self.workspace.database.reading() as connection:
            links = read_link_prospects(connection, self.clock.now(), self.clock.zone())
            promised = {
                (link.cron_id, environment): cell.next_run_at
                for link in links
                for environment, cell in link.cells.items()
            }
        assert promised == {**self.next_runs(1), **self.next_runs(2)}

    @invariant()
    def nothing_barred_has_run(self) -> None:
        for job in self.since_base(jobs(self.workspace)):
            assert not self.is_barred(job.schedule_id, job.cron_id, job.environment_id, job.due_at)

    @rule()
    def end_all_and_compare(self) -> None:
        """Let every pause end and everything be dealt with; then jobs and rows of what was skipped are all there is."""
        self.act()
        for span in self.spans:
            if span[2] is None or span[2] > self.clock.now():
                self.workspace.queue.resume(span[0], origin=WHO).result()
                span[2] = self.clock.now()
        self.wake()
        ran: defaultdict[tuple[int, int, int | None], list[datetime]] = defaultdict(list)
        for job in self.since_base(jobs(self.workspace)):
            ran[job.schedule_id, job.cron_id, job.environment_id].append(job.due_at)
        left_out: Counter[tuple[int, int, int | None]] = Counter()
        for skip in self.since_base(skips(self.workspace)):
            left_out[skip.schedule_id, skip.cron_id, skip.environment_id] += skip.skipped_count
        for cell in CELLS:
            dues = self.dues(cell[1])
            free = [due for due in dues if not self.is_barred(*cell, due)]
            assert sorted(ran[cell]) == free
            assert left_out[cell] == len(dues) - len(free)
        keys = Counter(skip.due_key for skip in skips(self.workspace) if skip.due_key is not None)
        assert set(keys.values()) <= {1}

    def since_base(self, rows: list[Any]) -> list[Any]:
        return [row for row in rows if row.id > self.base]

    def dues(self, cron: int) -> list[datetime]:
        """Return all that was due since the book began, by what the cron was then."""
        spells = self.spells[cron]
        found: list[datetime] = []
        for (start, expression), (end, _) in zip(spells, [*spells[1:], (self.clock.now(), None)], strict=True):
            if expression is not None:
                every = occurrences(expression)
                found += every.latest(start, end, every.count(start, end))
        return found


def occurrences(expression: str) -> Occurrences:
    return Occurrences(parse(expression), ZoneInfo("UTC"))


@pytest.fixture
def template(empty_database: Path) -> None:
    PauseMachine.template = empty_database


@pytest.mark.usefixtures("template")
class TestPauses(PauseMachine.TestCase):  # type: ignore[misc, valid-type]  # hypothesis makes the class
    settings = settings(max_examples=20, stateful_step_count=25, phases=(Phase.explicit, Phase.reuse, Phase.generate))


def test_every_scope_takes_part() -> None:
    assert Counter(scope.kind for scope in SCOPES) == {
        ScopeKind.EVERYTHING: 1,
        ScopeKind.SCHEDULE: 2,
        ScopeKind.CELL: 5,
    }
