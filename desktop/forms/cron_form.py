"""The form of a cron: presets, builder and text in step with each other, and what comes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from core.catalog.specs import CronSpec, Kind
from core.catalog.storing import RowSpec
from core.clock import Clock
from core.errors import Problem
from desktop.forms.cron_builder import CronBuilder
from desktop.forms.cron_outlook import in_window_words
from desktop.forms.cron_presets import PresetField
from desktop.forms.cron_preview import CronPreview
from desktop.forms.cron_zone import ZoneField, zone_names
from desktop.forms.field_row import FieldRow
from desktop.forms.fields import CheckField, NameField
from desktop.forms.form import Form
from desktop.operations import Operations
from desktop.theme import Theme

__all__ = ["CronForm", "ExpressionField"]


class ExpressionField(QLineEdit):
    """The text of the expression: it is what is saved, and what the presets and the builder write."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setPlaceholderText("0 7 * * *")
        self.textChanged.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return nothing: the whole definition is checked for it."""
        return ""

    def value(self) -> str:
        """Return the expression without the blanks around it, as it is saved."""
        return self.text().strip(" \t")

    def set_value(self, value: str) -> None:
        """Fill the field, but leave alone what says the same already, and with it the place of the cursor."""
        if value != self.value():
            self.setText(value)


_WITH_SECONDS = 6  # fields, of which the first counts seconds


class CronForm(Form):
    """`operations` ask for what the preview says; `clock` tells it the time and the zone of the machine."""

    kind: ClassVar[Kind] = Kind.CRON

    def __init__(self, theme: Theme, operations: Operations, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.name = NameField()
        self.zone = ZoneField()
        self.preset = PresetField()
        self.expression = ExpressionField()
        self.builder = CronBuilder()
        self.preview = CronPreview(theme, operations, clock)
        self.enabled = CheckField(self.tr("Enabl&ed"))
        self._lay_out()
        self.preset.picked.connect(self.expression.setText)
        self.builder.edited.connect(self.expression.setText)
        self.expression.changed.connect(self._follow_expression)
        for field in (self.name, self.expression, self.zone):
            field.changed.connect(self._look_ahead)
        self.zone.set_system(str(clock.zone()))
        operations.ask(self.zone, zone_names, self.zone.set_names)

    def new_spec(self) -> CronSpec:
        """Return a cron at seven each morning in the machine's zone."""
        return CronSpec(name="", expression="0 7 * * *")

    def fill(self, spec: RowSpec) -> None:
        """Show a cron."""
        assert isinstance(spec, CronSpec)
        self.name.set_value(spec.name)
        self.expression.set_value(spec.expression)
        self.zone.set_value(spec.timezone)
        self.enabled.set_value(spec.enabled)
        self.preview.rest()
        self._follow_expression()
        self._look_ahead()

    def spec(self) -> CronSpec:
        """Return what the fields say."""
        return CronSpec(
            name=self.name.value(),
            expression=self.expression.value(),
            timezone=self.zone.value(),
            enabled=self.enabled.value(),
        )

    def problems(self) -> list[Problem]:
        """Return what is wrong, in the words of the builder."""
        return [replace(problem, message=in_window_words(problem.message)) for problem in super().problems()]

    def _lay_out(self) -> None:
        top, middle = self.add_line(), self.add_line()
        self.add_field("name", self.tr("N&ame"), self.name, into=top)
        self.add_field("timezone", self.tr("Time &zone"), self.zone, into=top)
        preset = FieldRow(self.theme, self.tr("P&reset"), self.preset, self.tr("a common one to begin with"))
        middle.addWidget(preset, 1, Qt.AlignmentFlag.AlignTop)
        self.add_field("expression", self.tr("E&xpression"), self.expression, self._fields_text(""), into=middle)
        for line in (top, middle):
            line.setStretch(0, 1)
            line.setStretch(1, 1)
        self.body.addLayout(self.preview.head())
        self.body.addWidget(self.builder)
        self.body.addLayout(self.preview.remarks())
        foot = QVBoxLayout(self.preview)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.addWidget(self.preview.tabs)
        self.body.addWidget(self.preview, 1)
        self.add_field("enabled", "", self.enabled, self.tr("A cron that is disabled makes no schedule due."))

    def _follow_expression(self) -> None:
        text = self.expression.value()
        self.preset.show_expression(text)
        self.builder.show_expression(text)
        self.rows["expression"].set_hint(self._fields_text(text))

    def _fields_text(self, text: str) -> str:
        """Return what the fields of an expression are, under which they stand."""
        fields = self.tr("minute  hour  day  month  weekday")
        return self.tr("second  {fields}").format(fields=fields) if len(text.split()) == _WITH_SECONDS else fields

    def _look_ahead(self) -> None:
        self.preview.show_cron(self.expression.value(), self.name.value(), self.zone.value())
