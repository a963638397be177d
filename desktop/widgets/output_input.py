"""The line below an output in which a running command is answered, and how it learns the size of the pane."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from desktop.theme import Theme
from desktop.widgets.output_view import OutputView

__all__ = ["Answerable", "OutputInput"]

_LOOK_MS = 100
_RESIZE_MS = 80
_MOST_REMEMBERED = 100
# A program gives up much where there is little room, and the pane can be scrolled.
_FEWEST_COLUMNS = 40
_FEWEST_ROWS = 24


class Answerable(Protocol):
    """What the line asks and tells a process that runs."""

    @property
    def accepts_input(self) -> bool:
        """Return whether it may be answered now."""
        ...

    @property
    def hides_input(self) -> bool:
        """Return whether it asks for what nobody is to see."""
        ...

    def write_line(self, text: str) -> None:
        """Send a line."""
        ...

    def end_input(self, text: str = "") -> None:
        """End its input, or hand over a text without the end of a line."""
        ...

    def resize(self, columns: int, rows: int) -> None:
        """Tell it how much room there is."""
        ...


class OutputInput(QWidget):
    """Is seen while the process of `attach` takes input.

    What was sent is not shown here: a terminal shows it among the output, and without one the output is what the
    command printed and nothing else. While the process asks for a password the line shows dots, and remembers nothing.
    """

    def __init__(self, theme: Theme, view: OutputView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._view = view
        self._process: Answerable | None = None
        self._was_hiding = False
        self._sent: list[str] = []
        self._place = 0  # in what was sent; its length is the line that is being written
        self._draft = ""
        self.line = _Line()
        self.line.setAccessibleName(self.tr("Input for the command"))
        self.hide_ = QPushButton()
        self.hide_.setCheckable(True)
        self.hide_.setAccessibleName(self.tr("Hide what is typed"))
        self.send = QPushButton(self.tr("Sen&d"))
        self.send.setToolTip(self.tr("Send the line (Enter)"))
        self.end = QPushButton(self.tr("End of input"))
        self.end.setToolTip(self.tr("Let the command read the end of its input (Ctrl+D)"))
        self._look = _timer(self, _LOOK_MS, self._on_look)
        self._resize = _timer(self, _RESIZE_MS, self._tell_size)
        self._resize.setSingleShot(True)
        self._lay_out()
        self.line.returnPressed.connect(self._on_send)
        self.line.stepped.connect(self._on_step)
        self.send.clicked.connect(self._on_send)
        self.end.clicked.connect(self._on_end)
        self.line.ended.connect(self._on_end)
        self.hide_.toggled.connect(self._on_hide_toggled)
        view.viewport().installEventFilter(self)
        self._show_hiding()
        self.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 8)
        row.setSpacing(8)
        row.addWidget(self.line, 1)
        row.addWidget(self.hide_)
        row.addWidget(self.send)
        row.addWidget(self.end)

    @property
    def is_hiding(self) -> bool:
        """Return whether what is typed is shown as dots."""
        return self.hide_.isChecked()

    def attach(self, process: Answerable | None) -> None:
        """Be the line of another process, or of none; what was written for the one before is forgotten."""
        if process is self._process:
            return
        self._process = process
        self._sent.clear()
        self._clear()
        self._was_hiding = False
        self.hide_.setChecked(False)
        if process is None:
            self._look.stop()
            self._vanish()
        else:
            self._tell_size()
            self._look.start()
            self._on_look()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt names it so)
        """Tell the process of another size of the output, once the size rests."""
        if event.type() in {QEvent.Type.Resize, QEvent.Type.FontChange, QEvent.Type.Show} and self._process is not None:
            self._resize.start()
        return super().eventFilter(watched, event)

    @Slot()
    def _on_look(self) -> None:
        process = self._process
        if process is None or not process.accepts_input:
            self._vanish()
            return
        if process.hides_input != self._was_hiding:
            self._was_hiding = not self._was_hiding
            if not self._was_hiding:
                self._clear()  # a password that was not sent must not appear
            self.hide_.setChecked(self._was_hiding)
        self.setVisible(True)

    @Slot()
    def _tell_size(self) -> None:
        if self._process is not None and self._view.isVisible():
            columns, rows = self._view.cells
            self._process.resize(max(columns, _FEWEST_COLUMNS), max(rows, _FEWEST_ROWS))

    @Slot()
    def _on_send(self) -> None:
        process = self._process
        if process is None:
            return
        self._on_look()  # it may have begun to hide since the last look
        text = self.line.text()
        process.write_line(text)
        if text and not self.is_hiding and not self._was_hiding and text not in self._sent[-1:]:
            self._sent = [*self._sent, text][-_MOST_REMEMBERED:]
        self._clear()
        self.hide_.setChecked(self._was_hiding)

    @Slot()
    def _on_end(self) -> None:
        if self._process is not None:
            self._process.end_input(self.line.text())
            self._clear()
            self._on_look()

    @Slot(int)
    def _on_step(self, step: int) -> None:
        place = self._place + step
        if self.is_hiding or not 0 <= place <= len(self._sent):
            return
        if self._place == len(self._sent):
            self._draft = self.line.text()
        self._place = place
        self.line.setText(self._draft if place == len(self._sent) else self._sent[place])

    @Slot()
    def _on_hide_toggled(self) -> None:
        self._show_hiding()

    def _show_hiding(self) -> None:
        is_hiding = self.is_hiding
        self.line.setEchoMode(QLineEdit.EchoMode.Password if is_hiding else QLineEdit.EchoMode.Normal)
        asked = self.tr("It asks for a password, or the like: write it and press Enter")
        self.line.setPlaceholderText(
            asked if is_hiding and self._was_hiding else self.tr("It takes input: write a line and press Enter")
        )
        self._theme.put_icon(self.hide_, "eye-off" if is_hiding else "eye")
        shown = self.tr("What is typed is hidden and not remembered; press to show it")
        self.hide_.setToolTip(shown if is_hiding else self.tr("Hide what is typed, and do not remember it"))

    def _clear(self) -> None:
        self.line.setText("")  # unlike clear(), which could be undone
        self._draft = ""
        self._place = len(self._sent)

    def _vanish(self) -> None:
        if self.line.hasFocus() or self.send.hasFocus() or self.end.hasFocus() or self.hide_.hasFocus():
            self._view.setFocus()
        self.hide()


class _Line(QLineEdit):
    """`stepped` carries -1 for the line that was sent before, and 1 for the next one; `ended` is Ctrl+D."""

    stepped = Signal(int)
    ended = Signal()

    def event(self, event: QEvent) -> bool:
        """Keep Ctrl+D, which duplicates a command elsewhere on its page."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_end(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Go through what was sent with Up and Down, and end the input with Ctrl+D."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None:
            self.stepped.emit(step)
        elif _is_end(event):
            self.ended.emit()
        else:
            super().keyPressEvent(event)


def _is_end(event: QKeyEvent) -> bool:
    # A terminal's key is Control on every system; Qt calls it Meta on macOS.
    control = Qt.KeyboardModifier.MetaModifier if sys.platform == "darwin" else Qt.KeyboardModifier.ControlModifier
    return event.key() == Qt.Key.Key_D and event.modifiers() == control


def _timer(parent: OutputInput, interval_ms: int, on_timeout: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setInterval(interval_ms)
    timer.timeout.connect(on_timeout)
    return timer
