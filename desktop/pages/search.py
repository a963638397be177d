"""The search through all output, in the place of the list of runs: results stream in, and the chosen one is shown."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from core.catalog.records import CommandRecord
from desktop.models.run_texts import describe_bytes
from desktop.models.search_found import FoundLine, SearchState
from desktop.models.search_request import SearchRequest
from desktop.pages.page import Desk
from desktop.pages.search_bar import SearchBar
from desktop.reading import Reading
from desktop.search_process import SearchProcess
from desktop.widgets.empty_state import EmptyState
from desktop.widgets.search_list import SearchList

__all__ = ["SearchPanel"]

_BAR_STEPS = 1000
_BAR_HEIGHT = 6
_ADD_EVERY_MS = 150


class SearchPanel(QWidget):
    """`hit_chosen` carries the FoundLine that is to be shown, `hit_opened` comes when the person wants to go there.

    `closed` comes when the list of runs is wanted back. Escape ends a search that is under way, else closes.
    """

    hit_chosen = Signal(object)
    hit_opened = Signal()
    closed = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._request: SearchRequest | None = None
        self._state = SearchState()
        self._fault = ""
        self._since = QElapsedTimer()
        self._waiting: list[FoundLine] = []  # what has come and is not in the list yet
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_ADD_EVERY_MS)
        self._pause.timeout.connect(self._show_waiting)
        self.process = SearchProcess(desk.workspace.folder.root, self)
        self.bar = SearchBar(desk.theme, desk.memory)
        self.list = SearchList(desk.theme)
        self.start = EmptyState(desk.theme, "search")
        self.start.say(
            self.tr("Find a line in everything that was ever printed"),
            self.tr(
                "The newest runs come first. Colours and other escape sequences do not count, and secrets are not in "
                "the output, so they are not found. Enter begins, Esc ends."
            ),
        )
        self.nothing = EmptyState(desk.theme, "search")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(_BAR_HEIGHT)
        self.progress.setAccessibleName(self.tr("How much is searched"))
        self.status = QLabel()
        self.status.setObjectName("muted")
        self.status.setMinimumWidth(1)  # else a long sentence would make the window wider
        self._lay_out()
        self._connect()
        self._commands = Reading(self, desk.operations, lambda: desk.workspace.catalog.commands, self._on_commands)

    def _lay_out(self) -> None:
        card = QFrame()
        card.setObjectName("card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, 1, 1, 1)
        self.stack = QStackedWidget()
        for widget in (self.start, self.list, self.nothing):
            self.stack.addWidget(widget)
        inside.addWidget(self.stack)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addWidget(self.status, 1)
        foot.addWidget(self.progress, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.bar)
        layout.addWidget(card, 1)
        layout.addLayout(foot)
        keep = self.progress.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(keep)
        self.progress.hide()

    def _connect(self) -> None:
        self.bar.wanted.connect(self.search)
        self.bar.stop_wanted.connect(self.stop)
        self.bar.closed.connect(self._close)
        self.list.chosen.connect(self.hit_chosen)
        self.list.opened.connect(self.hit_opened)
        self.process.found.connect(self._on_found)
        self.process.progressed.connect(self._on_progress)
        self.process.unreadable.connect(self._on_unreadable)
        self.process.failed.connect(self._on_failed)
        self.process.ended.connect(self._on_ended)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self._on_escape)

    def begin(self) -> None:
        """Let the person say what is looked for."""
        self._commands.request()
        self.process.prepare()
        self.bar.begin()

    def close_process(self) -> None:
        """End what is under way, for good."""
        self.process.close()

    @Slot(object)
    def search(self, request: SearchRequest) -> None:
        """Look for this from now on."""
        self._request = request
        self._state = SearchState()
        self._fault = ""
        self._waiting = []
        self.list.clear()
        self.stack.setCurrentWidget(self.list)
        self.progress.setRange(0, 0)  # it only moves until the total is known
        self.progress.show()
        self.bar.set_searching(True)
        self._since.start()
        self.process.start(request)
        self._tell()

    @Slot()
    def stop(self) -> None:
        """End the search; what was found stays."""
        if self.process.is_running:
            self.process.stop()
            self._settle(self.tr("stopped"))

    def _close(self) -> None:
        self.stop()
        self.process.rest()
        self.closed.emit()

    @Slot()
    def _on_escape(self) -> None:
        if self.process.is_running:
            self.stop()
        else:
            self._close()

    def _on_commands(self, records: list[CommandRecord]) -> None:
        self.bar.set_commands([record.spec.name for record in records])

    @Slot(object)
    def _on_found(self, hits: list[FoundLine]) -> None:
        self._waiting += hits
        if not self.list.rows.rowCount():
            self._show_waiting()
        elif not self._pause.isActive():
            self._pause.start()

    @Slot()
    def _show_waiting(self) -> None:
        """Add what has come: seldom, since the list is laid out anew each time."""
        self._pause.stop()
        waiting, self._waiting = self._waiting, []
        self.list.add(waiting)

    @Slot(object)
    def _on_progress(self, state: SearchState) -> None:
        self._state = state
        if state.total_bytes is not None:
            self.progress.setRange(0, _BAR_STEPS)
            self.progress.setValue(min(_BAR_STEPS, _BAR_STEPS * state.done_bytes // max(1, state.total_bytes)))
        self._tell()

    @Slot(str)
    def _on_unreadable(self, sentence: str) -> None:
        self._fault = self._fault or sentence

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._fault = sentence
        self._settle(self.tr("not to its end"))
        if self.list.rows.rowCount():
            self.bar.say_problem(sentence)
        else:
            self.nothing.say(self.tr("The search could not be made"), sentence)

    @Slot()
    def _on_ended(self) -> None:
        self._settle("")

    def _settle(self, word: str) -> None:
        self._show_waiting()
        self.progress.hide()
        self.bar.set_searching(False)
        if self.isVisible():
            self.process.prepare()
        if not self.list.rows.rowCount():
            text = self.tr("{count} outputs were searched, {size} in all.") if not word else self.tr("It was stopped.")
            self.nothing.say(
                self.tr("No line contains “{text}”").format(text=self._request.text if self._request else ""),
                text.format(count=f"{self._state.outputs:,}", size=describe_bytes(self._state.done_bytes)),
            )
            self.stack.setCurrentWidget(self.nothing)
        self._tell(word)

    def _tell(self, word: str = "") -> None:
        """Say in one line what was found, how far it is, and what is missing."""
        state = self._state
        lines = self.tr("1 line") if state.hits == 1 else self.tr("{count} lines").format(count=f"{state.hits:,}")
        runs = self.tr("1 run") if state.outputs_with_hits == 1 else self.tr("{count} runs")
        found = self.tr("{lines} in {runs}").format(lines=lines, runs=runs.format(count=f"{state.outputs_with_hits:,}"))
        if state.total_bytes is None:
            size = self.tr("{done} searched").format(done=describe_bytes(state.done_bytes))
        elif self.process.is_running or word:
            size = self.tr("{done} of {total}").format(
                done=describe_bytes(state.done_bytes), total=describe_bytes(state.total_bytes)
            )
        else:
            size = self.tr("{total} in {seconds} s").format(
                total=describe_bytes(state.done_bytes), seconds=f"{self._since.elapsed() / 1000:.1f}"
            )
        pieces = [found, size, word]
        if state.is_cut:
            pieces.append(self.tr("there are more: narrow the search"))
        if state.cut_outputs:
            cut = self.tr("1 run") if state.cut_outputs == 1 else self.tr("{count} runs")
            which = cut.format(count=f"{state.cut_outputs:,}")
            pieces.append(self.tr("of {runs} only the first 1,000 lines").format(runs=which))
        if state.unreadable:
            unreadable = self.tr("1 output") if state.unreadable == 1 else self.tr("{count} outputs")
            which = unreadable.format(count=f"{state.unreadable:,}")
            pieces.append(self.tr("{outputs} could not be read").format(outputs=which))
        self.status.setText(" · ".join(piece for piece in pieces if piece))
        self.status.setToolTip(self._fault)
