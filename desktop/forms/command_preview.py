"""Shows what would really run of a command in an environment, or where its text is wrong."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from desktop.forms.command_draft import Draft, Preview, preview_of
from desktop.pages.page import Desk
from desktop.reading import Reading

__all__ = ["CommandPreview"]

_PATIENCE_MS = 400
_MARGIN = 8


class CommandPreview(QWidget):
    """`place_wanted` carries the line and the column of a fault that the person wants to see."""

    place_wanted = Signal(int, int)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = desk.theme
        self._launcher = desk.workspace.launcher
        self._draft: Draft | None = None
        self._preview: Preview | None = None
        self._icon = QLabel()
        self._line = QLabel()
        self._line.setWordWrap(True)
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self._line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.show_place = QPushButton(self.tr("Show the pla&ce"))
        self.show_place.setToolTip(self.tr("Put the cursor where the text is wrong"))
        self.show_place.clicked.connect(self._on_show_place)
        self.show_place.hide()
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setTabChangesFocus(True)
        self.view.document().setDocumentMargin(_MARGIN)
        self.view.setAccessibleName(self.tr("What will run"))
        self.view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 8, 0)
        head.setSpacing(8)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._line, 1)
        head.addWidget(self.show_place, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._on_patience_over)
        self._reading: Reading[Preview | None] = Reading(
            self, desk.operations, self._question, self._on_preview, interval_ms=50, is_slow=True
        )

    @property
    def sentence(self) -> str:
        """Return what stands above the text."""
        return self._line.text()

    @property
    def is_settled(self) -> bool:
        """Return whether what is shown belongs to the latest draft."""
        return self._preview is not None and self._preview.draft is self._draft

    def show_draft(self, draft: Draft | None) -> None:
        """Work out another draft; what is shown stays until that is done."""
        self._draft = draft
        if draft is None:
            self._preview = None
            self.view.clear()
            self._say("waiting", "muted", self.tr("Write the text of the command to see here what will run."))
        else:
            self._patience.start()
            self._reading.request()

    def _question(self) -> Callable[[], Preview | None]:
        return preview_of(self._draft, self._launcher) if self._draft is not None else _nothing

    def _on_preview(self, preview: Preview | None) -> None:
        if preview is None or preview.draft is not self._draft:
            return
        self._patience.stop()
        self._preview = preview
        refusal = preview.refusal
        if refusal is None:
            self._say("succeeded", "good", preview.how)
        elif refusal.line:
            text = self.tr("Line {line}, column {column}: {sentence}")
            text = text.format(line=refusal.line, column=refusal.column, sentence=refusal.sentence)
            self._say("could-not-start", "bad", text)
        else:
            self._say("could-not-start", "bad", refusal.sentence)
        self.show_place.setVisible(refusal is not None and refusal.line > 0)
        if self.view.toPlainText() != preview.text:
            self.view.setPlainText(preview.text)

    def _on_patience_over(self) -> None:
        self._say("waiting", "muted", self.tr("Working it out …"))

    def _on_show_place(self) -> None:
        if self._preview is not None and self._preview.refusal is not None:
            self.place_wanted.emit(self._preview.refusal.line, self._preview.refusal.column)

    def _say(self, icon: str, tone: str, text: str) -> None:
        self._theme.put_icon(self._icon, icon, tone)
        self._line.setText(text)
        self.show_place.hide()


def _nothing() -> None:
    """Answer for a text that is empty by now."""
