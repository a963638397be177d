"""The command palette as it is seen: a field, what matches below it, and Enter does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QSize, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from desktop.models.palette_entries import Entry, Remembered, answer
from desktop.theme import Theme
from desktop.widgets.palette_list import PaletteList

__all__ = ["PaletteDialog"]

_SIZE = QSize(680, 456)
_FROM_TOP = 72


class PaletteDialog(QDialog):
    """`used` is told the key of what was chosen, before it runs. Escape and Backspace lead back out of choices."""

    def __init__(self, theme: Theme, remembered: Remembered, used: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle(self.tr("Find anything"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._remembered = remembered
        self._used = used
        self._window = parent.window()
        self._entries: Sequence[Entry] = ()
        self._asking: Entry | None = None  # whose choices are shown
        self._has_moved = False
        self.heading = QLabel()
        self.heading.setObjectName("paletteHeading")
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.heading.hide()
        self.field = QLineEdit()
        self.field.setObjectName("paletteField")
        self.field.setPlaceholderText(self.tr("What to do, or a name"))
        self.field.setAccessibleName(self.tr("Find anything"))
        self.field.setAccessibleDescription(self.tr("Type some letters, choose with the arrow keys, Enter does it"))
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self._on_text)
        self.list = PaletteList(theme)
        self.list.clicked.connect(self._on_clicked)
        self.nothing = QLabel()
        self.nothing.setObjectName("muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setTextFormat(Qt.TextFormat.PlainText)
        self._lay_out(theme)
        self.resize(_SIZE)
        self._place()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Offer these from now on; what is chosen by hand stays chosen."""
        self._entries = entries
        if self._asking is None:
            self._renew(stay=self._has_moved)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt names it so)
        """Let the keys that move the choice reach the list, while the others write in the field."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._take_key(event):
            return True
        return super().eventFilter(watched, event)

    def reject(self) -> None:
        """Go back out of choices; close otherwise."""
        if self._asking is not None:
            self._go_back()
        else:
            super().reject()

    def _lay_out(self, theme: Theme) -> None:
        mark = QLabel()
        theme.put_icon(mark, "search", "muted", size=20)
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(8)
        top.addWidget(mark)
        top.addWidget(self.heading)
        top.addWidget(self.field, 1)
        help_line = QLabel(self.tr("↑ ↓ choose     Enter do it     Esc back"))
        help_line.setObjectName("paletteHelp")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.nothing)
        card = QFrame()
        card.setObjectName("palette")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(card)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self._stack, 1)
        layout.addWidget(help_line)

    def _place(self) -> None:
        window = self._window
        left = max(0, (window.width() - self.width()) // 2)
        self.move(window.mapToGlobal(QPoint(left, _FROM_TOP)))

    def _take_key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        pages = {Qt.Key.Key_PageDown: self.list.page, Qt.Key.Key_PageUp: -self.list.page}
        key = Qt.Key(event.key())
        if key in steps or key in pages:
            self._has_moved = True
            self.list.step(steps.get(key, 0) or pages.get(key, 0), around=key in steps)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do_chosen()
        elif key == Qt.Key.Key_Backspace and self._asking is not None and not self.field.text():
            self._go_back()
        else:
            return False
        return True

    @Slot(str)
    def _on_text(self, _text: str) -> None:
        self._has_moved = False
        self._renew()

    @Slot(QModelIndex)
    def _on_clicked(self, _index: QModelIndex) -> None:
        self._do_chosen()

    def _renew(self, *, stay: bool = False) -> None:
        entries = self._entries
        if self._asking is not None and self._asking.choices is not None:
            entries = self._asking.choices()
        typed = self.field.text()
        before = self.list.chosen
        hits = answer(entries, typed, self._remembered)
        self.list.show_hits(hits, before.entry.key if stay and before is not None else None)
        self.nothing.setText(self.tr("Nothing matches “{text}”").format(text=typed.strip()))
        self._stack.setCurrentWidget(self.list if hits or not typed.strip() else self.nothing)

    def _do_chosen(self) -> None:
        hit = self.list.chosen
        if hit is None:
            return
        self._used(hit.entry.key)
        if hit.entry.choices is not None:
            self._ask(hit.entry)
        else:
            self.accept()
            hit.entry.run()

    def _ask(self, entry: Entry) -> None:
        self._asking = entry
        self.heading.setText(entry.heading)
        self.heading.show()
        self.field.setPlaceholderText("")
        self._clear()

    def _go_back(self) -> None:
        self._asking = None
        self.heading.hide()
        self.field.setPlaceholderText(self.tr("What to do, or a name"))
        self._clear()

    def _clear(self) -> None:
        self.field.blockSignals(True)
        self.field.clear()
        self.field.blockSignals(False)
        self._on_text("")
