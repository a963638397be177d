"""The editor of a command's text: fixed width, as high as its text, with its placeholders told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QFontDatabase, QHelpEvent, QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QToolTip, QWidget

from desktop.forms.command_marks import Mark, MarkKind
from desktop.theme import Theme

__all__ = ["CommandEditor"]

_FEWEST_LINES = 5
_MOST_LINES = 18
_MOST_MARKS = 2000
_MARGIN = 8
_Underline = QTextCharFormat.UnderlineStyle
# Colour and underline: a secret is not told from a variable by its colour alone.
_LOOKS = {
    MarkKind.TAG: ("busy", _Underline.NoUnderline),
    MarkKind.KNOWN: ("busy", _Underline.SingleUnderline),
    MarkKind.SECRET: ("good", _Underline.DotLine),
    MarkKind.ELSEWHERE: ("warning", _Underline.DashUnderline),
    MarkKind.UNKNOWN: ("bad", _Underline.WaveUnderline),
    MarkKind.FAULT: ("bad", _Underline.WaveUnderline),
}


class _Painter(QSyntaxHighlighter):
    """Paints marks. Extra selections would be simpler, but of those that touch each other Qt paints the first alone.

    `marks` are counted as Qt does, and move with the text until others are shown.
    """

    def __init__(self, theme: Theme, document: QTextDocument) -> None:
        self.marks: list[Mark] = []
        self._theme = theme
        super().__init__(document)

    def show(self, marks: list[Mark]) -> None:
        """Paint other marks."""
        self.marks = marks
        self.rehighlight()

    def move(self, position: int, removed: int, added: int) -> None:
        """Let the marks move with what is typed."""
        self.marks = [_moved(mark, position, removed, added) for mark in self.marks] if self.marks else []

    def highlightBlock(self, text: str) -> None:  # noqa: N802  (Qt names it so)
        """Paint what lies in the block."""
        begin = self.currentBlock().position()
        length = self.currentBlock().length() - 1
        for mark in self.marks if text else ():
            start, end = max(mark.start - begin, 0), min(mark.end - begin, length)
            if start < end:
                self.setFormat(start, end - start, self._format(mark.kind))

    def _format(self, kind: MarkKind) -> QTextCharFormat:
        tone, underline = _LOOKS[kind]
        style = QTextCharFormat()
        style.setForeground(self._theme.colour(tone))
        style.setUnderlineColor(self._theme.colour(tone))
        style.setUnderlineStyle(underline)
        return style


class CommandEditor(QPlainTextEdit):
    """Plain text with marks; Tab leaves it. `value` gives the text with the line ends that it came with."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line_end = "\n"
        self.setObjectName("commandEditor")
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(_MARGIN)
        self.setPlaceholderText(self.tr("such as: curl -fsS {{ API_URL }}/orders | ./import.sh"))
        self.set_wrapping(True)
        # Before the painter, which looks at the marks when it hears of a change.
        self.document().contentsChange.connect(self._on_contents)
        self._painter = _Painter(theme, self.document())
        self.textChanged.connect(self._on_text)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        theme.changed.connect(self._painter.rehighlight)
        self._fit()

    @property
    def problem(self) -> str:
        """Return what is wrong with the text as such: nothing, until it is checked."""
        return ""

    @property
    def marks(self) -> Sequence[Mark]:
        """Return the marks that are shown, in positions of the document."""
        return self._painter.marks

    def value(self) -> str:
        """Return the text; `toPlainText` would make common blanks of those that are not to be broken."""
        text = self.document().toRawText().replace("\u2029", "\n")
        return text.replace("\n", self._line_end)

    def set_value(self, text: str) -> None:
        """Fill the editor."""
        is_windows = "\r\n" in text and "\n" not in text.replace("\r\n", "")
        self._line_end = "\r\n" if is_windows else "\n"
        if text != self.value():
            self._painter.marks = []
            self.setPlainText(text)

    def set_wrapping(self, wraps: bool) -> None:
        """Let long lines go on in the next one, or scroll sideways."""
        mode = QPlainTextEdit.LineWrapMode
        self.setLineWrapMode(mode.WidgetWidth if wraps else mode.NoWrap)
        self._fit()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Mark places; they are counted in the text with single line feeds."""
        text = self._text()
        found = [
            replace(mark, start=_units(text, mark.start), end=_units(text, mark.end)) for mark in marks[:_MOST_MARKS]
        ]
        if found != self._painter.marks:
            self._painter.show(found)

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor at a place, both counted from 1."""
        block = self.document().findBlockByNumber(line - 1)
        if block.isValid():
            cursor = QTextCursor(block)
            cursor.setPosition(block.position() + min(_units(block.text(), column - 1), block.length() - 1))
            self.setTextCursor(cursor)
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        """Explain the place under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            position = self.cursorForPosition(self.viewport().mapFrom(self, event.pos())).position()
            QToolTip.showText(event.globalPos(), self.sentence_at(position), self)
            return True
        return super().event(event)

    def sentence_at(self, position: int) -> str:
        """Return what is to be said of a position of the document; an empty text where there is nothing to say."""
        fitting = (mark.sentence for mark in self.marks if mark.start <= position <= mark.end)
        return next((sentence for sentence in fitting if sentence), "")

    def _text(self) -> str:
        return self.document().toRawText().replace("\u2029", "\n")

    @Slot(int, int, int)
    def _on_contents(self, position: int, removed: int, added: int) -> None:
        self._painter.move(position, removed, added)

    @Slot()
    def _on_text(self) -> None:
        self._fit()
        self.changed.emit()

    @Slot()
    def _fit(self) -> None:
        # The layout of plain text counts its height in lines.
        lines = round(self.document().documentLayout().documentSize().height())
        shown = min(max(lines, _FEWEST_LINES), _MOST_LINES)
        frame = 2 * (self.frameWidth() + round(self.document().documentMargin()) + 2)
        bar = self.horizontalScrollBar()
        extra = bar.sizeHint().height() if self.lineWrapMode() == QPlainTextEdit.LineWrapMode.NoWrap else 0
        self.setFixedHeight(shown * self.fontMetrics().lineSpacing() + frame + extra)


def _moved(mark: Mark, position: int, removed: int, added: int) -> Mark:
    if mark.end <= position:
        return mark
    if mark.start >= position + removed:
        return replace(mark, start=mark.start + added - removed, end=mark.end + added - removed)
    return replace(mark, end=max(mark.start, mark.end + added - removed))


def _units(text: str, index: int) -> int:
    """Return the index as Qt counts it: a character beyond U+FFFF is two."""
    before = text[:index]
    return index if before.isascii() else index + sum(character > "\uffff" for character in before)
