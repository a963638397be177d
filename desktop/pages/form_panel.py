"""The right side of a catalog page: what is shown, the form that scrolls, and Save and Revert below it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.catalog.records import Record
from core.catalog.storing import RowSpec
from desktop.forms.form import Form
from desktop.theme import Theme
from desktop.widgets.elided_label import ElidedLabel
from desktop.widgets.form_scroll import FormScroll

__all__ = ["FormPanel"]


class FormPanel(QFrame):
    """Empty until something is shown. `save` (Ctrl+S) and `revert` are enabled while anything is unsaved."""

    def __init__(self, form: Form, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.form = form
        self._is_saving = False
        self._name = ""
        self.title = ElidedLabel()
        self.title.setObjectName("formTitle")
        self.state = QLabel()
        self.state.setObjectName("hint")
        self.state.setMinimumWidth(1)
        self.notice, self._notice_text = self._make_notice(theme)
        self.save = self._action(self.tr("&Save"), "Ctrl+S")
        self.revert = self._action(self.tr("Re&vert"), "")
        self.save_button = self._button(self.save, self.tr("Save (Ctrl+S)"))
        self.save_button.setDefault(True)
        self.revert_button = self._button(self.revert, self.tr("Back to what is saved (Esc)"))
        self._lay_out()
        form.changed.connect(self._renew)
        form.checked.connect(self._renew)
        self.close_form()

    @property
    def is_open(self) -> bool:
        """Return whether something is shown."""
        return self._stack.currentIndex() == 1

    @property
    def notice_text(self) -> str:
        """Return what the notice says; empty while there is none."""
        return "" if self.notice.isHidden() else self._notice_text.text()

    def show_record(self, record: Record, name: str) -> None:
        """Show what is saved."""
        self._open(name)
        self.form.show_record(record)

    def show_new(self, spec: RowSpec, heading: str) -> None:
        """Show a new thing, which is not saved yet."""
        self._open(heading)
        self.form.show_record(None, spec)

    def close_form(self) -> None:
        """Show nothing."""
        self.form.show_record(None)
        self._stack.setCurrentIndex(0)
        self.notice.hide()
        self._renew()

    def tell(self, text: str) -> None:
        """Say something about what is shown, until something else is shown."""
        self._notice_text.setText(text)
        self.notice.show()

    def set_saving(self, is_saving: bool) -> None:
        """Let nothing be thrown away that is being saved."""
        self._is_saving = is_saving
        self._renew()

    def _open(self, name: str) -> None:
        self._name = name
        self.notice.hide()
        self._stack.setCurrentIndex(1)

    @Slot()
    def _renew(self) -> None:
        # Also what can't be saved yet: Save says then what is missing, and a button that is grey says nothing.
        is_unsaved = self.is_open and (self.form.is_dirty or self.form.record is None)
        can_act = is_unsaved and not self._is_saving
        if self.is_open and not can_act and (self.save_button.hasFocus() or self.revert_button.hasFocus()):
            self._give_focus_back()  # else it would go to whatever comes next, out of the form
        self.save.setEnabled(is_unsaved)  # also while it is saved: what is typed meanwhile is saved after that
        self.revert.setEnabled(can_act)
        self._name_revert(is_new=self.is_open and self.form.record is None)
        self.title.say(self._name)
        text = self.tr("Not saved yet") if is_unsaved else ""
        if is_unsaved and self.form.is_marked:
            text = self.tr("Correct what is marked, then save")
        self.state.setText(text)

    def _give_focus_back(self) -> None:
        last = self.form.focusWidget()
        # The stub does not know that there may be none.
        if last is not None and last.isVisible() and last.isEnabled():  # type: ignore[redundant-expr]  # see above
            last.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.form.focus_first()

    def _name_revert(self, *, is_new: bool) -> None:
        text = self.tr("Discard") if is_new else self.tr("Re&vert")
        if text != self.revert.text():
            self.revert.setText(text)
            self.revert_button.setText(text)
            self.revert_button.setAccessibleName(text.replace("&", ""))
            tip = self.tr("Throw the new one away (Esc)") if is_new else self.tr("Back to what is saved (Esc)")
            self.revert_button.setToolTip(tip)

    def _make_notice(self, theme: Theme) -> tuple[QFrame, QLabel]:
        notice = QFrame()
        notice.setObjectName("banner")
        icon = QLabel()
        theme.put_icon(icon, "warning", "warning")
        text = QLabel()
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        layout = QHBoxLayout(notice)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(text, 1)
        notice.hide()
        return notice, text

    def _action(self, text: str, keys: str) -> QAction:
        action = QAction(text, self)
        if keys:
            action.setShortcut(QKeySequence(keys))
        self.addAction(action)
        return action

    @staticmethod
    def _button(action: QAction, tip: str) -> QPushButton:
        button = QPushButton(action.text())
        button.setAccessibleName(action.text().replace("&", ""))
        button.setToolTip(tip)
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(button.setEnabled)
        return button

    def _lay_out(self) -> None:
        # From the outside in: a form with all its fields is dressed anew each time that it gets another parent.
        self._stack = QStackedWidget()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        nothing = QLabel(self.tr("Choose something in the list to see it here."))
        nothing.setObjectName("muted")
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(nothing)
        content = QWidget()
        self._stack.addWidget(content)
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 16, 4)
        head.addWidget(self.title, 1)
        notice = QHBoxLayout()
        notice.setContentsMargins(16, 0, 16, 0)
        notice.addWidget(self.notice)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(16, 8, 16, 12)
        buttons.setSpacing(8)
        buttons.addWidget(self.state, 1)
        buttons.addWidget(self.revert_button)
        buttons.addWidget(self.save_button)
        scroll = FormScroll()
        scroll.setObjectName("formScroll")
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addLayout(notice)
        layout.addWidget(scroll, 1)
        layout.addLayout(buttons)
        scroll.show_body(self._make_body())

    def _make_body(self) -> QWidget:
        body = QWidget()
        body.setObjectName("formBody")
        margin = QVBoxLayout(body)
        margin.setContentsMargins(16, 4, 16, 16)
        margin.addWidget(self.form)
        return body
