"""Which runs are shown: a text and a choice of states, kept between two starts."""

from __future__ import annotations

from PySide6.QtCore import QSettings, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from core.history.runs import RunFilter
from core.queue.states import JobState
from desktop.theme import Theme

__all__ = ["FilterBar"]

_TYPING_MS = 150
_STATES: dict[str, tuple[JobState, ...]] = {
    "all": (),
    "running": (JobState.EXECUTING,),
    "waiting": (JobState.SCHEDULED, JobState.AVAILABLE, JobState.RETRYABLE),
    "succeeded": (JobState.COMPLETED,),
    "failed": (JobState.DISCARDED, JobState.RETRYABLE),
    "cancelled": (JobState.CANCELLED,),
    "skipped": (JobState.SKIPPED,),
}


class FilterBar(QWidget):
    """`changed` follows shortly after the last key; `which` is the filter that the fields say."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLineEdit()
        self.text.setPlaceholderText(self.tr("Filter by command or environment"))
        self.text.setAccessibleName(self.tr("Filter by command or environment"))
        self.text.setToolTip(self.tr("Filter by command or environment (Ctrl+L)"))
        self.text.setClearButtonEnabled(True)
        self.text.setMaximumWidth(360)
        self._search = self.text.addAction(theme.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.states = QComboBox()
        self.states.setAccessibleName(self.tr("State"))
        for key, word in self._words().items():
            self.states.addItem(word, key)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self.changed)
        self.text.textChanged.connect(self._typing.start)
        self.states.currentIndexChanged.connect(self._on_states)
        focus = QShortcut(QKeySequence("Ctrl+L"), self)
        focus.activated.connect(self.text.setFocus)
        theme.changed.connect(lambda: self._search.setIcon(theme.icon("search", "muted")))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.states)
        layout.addStretch()

    @property
    def which(self) -> RunFilter:
        """Return the filter."""
        return RunFilter(text=self.text.text().strip(), states=_STATES[str(self.states.currentData())])

    def clear(self) -> None:
        """Show everything again, at once."""
        self.text.clear()
        self.states.setCurrentIndex(0)
        self._typing.stop()
        self.changed.emit()

    def save(self, memory: QSettings) -> None:
        """Keep what the fields say."""
        memory.setValue("runs/filter_text", self.text.text())
        memory.setValue("runs/filter_states", self.states.currentData())

    def restore(self, memory: QSettings) -> None:
        """Fill the fields with what was kept, without a word about it."""
        self.text.setText(str(memory.value("runs/filter_text", "")))
        self.states.setCurrentIndex(max(0, self.states.findData(memory.value("runs/filter_states", "all"))))
        self._typing.stop()

    def _on_states(self) -> None:
        self._typing.stop()
        self.changed.emit()

    def _words(self) -> dict[str, str]:
        return {
            "all": self.tr("All states"),
            "running": self.tr("Running"),
            "waiting": self.tr("Waiting"),
            "succeeded": self.tr("Succeeded"),
            "failed": self.tr("Failed"),
            "cancelled": self.tr("Cancelled"),
            "skipped": self.tr("Skipped"),
        }
