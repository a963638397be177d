"""Asks what becomes of running jobs when the window is closed."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget

__all__ = ["QuitChoice", "ask_how_to_quit"]

_LONGEST_WAIT_S = 20 * 24 * 3600.0  # a QTimer holds 24 days


class QuitChoice(Enum):
    """What the person chose."""

    WAIT = "wait"
    STOP = "stop"
    STAY = "stay"

    @property
    def grace_s(self) -> float:
        """Return how many seconds running jobs get before they are ended."""
        return _LONGEST_WAIT_S if self is QuitChoice.WAIT else 0.0


def ask_how_to_quit(parent: QWidget, running: int) -> QuitChoice:
    """Return what becomes of `running` jobs (1 or more)."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle(_tr("Quit Clockhand"))
    box.setText(
        _tr("One command is still running.")
        if running == 1
        else _tr("{count} commands are still running.").format(count=running)
    )
    box.setInformativeText(_tr("Nothing is scheduled any more once Clockhand has been closed."))
    wait = box.addButton(_tr("&Wait, then quit"), QMessageBox.ButtonRole.AcceptRole)
    stop = box.addButton(_tr("&Stop and quit"), QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton(_tr("&Don't quit"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(wait)
    box.setEscapeButton(stay)
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    if clicked is wait:
        return QuitChoice.WAIT
    return QuitChoice.STOP if clicked is stop else QuitChoice.STAY


def _tr(text: str) -> str:
    return QCoreApplication.translate("Quitting", text)
