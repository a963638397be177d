"""The field in which one chooses a time zone: all of the machine's, found by any part of their names."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import available_timezones

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from core.catalog.specs import SYSTEM_ZONE
from desktop.forms.cron_combo import CalmComboBox

__all__ = ["ZoneField", "zone_names"]


def zone_names() -> list[str]:
    """Return the names of all time zones. It walks the file system: not for the GUI thread."""
    # Those without a region are links of old: they are taken when typed, but only lengthen the list.
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))]


class ZoneField(CalmComboBox):
    """“system” comes first, with the name of the machine's zone beside it; what is typed is the value as it stands."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMinimumContentsLength(14)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._system = SYSTEM_ZONE
        self.addItem(SYSTEM_ZONE, SYSTEM_ZONE)
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setMaxVisibleItems(12)
        self.setCompleter(completer)
        self.editTextChanged.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return nothing: whether there is such a zone is checked with the whole definition."""
        return ""

    def value(self) -> str:
        """Return the name of the zone, or “system”."""
        text = self.currentText().strip()
        return SYSTEM_ZONE if text == self._system or text.lower() == SYSTEM_ZONE else text

    def set_value(self, value: str) -> None:
        """Choose a zone; one that is not in the list stands there all the same."""
        self.setEditText(self._system if value == SYSTEM_ZONE else value)

    def set_system(self, zone: str) -> None:
        """Say which zone “system” is at the moment."""
        chosen, _silence = self.value(), QSignalBlocker(self)
        self._system = self.tr("system ({zone})").format(zone=zone)
        self.setItemText(0, self._system)
        self.set_value(chosen)

    def set_names(self, names: Iterable[str]) -> None:
        """Offer these zones."""
        chosen, _silence = self.value(), QSignalBlocker(self)
        while self.count() > 1:
            self.removeItem(1)
        for name in names:
            self.addItem(name, name)
        self.set_value(chosen)
