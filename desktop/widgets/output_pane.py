"""An attempt's output with what belongs to it: how much there is, following, copying."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from PySide6.QtCore import QSettings, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from core.errors import NotFoundError, StorageError
from core.output.index import Stream
from core.output.missing import Marks, marks_in
from core.output.reader import Reader
from core.output.timeline import Timeline
from desktop.models.run_texts import describe_bytes, describe_share
from desktop.operations import Failure, Operations
from desktop.reading import Reading
from desktop.theme import Theme
from desktop.widgets.output_copying import LongCopy
from desktop.widgets.output_find_bar import FindBar
from desktop.widgets.output_finder import OutputFinder
from desktop.widgets.output_links import shortened
from desktop.widgets.output_options import OutputOptions
from desktop.widgets.output_saving import OutputSaving
from desktop.widgets.output_view import OutputView

__all__ = ["OutputPane"]

_FOLLOW_MS = 30
_INDEX_MS = 150


class OutputPane(QWidget):
    """Shows what `show_reader` hands over, and goes on looking while `is_live`. `attempt_chosen` carries a number."""

    attempt_chosen = Signal(int)

    def __init__(
        self,
        operations: Operations,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        memory: QSettings | None = None,
    ) -> None:
        super().__init__(parent)
        self._operations = operations
        self._reader: Reader | None = None
        self._gapped: Reader | None = None  # it, if there ever was a gap in it
        self._is_live = self._is_opening = False
        self._marks = Marks()
        self._is_indexed = False  # whether the index was read at all
        self._indexed = 0  # up to which byte the index was asked for
        self._reveal_at: int | None = None  # the byte to be shown as soon as its output is there
        self._wanted = 0  # counts what was asked for, so that an answer that comes late is not shown
        self.view = OutputView(theme)
        self.view.setAccessibleName(self.tr("Output"))
        self._size = QLabel()
        self._size.setObjectName("muted")
        self._size.setMinimumWidth(1)  # else a long sentence would make the window wider
        self.follow = QPushButton(self.tr("&Follow"))
        self.follow.setCheckable(True)
        self.follow.setToolTip(self.tr("Stay at the end while the output grows (End)"))
        theme.put_icon(self.follow, "follow")
        self.copy = QPushButton(self.tr("C&opy"))
        self.copy.setToolTip(self.tr("Copy the selected lines, or all of them (Ctrl+C)"))
        theme.put_icon(self.copy, "copy")
        self.find_button = self._tool(theme, "search", self.tr("Find"), self.tr("Find in this output (Ctrl+F)"))
        self.options_button = self._tool(theme, "settings", self.tr("How it is shown"), self.tr("How it is shown"))
        self.find_bar = FindBar(theme)
        self.finder = OutputFinder(self.find_bar, self.view, self)
        self.saving = OutputSaving(self, self.view, self.finder, operations)
        self.options = OutputOptions(self, self.view, self.saving, memory)
        self.options_button.setMenu(self.options.menu)
        self.attempts = QComboBox()
        self.attempts.setAccessibleName(self.tr("Attempt"))
        self.attempts.hide()
        self.attempts.activated.connect(self._on_attempt)
        self._lay_out()
        self._tick = QTimer(self)
        self._tick.setInterval(_FOLLOW_MS)
        self._tick.timeout.connect(self._on_tick)
        self._index = Reading(self, operations, self._ask_index, self._on_index, interval_ms=_INDEX_MS)
        self._connect()
        self.show_nothing("")

    @staticmethod
    def _tool(theme: Theme, icon: str, name: str, tip: str) -> QPushButton:
        button = QPushButton()
        button.setAccessibleName(name)
        button.setToolTip(tip)
        theme.put_icon(button, icon)
        return button

    def _connect(self) -> None:
        self.view.moved.connect(self._on_moved)
        self.view.failed.connect(self._on_failed)
        self.view.copying.failed.connect(self._on_failed)
        self.view.copying.too_large.connect(self._on_too_large)
        self.view.copying.long_wanted.connect(self._on_long_copy)
        self.view.links.refused.connect(self._on_link_refused)
        self.view.following_changed.connect(self.follow.setChecked)
        self.follow.clicked.connect(self.view.set_following)
        self.copy.clicked.connect(self._on_copy)
        self.view.menu_wanted.connect(self._on_menu)
        self.find_button.clicked.connect(self._on_find)
        self.finder.rows_changed.connect(self._choose_rows)
        self.finder.failed.connect(self._on_failed)
        self.options.rows_changed.connect(self._choose_rows)
        for keys, what, do in (
            ("Ctrl+F", self.tr("Find in the output"), self._on_find),
            ("Ctrl+Shift+L", self.tr("Show only lines with a match"), self._on_find_only),
            ("F3", self.tr("Go to the next match"), self._on_next),
            ("Shift+F3", self.tr("Go to the match before"), self._on_previous),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setWhatsThis(what)
            shortcut.activated.connect(do)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 8, 8, 0)
        bar.setSpacing(8)
        bar.addWidget(self.attempts)
        bar.addWidget(self._size)
        bar.addStretch()
        bar.addWidget(self.follow)
        bar.addWidget(self.find_button)
        bar.addWidget(self.options_button)
        bar.addWidget(self.copy)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addLayout(bar)
        self._column.addWidget(self.find_bar)
        self._column.addWidget(self.view, 1)

    def put_below(self, widget: QWidget) -> None:
        """Put something under the output."""
        self._column.addWidget(widget)

    @property
    def size_text(self) -> str:
        """Return what it says of the size, or why there is nothing to be seen."""
        return self._size.text()

    def offer_attempts(self, count: int, shown: int) -> None:
        """Let one choose among so many attempts where there are several; `shown` counts from 1."""
        if self.attempts.count() != count:
            self.attempts.clear()
            self.attempts.addItems([self.tr("Attempt {number}").format(number=each + 1) for each in range(count)])
        self.attempts.setCurrentIndex(shown - 1)
        self.attempts.setVisible(count > 1)

    def show_nothing(self, why: str) -> None:
        """Show no output, and a few words instead."""
        self._replace(None, is_live=False, follow=False, keep_place=False)
        self._size.setText(why)

    def show_reader(self, reader: Reader, *, is_live: bool, keep_place: bool = False) -> None:
        """Show an output; one that is live is followed. `keep_place` says that the same bytes were shown before."""
        follow = self.view.following if keep_place else is_live
        reveal_at = self._reveal_at
        self._replace(reader, is_live=is_live, follow=follow, keep_place=keep_place)
        self._tell_size()
        if reveal_at is not None:
            self.view.reveal(reveal_at)

    def open(self, owner: QWidget, find: Callable[[], Reader], *, is_live: bool, keep_place: bool) -> None:
        """Find a reader in another thread, then show it."""
        self._wanted += 1
        self._is_opening = True
        wanted = self._wanted

        def look() -> Reader | NotFoundError | StorageError:
            try:
                reader = find()
                reader.size()
            except (NotFoundError, StorageError) as error:
                return error
            return reader

        def then(found: Reader | NotFoundError | StorageError) -> None:
            if self._wanted != wanted:
                # Something else is wanted by now.
                if not isinstance(found, Exception):
                    found.close()
                return
            if isinstance(found, Exception):
                self.show_nothing(str(found))
            else:
                self.show_reader(found, is_live=is_live, keep_place=keep_place)

        self._operations.ask(owner, look, then)

    def reveal(self, offset: int) -> None:
        """Show the line of the byte at `offset`: now, or as soon as the output is there that is being opened."""
        if self._is_opening:
            self._reveal_at = offset
        else:
            self.view.reveal(offset)

    def _replace(self, reader: Reader | None, *, is_live: bool, follow: bool, keep_place: bool) -> None:
        self._wanted += 1
        self._is_opening = False
        self._reveal_at = None
        has_same_bytes = keep_place and self._keeps_all
        if self._reader is not None:
            self._reader.close()
        self._reader = reader
        self._gapped = None
        self._is_live = is_live
        self.follow.setVisible(is_live)
        self.copy.setEnabled(reader is not None)
        if not has_same_bytes:
            self.view.gutter.timeline = Timeline(end=0)
            self.view.forget_choice()
        self._indexed = 0
        self._is_indexed = has_same_bytes
        self._marks = Marks()
        for button in (self.find_button, self.options_button):
            button.setEnabled(reader is not None)
        self.saving.show_reader(reader)
        self.view.show_source(reader, follow=follow, keep_place=keep_place)
        self._choose_rows()
        self._want_index()
        self.finder.show_source(reader, keep_place=has_same_bytes)
        self._renew_tick()

    @property
    def _keeps_all(self) -> bool:
        """Whether nothing was ever left out of what is shown: what comes behind a gap lies elsewhere after the end."""
        try:
            return self._reader is not None and self._gap_of(self._reader) is None and self._gapped is not self._reader
        except StorageError:
            return False

    def _gap_of(self, reader: Reader) -> tuple[int, int] | None:
        gap = reader.gap()
        if gap is not None and reader is self._reader:
            self._gapped = reader  # for when the run ends: then there is none any more
        return gap

    def _on_attempt(self, number: int) -> None:
        self.attempt_chosen.emit(number + 1)

    def _renew_tick(self) -> None:
        if self._is_live and self.isVisible():
            self._tick.start()
        else:
            self._tick.stop()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt names it so)
        """Go on looking."""
        super().showEvent(event)
        self._renew_tick()
        if self.finder.is_open:
            self.finder.show_source(self._reader)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  (Qt names it so)
        """Look no more while nobody sees it."""
        super().hideEvent(event)
        self._tick.stop()
        self.finder.rest()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Let Esc end the finding first, wherever in the pane the keyboard is."""
        if event.key() == Qt.Key.Key_Escape and self.finder.is_open:
            self.finder.close()
        else:
            super().keyPressEvent(event)

    def _on_tick(self) -> None:
        self.view.grow()
        self._want_index()
        self._tell_size()

    def _tell_size(self) -> None:
        if self._reader is None:
            return
        try:
            size, gap = self._reader.size(), self._gap_of(self._reader)
        except StorageError as error:
            self._on_failed(error)
            return
        printed = size - self._marks.own_bytes + self._marks.missing_bytes
        kept = size - self._marks.own_bytes - (gap[1] - gap[0] if gap is not None else 0)
        if kept < printed:
            text = self.tr("{share} kept so far") if self._is_live else self.tr("{share} kept")
            self._size.setText(text.format(share=describe_share(kept, printed)))
            return
        if self._is_live:
            text = self.tr("{size} so far")
        else:
            text = self.tr("{size}") if size else self.tr("It printed nothing.")
        self._size.setText(text.format(size=describe_bytes(size)))

    @Slot()
    def _choose_rows(self) -> None:
        stream, timeline = self.options.stream, self.view.gutter.timeline
        if stream is None and not self.finder.is_filtering:
            self.view.show_only(None)
        else:
            self.view.show_only(lambda rows: self.finder.choose(rows, timeline, stream))
        self._tell_nothing()

    def _tell_nothing(self) -> None:
        """Let the view say that nothing came from the one stream that is wanted, once that is known."""
        if self.finder.is_filtering:
            return  # the finder does
        words = {
            Stream.STDOUT: self.tr("Nothing came from standard output."),
            Stream.STDERR: self.tr("Nothing came from standard error."),
        }
        stream = self.options.stream
        self.view.say_when_empty(words.get(stream, "") if stream is not None and self._is_indexed else "")

    @Slot()
    def _on_find(self) -> None:
        if self._reader is not None:
            self.finder.open()

    @Slot()
    def _on_find_only(self) -> None:
        if self._reader is not None:
            self.finder.open(only=True)

    @Slot()
    def _on_next(self) -> None:
        if self._reader is not None:
            self.finder.step(1)

    @Slot()
    def _on_previous(self) -> None:
        if self._reader is not None:
            self.finder.step(-1)

    @Slot(object)
    def _on_menu(self, menu: QMenu) -> None:
        menu.addSeparator()
        menu.addActions(self.options.menu.actions())

    @Slot(object)
    def _on_failed(self, error: StorageError) -> None:
        self.show_nothing(str(error))

    @Slot(object)
    def _on_long_copy(self, copy: LongCopy) -> None:
        self._operations.ask_slowly(self, copy, self.view.copying.take, title=self.tr("Copying the output"))

    @Slot(object)
    def _on_too_large(self, size: int) -> None:
        text = self.tr("This is too large to copy ({size}): save it instead. Nothing was copied.")
        sentence = text.format(size=describe_bytes(size))
        self._operations.failed.emit(Failure(self.tr("Copying the output"), sentence, sentence))

    @Slot(str)
    def _on_link_refused(self, address: str) -> None:
        text = self.tr("Nothing on this machine opens “{address}”. Its address can be copied from the menu.")
        sentence = text.format(address=shortened(address))
        self._operations.failed.emit(Failure(self.tr("Opening a link"), sentence, sentence))

    def _on_copy(self) -> None:
        if not self.view.has_selection:
            self.view.select_all()
        self.view.copy()

    @Slot(object, object)
    def _on_moved(self, _first: int, _end: int) -> None:
        self._want_index()

    def _want_index(self) -> None:
        # What is chosen by its stream is not seen before the index says so.
        if self.view.known_bytes > self._indexed:
            self._index.request()

    def _ask_index(self) -> Callable[[], tuple[Timeline, Marks] | None]:
        reader, timeline = self._reader, self.view.gutter.timeline
        self._indexed = self.view.known_bytes

        def read() -> tuple[Timeline, Marks] | None:
            if reader is None:
                return None
            marks = Marks()
            # A StorageError is told by the view, which meets it too.
            with contextlib.suppress(StorageError):
                size = reader.size()  # of what comes between the two, the index would not be whole
                self._gap_of(reader)
                timeline.extend(reader.index(timeline.last_offset), end=size)
                marks = marks_in(reader, timeline)
            # Another output took its place meanwhile: what was closed then has been opened again by this reading.
            if reader is not self._reader:
                reader.close()
            return timeline, marks

        return read

    def _on_index(self, found: tuple[Timeline, Marks] | None) -> None:
        if found is not None and found[0] is self.view.gutter.timeline:
            self._marks = found[1]
            self._is_indexed = True
            self._tell_nothing()
            self._tell_size()
            self.view.renew()
