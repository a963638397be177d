"""Pauses of everything, of a schedule, of a cell, and of one queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.changes import Changes
from core.errors import ConflictError, NotFoundError, StaleError, TooLateError
from core.model import Observation, Pause
from core.queue.pauses import open_pause
from core.queue.scopes import EVERYTHING, PauseScope
from core.workspace import Workspace
from tests.core.dispatch.helpers import make_schedule
from tests.core.queue.helpers import open_queue
from tests.support import FakeClock

HOUR = timedelta(hours=1)
WHO = "the user"


def observed(workspace: Workspace) -> list[str]:
    with workspace.database.reading() as connection:
        return list(connection.execute(select(Observation.kind).order_by(Observation.id)).scalars())


def test_a_pause_goes_on_until_it_is_ended(workspace: Workspace, clock: FakeClock, published: list[Changes]) -> None:
    began = clock.now()
    workspace.queue.pause(origin="the user").result()
    with workspace.database.reading() as connection:
        going_on = open_pause(connection, clock.now())
    assert going_on is not None
    assert (going_on.started_at, going_on.ended_at, going_on.origin) == (began, None, "the user")
    ended = clock.advance(timedelta(hours=1))
    span = workspace.queue.resume(origin="the command line").result()
    assert (span.started_at, span.ended_at) == (began, ended)
    assert published[-1] == Changes(queues=True, due_times=True)
    with workspace.database.reading() as connection:
        assert open_pause(connection, clock.now()) is None
    assert observed(workspace) == ["paused", "resumed"]


def test_a_pause_can_not_begin_or_end_twice(workspace: Workspace) -> None:
    with pytest.raises(ConflictError, match="not paused"):
        workspace.queue.resume(origin="the user").result()
    workspace.queue.pause(origin="the user").result()
    with pytest.raises(ConflictError, match="paused already, since 2026-11-24 06:00 UTC by the user"):
        workspace.queue.pause(origin="the command line").result()


def test_a_queue_can_not_be_paused_or_resumed_twice(workspace: Workspace) -> None:
    open_queue(workspace)
    with pytest.raises(ConflictError, match="“default” is not paused"):
        workspace.queue.resume_queue("default", origin="the user").result()
    workspace.queue.pause_queue("default", origin="the user").result()
    with pytest.raises(ConflictError, match="“default” is paused already"):
        workspace.queue.pause_queue("default", origin="the user").result()
    assert observed(workspace) == ["queue-paused"]


def test_a_queue_that_does_not_exist_is_refused_with_a_suggestion(workspace: Workspace) -> None:
    open_queue(workspace, "backups")
    with pytest.raises(NotFoundError, match="Did you mean “backups”"):
        workspace.queue.pause_queue("backup", origin="the user").result()
    with pytest.raises(NotFoundError):
        workspace.queue.resume_queue("nothing like it", origin="the user").result()


def test_each_scope_is_paused_for_itself(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, name="orders", environments=["a", "b"])
    scopes = [
        EVERYTHING,
        PauseScope.schedule(schedule),
        PauseScope.cell(schedule, 1, 1),
        PauseScope.cell(schedule, 2, 1),
    ]
    spans = [workspace.queue.pause(scope, origin="the user").result() for scope in scopes]
    assert [span.scope for span in spans] == scopes
    assert [span.scope.kind for span in spans] == ["everything", "schedule", "cell", "cell"]
    assert len({span.id for span in spans}) == 4
    workspace.queue.resume(scopes[2], origin="the user").result()
    with workspace.database.reading() as connection:
        going_on = [open_pause(connection, clock.now(), scope) for scope in scopes]
    assert [span is not None for span in going_on] == [True, True, False, True]
    assert observed(workspace) == ["paused"] * 4 + ["resumed"]


def test_a_pause_that_can_not_be_is_refused_with_what_to_do(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, name="orders", environments=["a"])
    cell = PauseScope.cell(schedule, 1, 1)
    queue = workspace.queue
    with pytest.raises(ConflictError, match=r"has passed\. Choose a later time"):
        queue.pause(cell, until=clock.now(), origin="the user").result()
    with pytest.raises(NotFoundError):
        queue.pause(PauseScope.schedule(99), origin="the user").result()
    for wrong in (
        PauseScope.cell(schedule, None, 1),
        PauseScope.cell(schedule, 1, 99),
        PauseScope.cell(schedule, 9, 1),
    ):
        with pytest.raises(ConflictError, match=r"“orders” does not have this cell any more"):
            queue.pause(wrong, origin="the user").result()
    with pytest.raises(ConflictError, match="The schedule “orders” in “a” by “orders cron 0” is not muted"):
        queue.resume(cell, origin="the user").result()
    with pytest.raises(ConflictError, match="“orders” is not paused"):
        queue.change_pause(PauseScope.schedule(schedule), until=None, origin="the user").result()
    queue.pause(cell, origin="the user").result()
    with pytest.raises(ConflictError, match=r"is muted already, since 2026-11-24 06:00 UTC by the user\. Resume"):
        queue.pause(cell, origin="the user").result()
    assert observed(workspace) == ["paused"]


def test_the_end_of_a_pause_is_set_moved_and_taken_away(workspace: Workspace, clock: FakeClock) -> None:
    began = clock.now()
    workspace.queue.pause(until=began + HOUR, origin="the user").result()
    moved = workspace.queue.change_pause(until=began + 3 * HOUR, origin="the user").result()
    assert (moved.started_at, moved.until_at, moved.origin) == (began, began + 3 * HOUR, "the user")
    clock.advance(2 * HOUR)
    assert workspace.queue.change_pause(until=None, origin="the user").result().over_at is None
    clock.advance(5 * HOUR)
    with workspace.database.reading() as connection:
        assert open_pause(connection, clock.now()) is not None
    assert observed(workspace) == ["paused", "pause-changed", "pause-changed"]


def test_a_pause_that_is_over_is_not_in_the_way_of_the_next(workspace: Workspace, clock: FakeClock) -> None:
    first = workspace.queue.pause(until=clock.now() + HOUR, origin="the user").result()
    clock.advance(2 * HOUR)
    with pytest.raises(ConflictError, match="not paused"):
        workspace.queue.resume(origin="the user").result()
    second = workspace.queue.pause(origin="the user").result()
    assert second.id > first.id
    with workspace.database.reading() as connection:
        rows = connection.execute(select(Pause.until_at, Pause.ended_at).order_by(Pause.id)).all()
    assert [tuple(row) for row in rows] == [(first.until_at, first.until_at), (None, None)]


def test_several_are_paused_and_resumed_together(
    workspace: Workspace, clock: FakeClock, published: list[Changes]
) -> None:
    schedule = make_schedule(workspace, name="orders", environments=["a", "b"])
    cells = [PauseScope.cell(schedule, number, 1) for number in (1, 2)]
    workspace.queue.pause(cells[0], origin="the user").result()
    (began,) = workspace.queue.pause_each(cells, origin="the user").result()
    assert began.scope == cells[1], "what is muted already stays as it is"
    assert published[-1] == Changes(queues=True, catalog=True)
    with pytest.raises(ConflictError):
        workspace.queue.pause_each(
            [PauseScope.schedule(schedule), PauseScope.cell(schedule, 9, 1)], origin="x"
        ).result()
    with workspace.database.reading() as connection:
        assert open_pause(connection, clock.now(), PauseScope.schedule(schedule)) is None, "all or none"
    ended = workspace.queue.resume_each([*cells, EVERYTHING], origin="the user").result()
    assert [span.scope for span in ended] == cells
    assert workspace.queue.resume_each(cells, origin="the user").result() == []


def test_several_get_one_end_and_their_old_ones_back(workspace: Workspace, clock: FakeClock) -> None:
    queue = workspace.queue
    first, second = (PauseScope.schedule(make_schedule(workspace, "0 * * * *", name=name)) for name in ("a", "b"))
    old, new = clock.now() + HOUR, clock.now() + 3 * HOUR
    before = queue.pause(first, until=old, origin="the command line").result()
    change = queue.pause_until([first, second], until=new, origin=WHO).result()
    assert (change.before, [span.scope for span in change.begun]) == ((before,), [second])
    with workspace.database.reading() as connection:
        ends = [open_pause(connection, clock.now(), scope) for scope in (first, second)]
    assert [span and span.until_at for span in ends] == [new, new]
    assert queue.pause_until([first, second], until=new, origin=WHO).result().is_empty
    queue.take_back_pause(change, origin=WHO).result()
    with workspace.database.reading() as connection:
        assert open_pause(connection, clock.now(), first) == before
        assert open_pause(connection, clock.now(), second) is None


def test_a_pause_that_somebody_else_has_begun_since_is_not_taken_back(workspace: Workspace, clock: FakeClock) -> None:
    queue = workspace.queue
    scope = PauseScope.schedule(make_schedule(workspace, "0 * * * *"))
    change = queue.pause_until([scope], until=clock.now() + HOUR, origin=WHO).result()
    clock.advance(2 * HOUR)
    other = queue.pause(scope, origin="the command line").result()
    with pytest.raises(StaleError, match="is over, or somebody has resumed it"):
        queue.take_back_pause(change, origin=WHO).result()
    assert queue.resume_spans(change.begun, origin=WHO).result() == []
    with workspace.database.reading() as connection:
        assert open_pause(connection, clock.now(), scope) == other
    assert [span.id for span in queue.resume_spans([other], origin=WHO).result()] == [other.id]


def test_an_end_that_has_passed_comes_too_late(workspace: Workspace, clock: FakeClock) -> None:
    scope = PauseScope.schedule(make_schedule(workspace, "0 * * * *"))
    with pytest.raises(TooLateError, match="Choose a later time"):
        workspace.queue.pause_until([scope], until=clock.now(), origin=WHO).result()
