"""A row of a form: a label, something to write or choose in, and below it a hint or what is wrong, in words."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.theme import Theme
from desktop.widgets.steady_label import SteadyLabel

__all__ = ["FieldRow"]

_ICON = 16
_INDENT = 20


class FieldRow(QWidget):
    """A label above a widget, and below it a hint, or in its place what is wrong.

    The label is the widget's buddy (its mnemonic leads there) and gives it its accessible name, unless it has one.
    The place of the hint is kept free where there is none: a tick box alone, which is never wrong, has none to keep.
    """

    def __init__(
        self, theme: Theme, label: str, widget: QWidget, hint: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.widget = widget
        self._hint = hint
        self.label = QLabel(label)
        # A mnemonic passes over a widget that hands its focus on, so it leads to the one that gets it.
        self.label.setBuddy(widget.focusProxy() or widget)
        plain = label.replace("&", "")
        if not widget.accessibleName():
            widget.setAccessibleName(plain)
        self._note = SteadyLabel(_ICON if plain or hint else None)
        self._note.setObjectName("hint")
        # Upon the note and not beside it: its width must not depend on what it says.
        self._icon = QLabel(self._note)
        self._icon.resize(_ICON, _ICON)
        theme.put_icon(self._icon, "warning", "bad")
        self._head = QHBoxLayout()
        self._head.setSpacing(8)
        self._head.addWidget(self.label, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._head)
        self._line = QHBoxLayout()
        self._line.setSpacing(8)
        self._line.addWidget(widget, 1)
        self._line.addStretch()  # takes what a field that grows no wider leaves; else it would stand in the middle
        layout.addLayout(self._line)
        layout.addWidget(self._note)
        # A tick box is labelled already.
        self.label.setVisible(bool(plain))
        self.show_problem("")

    @property
    def problem(self) -> str:
        """Return what is shown to be wrong, or an empty text."""
        return self._note.text() if self._note.objectName() == "fieldProblem" else ""

    @property
    def hint(self) -> str:
        """Return the hint, which a problem may stand in place of."""
        return self._hint

    def put_beside_label(self, widget: QWidget) -> None:
        """Put something small at the end of the label's line."""
        self._head.addWidget(widget)

    def put_beside_field(self, widget: QWidget) -> None:
        """Put something small at the end of the field's line."""
        self._line.insertWidget(self._line.count() - 1, widget)

    def show_problem(self, text: str) -> None:
        """Say what is wrong in place of the hint, or give the hint again (empty)."""
        self._icon.setVisible(bool(text))
        # In the middle of the first line, which is higher than the icon where the letters are large.
        self._icon.move(0, max(0, (self._note.fontMetrics().lineSpacing() - _ICON) // 2))
        name = "fieldProblem" if text else "hint"
        if self._note.objectName() != name:
            self._note.setObjectName(name)
            self._note.style().polish(self._note)
        # Not an indent: to words at the top Qt gives it from above, too.
        self._note.setContentsMargins(_INDENT if text else 0, 0, 0, 0)
        self._note.say(text or self._hint)
        self.widget.setAccessibleDescription(text or self._hint)
        if self.widget.property("hasProblem") != bool(text):
            self.widget.setProperty("hasProblem", bool(text))
            self.widget.style().polish(self.widget)

    def set_hint(self, hint: str) -> None:
        """Give another hint; what is wrong stays in its place."""
        problem = self.problem
        self._hint = hint
        self.show_problem(problem)

    def rest(self) -> None:
        """Give back the room that longer words took: something else is shown now."""
        self._note.rest()
