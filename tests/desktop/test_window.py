"""The window as a whole: pages, status line, pause, and the way out with and without running jobs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QMessageBox,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.catalog.specs import CronSpec, ScheduleSpec
from core.history.glance import Glance
from core.queue.agents import AgentRow
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from desktop.application import Session
from desktop.fitting import USUAL_FRAME
from desktop.pages.overview import OverviewPage
from desktop.widgets.status_line import StatusLine
from tests.support import FakeClock
from tests.support.window import PATIENCE_MS, add_command, newest, open_session, open_theme

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell")

OpenSession = Callable[..., Session]
CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenSession]:
    with ExitStack() as stack:

        def open_it(before: Callable[[Workspace], Any] | None = None) -> Session:
            return stack.enter_context(open_session(qtbot, tmp_path / "data", before=before))

        yield open_it


def workspace_of(session: Session) -> Workspace:
    return session.window.page("runs").desk.workspace


def start_endless(qtbot: QtBot, session: Session, text: str = "sleep 600") -> int:
    workspace = workspace_of(session)
    command_id = add_command(workspace, "endless", text, grace=timedelta(seconds=5))
    job_id = workspace.queue.run(command_id, None, origin=Origin.MANUAL).result().job_id
    qtbot.waitUntil(lambda: workspace.runs.get(job_id).pid is not None, timeout=PATIENCE_MS)
    return job_id


def answer(session: Session, words: str) -> None:
    """Click the button of that text in the question that is about to be asked."""

    def click() -> None:
        boxes = [each for each in QApplication.topLevelWidgets() if isinstance(each, QMessageBox) and each.isVisible()]
        if not boxes:
            QTimer.singleShot(10, session, click)
            return
        button = next(each for each in boxes[0].findChildren(QPushButton) if each.text().replace("&", "") == words)
        QTest.mouseClick(button, LEFT)

    QTimer.singleShot(0, session, click)


def test_closing_an_idle_window_ends_everything(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.window.close()
    assert not session.agent.is_running
    assert not session.window.isVisible()


MENU = pytest.mark.qt_log_ignore("This plugin does not support")
QUESTION = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


@QUESTION
def test_closing_with_running_jobs_asks_and_one_can_stay(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    job_id = start_endless(qtbot, session)
    answer(session, "Don't quit")
    session.window.close()
    assert session.window.isVisible()
    assert workspace_of(session).runs.get(job_id).state is JobState.EXECUTING


@QUESTION
def test_closing_can_stop_what_runs(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    job_id = start_endless(qtbot, session)
    answer(session, "Stop and quit")
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.window.close()
    run = workspace_of(session).runs.get(job_id)
    assert (run.state, run.reason) == (JobState.CANCELLED, "by Clockhand, which was closed")


@QUESTION
def test_closing_can_wait_for_what_runs_and_say_so(qtbot: QtBot, open_window: OpenSession, tmp_path: Path) -> None:
    session = open_window()
    gate = tmp_path / "gate"
    job_id = start_endless(qtbot, session, f'while [ ! -e "{gate}" ]; do sleep 0.02; done')
    answer(session, "Wait, then quit")
    session.window.close()
    qtbot.waitUntil(session.window.ending_bar.isVisible, timeout=PATIENCE_MS)
    assert session.agent.is_running
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        gate.touch()
    assert workspace_of(session).runs.get(job_id).state is JobState.COMPLETED


@QUESTION
def test_who_waits_for_the_end_can_still_stop_what_runs(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    job_id = start_endless(qtbot, session)
    answer(session, "Wait, then quit")
    session.window.close()
    qtbot.waitUntil(session.window.ending_bar.stop_button.isVisible, timeout=PATIENCE_MS)
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        QTest.mouseClick(session.window.ending_bar.stop_button, LEFT)
    assert not workspace_of(session).runs.get(job_id).is_live


@QUESTION
def test_who_waits_for_the_end_is_told_the_truth_and_can_stay(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    window, workspace = session.window, workspace_of(session)
    line = window.status_line
    start_endless(qtbot, session)
    answer(session, "Wait, then quit")
    window.close()
    qtbot.waitUntil(lambda: "Ending: waits for 1 run" in line.text, timeout=PATIENCE_MS)
    assert "waits for the next start" in line.text
    assert "waits for the next start" in window.ending_bar.text
    assert not line.pause_button.isEnabled()
    quick = add_command(workspace, "quick", "true")
    job_id = workspace.queue.run(quick, None, origin=Origin.MANUAL).result().job_id
    qtbot.waitUntil(lambda: "1 waiting" in line.text, timeout=PATIENCE_MS)
    assert workspace.runs.get(job_id).state is JobState.AVAILABLE
    QTest.mouseClick(window.ending_bar.stay_button, LEFT)
    qtbot.waitUntil(lambda: workspace.runs.get(job_id).state is JobState.COMPLETED, timeout=PATIENCE_MS)
    assert not window.ending_bar.isVisible()
    assert "Scheduling" in line.text
    assert line.pause_button.isEnabled()
    answer(session, "Stop and quit")
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        window.close()


@MENU
def test_all_schedules_are_paused_and_resumed(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    line = session.window.status_line
    qtbot.waitUntil(lambda: "Scheduling" in line.text, timeout=PATIENCE_MS)
    pause_all(qtbot, session, "Pause all schedules until resumed")
    qtbot.waitUntil(lambda: "Paused since" in line.text, timeout=PATIENCE_MS)
    assert line.pause_button.text() == "Resume all"
    QTest.mouseClick(line.pause_button, LEFT)
    qtbot.waitUntil(lambda: "Scheduling" in line.text, timeout=PATIENCE_MS)
    pause_all(qtbot, session, "Pause all schedules until tomorrow 08:00")
    qtbot.waitUntil(lambda: "Paused until tomorrow 08:00" in line.text, timeout=PATIENCE_MS)
    assert "What becomes due before that is skipped" in line.text
    session.window.actions_.undo.trigger()
    qtbot.waitUntil(lambda: "Scheduling" in line.text, timeout=PATIENCE_MS)


def pause_all(qtbot: QtBot, session: Session, choice: str) -> None:
    """Choose in the menu of the status line, with the mouse."""
    button = session.window.status_line.pause_button
    qtbot.waitUntil(lambda: button.menu() is not None, timeout=PATIENCE_MS)
    QTest.mouseClick(button, LEFT)
    qtbot.waitUntil(button.menu().isVisible, timeout=PATIENCE_MS)
    action = next(each for each in button.menu().actions() if each.text().replace("&", "") == choice)
    QTest.mouseClick(button.menu(), LEFT, pos=button.menu().actionGeometry(action).center())


def test_the_status_line_says_what_comes_next(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        add_command(workspace, "backup", "true")
        workspace.catalog.create(CronSpec(name="yearly", expression="0 0 1 1 *"))
        workspace.catalog.create(ScheduleSpec(name="new year", command="backup", environments=(), crons=("yearly",)))

    line = open_window(before).window.status_line
    qtbot.waitUntil(lambda: "0 running" in line.text and "Next: “new year” in" in line.text, timeout=PATIENCE_MS)


def glance(now: datetime, heartbeat_at: datetime) -> Glance:
    agent = AgentRow(3, "window", "here", 1, now, now, heartbeat_at)
    return Glance(
        running=(), running_count=0, waiting=2, retrying=1, upcoming=(), paused=None, agents=(agent,),
        has_commands=True, has_runs=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("silent_s", "words"), [(0, "Scheduling"), (59, "Scheduling"), (61, "has not answered for 1 min 1 s")]
)
def test_a_silent_scheduler_is_an_alarm(qtbot: QtBot, qapp: QApplication, silent_s: int, words: str) -> None:
    clock = FakeClock(datetime(2026, 11, 24, 6, tzinfo=UTC))
    with open_theme(qapp) as theme:
        line = StatusLine(theme, clock)
        qtbot.addWidget(line)
        line.show_glance(glance(clock.now(), clock.now() - timedelta(seconds=silent_s)), 3)
        assert words in line.text
        assert "2 waiting, 1 to be retried" in line.text
        line.show_glance(glance(clock.now(), clock.now()), 4)
        assert "The scheduler does not run" in line.text
        line.stop()


def test_a_window_whose_screen_is_gone_comes_back_into_view(
    qtbot: QtBot, open_window: OpenSession, tmp_path: Path
) -> None:
    elsewhere = QWidget()
    qtbot.addWidget(elsewhere)
    elsewhere.setGeometry(9000, 7000, 1100, 700)
    memory = QSettings(str(tmp_path / "data" / "window.ini"), QSettings.Format.IniFormat)
    memory.setValue("window/geometry", elsewhere.saveGeometry())
    memory.sync()
    window = open_window().window
    assert window.screen().availableGeometry().intersects(window.geometry())


def test_the_first_window_and_a_remembered_one_fit_the_screen_with_their_frame(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    elsewhere = QWidget()
    qtbot.addWidget(elsewhere)
    elsewhere.setGeometry(0, 0, 1900, 1000)
    for geometry in (None, elsewhere.saveGeometry()):
        folder = tmp_path / ("first" if geometry is None else "again")
        with open_theme(qapp) as theme, Workspace(folder) as workspace:
            if geometry is not None:
                memory = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
                memory.setValue("window/geometry", geometry)
                memory.sync()
            session = Session(workspace, theme)
            session.start()
            window = session.window
            available = window.screen().availableGeometry()
            assert window.height() + USUAL_FRAME.top() + USUAL_FRAME.bottom() <= available.height()
            assert window.width() == window.minimumWidth()  # the screen of the tests has 800 pixels
            with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
                session.end("the test is over", 0.0)
            session.close()
            session.deleteLater()


def test_the_rail_shows_icons_alone_in_a_narrow_window(qtbot: QtBot, open_window: OpenSession) -> None:
    window = open_window().window
    window.resize(1280, 800)
    wide = window.rail.width()
    window.resize(900, 600)
    qtbot.waitUntil(lambda: window.rail.width() < wide / 2, timeout=PATIENCE_MS)
    assert window.width() == 900
    names = [button.accessibleName() for button in window.rail.findChildren(QToolButton)]
    assert names == ["Overview", "Runs", "Commands", "Schedules", "Environments", "Crons", "Settings"]
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: window.rail.width() == wide, timeout=PATIENCE_MS)


@pytest.mark.parametrize("points", [9, 14])
def test_every_page_fits_into_a_small_window(qtbot: QtBot, open_window: OpenSession, points: int) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    before = application.font()
    larger = application.font()
    larger.setPointSize(points)
    application.setFont(larger)
    try:
        window = open_window().window
        window.resize(900, 600)
        for number, name in enumerate(window.pages):
            window.open_page(number)
            page = window.page(name)
            qtbot.waitUntil(page.isVisible, timeout=PATIENCE_MS)
            for part in page.findChildren(QAbstractButton):
                if part.parent() is page and part.isVisible():
                    assert page.rect().contains(part.geometry()), (name, part)
            titles = [each for each in page.findChildren(QLabel, "pageTitle") if each.isVisible()]
            assert titles, name
            assert all(each.width() >= each.sizeHint().width() for each in titles), name
    finally:
        application.setFont(before)


def test_pages_are_opened_by_their_keys_and_remembered(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    assert session.window.stack.currentWidget() is session.window.page("runs")
    QTest.keyClick(session.window, Qt.Key.Key_1, CONTROL)
    qtbot.waitUntil(lambda: session.window.stack.currentWidget() is session.window.page("overview"))
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.window.close()
    again = open_window()
    assert again.window.stack.currentWidget() is again.window.page("overview")


def texts(page: OverviewPage, name: str) -> list[str]:
    tree = {"running": page.running, "upcoming": page.upcoming, "failed": page.failed}[name]
    items = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    return [item.text(0) for item in items if item]


def test_the_overview_shows_what_runs_and_failed_and_opens_it(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: add_command(workspace, "broken", "exit 9"))
    workspace = workspace_of(session)
    session.window.open_page(0)
    page = session.window.page("overview")
    assert isinstance(page, OverviewPage)
    start_endless(qtbot, session)
    broken = workspace.catalog.command("broken").id
    failed = workspace.queue.run(broken, None, origin=Origin.MANUAL).result().job_id
    qtbot.waitUntil(lambda: texts(page, "running") == ["endless"], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: texts(page, "failed") == ["broken"], timeout=PATIENCE_MS)
    QTest.keyClick(page.failed, Qt.Key.Key_Down)
    QTest.keyClick(page.failed, Qt.Key.Key_Return)
    runs = session.window.page("runs")
    assert session.window.stack.currentWidget() is runs
    qtbot.waitUntil(lambda: f"run {failed}" in runs.detail.title, timeout=PATIENCE_MS)  # type: ignore[attr-defined]  # it is the page of the runs


def test_the_overview_of_a_new_folder_offers_the_sample(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    session.window.open_page(0)
    page = session.window.page("overview")
    assert isinstance(page, OverviewPage)
    qtbot.waitUntil(page.sample_button.isVisible, timeout=PATIENCE_MS)
    QTest.mouseClick(page.sample_button, LEFT)
    qtbot.waitUntil(lambda: "watch the disks" in texts(page, "upcoming"), timeout=PATIENCE_MS)
    assert not page.sample_button.isVisible()
    assert page.running.hasFocus()


def test_the_look_follows_the_scheme_at_once(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    theme = session.window.page("runs").desk.theme
    light = session.window.grab().toImage().pixelColor(600, 5).lightness()
    theme.use(Qt.ColorScheme.Dark)
    dark = session.window.grab().toImage().pixelColor(600, 5).lightness()
    assert light > 200
    assert dark < 60
    assert newest(workspace_of(session)) is None
