"""Shows the value of a secret in plain letters, for ten seconds and to a person who has said yes to that."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QTimer, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from core.secrets.store import SecretStore
from desktop.forms.variable_table import VariableTable
from desktop.operations import Operations

__all__ = ["SecretShowing"]

_SHOWN_MS = 10_000


class SecretShowing(QObject):
    """The value is in the table alone, and goes with the time, another environment, or the window that is left."""

    def __init__(self, store: SecretStore, operations: Operations, table: VariableTable, parent: QWidget) -> None:
        super().__init__(parent)
        self._store = store
        self._operations = operations
        self._table = table
        self._parent = parent
        self._shown: tuple[int, str] | None = None
        self._end = QTimer(self)
        self._end.setSingleShot(True)
        self._end.setInterval(_SHOWN_MS)
        self._end.timeout.connect(self.hide)
        parent.installEventFilter(self)

    def ask(self, environment_id: int, name: str) -> QMessageBox:
        """Ask whether the value is to be seen, and show it then."""
        self._parent.window().installEventFilter(self)
        box = QMessageBox(self._parent)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(self.tr("Show a secret"))
        box.setText(self.tr("Show the value of {name} for ten seconds?").format(name=name))
        box.setInformativeText(self.tr("Whoever looks at the screen, or shares it, can read it."))
        show = box.addButton(self.tr("S&how it"), QMessageBox.ButtonRole.AcceptRole)
        keep = box.addButton(self.tr("&Keep it hidden"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        box.finished.connect(box.deleteLater)
        box.finished.connect(self._parent.window().activateWindow)

        def answer() -> None:
            if box.clickedButton() is show:
                self._show(environment_id, name)

        box.finished.connect(answer)
        box.open()
        return box

    @Slot()
    def hide(self) -> None:
        """Show it no more."""
        self._end.stop()
        self._shown = None
        self._table.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt names it so)
        """Hide it with the form: another page is shown, or the window is minimised or closed."""
        is_minimised = event.type() == QEvent.Type.WindowStateChange and self._parent.window().isMinimized()
        if is_minimised or (event.type() == QEvent.Type.Hide and watched is self._parent):
            self.hide()
        return super().eventFilter(watched, event)

    def _show(self, environment_id: int, name: str) -> None:
        self._shown = environment_id, name
        self._operations.ask_slowly(
            self,
            partial(self._store.reveal, environment_id, name),
            partial(self._on_value, environment_id, name),
            title=self.tr("Showing the secret {name}").format(name=name),
        )

    def _on_value(self, environment_id: int, name: str, value: str) -> None:
        if self._shown == (environment_id, name):  # not where another environment is looked at by now
            self._table.reveal(name, value)
            self._end.start()
