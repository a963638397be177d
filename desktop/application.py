"""Clockhand with its window: opens the data folder, starts the agent, shows the window, and ends them in order."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal, Slot
from PySide6.QtWidgets import QApplication, QMessageBox

from core.core_dumps import prevent_core_dump
from core.errors import AlreadyRunningError, StorageError
from core.workspace import Workspace
from desktop.agent import Agent
from desktop.appearance import wear_remembered
from desktop.bridge import Bridge
from desktop.display import why_no_display
from desktop.editing import Editing
from desktop.last_net import LastNet
from desktop.operations import Operations
from desktop.pages.page import Desk
from desktop.pages.registry import PAGES
from desktop.signals import UnixSignals
from desktop.theme import Theme, logo
from desktop.window import MainWindow

__all__ = ["Session", "main", "settle_memory"]

NO_DISPLAY_CODE = 1
STORAGE_CODE = 5

# Python hands its lock on after this many seconds: with the usual 5 ms, one busy thread makes the window wait 10 ms.
_SWITCH_INTERVAL_S = 0.0005


class Session(QObject):
    """One opened data folder with its agent and its window, from `start` until `ended`."""

    ended = Signal()

    def __init__(self, workspace: Workspace, theme: Theme) -> None:
        super().__init__()
        self.bridge = Bridge(workspace.changes)
        self.agent = Agent(workspace, self.bridge, "window")
        self.operations = Operations(self.bridge)
        self._workspace = workspace
        self._theme = theme
        self._window: MainWindow | None = None

    @property
    def window(self) -> MainWindow:
        """Return the window of a started session."""
        assert self._window is not None, "the session was not started"
        return self._window

    def start(self) -> None:
        """Start the agent and show the window. Raises AlreadyRunningError and StorageError."""
        self.agent.start()
        self.agent.stopped.connect(self._on_stopped)
        remembered = self._workspace.folder.root / "window.ini"
        remembered.touch(mode=0o600)  # Qt makes a file that others may read, and keeps the mode of one that is there
        remembered.chmod(0o600)
        memory = QSettings(str(remembered), QSettings.Format.IniFormat)
        wear_remembered(self._theme, memory)
        desk = Desk(
            workspace=self._workspace,
            agent=self.agent,
            operations=self.operations,
            editing=Editing(
                self._workspace.catalog,
                self._workspace.settings,
                self.operations,
                self,
                keys=self._workspace.secrets.keys,
            ),
            theme=self._theme,
            memory=memory,
        )
        self._window = MainWindow(desk, self.bridge, PAGES)
        self._window.setWindowIcon(logo())
        self._window.quit_wanted.connect(self._on_quit_wanted)
        self._window.stay_wanted.connect(self._on_stay_wanted)
        self._window.show()

    def end(self, reason: str, grace_s: float | None = None) -> None:
        """Stop claiming, give running jobs `grace_s` seconds (None: the setting's), then close the window."""
        self.window.show_ending()
        self.agent.stop(reason=reason, grace_s=grace_s)

    def report(self, error: BaseException) -> None:
        """Show an error that nobody caught; may be called from any thread."""
        self.bridge.post(lambda: self.operations.report(error, title=self.tr("A part of the window failed")))

    def close(self) -> None:
        """Let go of everything that `start` did not."""
        self.operations.close()
        self.bridge.close()
        if self._window is not None:
            self._window.deleteLater()
            self._window = None

    @Slot(object)
    def _on_quit_wanted(self, grace_s: float | None) -> None:
        self.end("the user closed the window", grace_s)

    @Slot()
    def _on_stay_wanted(self) -> None:
        if self.agent.stay():
            self.window.show_staying()

    @Slot()
    def _on_stopped(self) -> None:
        self.window.leave()
        self.ended.emit()


def main(data_dir: Path | None = None) -> int:
    """Show the window until it is closed; return the exit code (5 where the data folder can't be used)."""
    if (reason := why_no_display(os.environ)) is not None:
        print(reason, file=sys.stderr)
        return NO_DISPLAY_CODE
    prevent_core_dump()
    # Until `settle_memory`: what is imported and built now is there to stay.
    gc.disable()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("Clockhand")
    application.setApplicationDisplayName("Clockhand")
    application.setDesktopFileName("clockhand")
    application.setWindowIcon(logo())
    application.setQuitOnLastWindowClosed(False)
    theme = Theme(application)
    try:
        with Workspace(data_dir) as workspace:
            return _run(application, workspace, theme)
    except StorageError as error:
        _refuse(error)
        return STORAGE_CODE
    finally:
        gc.enable()


def settle_memory() -> None:
    """Let Python's collector look no more at what is there now and stays: looking at all of it takes 50 to 80 ms.

    What a start leaves as garbage is little and stays, too: one last look would delay the window by just that time.
    """
    gc.freeze()
    gc.enable()


def _run(application: QApplication, workspace: Workspace, theme: Theme) -> int:
    session = Session(workspace, theme)
    session.ended.connect(application.quit)
    # Before the start: a signal that comes meanwhile waits for the event loop.
    signals = UnixSignals(lambda number: session.end(f"asked to by {signal.Signals(number).name}"))
    net = LastNet(session.report)
    try:
        session.start()
        settle_memory()
        application.exec()
    finally:
        net.restore()
        signals.restore()
        session.close()
    return 0


def _refuse(error: StorageError) -> None:
    """Say on both ways why there is no window: whoever started it from a menu does not see the terminal."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Clockhand", str(error))
    box.addButton(box.tr("&Close"), QMessageBox.ButtonRole.AcceptRole)  # Qt's own would bring an icon of another set
    running = isinstance(error, AlreadyRunningError)
    box.setInformativeText(
        box.tr("Look for its window.") if running else box.tr("Clockhand ends now. Nothing was changed.")
    )
    # A signal ends the question, too: nobody may be there to answer it.
    signals = UnixSignals(lambda _number: box.reject())
    print(error, file=sys.stderr, flush=True)
    try:
        box.exec()
    finally:
        signals.restore()
        box.deleteLater()


if __name__ == "__main__":
    sys.exit(main())
