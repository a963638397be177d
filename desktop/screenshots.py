"""Renders the window with sample data, light and dark, to PNG files: `python -m desktop.screenshots FOLDER`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSize, Qt, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget

from core.history.runs import Run, RunFilter
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from desktop import operations
from desktop.application import Session
from desktop.operations import Failure
from desktop.pages.runs import RunsPage
from desktop.theme import Theme

__all__ = ["main"]

_SIZE = QSize(1280, 820)
_PATIENCE_MS = 60_000
_LOOK_MS = 50
_SETTLE_MS = 400
_DRESS_MS = 100
_SHOWN_ELSEWHERE = ("overview", "runs")
_TO_CHOOSE = ("disk space", "watch the disks", "temporary files", "each morning")
_TO_SHOW = ("slow, with progress", "floods the output", "fails twice, then succeeds", "runs into its time limit")


class _Album:
    """Drives one session and saves what it looks like."""

    def __init__(self, session: Session, workspace: Workspace, theme: Theme, folder: Path) -> None:
        self._session = session
        self._workspace = workspace
        self._theme = theme
        self._folder = folder

    @property
    def _runs(self) -> RunsPage:
        page = self._session.window.page("runs")
        assert isinstance(page, RunsPage)
        return page

    def take(self) -> None:
        """Save every picture."""
        window = self._session.window
        window.resize(_SIZE)
        _pause(_SETTLE_MS * 2)
        self._save("empty", window)
        self._pages("empty-")
        self._fill()
        self._pictures()
        self._pages("")
        self._dialogs()

    def _fill(self) -> None:
        """Let the sample run: what is shown has really happened."""
        self._session.operations.run(self._session.window, operations.add_sample(self._workspace))
        _wait(lambda: bool(self._workspace.catalog.commands()))
        environments = {record.spec.name: record.id for record in self._workspace.catalog.environments()}
        commands = {record.spec.name: record.id for record in self._workspace.catalog.commands()}
        for _ in range(6):
            for environment in environments.values():
                self._workspace.queue.run(commands["disk space"], environment, origin=Origin.MANUAL)
        for name in _TO_SHOW[1:]:
            self._workspace.queue.run(commands[name], None, origin=Origin.MANUAL)
        _wait(lambda: self._newest("runs into its time limit") is not None)
        self._workspace.queue.run(commands[_TO_SHOW[0]], None, origin=Origin.MANUAL)
        _wait(lambda: self._newest(_TO_SHOW[0], JobState.EXECUTING) is not None)

    def _pictures(self) -> None:
        window, runs = self._session.window, self._runs
        window.open_page(list(window.pages).index("overview"))
        _pause(_SETTLE_MS * 2)
        self._save("overview", window)
        window.open_page(list(window.pages).index("runs"))
        self._choose("floods the output")
        self._save("runs", window)
        self._choose("fails twice, then succeeds")
        runs.detail.tabs.setCurrentWidget(runs.detail.events)
        self._save("events", window)
        self._choose("disk space")
        runs.detail.tabs.setCurrentWidget(runs.detail.command)
        self._save("command", window)
        runs.detail.tabs.setCurrentIndex(0)
        sentence = (
            "The database clockhand.db can't grow, because the disk is full. Clockhand goes on when that has passed."
        )
        window.error_bar.tell(Failure("Retrying “disk space”", sentence, sentence))
        self._save("error", window)
        window.error_bar.hide()
        runs.actions_.run.trigger()
        self._save_dialog("run-dialog")

    def _pages(self, prefix: str) -> None:
        """Save the pages that hold nothing but their list and their form, with something chosen that shows much.

        With a prefix there is nothing yet: what has no list looks the same then.
        """
        window = self._session.window
        for name, page in window.pages.items():
            read = page.things()
            things = read() if read is not None else []
            if name in _SHOWN_ELSEWHERE or (read is None and prefix):
                continue
            window.open_page(list(window.pages).index(name))
            if things:
                page.choose(next((thing for thing in things if thing.title in _TO_CHOOSE), things[0]).id)
            _pause(_SETTLE_MS * 2)
            self._save(f"{prefix}{name}", window)

    def _dialogs(self) -> None:
        window = self._session.window
        window.open_page(list(window.pages).index("runs"))
        window.actions_.find.trigger()
        field = _modal().findChild(QLineEdit)
        assert isinstance(field, QLineEdit)
        field.setText("disk")
        self._save_dialog("palette")
        window.actions_.shortcuts.trigger()
        self._save_dialog("shortcuts")

    def _save_dialog(self, name: str) -> None:
        """Save the dialog that is open, upon the window, and close it."""
        dialog = _modal()
        self._save(name, self._session.window, dialog)
        dialog.reject()
        dialog.deleteLater()

    def _choose(self, command: str) -> None:
        run = self._newest(command)
        if run is not None:
            self._runs.choose(run.id)
        _pause(_SETTLE_MS)

    def _newest(self, command: str, state: JobState | None = None) -> Run | None:
        wanted = RunFilter(text=command, states=[state] if state else [JobState.COMPLETED, JobState.DISCARDED])
        return next(iter(self._workspace.runs.page(wanted, limit=1)), None)

    def _save(self, name: str, window: QWidget, dialog: QWidget | None = None) -> None:
        for scheme, word in ((Qt.ColorScheme.Dark, "dark"), (Qt.ColorScheme.Light, "light")):
            self._theme.use(scheme)
            _pause(_DRESS_MS)
            path = self._folder / f"{name}-{word}.png"
            picture = window.grab()
            if dialog is not None:
                painter = QPainter(picture)
                painter.drawPixmap(window.mapFromGlobal(dialog.pos()), dialog.grab())
                painter.end()
            if not picture.save(str(path)):
                raise OSError(f"The picture {path} could not be written.")
            print(path)


def _modal() -> QDialog:
    """Return the dialog that is open, as soon as there is one and it has read what it shows."""
    _wait(lambda: isinstance(QApplication.activeModalWidget(), QDialog))
    _pause(_SETTLE_MS)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    return dialog


def _pause(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _wait(condition: Callable[[], bool]) -> None:
    waited = 0
    while not condition():
        if waited > _PATIENCE_MS:
            raise TimeoutError("The sample did not do what the pictures are to show.")
        _pause(_LOOK_MS)
        waited += _LOOK_MS


def main(arguments: list[str]) -> int:
    """Write the pictures into the folder that the first argument names; return the exit code."""
    if len(arguments) != 1:
        print("Usage: python -m desktop.screenshots FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    theme = Theme(application, scheme=Qt.ColorScheme.Light)
    with tempfile.TemporaryDirectory(prefix="clockhand-pictures-") as data, Workspace(Path(data)) as workspace:
        session = Session(workspace, theme)
        session.ended.connect(application.quit)
        session.start()
        try:
            _Album(session, workspace, theme, folder).take()
        finally:
            session.end("the pictures are taken", 0.0)
            application.exec()
            session.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
