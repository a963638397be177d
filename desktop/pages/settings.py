"""The settings: one row each, made from their declarations, saved at once, and undone like everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.changes import Changes
from core.settings import SETTINGS, Setting
from desktop import appearance
from desktop.appearance import SchemeChange
from desktop.forms.field_row import FieldRow
from desktop.forms.fields import ChoiceField
from desktop.forms.setting_fields import NumberSettingField, TickSettingField, field_for, shown_value
from desktop.pages.page import Desk, Page
from desktop.pages.secret_key_card import SecretKeyCard
from desktop.pages.things import Thing
from desktop.pages.undo_actions import UndoActions
from desktop.reading import Reading
from desktop.widgets.form_scroll import FormScroll
from desktop.widgets.wrapping_row import WrappingRow

__all__ = ["SettingRow", "SettingsPage"]

_WIDEST = 720


class SettingRow(QWidget):
    """A setting's field, with its description and its default below it, and a button that goes back to that."""

    def __init__(self, desk: Desk, setting: Setting[Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._setting = setting
        self._kept: bool | int = setting.default
        self.field: NumberSettingField | TickSettingField = field_for(setting)
        is_tick = isinstance(self.field, TickSettingField)
        hint = self.tr("{description} Default: {default}.").format(
            description=setting.description, default=shown_value(setting, setting.default)
        )
        self.row = FieldRow(desk.theme, "" if is_tick else self._label(setting), self.field, hint)
        self.field.setAccessibleName(setting.title)
        self.reset = QPushButton(self.tr("Default"))
        self.reset.setAccessibleName(self.tr("{title}: back to the default").format(title=setting.title))
        self.reset.setToolTip(
            self.tr("Back to the default: {default}").format(default=shown_value(setting, setting.default))
        )
        desk.theme.put_icon(self.reset, "undo")
        self.reset.clicked.connect(self._on_reset)
        self.field.changed.connect(self._on_changed)
        self.field.entered.connect(self._on_entered)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.row, 1)
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        layout.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignVCenter)
        self.show_value(setting.default)

    def show_value(self, value: bool | int) -> None:
        """Show what is kept; what is being typed stays."""
        # What was just saved is typing no more, also where the field still has the focus.
        is_other = self.field.value() not in {self._kept, value} or bool(self.field.problem)
        is_edited = self.field.hasFocus() and is_other
        self._kept = value
        self.reset.setVisible(value != self._setting.default)
        if not is_edited:
            self._fill()

    def _label(self, setting: Setting[Any]) -> str:
        unit = {"days": self.tr("days"), "_s": self.tr("seconds"), "jobs_per_command": self.tr("runs")}
        word = next((text for ending, text in unit.items() if setting.name.endswith(ending)), "")
        return f"{setting.title} ({word})" if word else setting.title

    def _fill(self) -> None:
        self.field.blockSignals(True)
        if isinstance(self.field, TickSettingField):
            self.field.set_value(bool(self._kept))
        else:
            self.field.set_value(int(self._kept))
        self.field.blockSignals(False)
        self.row.show_problem(self.field.problem)

    @Slot()
    def _on_changed(self) -> None:
        self.row.show_problem(self.field.problem)

    @Slot()
    def _on_entered(self) -> None:
        value = self.field.value()
        if not self.field.problem and value != self._kept:
            self._desk.editing.set_setting(self, self._setting, value)

    @Slot()
    def _on_reset(self) -> None:
        self._desk.editing.set_setting(self, self._setting, self._setting.default)


