"""What is looked for, and where: the text with its history, how it is meant, and in which runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QPoint, QSettings, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from core.search.query import Pattern, SearchQuery, SearchTextError
from desktop.models.search_request import SearchRequest, read_history, remember, write_history
from desktop.theme import Theme

__all__ = ["SearchBar"]

_HISTORY = "search/history"
_LONGEST_TEXT = 1000


class SearchBar(QWidget):
    """`wanted` carries a SearchRequest that can be searched for; `stop_wanted` and `closed` come from their buttons.

    A text that can't be looked for is marked, with the reason below it, while one types.
    """

    wanted = Signal(object)
    stop_wanted = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, memory: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._memory = memory
        self._is_searching = False
        self._history = read_history(str(memory.value(_HISTORY, "[]")))
        self.history = QMenu(self)
        self.field = self._make_field()
        self.go = self._make_go()
        self.close_button = QPushButton()
        self.close_button.setAccessibleName(self.tr("Close the search"))
        self.close_button.setToolTip(self.tr("Back to the list of runs (Esc)"))
        theme.put_icon(self.close_button, "close")
        self.problem = QLabel()
        self.problem.setObjectName("fieldProblem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.match_case = _toggle(self.tr("Match c&ase"), self.tr("Tell capital and small letters apart"))
        self.whole_words = _toggle(self.tr("&Whole words"), self.tr("Only where it is a word of its own"))
        self.is_regex = _toggle(self.tr("Rege&x"), self.tr("Regular expression, such as  HTTP 5\\d\\d|timeout"))
        self.is_regex.setAccessibleName(self.tr("Regular expression"))
        self.command = _chooser(self.tr("Command"), {"": self.tr("All commands")})
        self.states = _chooser(self.tr("State"), self._state_words())
        self.span = _chooser(self.tr("Time"), self._span_words())
        self.remembered.setEnabled(bool(self._history))
        self._lay_out()
        self._connect()
        self._renew()

    def _make_field(self) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(self.tr("Search what all runs have printed"))
        field.setAccessibleName(self.tr("Text to look for in all output"))
        field.setMaxLength(_LONGEST_TEXT)
        theme = self._theme
        for icon, place in (
            ("search", QLineEdit.ActionPosition.LeadingPosition),
            ("scheduled", QLineEdit.ActionPosition.TrailingPosition),
        ):
            action = field.addAction(theme.icon(icon, "muted"), place)
            theme.changed.connect(partial(self._renew_icon, action, icon))
        self.remembered = action
        action.setText(self.tr("What was looked for before"))
        action.setToolTip(self.tr("What was looked for before (arrow down)"))
        action.triggered.connect(self._offer_history)
        down = QShortcut(QKeySequence(Qt.Key.Key_Down), field)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self._offer_history)
        return field

    def _make_go(self) -> QPushButton:
        go = QPushButton(self.tr("&Stop"))
        width = go.sizeHint().width()
        go.setText(self.tr("&Search"))
        # Nothing beside it moves when its text changes.
        go.setMinimumWidth(max(width, go.sizeHint().width()))
        go.setDefault(True)
        return go

    def _renew_icon(self, action: QAction, icon: str) -> None:
        action.setIcon(self._theme.icon(icon, "muted"))

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.field, 1)
        first.addWidget(self.go)
        first.addWidget(self.close_button)
        second = QHBoxLayout()
        second.setSpacing(8)
        for toggle in (self.match_case, self.whole_words, self.is_regex):
            second.addWidget(toggle)
        second.addStretch()
        for chooser in (self.command, self.states, self.span):
            second.addWidget(chooser)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(first)
        layout.addWidget(self.problem)
        layout.addLayout(second)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._renew)
        self.field.returnPressed.connect(self._want)
        self.go.clicked.connect(self._on_go)
        self.close_button.clicked.connect(self.closed)
        for toggle in (self.match_case, self.whole_words, self.is_regex):
            toggle.toggled.connect(self._renew)

    @property
    def request(self) -> SearchRequest:
        """Return what the fields say."""
        return SearchRequest(
            text=self.field.text(),
            is_regex=self.is_regex.isChecked(),
            match_case=self.match_case.isChecked(),
            whole_words=self.whole_words.isChecked(),
            command=str(self.command.currentData() or ""),
            states=str(self.states.currentData()),
            span=str(self.span.currentData()),
        )

    def begin(self) -> None:
        """Let the keyboard begin in the text."""
        self.field.setFocus()
        self.field.selectAll()

    def set_searching(self, is_searching: bool) -> None:
        """Offer to stop what is under way, or to begin."""
        self._is_searching = is_searching
        self.go.setText(self.tr("&Stop") if is_searching else self.tr("&Search"))
        self.go.setToolTip(self.tr("End the search (Esc)") if is_searching else "")
        self._renew()

    def say_problem(self, sentence: str) -> None:
        """Say why a search was not made to its end, until the text is changed or looked for again."""
        self.problem.setText(sentence)
        self.problem.show()

    def set_commands(self, names: Sequence[str]) -> None:
        """Offer these commands; the one that is chosen stays."""
        chosen = str(self.command.currentData() or "")
        wanted = ["", *names] if not chosen or chosen in names else ["", *names, chosen]
        if [self.command.itemData(row) for row in range(self.command.count())] == wanted:
            return
        self.command.clear()
        for name in wanted:
            self.command.addItem(name or self.tr("All commands"), name)
        self.command.setCurrentIndex(wanted.index(chosen))

    def show_request(self, request: SearchRequest) -> None:
        """Fill the fields, without searching."""
        self.field.setText(request.text)
        self.is_regex.setChecked(request.is_regex)
        self.match_case.setChecked(request.match_case)
        self.whole_words.setChecked(request.whole_words)
        if request.command and self.command.findData(request.command) < 0:
            self.command.addItem(request.command, request.command)
        self.command.setCurrentIndex(max(0, self.command.findData(request.command)))
        self.states.setCurrentIndex(self.states.findData(request.states))
        self.span.setCurrentIndex(self.span.findData(request.span))

    def _on_go(self) -> None:
        if self._is_searching:
            self.stop_wanted.emit()
        else:
            self._want()

    @Slot()
    def _want(self) -> None:
        request = self.request
        if self._fault(request) is not None:
            return
        self._history = remember(self._history, request)
        self._memory.setValue(_HISTORY, write_history(self._history))
        self.remembered.setEnabled(True)
        self.wanted.emit(request)

    @Slot()
    def _offer_history(self) -> None:
        """Show what was looked for before, the newest first; choosing one looks for it again as it was meant then."""
        self.history.clear()
        for request in self._history:
            self.history.addAction(request.text.replace("&", "&&"), partial(self._search_again, request))
        if self._history:
            self.history.popup(self.field.mapToGlobal(QPoint(0, self.field.height())))

    def _search_again(self, request: SearchRequest) -> None:
        self.show_request(request)
        self._want()

    def _renew(self) -> None:
        fault = self._fault(self.request)
        is_shown = fault is not None and bool(self.field.text())
        self.go.setEnabled(self._is_searching or fault is None)
        self.problem.setText(self._words_of(fault) if fault is not None else "")
        self.problem.setVisible(is_shown)
        self.field.setAccessibleDescription(self.problem.text() if is_shown else "")
        if bool(self.field.property("hasProblem")) != is_shown:
            self.field.setProperty("hasProblem", is_shown)
            self.field.style().polish(self.field)

    @staticmethod
    def _fault(request: SearchRequest) -> SearchTextError | None:
        try:
            Pattern(
                SearchQuery(
                    text=request.text,
                    is_regex=request.is_regex,
                    ignore_case=not request.match_case,
                    whole_words=request.whole_words,
                )
            )
        except SearchTextError as error:
            return error
        return None

    def _words_of(self, fault: SearchTextError) -> str:
        if fault.position is None:
            return fault.message
        text = self.tr("{message} It is character {position}: “{before}▸{after}”")
        place = fault.position
        before, after = self.field.text()[max(0, place - 12) : place], self.field.text()[place : place + 12]
        return text.format(message=fault.message, position=place + 1, before=before, after=after)

    def _state_words(self) -> dict[str, str]:
        return {
            "all": self.tr("All states"),
            "running": self.tr("Running"),
            "succeeded": self.tr("Succeeded"),
            "failed": self.tr("Failed"),
            "cancelled": self.tr("Cancelled"),
        }

    def _span_words(self) -> dict[str, str]:
        return {
            "any": self.tr("Any time"),
            "24h": self.tr("Last 24 hours"),
            "7d": self.tr("Last 7 days"),
            "30d": self.tr("Last 30 days"),
        }


def _toggle(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setCheckable(True)
    # Whoever clicks it, or presses its key, goes on in the text.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(text.replace("&", ""))
    button.setToolTip(tip)
    return button


def _chooser(name: str, words: Mapping[str, str]) -> QComboBox:
    chooser = QComboBox()
    chooser.setAccessibleName(name)
    chooser.setToolTip(name)
    # Else a long name of a command would make the window wider.
    chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    chooser.setMinimumContentsLength(11)
    chooser.setMinimumWidth(72)
    for key, word in words.items():
        chooser.addItem(word, key)
    return chooser
