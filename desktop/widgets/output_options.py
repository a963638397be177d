"""How an output is shown: wrapped, with times and numbers, one stream alone, in which size; remembered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QWidget

from core.output.index import Stream
from desktop.widgets.output_gutter import Stamps
from desktop.widgets.output_saving import OutputSaving
from desktop.widgets.output_view import OutputView

__all__ = ["OutputOptions"]

_KEY = "output"
_YES = "yes"


class OutputOptions(QObject):
    """`rows_changed` says that another `stream` is wanted; None means all of them."""

    rows_changed = Signal()

    def __init__(self, pane: QWidget, view: OutputView, saving: OutputSaving, memory: QSettings | None) -> None:
        super().__init__(pane)
        self._pane = pane
        self._view = view
        self._memory = memory
        self.stream: Stream | None = None
        self.menu = QMenu(pane)
        self.wrap = self._add(_tr("&Wrap long lines"), "Ctrl+Shift+W", self._on_wrap, is_checkable=True)
        self.numbers = self._add(_tr("&Line numbers"), "Ctrl+Shift+B", self._on_numbers, is_checkable=True)
        self.stamps = self._add_stamps()
        self.streams = self._add_streams()
        self.menu.addSeparator()
        self._add(_tr("La&rger"), "Ctrl++", partial(view.zoom, 1), other_keys="Ctrl+=")
        self._add(_tr("S&maller"), "Ctrl+-", partial(view.zoom, -1))
        self._add(_tr("&Usual size"), "Ctrl+0", partial(view.zoom, 0))
        self.menu.addSeparator()
        self._add(_tr("&Next line of errors"), "Ctrl+Down", partial(self._go_to_error, 1))
        self._add(_tr("Line of errors &before"), "Ctrl+Up", partial(self._go_to_error, -1))
        self.menu.addSeparator()
        self.save = self._add(_tr("&Save as…"), "Ctrl+Shift+S", saving.save)
        self.edit = self._add(_tr("Open in an &editor"), "Ctrl+Shift+E", saving.open_in_editor)
        self._add(_tr("Show the &folder"), "Ctrl+Shift+O", saving.show_folder)
        self._restore()
        view.zoomed.connect(self._on_zoomed)

    def _add(
        self, text: str, keys: str, do: Callable[[], None], *, is_checkable: bool = False, other_keys: str = ""
    ) -> QAction:
        """Add an action. Its keys work in the pane alone, and the list of shortcuts has them."""
        shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        action = self.menu.addAction(f"{text}\t{shown}")
        action.setCheckable(is_checkable)
        action.triggered.connect(partial(_without_arguments, do))
        for each in filter(None, (keys, other_keys)):
            shortcut = QShortcut(QKeySequence(each), self._pane)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            if each == keys:
                shortcut.setWhatsThis(_tr("Output: {what}").format(what=text.replace("&", "")))
            shortcut.activated.connect(action.trigger)
        return action

    def _add_stamps(self) -> dict[Stamps, QAction]:
        words = {
            Stamps.NONE: _tr("&None"),
            Stamps.CLOCK: _tr("&Local time"),
            Stamps.SINCE_START: _tr("Since the &start"),
            Stamps.SINCE_LINE: _tr("Since the line &before"),
        }
        menu, group = self.menu.addMenu(_tr("&Time stamps")), QActionGroup(self)
        actions = {}
        for stamps, text in words.items():
            action = actions[stamps] = self._choice(menu, group, text)
            action.triggered.connect(partial(self._on_stamps, stamps))
        actions[Stamps.NONE].setChecked(True)
        shortcut = QShortcut(QKeySequence("Ctrl+Shift+T"), self._pane)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.setWhatsThis(_tr("Output: other time stamps"))
        shortcut.activated.connect(self._next_stamps)
        return actions

    def _add_streams(self) -> dict[Stream | None, QAction]:
        words: dict[Stream | None, str] = {
            None: _tr("&All"),
            Stream.STDOUT: _tr("Standard &output only"),
            Stream.STDERR: _tr("Standard &error only"),
        }
        menu, group = self.menu.addMenu(_tr("&Streams")), QActionGroup(self)
        actions = {}
        for stream, text in words.items():
            action = actions[stream] = self._choice(menu, group, text)
            action.triggered.connect(partial(self._on_stream, stream))
        actions[None].setChecked(True)
        return actions

    @staticmethod
    def _choice(menu: QMenu, group: QActionGroup, text: str) -> QAction:
        action = menu.addAction(text)
        action.setCheckable(True)
        group.addAction(action)
        return action

    def _on_wrap(self) -> None:
        self._view.set_wraps(self.wrap.isChecked())
        self._remember("wrap", _YES if self.wrap.isChecked() else "")

    def _on_numbers(self) -> None:
        self._view.gutter.has_numbers = self.numbers.isChecked()
        self._view.renew()
        self._remember("numbers", _YES if self.numbers.isChecked() else "")

    def _on_stamps(self, stamps: Stamps, *_from_qt: object) -> None:
        self._view.gutter.stamps = stamps
        self._view.renew()
        self._remember("stamps", stamps.value)

    def _next_stamps(self) -> None:
        order = list(Stamps)
        self.stamps[order[(order.index(self._view.gutter.stamps) + 1) % len(order)]].trigger()

    def _on_stream(self, stream: Stream | None, *_from_qt: object) -> None:
        self.stream = stream
        self.rows_changed.emit()

    def _on_zoomed(self, point_size: int) -> None:
        self._remember("size", str(point_size))

    def _go_to_error(self, by: int) -> None:
        """Go to the next row, or the one before (-1), of which a part came from standard error."""
        self._view.go_to_stream(Stream.STDERR, by)

    def _remember(self, name: str, value: str) -> None:
        if self._memory is not None:
            self._memory.setValue(f"{_KEY}/{name}", value)

    def _restore(self) -> None:
        if self._memory is None:
            return
        read = {name: str(self._memory.value(f"{_KEY}/{name}", "")) for name in ("wrap", "numbers", "stamps", "size")}
        for action, name in ((self.wrap, "wrap"), (self.numbers, "numbers")):
            if read[name] == _YES:
                action.trigger()
        if read["stamps"] in {each.value for each in Stamps}:
            self.stamps[Stamps(read["stamps"])].trigger()
        if read["size"].isdecimal():
            self._view.set_point_size(int(read["size"]))


def _without_arguments(do: Callable[[], None], *_from_qt: object) -> None:
    do()


def _tr(text: str) -> str:
    return QCoreApplication.translate("OutputOptions", text)
