"""The overview: what runs and how far it is, what failed, what was skipped, and the state of the scheduler."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.catalog.specs import CronSpec, ScheduleSpec
from core.history.glance import Glance
from core.history.runs import RunFilter
from core.queue.agents import AgentRow
from core.queue.pauses import PauseSpan
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from desktop.application import Session
from desktop.models.run_texts import short_text
from desktop.models.scheduler_state import scheduler_state
from desktop.pages.commands import CommandsPage
from desktop.pages.overview import OverviewPage
from desktop.pages.runs import RunsPage
from desktop.pages.schedules import SchedulesPage
from desktop.widgets.glance_list import GlanceList, Line
from tests.desktop.pages.conftest import OpenSession
from tests.support.jobs import write_history
from tests.support.window import PATIENCE_MS, add_command, open_theme

CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
DUE = datetime(2020, 2, 29, 4, 30, tzinfo=UTC)


def overview(session: Session) -> OverviewPage:
    session.window.open_page(0)
    page = session.window.page("overview")
    assert isinstance(page, OverviewPage)
    return page


def texts(each: GlanceList, column: int = 0) -> list[str]:
    items = [each.topLevelItem(number) for number in range(each.topLevelItemCount())]
    return [item.text(column) for item in items if item]


def start_endless(session: Session, qtbot: QtBot, history: list[timedelta]) -> int:
    workspace = overview(session).desk.workspace
    command_id = add_command(workspace, "endless", "sleep 600")
    same = {"command_id": command_id, "command_name": "endless"}
    write_history(workspace, len(history), lambda number: {**same, "duration": history[number]})
    job_id = workspace.queue.run(command_id, None, origin=Origin.MANUAL).result().job_id
    qtbot.waitUntil(lambda: workspace.runs.get(job_id).state is JobState.EXECUTING, timeout=PATIENCE_MS)
    return job_id


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell")
def test_a_run_shows_how_far_it_is_and_is_cancelled_in_place(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    page = overview(session)
    job_id = start_endless(session, qtbot, [timedelta(seconds=2)] * 3)
    qtbot.waitUntil(lambda: texts(page.running) == ["endless"], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: (page.running.progress(job_id) or 0) > 0, timeout=PATIENCE_MS)
    assert "2 s" in texts(page.running, 2)[0]
    qtbot.waitUntil(lambda: page.running.progress(job_id) == 1, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "usually 2 s" in texts(page.running, 2)[0], timeout=PATIENCE_MS)
    button = page.running.button(job_id)
    assert button is not None
    QTest.mouseClick(button, LEFT)
    runs = page.desk.workspace.runs
    qtbot.waitUntil(lambda: runs.get(job_id).state is JobState.CANCELLED, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: texts(page.running) == ["Nothing runs at the moment."], timeout=PATIENCE_MS)


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell")
def test_a_run_that_never_succeeded_has_no_bar_and_is_cancelled_by_the_keyboard(
    qtbot: QtBot, open_window: OpenSession
) -> None:
    session = open_window()
    page = overview(session)
    job_id = start_endless(session, qtbot, [])
    qtbot.waitUntil(lambda: texts(page.running) == ["endless"], timeout=PATIENCE_MS)
    assert page.running.progress(job_id) is None
    page.running.setFocus()
    QTest.keyClick(page.running, Qt.Key.Key_Down)
    QTest.keyClick(page.running, Qt.Key.Key_Period, CONTROL)
    runs = page.desk.workspace.runs
    qtbot.waitUntil(lambda: runs.get(job_id).state is JobState.CANCELLED, timeout=PATIENCE_MS)


def troubled(workspace: Workspace) -> None:
    command_id = add_command(workspace, "report", "true")
    failed = {"state": JobState.DISCARDED, "outcome": "failed", "exit_code": 4, "skipped_count": None}
    skipped = {
        "state": JobState.SKIPPED,
        "outcome": None,
        "reason": "the schedule was paused",
        "skipped_count": 3,
        "due_at": DUE,
    }
    same: dict[str, Any] = {"command_id": command_id, "command_name": "report"}
    write_history(workspace, 2, lambda number: same | (failed, skipped)[number])


def test_what_failed_and_what_was_skipped_is_told_with_its_reason(qtbot: QtBot, open_window: OpenSession) -> None:
    page = overview(open_window(troubled))
    qtbot.waitUntil(lambda: texts(page.failed) == ["report"], timeout=PATIENCE_MS)
    assert texts(page.failed, 1) == ["exit code 4"]
    assert texts(page.skipped) == ["report"]
    assert texts(page.skipped, 1) == ["the schedule was paused (3 due times)"]
    # When they were due, not when that was written down.
    assert texts(page.skipped, 2) == [short_text(DUE)[:-3]]


def test_a_failure_is_retried_in_place(qtbot: QtBot, open_window: OpenSession) -> None:
    page = overview(open_window(troubled))
    qtbot.waitUntil(lambda: page.failed.button(1) is not None, timeout=PATIENCE_MS)
    button = page.failed.button(1)
    assert button is not None
    QTest.mouseClick(button, LEFT)
    runs = page.desk.workspace.runs
    qtbot.waitUntil(lambda: bool(runs.page(RunFilter(origins=[Origin.RETRY]))), timeout=PATIENCE_MS)
    assert runs.page(limit=1)[0].retry_of == 1
    qtbot.waitUntil(lambda: texts(page.failed, 1) == ["exit code 4, repeated: succeeded"], timeout=PATIENCE_MS)


def test_what_waits_for_its_time_is_among_what_comes_next(qtbot: QtBot, open_window: OpenSession) -> None:
    ids: list[int] = []

    def later(workspace: Workspace) -> None:
        at = workspace.clock.now() + timedelta(minutes=10)
        command_id = add_command(workspace, "later", "true")
        ids.append(workspace.queue.run(command_id, None, origin=Origin.MANUAL, at=at).result().job_id)

    session = open_window(later)
    page = overview(session)
    qtbot.waitUntil(lambda: texts(page.upcoming) == ["later"], timeout=PATIENCE_MS)
    assert texts(page.upcoming, 2)[0].startswith(("in 10 min", "in 9 min"))
    page.upcoming.setFocus()
    QTest.keyClick(page.upcoming, Qt.Key.Key_Down)
    QTest.keyClick(page.upcoming, Qt.Key.Key_Return)
    runs = session.window.page("runs")
    assert isinstance(runs, RunsPage)
    qtbot.waitUntil(lambda: f"run {ids[0]}" in runs.detail.title, timeout=PATIENCE_MS)
    assert session.window.current_name == "runs"


def test_a_due_time_leads_to_its_schedule(qtbot: QtBot, open_window: OpenSession) -> None:
    def two_schedules(workspace: Workspace) -> None:
        add_command(workspace, "sync", "true")
        for name, hour in (("early", 0), ("late", 12)):
            workspace.catalog.create(CronSpec(name=name, expression=f"0 {hour} 1 1 *"))
            workspace.catalog.create(ScheduleSpec(name=name, command="sync", crons=(name,)))

    session = open_window(two_schedules)
    page = overview(session)
    qtbot.waitUntil(lambda: texts(page.upcoming) == ["early", "late"], timeout=PATIENCE_MS)
    page.upcoming.setFocus()
    QTest.keyClick(page.upcoming, Qt.Key.Key_Down)
    QTest.keyClick(page.upcoming, Qt.Key.Key_Down)
    QTest.keyClick(page.upcoming, Qt.Key.Key_Return)
    schedules = session.window.page("schedules")
    assert isinstance(schedules, SchedulesPage)
    qtbot.waitUntil(lambda: [record.spec.name for record in schedules.list.chosen] == ["late"], timeout=PATIENCE_MS)
    assert session.window.current_name == "schedules"


def test_what_is_tried_again_by_itself_offers_no_retry(qtbot: QtBot, open_window: OpenSession) -> None:
    def between_attempts(workspace: Workspace) -> None:
        command_id = add_command(workspace, "report", "true")
        same = {"command_id": command_id, "command_name": "report", "max_attempts": 3, "exit_code": 4}
        far = {"state": JobState.RETRYABLE, "finished_at": None, "scheduled_at": NOW.replace(year=2099)}
        failed = {"state": JobState.DISCARDED}
        write_history(workspace, 2, lambda number: {**same, **(failed, far)[number], "outcome": "failed"})

    page = overview(open_window(between_attempts))
    qtbot.waitUntil(lambda: texts(page.failed) == ["report", "report"], timeout=PATIENCE_MS)
    assert page.failed.button(1) is not None
    assert page.failed.button(2) is None
    action = page.failed.action
    assert action is not None
    for row, is_offered in ((0, False), (1, True)):
        item = page.failed.topLevelItem(row)
        assert item is not None
        page.failed.setCurrentItem(item)
        assert action.isEnabled() is is_offered


def test_a_new_folder_says_what_to_do_first_and_a_click_does_it(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    page = overview(session)
    qtbot.waitUntil(page.command_button.isVisible, timeout=PATIENCE_MS)
    QTest.mouseClick(page.command_button, LEFT)
    commands = session.window.page("commands")
    assert isinstance(commands, CommandsPage)
    qtbot.waitUntil(lambda: commands.isVisible() and commands.panel.is_open, timeout=PATIENCE_MS)
    assert commands.form.record is None
    page = overview(session)
    QTest.mouseClick(page.sample_button, LEFT)
    qtbot.waitUntil(page.running.isVisible, timeout=PATIENCE_MS)
    assert not page.command_button.isVisible()


def test_a_pause_is_told_and_ended_in_place(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(troubled)
    page = overview(session)
    qtbot.waitUntil(lambda: page.scheduler.text.startswith("Scheduling."), timeout=PATIENCE_MS)
    page.desk.workspace.queue.pause(origin="the user in the window").result()
    qtbot.waitUntil(page.scheduler.resume_button.isVisible, timeout=PATIENCE_MS)
    assert "Paused by you. Due times that pass meanwhile are skipped" in page.scheduler.text
    QTest.mouseClick(page.scheduler.resume_button, LEFT)
    qtbot.waitUntil(lambda: page.scheduler.text.startswith("Scheduling."), timeout=PATIENCE_MS)
    assert not page.scheduler.resume_button.isVisible()


def glance_of(silence: timedelta, *, paused: PauseSpan | None = None) -> Glance:
    agent = AgentRow(3, "window", "here", 1, NOW, NOW, NOW - silence)
    return Glance(
        running=(), running_count=0, waiting=0, retrying=0, upcoming=(), paused=paused, agents=(agent,),
        has_commands=True, has_runs=True,
    )  # fmt: skip


def state_after(silence: timedelta, *, paused: PauseSpan | None = None, agent_id: int = 3) -> tuple[str, str]:
    state = scheduler_state(glance_of(silence, paused=paused), agent_id, NOW)
    return state.words, state.advice


def test_each_state_of_the_scheduler_says_what_to_do() -> None:
    # A scheduler that answered a while ago is no news, and looks no different from one that answers now.
    assert state_after(timedelta(seconds=59)) == state_after(timedelta()) == ("Scheduling", "What is due runs on time.")
    words, advice = state_after(timedelta(minutes=3))
    assert words == "The scheduler has not answered for 3 min"
    assert "quit Clockhand and start it again" in advice
    assert "start it again" in state_after(timedelta(), agent_id=4)[1]
    # A scheduler that is silent is the worse news.
    assert state_after(timedelta(minutes=3), paused=PauseSpan(NOW, None, "me"))[0].startswith("The scheduler has not")


def test_after_the_current_line_has_gone_the_next_one_is_current(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    with open_theme(qapp) as theme:
        each = GlanceList(theme, "list", "nothing")
        each.offer("Cancel", "cancel", "Ctrl+.")
        qtbot.addWidget(each)
        lines = [Line(key, f"line {key}", "", "", "failed", "bad") for key in range(3)]
        each.show_lines(lines)
        assert each.currentItem() is None
        item = each.topLevelItem(1)
        assert item is not None
        each.setCurrentItem(item)
        each.show_lines([lines[0], lines[2]])
        wanted: list[int] = []
        each.wanted.connect(wanted.append)
        assert each.action is not None
        each.action.trigger()
        assert wanted == [2]
        each.show_lines([])
        assert not each.action.isEnabled()


def test_lines_that_stay_the_same_keep_the_current_one(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    with open_theme(qapp) as theme:
        each = GlanceList(theme, "list", "nothing")
        qtbot.addWidget(each)
        lines = [Line(key, f"line {key}", "", "", "failed", "bad") for key in range(3)]
        each.show_lines(lines)
        item = each.topLevelItem(1)
        assert item is not None
        each.setCurrentItem(item)
        each.show_lines(list(lines))
        assert each.topLevelItem(1) is item
        each.show_lines([Line(9, "line 9", "", "", "failed", "bad"), *lines])
        current = each.currentItem()
        assert current is not None
        assert current.text(0) == "line 1"
        each.show_lines([])
        assert texts(each) == ["nothing"]
