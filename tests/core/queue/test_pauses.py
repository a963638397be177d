"""Pauses of every schedule and of one queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.changes import Changes
from core.errors import ConflictError, NotFoundError
from core.model import Observation
from core.queue.pauses import open_pause
from core.workspace import Workspace
from tests.core.queue.helpers import open_queue
from tests.support import FakeClock


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
