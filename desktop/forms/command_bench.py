"""The bench below a command's text: choose an environment, see what would run there, and try it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QTabWidget, QVBoxLayout, QWidget

from core.catalog.records import EnvironmentRecord
from desktop.forms.command_draft import Draft
from desktop.forms.command_preview import CommandPreview
from desktop.forms.command_trial import CommandTrial
from desktop.pages.page import Desk

__all__ = ["CommandBench"]

_HEIGHT = 264


class CommandBench(QFrame):
    """`environment_changed` follows a choice; `trial_wanted` asks for what the fields say."""

    environment_changed = Signal()
    trial_wanted = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench")
        self.setFixedHeight(_HEIGHT)
        self._can_try = False
        self.environment = QComboBox()
        self.environment.setAccessibleName(self.tr("Environment to look at and to try in"))
        self.environment.addItem(self.tr("no environment"), None)
        self.environment.currentIndexChanged.connect(self.environment_changed)
        label = QLabel(self.tr("&In"))
        label.setBuddy(self.environment)
        tip = self.tr("Run it now as it is written here, without saving it (Ctrl+Enter)")
        self.try_button = self._button(desk, self.tr("&Try it"), "run", tip)
        self.try_button.clicked.connect(self.trial_wanted)
        tip = self.tr("End the trial with all that it started (Ctrl+.)")
        self.stop_button = self._button(desk, self.tr("Stop"), "cancel", tip)
        # Actions of their own: a button that is given a shortcut loses its mnemonic, and the palette lists actions.
        self.try_action = self._action(self.tr("Try it"), ["Ctrl+Return", "Ctrl+Enter"], self.try_button)
        self.stop_action = self._action(self.tr("Stop the trial"), ["Ctrl+."], self.stop_button)
        self.preview = CommandPreview(desk)
        self.trial = CommandTrial(desk)
        self.trial.state_changed.connect(self._renew)
        self.stop_button.clicked.connect(self.trial.stop)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("What will run, and the trial"))
        self.tabs.addTab(self.preview, self.tr("What will run"))
        self.tabs.addTab(self.trial, self.tr("Trial"))
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 8, 4)
        head.setSpacing(8)
        head.addWidget(label)
        head.addWidget(self.environment, 1)
        head.addWidget(self.try_button)
        head.addWidget(self.stop_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.tabs, 1)
        self._renew()

    @property
    def environment_id(self) -> int | None:
        """Return the chosen environment's id."""
        found = self.environment.currentData()
        return int(found) if found is not None else None

    def offer(self, environments: Sequence[EnvironmentRecord]) -> None:
        """Offer these environments; the choice stays where it is still there."""
        wanted = [(self.tr("no environment"), None), *((record.spec.name, record.id) for record in environments)]
        box = self.environment
        if [(box.itemText(number), box.itemData(number)) for number in range(box.count())] == wanted:
            return
        chosen = self.environment_id
        box.blockSignals(True)
        box.clear()
        for name, row_id in wanted:
            box.addItem(name, row_id)
        box.setCurrentIndex(max(0, box.findData(chosen)) if chosen is not None else 0)
        box.blockSignals(False)

    def choose(self, environment_id: int | None) -> None:
        """Choose an environment by its id, without a word about it."""
        self.environment.blockSignals(True)
        self.environment.setCurrentIndex(
            next((n for n in range(self.environment.count()) if self.environment.itemData(n) == environment_id), 0)
        )
        self.environment.blockSignals(False)

    def reset(self) -> None:
        """Show another command: what was tried of the one before is let go, unless it still runs."""
        self.trial.forget()
        if not self.trial.is_running:
            self.tabs.setCurrentWidget(self.preview)

    def show_draft(self, draft: Draft | None) -> None:
        """Show what would run; None where there is no text."""
        self._can_try = draft is not None
        self.preview.show_draft(draft)
        self._renew()

    def try_out(self, draft: Draft) -> None:
        """Run a draft, and show its output."""
        self.tabs.setCurrentWidget(self.trial)
        self.trial.try_out(draft)

    @Slot()
    def _renew(self) -> None:
        is_running = self.trial.is_running
        self.try_button.setEnabled(self._can_try and not is_running)
        self.try_action.setEnabled(self._can_try and not is_running)
        self.stop_button.setVisible(is_running)
        self.stop_action.setEnabled(is_running)

    def _action(self, text: str, keys: list[str], button: QPushButton) -> QAction:
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(each) for each in keys])
        action.triggered.connect(button.click)
        self.addAction(action)
        return action

    @staticmethod
    def _button(desk: Desk, text: str, icon: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleName(text.replace("&", ""))
        desk.theme.put_icon(button, icon)
        return button
