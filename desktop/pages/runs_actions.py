"""What can be done with runs: actions with their keys, enabled only where they make sense."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget

from core.history.runs import Run
from desktop.theme import Theme

__all__ = ["RunActions"]


class RunActions(QObject):
    """`run` needs no chosen run; the others act on the one that is chosen."""

    def __init__(self, theme: Theme, page: QWidget) -> None:
        super().__init__(page)
        self._page = page
        self._theme = theme
        self.buttons: list[QPushButton] = []
        self.run = self._add(self.tr("&Run now…"), "run", "Ctrl+R", self.tr("Run a command at once or in a while"))
        self.retry = self._add(self.tr("R&etry"), "retry", "Ctrl+Shift+R", self.tr("Run the chosen one again"))
        self.cancel = self._add(self.tr("&Cancel"), "cancel", "Ctrl+.", self.tr("End the chosen run"))
        self.copy = self._add(
            self.tr("Cop&y command"), "copy", "Ctrl+Shift+C", self.tr("Copy the text that the chosen run ran")
        )

    def offer_in(self, view: QWidget) -> None:
        """Offer the actions in the menu of the right mouse button, too."""
        view.addActions([self.run, self.retry, self.cancel, self.copy])
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def suit(self, run: Run | None, *, has_plan: bool) -> None:
        """Enable what makes sense for this run."""
        self.retry.setEnabled(run is not None and not run.is_live)
        self.cancel.setEnabled(run is not None and run.is_live and run.cancel_requested_at is None)
        self.copy.setEnabled(run is not None and has_plan)

    def _add(self, text: str, icon: str, keys: str, tip: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        native = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        self._page.addAction(action)
        self._theme.changed.connect(lambda: action.setIcon(self._theme.icon(icon)))
        action.setIcon(self._theme.icon(icon))
        button = QPushButton(text)
        button.setAccessibleName(text.replace("&", ""))
        button.setToolTip(f"{tip} ({native})")
        self._theme.put_icon(button, icon)
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(button.setEnabled)
        self.buttons.append(button)
        return action
