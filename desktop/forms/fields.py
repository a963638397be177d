"""The fields of forms: each holds a value, and says in words what is wrong with what is written in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from core.durations import format_duration, parse_duration

__all__ = ["CheckField", "ChoiceField", "DurationField", "IntField", "NameField", "TagsField", "TextField"]


class TextField(QLineEdit):
    """One line of text; `value` is None where it is empty and `is_optional`."""

    changed = Signal()

    def __init__(self, *, is_optional: bool = False, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_optional = is_optional
        self.setPlaceholderText(placeholder)
        self.textChanged.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return what is wrong with the text as such."""
        return ""

    def value(self) -> str | None:
        """Return the text."""
        return None if self._is_optional and not self.text().strip() else self.text()

    def set_value(self, value: str | None) -> None:
        """Fill the field."""
        self.setText(value or "")


class NameField(QLineEdit):
    """The name of a thing."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.textChanged.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return what is wrong with the text as such: any text is a name, until it is checked."""
        return ""

    def value(self) -> str:
        """Return the name, without blanks around it: nobody means them."""
        return self.text().strip()

    def set_value(self, value: str) -> None:
        """Fill the field."""
        self.setText(value)


class DurationField(QLineEdit):
    """A duration as people write it (`90s`, `1h30m`). Where it is optional, an empty field is None."""

    changed = Signal()

    def __init__(self, *, is_optional: bool = False, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_optional = is_optional
        self._last: timedelta | None = None if is_optional else timedelta()
        self.setPlaceholderText(
            placeholder or (self.tr("no limit") if is_optional else self.tr("such as 30s, 10m, 1h"))
        )
        self.textChanged.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return why the text is no duration, or an empty text."""
        text = self.text().strip()
        if not text:
            return "" if self._is_optional else self.tr("It is empty. Write a duration, such as 30s, 10m or 1h30m.")
        try:
            parse_duration(text)
        except ValueError as error:
            return str(error)
        return ""

    def value(self) -> timedelta | None:
        """Return the duration; the last one that was right, while there is a `problem`."""
        text = self.text().strip()
        if self.problem:
            return self._last
        self._last = parse_duration(text) if text else None
        return self._last

    def duration(self) -> timedelta:
        """Return the duration of a field that is not optional."""
        return self.value() or timedelta()

    def set_value(self, value: timedelta | None) -> None:
        """Fill the field."""
        self._last = value
        self.setText("" if value is None else format_duration(value))


class IntField(QLineEdit):
    """A whole number within bounds; the arrow keys count up and down. Where it is optional, an empty field is None."""

    changed = Signal()

    def __init__(
        self,
        lowest: int,
        highest: int,
        *,
        is_optional: bool = False,
        placeholder: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._lowest = lowest
        self._highest = highest
        self._is_optional = is_optional
        self._last: int | None = None if is_optional else lowest
        self.setPlaceholderText(placeholder)
        self.textChanged.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return why the text is not such a number, or an empty text."""
        text = self.text().strip()
        bounds = self.tr("Write a whole number from {lowest} to {highest}.").format(
            lowest=self._lowest, highest=self._highest
        )
        if not text:
            return "" if self._is_optional else f"{self.tr('It is empty.')} {bounds}"
        number = _whole(text)
        if number is None:
            return f"{self.tr('“{text}” is not a whole number.').format(text=text)} {bounds}"
        if not self._lowest <= number <= self._highest:
            return f"{self.tr('{number} is out of range.').format(number=number)} {bounds}"
        return ""

    def value(self) -> int | None:
        """Return the number; the last one that was right, while there is a `problem`."""
        if not self.problem:
            self._last = _whole(self.text())
        return self._last

    def number(self) -> int:
        """Return the number of a field that is not optional."""
        value = self.value()
        return self._lowest if value is None else value

    def set_value(self, value: int | None) -> None:
        """Fill the field."""
        self._last = value
        self.setText("" if value is None else str(value))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Count with the arrow keys."""
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        if not step:
            super().keyPressEvent(event)
            return
        number = _whole(self.text())
        number = self._lowest if number is None else number + step
        self.setText(str(min(max(number, self._lowest), self._highest)))


class ChoiceField(QComboBox):
    """One of a few words, each with a text to show and a sentence on what it means."""

    changed = Signal()

    def __init__(self, choices: Mapping[str, tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = {value: sentence for value, (_text, sentence) in choices.items()}
        for value, (text, sentence) in choices.items():
            self.addItem(text, value)
            self.setItemData(self.count() - 1, sentence, Qt.ItemDataRole.ToolTipRole)
        self.currentIndexChanged.connect(self.changed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def problem(self) -> str:
        """Return nothing: one of the choices is always chosen."""
        return ""

    @property
    def sentence(self) -> str:
        """Return what the choice means, for a hint."""
        return self._sentences.get(self.value(), "")

    def value(self) -> str:
        """Return the word that is chosen."""
        return str(self.currentData())

    def set_value(self, value: str) -> None:
        """Choose a word; one that is none of the choices is added, so that nothing is changed by looking at it."""
        if self.findData(value) < 0:
            self.addItem(value, value)
        self.setCurrentIndex(self.findData(value))


class TagsField(QLineEdit):
    """Words with commas between them."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(self.tr("words with commas between them"))
        self.textChanged.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return what is wrong with the text as such: nothing, until the tags are checked."""
        return ""

    def value(self) -> tuple[str, ...]:
        """Return the tags."""
        return tuple(tag.strip() for tag in self.text().split(",") if tag.strip())

    def set_value(self, value: Sequence[str]) -> None:
        """Fill the field."""
        self.setText(", ".join(value))


class CheckField(QCheckBox):
    """Yes or no, with its own text."""

    changed = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setAccessibleName(text.replace("&", ""))
        self.toggled.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return nothing: yes and no are both right."""
        return ""

    def value(self) -> bool:
        """Return whether it is ticked."""
        return self.isChecked()

    def set_value(self, value: bool) -> None:
        """Tick it or not."""
        self.setChecked(value)


def _whole(text: str) -> int | None:
    try:
        return int(text.strip())
    except ValueError:
        return None