class SettingsPage(Page):
    """A new declaration in `core.settings` appears here by itself."""

    _scheme_wanted = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.rows: dict[str, SettingRow] = {}
        self.scheme = ChoiceField(
            {
                "system": (self.tr("As the system"), self.tr("The window is light or dark as the system is.")),
                "light": (self.tr("Light"), self.tr("The window is always light.")),
                "dark": (self.tr("Dark"), self.tr("The window is always dark.")),
            }
        )
        self.scheme.setMaximumWidth(240)
        self.scheme.set_value(appearance.remembered(desk.memory))
        self.scheme.changed.connect(self._on_scheme)
        self._scheme_wanted.connect(self._wear)
        self.undo_actions = UndoActions(desk.editing, desk.theme, self)
        self.key_card = SecretKeyCard(desk)
        self._lay_out()
        self._reading: Reading[dict[str, bool | int]] = Reading(
            self, desk.operations, lambda: desk.workspace.settings.all, self._on_read
        )

    def reload(self, changes: Changes) -> None:
        """Show the values that are kept."""
        if changes.settings:
            self._reading.request()
            self.key_card.renew()

    def things(self) -> Callable[[], list[Thing]]:
        """Return what reads the settings' names; the number of each is its place on the page."""
        kind = self.tr("Setting")
        found = [Thing(0, self.tr("Light or dark"), kind)]
        found += [Thing(number, each.title, kind) for number, each in enumerate(SETTINGS.values(), 1)]
        found.append(Thing(len(found), self.tr("The key of the secrets"), kind))
        return lambda: found

    def choose(self, thing_id: int) -> None:
        """Let the keyboard begin in this setting's field."""
        fields = [self.scheme, *(row.field for row in self.rows.values()), self.key_card.check_button]
        if 0 <= thing_id < len(fields):
            fields[thing_id].setFocus()

    def focus_first(self) -> None:
        """Let the keyboard begin in the first field."""
        self.scheme.setFocus()

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Settings"))
        title.setObjectName("pageTitle")
        top = WrappingRow()
        for part in (title, *self.undo_actions.buttons):
            top.add(part)
        column = QWidget()
        column.setObjectName("formBody")
        column.setMaximumWidth(_WIDEST)
        self._column = QVBoxLayout(column)
        self._column.setContentsMargins(16, 12, 16, 16)
        self._column.setSpacing(16)
        self._add_heading(self.tr("Look"))
        self._column.addWidget(FieldRow(self.desk.theme, self.tr("Light or &dark"), self.scheme))
        self._add_settings()
        self._add_heading(self.tr("Secrets"))
        self._column.addWidget(self.key_card)
        self._column.addStretch()
        scroll = FormScroll()
        scroll.show_body(column)
        scroll.setObjectName("formScroll")
        card = QFrame()
        card.setObjectName("card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(scroll)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(top)
        layout.addWidget(card, 1)

    def _add_settings(self) -> None:
        headings = {
            "retention": self.tr("History"),
            "output": self.tr("Output"),
            "quit": self.tr("Quitting"),
            "queue": self.tr("Queues"),
        }
        last = ""
        for setting in SETTINGS.values():
            group = setting.name.partition(".")[0]
            if group != last:
                self._add_heading(headings.get(group, group.capitalize()))
                last = group
            self.rows[setting.name] = SettingRow(self.desk, setting)
            self._column.addWidget(self.rows[setting.name])

    def _add_heading(self, text: str) -> None:
        heading = QLabel(text)
        heading.setObjectName("formTitle")
        if self._column.count():
            self._column.addSpacing(8)
        self._column.addWidget(heading)

    def _on_read(self, values: dict[str, bool | int]) -> None:
        for name, value in values.items():
            self.rows[name].show_value(value)

    @Slot()
    def _on_scheme(self) -> None:
        old, new = appearance.remembered(self.desk.memory), self.scheme.value()
        if new != old:
            self._wear(new)
            step = SchemeChange(self._scheme_wanted.emit, old, new)
            self.desk.editing.take(self, step, self.tr("Changing “Light or dark”"))

    @Slot(str)
    def _wear(self, word: str) -> None:
        if word != appearance.remembered(self.desk.memory):
            appearance.choose(self.desk.theme, self.desk.memory, word)
        self.scheme.blockSignals(True)
        self.scheme.set_value(word)
        self.scheme.blockSignals(False)
