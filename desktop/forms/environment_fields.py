"""The choices that only the form of an environment has: what it extends, and what it starts from."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from desktop.forms.fields import ChoiceField

__all__ = ["BaseField", "ExtendsField"]


class ExtendsField(QComboBox):
    """Another environment to build on, or none. A name that is gone stays, so that nothing changes by looking at it."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.addItem(self.tr("nothing"), None)
        self.currentIndexChanged.connect(self.changed)

    def value(self) -> str | None:
        """Return the name, or None."""
        name = self.currentData()
        return None if name is None else str(name)

    def set_value(self, name: str | None) -> None:
        """Choose a name, or None."""
        index = 0 if name is None else self.findData(name)
        if index < 0:
            self.addItem(str(name), name)
            index = self.count() - 1
        self.setCurrentIndex(index)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  (Qt names it so)
        """Let the form scroll: nothing is to change unseen."""
        event.ignore()

    def set_names(self, names: list[str]) -> None:
        """Offer these."""
        chosen = self.value()
        self.clear()
        self.addItem(self.tr("nothing"), None)
        for name in names:
            self.addItem(name, name)
        self.set_value(chosen)


class BaseField(ChoiceField):
    """Where a process's variables start from."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  (Qt names it so)
        """Let the form scroll: nothing is to change unseen."""
        event.ignore()
