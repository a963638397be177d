"""The filters that a person gave a name: a menu to choose, keep, rename and delete them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QSettings, QSize, Signal
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.models.run_choice import RunChoice
from desktop.theme import Theme

__all__ = ["NameDialog", "SavedFilters"]

_KEY = "runs/saved_filters"
_LONGEST_NAME = 60


class SavedFilters(QPushButton):
    """`chosen` carries the RunChoice that was picked, and `changed` tells that they are to be kept at once.

    `current` tells what the fields say, to be kept or compared.
    """

    chosen = Signal(object)
    changed = Signal()

    def __init__(self, theme: Theme, current: Callable[[], RunChoice], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current = current
        self._saved: dict[str, RunChoice] = {}
        self._offers: dict[str, QAction] = {}
        self.setText(self.tr("Sa&ved"))
        self.setAccessibleName(self.tr("Saved filters"))
        self.setToolTip(self.tr("Choose a saved filter, or save this one"))
        theme.put_icon(self, "folder")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self.fill)
        self.setMenu(self._menu)

    @property
    def names(self) -> list[str]:
        """Return the names, sorted."""
        return sorted(self._saved, key=str.casefold)

    @property
    def offers(self) -> list[tuple[str, QAction]]:
        """Return the names with what chooses each of them, for the palette."""
        for name in self._offers.keys() - self._saved.keys():
            self._offers.pop(name).deleteLater()
        for name in self._saved.keys() - self._offers.keys():
            action = self._offers[name] = QAction(name.replace("&", "&&"), self)
            action.triggered.connect(partial(self._on_chosen, name))
        return [(name, self._offers[name]) for name in self.names]

    def put(self, name: str, choice: RunChoice) -> None:
        """Keep a filter by its name."""
        self._saved[name] = choice
        self.changed.emit()

    def restore(self, memory: QSettings) -> None:
        """Take what was kept; a damaged text leaves none."""
        try:
            kept = json.loads(str(memory.value(_KEY, "{}")))
        except ValueError:
            kept = {}
        if isinstance(kept, dict):
            self._saved = {str(name): RunChoice.from_json(choice) for name, choice in kept.items()}

    def save(self, memory: QSettings) -> None:
        """Keep all of them, on the disk: who names a filter does not think of closing the window."""
        memory.setValue(_KEY, json.dumps({name: self._saved[name].to_json() for name in self.names}))
        memory.sync()

    def fill(self) -> QMenu:
        """Make the menu anew and return it."""
        self._menu.clear()
        current = self._current()
        for name in self.names:
            action = self._menu.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(self._saved[name] == current)
            action.triggered.connect(partial(self._on_chosen, name))
        if self._saved:
            self._menu.addSeparator()
        save = self._menu.addAction(self.tr("&Save this filter…"))
        save.setEnabled(current != RunChoice())
        save.triggered.connect(self._on_save)
        mine = next((name for name in self.names if self._saved[name] == current), None)
        if mine is not None:
            shown = mine.replace("&", "&&")
            rename = self._menu.addAction(self.tr("&Rename “{name}”…").format(name=shown))
            rename.triggered.connect(partial(self._on_rename, mine))
            delete = self._menu.addAction(self.tr("&Delete “{name}”").format(name=shown))
            delete.triggered.connect(partial(self._on_delete, mine))
        return self._menu

    def _on_chosen(self, name: str) -> None:
        self.chosen.emit(self._saved[name])

    def _on_save(self) -> None:
        choice = self._current()
        self._ask(self.tr("Save the filter"), "", lambda name: self.put(name, choice))

    def _on_rename(self, old: str) -> None:
        def rename(new: str) -> None:
            self.put(new, self._saved.pop(old))

        self._ask(self.tr("Rename the filter"), old, rename)

    def _on_delete(self, name: str) -> None:
        self._saved.pop(name, None)
        self.changed.emit()

    def _ask(self, title: str, name: str, then: Callable[[str], None]) -> None:
        dialog = NameDialog(title, name, taken=[each for each in self._saved if each != name], parent=self)
        dialog.accepted.connect(lambda: then(dialog.value))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


class NameDialog(QDialog):
    """Asks for a name that is not taken yet; says so while one types."""

    def __init__(self, title: str, name: str, *, taken: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._taken = {each.casefold() for each in taken}
        self.name = QLineEdit(name)
        self.name.setMaxLength(_LONGEST_NAME)
        self.name.selectAll()
        label = QLabel(self.tr("&Name"))
        label.setBuddy(self.name)
        self._problem = QLabel()
        self._problem.setObjectName("fieldProblem")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save_button = buttons.addButton(self.tr("&Save"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.save_button.setDefault(True)
        for button in buttons.buttons():
            button.setIcon(QIcon())  # the style's own icons are of another hand
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        for widget in (label, self.name, self._problem, buttons):
            layout.addWidget(widget)
        self.setMinimumSize(self.sizeHint().expandedTo(QSize(360, 0)))
        self.name.textChanged.connect(self._check)
        self._check()

    @property
    def value(self) -> str:
        """Return the name without spaces around it."""
        return self.name.text().strip()

    @property
    def problem(self) -> str:
        """Return what is wrong with the name, or an empty text."""
        return self._problem.text()

    def _check(self) -> None:
        is_taken = self.value.casefold() in self._taken
        text = QCoreApplication.translate("SavedFilters", "There is a filter of this name already.")
        self._problem.setText(text if is_taken else "")
        self.save_button.setEnabled(bool(self.value) and not is_taken)
