"""The expressions that are chosen most, with words for them, and the field in which one chooses."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from desktop.forms.cron_combo import CalmComboBox

__all__ = ["PresetField", "presets"]


def presets() -> tuple[tuple[str, str], ...]:
    """Return the expressions and the words for them, most frequent first."""
    return (
        ("* * * * *", _tr("Every minute")),
        ("*/5 * * * *", _tr("Every 5 minutes")),
        ("*/15 * * * *", _tr("Every 15 minutes")),
        ("0 * * * *", _tr("Every hour")),
        ("0 */6 * * *", _tr("Every 6 hours")),
        ("0 7 * * *", _tr("Every day at 07:00")),
        ("30 7 * * 1-5", _tr("Monday to Friday at 07:30")),
        ("0 9-17 * * 1-5", _tr("Every hour of office days")),
        ("0 8 * * 1", _tr("Mondays at 08:00")),
        ("0 6 1 * *", _tr("First day of the month")),
        ("0 18 LW * *", _tr("Last workday of the month")),
        ("0 6 1 1,4,7,10 *", _tr("First day of the quarter")),
        ("0 6 1 1 *", _tr("First day of the year")),
        ("H H(1-4) * * *", _tr("Every night, spread by name")),
        ("@reboot", _tr("At each start of Clockhand")),
    )


class PresetField(CalmComboBox):
    """Shows the preset that an expression is, or that it is none; `picked` carries the expression of a chosen one."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.addItem(self.tr("Own expression"), "")
        self.setItemData(0, self.tr("What the builder and the text say, without a preset"), Qt.ItemDataRole.ToolTipRole)
        self.insertSeparator(1)
        for expression, words in presets():
            self.addItem(words, expression)
            self.setItemData(self.count() - 1, expression, Qt.ItemDataRole.ToolTipRole)
        self.setMaxVisibleItems(self.count())
        self.setMinimumContentsLength(14)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.view().setTextElideMode(Qt.TextElideMode.ElideNone)
        self.activated.connect(self._on_activated)

    def show_expression(self, text: str) -> None:
        """Show which preset the expression is, however it is spaced."""
        row = self.findData(" ".join(text.split()))
        self.setCurrentIndex(max(row, 0))

    def _on_activated(self, _row: int) -> None:
        if expression := self.currentData():
            self.picked.emit(str(expression))


def _tr(text: str) -> str:
    return QCoreApplication.translate("CronPresets", text)
