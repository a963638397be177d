"""The builder of crons: a line for each field, in step with the text of the expression."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from core.timing.cron import CronError, parse
from desktop.forms.cron_choices import FIELDS, Mode, join_fields, split_fields
from desktop.forms.cron_field_row import CronFieldRow

__all__ = ["CronBuilder"]


class CronBuilder(QFrame):
    """The text rules: `show_expression` never changes it, and an edit here changes the field that was edited alone.

    `edited` carries the expression after such an edit.
    """

    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._fields: tuple[str, ...] = ("0", "7", "*", "*", "*")
        self._is_nickname = False
        self.note = QLabel()
        self.note.setObjectName("muted")
        self.note.setWordWrap(True)
        self.has_seconds = QCheckBox(self.tr("With a field for se&conds"))
        self.has_seconds.setAccessibleName(self.has_seconds.text().replace("&", ""))
        self.lines = QWidget()
        grid = QGridLayout(self.lines)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(2, 1)
        self.rows = [CronFieldRow(kind, grid, number, self.lines) for number, kind in enumerate(FIELDS)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.lines)
        layout.addWidget(self.has_seconds)
        layout.addWidget(self.note)
        for row in self.rows:
            row.changed.connect(self._on_row)
        self.has_seconds.clicked.connect(self._on_seconds)

    def row(self, name: str) -> CronFieldRow:
        """Return the line of a field by the field's name (“day-of-month”)."""
        return next(row for row in self.rows if row.kind.name == name)

    def show_expression(self, text: str) -> None:
        """Show what the text says, as far as the builder can."""
        fields = split_fields(text)
        self._is_nickname = text.strip().startswith("@")
        is_reboot = text.strip(" \t").lower() == "@reboot"
        for widget in (self.lines, self.has_seconds):
            widget.setEnabled(fields is not None)
            widget.setHidden(is_reboot)
        if fields is not None:
            self._show_fields(fields)
        self._say(text)

    def _show_fields(self, fields: tuple[str, ...]) -> None:
        self._fields = fields
        self.has_seconds.setChecked(len(fields) == len(FIELDS))
        self.rows[0].set_shown(len(fields) == len(FIELDS))
        for row, text in zip(self.rows[-len(fields) :], fields, strict=True):
            # What a person is writing into a line stays as it is.
            if row.field_text() != text:
                row.show_text(text)

    def _on_row(self) -> None:
        row = self.sender()
        assert isinstance(row, CronFieldRow)
        fields = list(self._fields)
        fields[self.rows.index(row) - len(FIELDS)] = row.field_text()
        self._emit(tuple(fields))

    def _on_seconds(self, is_wanted: bool) -> None:
        self._emit(("0", *self._fields) if is_wanted else self._fields[1:])

    def _emit(self, fields: tuple[str, ...]) -> None:
        self._show_fields(fields)
        text = join_fields(fields)
        self._is_nickname = False
        self._say(text)
        self.edited.emit(text)

    def _say(self, text: str) -> None:
        """Say where the builder does not show all that the text says, and why."""
        note = ""
        if not self.lines.isEnabled():
            note = (
                self.tr("“@reboot” is once at each start of Clockhand: there is nothing to build.")
                if self.lines.isHidden()
                else self.tr("The builder goes on as soon as the text has five or six fields.")
            )
        elif self._is_nickname:
            note = self.tr("A change here writes “{text}” as fields.").format(text=text.strip())
        elif kept := self._kept_as_written(text):
            note = self.tr("The builder has no other words for {fields}, so the text is kept as it is written.").format(
                fields=", ".join(kept)
            )
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def _kept_as_written(self, text: str) -> list[str]:
        try:
            parse(text)
        except CronError:
            return []
        shown = self.rows[-len(self._fields) :]
        # Minutes and seconds have no buttons, so to write them is the way to choose them.
        return [
            f"“{field}”"
            for row, field in zip(shown, self._fields, strict=True)
            if row.chosen_mode is Mode.TEXT and Mode.VALUES in row.pages
        ]
