"""Takes over `.env` text: shows what it would add and change before it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QFontDatabase, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.errors import Problem
from core.exchange.taking import Taken, take
from core.execution.secret_names import looks_secret
from desktop.forms.variable_table import DOTS, one_line
from desktop.theme import Theme

__all__ = ["PasteDialog", "guess_text"]

_FIRST_SIZE = QSize(760, 600)
_MOST_PROBLEMS = 4


class PasteDialog(QDialog):
    """Code that opens it reads `taken` and `secret_names` after `accepted`."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        variables: Mapping[str, str],
        secrets: Iterable[str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._variables = dict(variables)
        self._secrets = tuple(secrets)
        self.taken = Taken({}, {}, (), ())
        self.setWindowTitle(self.tr("Paste .env text"))
        self.text = QPlainTextEdit(text)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setPlaceholderText("API_URL=https://example.org\nRETRIES=3")
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(self.tr("Text"))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.preview = QTreeWidget()
        self._dress_preview()
        self._warning = QLabel()
        theme.put_icon(self._warning, "warning", "warning")
        self.as_secrets = QCheckBox()
        self.as_secrets.setChecked(True)
        self.as_secrets.toggled.connect(self._renew)
        self._problems = QLabel()
        self._problems.setWordWrap(True)
        self._problems.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take_button = QPushButton()
        self.buttons.addButton(self.take_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.take_button.setDefault(True)
        self.take_button.setToolTip(self.tr("Ctrl+Enter"))
        # Enter alone begins a new line of the text.
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.take_button.click)
        for button in self.buttons.buttons():
            button.setIcon(QIcon())  # the style's own icons are of another hand
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self.text.textChanged.connect(self._renew)
        theme.changed.connect(self._renew)
        self._renew()

    @property
    def problems_text(self) -> str:
        """Return what the dialog says to be wrong."""
        return self._problems.text()

    @property
    def secret_names(self) -> list[str]:
        """Return the names of what is taken as a secret: what is one here, and what looks like one, where wanted."""
        guessed = self._guessed if self.as_secrets.isChecked() else []
        return [name for name in self.taken.variables if name in self._secrets or name in guessed]

    @property
    def _guessed(self) -> list[str]:
        return [name for name in self.taken.variables if looks_secret(name) and name not in self._secrets]

    def _dress_preview(self) -> None:
        preview = self.preview
        preview.setAccessibleName(self.tr("What it does"))
        preview.setHeaderLabels([self.tr("Name"), self.tr("What"), self.tr("Value"), self.tr("Until now")])
        preview.setRootIsDecorated(False)
        preview.setUniformRowHeights(True)
        preview.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        header = preview.header()
        header.setStretchLastSection(False)
        header.resizeSection(0, 184)
        header.resizeSection(1, 112)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)

    def _lay_out(self) -> None:
        label = QLabel(self.tr("&Text, a NAME=value on each line"))
        label.setBuddy(self.text)
        under = QLabel(self.tr("What it does"))
        problems = QHBoxLayout()
        problems.setSpacing(8)
        problems.addWidget(self._warning, 0, Qt.AlignmentFlag.AlignTop)
        problems.addWidget(self._problems, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(label)
        layout.addWidget(_framed(self.text), 2)
        layout.addWidget(under)
        layout.addWidget(_framed(self.preview), 3)
        layout.addWidget(self.as_secrets)
        layout.addLayout(problems)
        layout.addWidget(self.buttons)
        self.resize(_FIRST_SIZE)

    def _renew(self) -> None:
        self.taken = take(self.text.toPlainText(), self._variables, ())
        self.preview.clear()
        taken = self.taken
        rows = [(name, "add", "good", self.tr("added"), value, "") for name, value in taken.added.items()]
        rows += [
            (name, "retry", "warning", self.tr("changed"), value, self._variables[name])
            for name, value in taken.changed.items()
        ]
        rows += [
            (name, "succeeded", "muted", self.tr("as it is"), self._variables[name], self._variables[name])
            for name in taken.same
        ]
        for name, icon, tone, what, value, before in rows:
            is_secret = name in self.secret_names
            words = self.tr("a secret") if is_secret else what
            shown = DOTS if is_secret else one_line(value)
            item = QTreeWidgetItem([name, words, shown, DOTS if is_secret and before else one_line(before)])
            item.setIcon(1, self._theme.icon(icon, tone))
            if not is_secret:
                item.setToolTip(2, value)
                item.setToolTip(3, before)
            self.preview.addTopLevelItem(item)
        self._show_guess()
        self._show_problems()
        self.take_button.setEnabled(bool(taken.variables))
        self.take_button.setText(self._button_text())

    def _show_guess(self) -> None:
        names = self._guessed
        self.as_secrets.setVisible(bool(names))
        text = self.tr("Take what looks like a secret as one: {names}")
        self.as_secrets.setText(text.format(names=", ".join(names)))

    def _show_problems(self) -> None:
        problems = self.taken.problems
        lines = [_sentence(problem) for problem in problems[:_MOST_PROBLEMS]]
        if len(problems) > _MOST_PROBLEMS:
            lines.append(self.tr("and {count} more").format(count=len(problems) - _MOST_PROBLEMS))
        self._problems.setText("\n".join(lines))
        self._problems.setVisible(bool(lines))
        self._warning.setVisible(bool(lines))

    def _button_text(self) -> str:
        added, changed = len(self.taken.added), len(self.taken.changed)
        if added and changed:
            return self.tr("&Add {added}, change {changed}").format(added=added, changed=changed)
        if changed:
            return self.tr("&Change {changed}").format(changed=changed)
        return self.tr("&Add {added}").format(added=added) if added else self.tr("Nothing to &add")


def guess_text(names: Iterable[str]) -> str:
    """Suggest that variables of these names are secrets, and say what becomes of their values then."""
    text = QCoreApplication.translate(
        "PasteDialog",
        "Looks like a secret, but is kept as plain text: {names}. A tick under Secret seals the value and masks it in"
        " all output.",
    )
    return text.format(names=", ".join(names))


def _sentence(problem: Problem) -> str:
    text = str(problem)
    return text[0].upper() + text[1:]


def _framed(widget: QWidget) -> QFrame:
    frame = QFrame()
    frame.setObjectName("card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(4, 4, 4, 4)
    layout.addWidget(widget)
    return frame
