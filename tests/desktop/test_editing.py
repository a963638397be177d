"""Every write that goes through Editing can be undone and done again, and a refused one says why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from core.catalog.catalog import Catalog
from core.catalog.specs import CommandSpec, CronSpec, Kind, ScheduleSpec
from core.settings import RETENTION_DAYS, SETTINGS, Settings
from core.workspace import Workspace
from desktop.editing import Editing
from desktop.operations import Failure
from tests.support.window import PATIENCE_MS, idle_operations

HOURLY = CronSpec(name="hourly", expression="0 * * * *")


class Desk:
    """Editing on a data folder, with everything that it told."""

    def __init__(self, qtbot: QtBot, workspace: Workspace, editing: Editing, owner: QObject) -> None:
        self.qtbot = qtbot
        self.catalog: Catalog = workspace.catalog
        self.settings: Settings = workspace.settings
        self.editing = editing
        self.owner = owner
        self.failures: list[Failure] = []
        self.reached: list[tuple[str, tuple[int, ...]]] = []
        editing.reached.connect(lambda page, ids: self.reached.append((page, tuple(ids))))

    def create(self, spec: CommandSpec | CronSpec | ScheduleSpec) -> int:
        made: list[int] = []
        self.editing.create(self.owner, spec, made.append)
        self.qtbot.waitUntil(lambda: bool(made), timeout=PATIENCE_MS)
        return made[0]

    def undo(self) -> None:
        with self.qtbot.waitSignal(self.editing.reached, timeout=PATIENCE_MS):
            self.editing.undo()

    def redo(self) -> None:
        with self.qtbot.waitSignal(self.editing.reached, timeout=PATIENCE_MS):
            self.editing.redo()

    def wait_for_failure(self) -> Failure:
        self.qtbot.waitUntil(lambda: bool(self.failures), timeout=PATIENCE_MS)
        return self.failures.pop()

    def names(self) -> list[str]:
        return [record.spec.name for record in self.catalog.crons()]


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    with ExitStack() as stack:
        workspace = stack.enter_context(Workspace(tmp_path / "data"))
        _, operations = stack.enter_context(idle_operations(workspace))
        owner = QObject()
        editing = Editing(workspace.catalog, workspace.settings, operations, owner)
        desk = Desk(qtbot, workspace, editing, owner)
        operations.failed.connect(desk.failures.append)
        yield desk
        owner.deleteLater()


def test_making_something_is_undone_and_comes_back_under_its_id(desk: Desk) -> None:
    cron_id = desk.create(HOURLY)
    assert (desk.editing.undo_text, desk.editing.redo_text) == ("Undo making “hourly”", "")
    desk.undo()
    assert desk.names() == []
    assert (desk.editing.undo_text, desk.editing.redo_text) == ("", "Redo making “hourly”")
    desk.redo()
    assert desk.catalog.cron("hourly").id == cron_id
    assert desk.reached == [("crons", ()), ("crons", (cron_id,))]


def test_steps_are_undone_in_their_order_also_in_quick_succession(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        desk.create(replace(HOURLY, name=name))
    for _ in range(3):
        desk.editing.undo()
    desk.qtbot.waitUntil(lambda: len(desk.reached) == 3, timeout=PATIENCE_MS)
    assert desk.names() == []
    assert desk.editing.redo_text == "Redo making “a”"
    desk.redo()
    assert desk.names() == ["a"]
    desk.create(replace(HOURLY, name="d"))
    assert desk.editing.redo_text == ""


def test_a_change_is_undone_as_it_was_saved(desk: Desk) -> None:
    cron_id = desk.create(HOURLY)
    saved: list[object] = []
    desk.editing.change(desk.owner, cron_id, HOURLY, CronSpec(name="some minute", expression="H * * * *"), saved.append)
    desk.qtbot.waitUntil(lambda: bool(saved), timeout=PATIENCE_MS)
    assert saved == [desk.catalog.cron(cron_id).spec]
    assert "H" not in desk.catalog.cron(cron_id).spec.expression
    desk.undo()
    assert desk.catalog.cron(cron_id).spec == HOURLY
    desk.redo()
    assert [desk.catalog.cron(cron_id).spec] == saved


def test_a_change_that_changes_nothing_is_no_step(desk: Desk) -> None:
    cron_id = desk.create(HOURLY)
    done: list[object] = []
    desk.editing.change(desk.owner, cron_id, HOURLY, HOURLY, done.append)
    desk.editing.set_enabled(desk.owner, Kind.CRON, [cron_id], True, done.append)
    desk.editing.set_setting(desk.owner, RETENTION_DAYS, RETENTION_DAYS.default, done.append)
    desk.qtbot.waitUntil(lambda: len(done) == 3, timeout=PATIENCE_MS)
    assert desk.editing.undo_text == "Undo making “hourly”"


def test_what_somebody_else_changed_is_neither_replaced_nor_undone(desk: Desk) -> None:
    cron_id = desk.create(HOURLY)
    done: list[object] = []
    desk.editing.change(desk.owner, cron_id, HOURLY, replace(HOURLY, name="mine"), done.append)
    desk.qtbot.waitUntil(lambda: bool(done), timeout=PATIENCE_MS)
    desk.catalog.change(cron_id, replace(HOURLY, name="theirs"))
    desk.editing.undo()
    failure = desk.wait_for_failure()
    assert failure.title == "Undo changing “mine”"
    assert "was changed elsewhere" in failure.sentence
    assert desk.names() == ["theirs"]
    assert desk.editing.undo_text == "Undo making “hourly”"
    failed: list[int] = []
    desk.editing.change(desk.owner, cron_id, HOURLY, replace(HOURLY, name="x"), failed=lambda: failed.append(1))
    desk.wait_for_failure()
    assert failed == [1]


def test_a_deletion_whose_name_was_taken_can_be_undone_once_the_name_is_free(desk: Desk) -> None:
    cron_id = desk.create(HOURLY)
    desk.editing.delete(desk.owner, Kind.CRON, [cron_id])
    desk.qtbot.waitUntil(lambda: desk.editing.undo_text == "Undo deleting “hourly”", timeout=PATIENCE_MS)
    other = desk.catalog.create(HOURLY)
    desk.editing.undo()
    assert "there is another cron of that name now" in desk.wait_for_failure().sentence
    desk.catalog.change(other, replace(HOURLY, name="other"))
    desk.undo()
    assert desk.names() == ["hourly", "other"]
    assert desk.catalog.cron("hourly").id == cron_id


def test_making_something_that_is_in_use_now_is_not_undone(desk: Desk) -> None:
    desk.create(CommandSpec(name="sync", run="true"))
    desk.catalog.create(ScheduleSpec(name="each hour", command="sync"))
    desk.editing.undo()
    assert "is in use now" in desk.wait_for_failure().sentence
    assert desk.catalog.schedule("each hour").spec.command == "sync"


def test_only_what_was_switched_is_switched_back(desk: Desk) -> None:
    on = desk.create(HOURLY)
    off = desk.create(replace(HOURLY, name="off", enabled=False))
    switched: list[list[int]] = []
    desk.editing.set_enabled(desk.owner, Kind.CRON, [on, off], False, switched.append)
    desk.qtbot.waitUntil(lambda: bool(switched), timeout=PATIENCE_MS)
    assert switched == [[on]]
    assert desk.editing.undo_text == "Undo disabling “hourly”"
    desk.undo()
    assert [desk.catalog.cron(each).spec.enabled for each in (on, off)] == [True, False]
    desk.redo()
    assert [desk.catalog.cron(each).spec.enabled for each in (on, off)] == [False, False]


def test_a_copy_is_undone_and_comes_back(desk: Desk) -> None:
    cron_id = desk.create(HOURLY)
    copies: list[int] = []
    desk.editing.duplicate(desk.owner, Kind.CRON, cron_id, copies.append)
    desk.qtbot.waitUntil(lambda: bool(copies), timeout=PATIENCE_MS)
    assert desk.editing.undo_text == "Undo duplicating “hourly”"
    desk.undo()
    assert desk.names() == ["hourly"]
    desk.redo()
    assert desk.catalog.cron("hourly (copy)").id == copies[0]


def test_a_setting_is_undone_and_redone(desk: Desk) -> None:
    assert RETENTION_DAYS in SETTINGS.values()
    done: list[None] = []
    desk.editing.set_setting(desk.owner, RETENTION_DAYS, 7, done.append)
    desk.qtbot.waitUntil(lambda: bool(done), timeout=PATIENCE_MS)
    assert desk.settings.get(RETENTION_DAYS) == 7
    desk.undo()
    assert desk.settings.get(RETENTION_DAYS) == RETENTION_DAYS.default
    desk.redo()
    assert desk.settings.get(RETENTION_DAYS) == 7
    assert desk.reached == [("settings", ()), ("settings", ())]


def test_what_is_refused_is_no_step_and_says_why(desk: Desk) -> None:
    failed: list[int] = []
    desk.editing.create(desk.owner, CronSpec(name="", expression="x"), failed=lambda: failed.append(1))
    failure = desk.wait_for_failure()
    assert "It is empty" in failure.sentence
    assert (failed, desk.editing.undo_text) == ([1], "")


def test_a_thing_that_is_gone_is_forgotten_by_undo(desk: Desk) -> None:
    cron_id = desk.create(HOURLY)
    desk.catalog.delete(Kind.CRON, cron_id)
    desk.editing.undo()
    desk.wait_for_failure()
    assert (desk.editing.undo_text, desk.editing.redo_text) == ("", "")


def test_an_undo_means_what_is_still_under_way(desk: Desk) -> None:
    first = desk.create(HOURLY)
    second = desk.create(replace(HOURLY, name="second"))
    desk.editing.set_enabled(desk.owner, Kind.CRON, [first], False)
    desk.editing.delete(desk.owner, Kind.CRON, [second])
    desk.editing.undo()
    desk.qtbot.waitUntil(lambda: desk.editing.redo_text == "Redo deleting “second”", timeout=PATIENCE_MS)
    assert desk.editing.undo_text == "Undo disabling “hourly”"
    assert desk.names() == ["hourly", "second"]
    assert not desk.catalog.cron("hourly").spec.enabled


def test_what_is_done_while_an_undo_waits_comes_after_it(desk: Desk) -> None:
    cron_id = desk.create(HOURLY)
    desk.editing.delete(desk.owner, Kind.CRON, [cron_id])
    desk.editing.undo()
    desk.editing.create(desk.owner, replace(HOURLY, name="third"))
    desk.qtbot.waitUntil(lambda: desk.editing.undo_text == "Undo making “third”", timeout=PATIENCE_MS)
    assert desk.names() == ["hourly", "third"]
