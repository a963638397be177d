"""A scroll area for forms: the wheel scrolls and changes nothing, and what gets the focus comes into view."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Slot
from PySide6.QtWidgets import QApplication, QComboBox, QFrame, QScrollArea, QWidget

__all__ = ["FormScroll"]

_WIDEST_NEED = 632
"""What a form wants beyond this it scrolls for, lest the window could not be made small."""


class FormScroll(QScrollArea):
    """Empty until it is given something to scroll."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._need = 0
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus_changed)

    def show_body(self, body: QWidget) -> None:
        """Scroll this, with all its fields in it already."""
        self.setWidget(body)
        body.installEventFilter(self)
        for box in body.findChildren(QComboBox):
            box.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt names it so)
        """Be as wide as the form needs: what stands beside it can give way more easily."""
        hint = super().minimumSizeHint()
        body = self.widget()
        if body is None:
            return hint
        needed = body.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        # Never less again: what stands beside it would move to and fro with what is chosen in the form.
        self._need = max(self._need, min(needed, _WIDEST_NEED))
        return hint.expandedTo(QSize(self._need, 0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt names it so)
        """Keep the wheel from a choice: who scrolls past one would change it unseen."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QComboBox):
            event.ignore()
            return True
        if event.type() == QEvent.Type.LayoutRequest and watched is self.widget():
            self.updateGeometry()
        return super().eventFilter(watched, event)

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        # Qt does it for Tab alone, not for the mnemonic of a label. What the mouse presses must not move away from
        # under it, and a window that is active again (from no focus at all) shows what it showed.
        body = self.widget()
        if old is None or new is None or body is None or not body.isAncestorOf(new):
            return
        if QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self.ensureWidgetVisible(new)
