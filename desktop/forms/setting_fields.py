"""A field for each setting, made from its declaration: a tick, a number, or a size as people write it."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

from core.errors import InvalidError
from core.settings import Setting
from desktop.forms.fields import CheckField

__all__ = ["NumberSettingField", "SizeText", "field_for", "format_size", "parse_size", "shown_value"]

_UNITS = {
    "bytes": 1,
    "kB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}
_BY_LETTERS = {unit.upper(): factor for unit, factor in _UNITS.items()}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(b|bytes?|[kmgt]i?b?)?", re.ASCII | re.IGNORECASE)


def format_size(size_bytes: int) -> str:
    """Return the shortest exact text of a size: `100 MB`, `1536 kB`, `64 MiB`, `1001 bytes`."""
    texts = [f"{size_bytes // factor} {unit}" for unit, factor in _UNITS.items() if size_bytes % factor == 0]
    return min(texts, key=len) if size_bytes else texts[0]


def parse_size(text: str) -> int | None:
    """Return the bytes that a text names (1 kB is 1000 bytes, 1 KiB is 1024), or None where it names none."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        return None
    letters = (match[2] or "b").upper()
    unit = letters.removesuffix("B") + "B"
    factor = 1 if letters.startswith("B") else _BY_LETTERS[unit]
    return round(float(match[1]) * factor)


class SizeText:
    """Says what a setting's number is counted in, and how a person writes it."""

    def __init__(self, setting: Setting[int]) -> None:
        self._is_size = setting.name.endswith("_bytes")

    def write(self, value: int) -> str:
        """Return the value as a person reads it."""
        return format_size(value) if self._is_size else str(value)

    def read(self, text: str) -> str:
        """Return what the setting is to be asked to read."""
        size = parse_size(text) if self._is_size else None
        return text if size is None else str(size)


class NumberSettingField(QLineEdit):
    """`changed` follows every key, `entered` Enter and leaving the field."""

    changed = Signal()
    entered = Signal()

    def __init__(self, setting: Setting[int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setting = setting
        self._text = SizeText(setting)
        self._kept = setting.default
        self.setMaximumWidth(240)
        self.textChanged.connect(self.changed)
        self.editingFinished.connect(self.entered)

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to the page where the field itself has nothing to take back."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undoes = event.matches(QKeySequence.StandardKey.Undo) and not self.isUndoAvailable()
            redoes = event.matches(QKeySequence.StandardKey.Redo) and not self.isRedoAvailable()
            if undoes or redoes:
                event.ignore()
                return False
        return super().event(event)

    @property
    def problem(self) -> str:
        """Return why the text can't be the setting's value, or an empty text."""
        try:
            self._setting.read(self._text.read(self.text()))
        except InvalidError as error:
            lowest, highest = self._text.write(self._setting.lowest), self._text.write(self._setting.highest)
            if self._setting.name.endswith("_bytes"):
                return self.tr("“{text}” is no size from {lowest} to {highest}. Write one such as 100 MB.").format(
                    text=self.text(), lowest=lowest, highest=highest
                )
            return error.problems[0].message
        return ""

    def value(self) -> int:
        """Return the number; the one that is kept, while there is a `problem`."""
        return self._kept if self.problem else self._setting.read(self._text.read(self.text()))

    def set_value(self, value: int) -> None:
        """Show what is kept."""
        self._kept = value
        self.setText(self._text.write(value))


class TickSettingField(CheckField):
    """`entered` follows the tick."""

    entered = Signal()

    def __init__(self, setting: Setting[bool], parent: QWidget | None = None) -> None:
        super().__init__(setting.title, parent)
        self.changed.connect(self.entered)


def field_for(setting: Setting[Any]) -> NumberSettingField | TickSettingField:
    """Return the field that suits the setting's type."""
    return TickSettingField(setting) if setting.type is bool else NumberSettingField(setting)


def shown_value(setting: Setting[Any], value: bool | int) -> str:
    """Return a value as the field would show it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return SizeText(setting).write(value)
