"""Renders the window with sample data, at several sizes, light and dark, to PNG files."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLineEdit, QPushButton, QWidget

from core.queue.states import JobState
from core.workspace import Workspace
from desktop.application import Session
from desktop.operations import Failure
from desktop.pages.catalog_page import CatalogPage
from desktop.pages.runs import RunsPage
from desktop.showcase import FAILING, LONG, RETRYING, Showcase
from desktop.theme import Theme

__all__ = ["main"]

_SIZES = ("1280x800", "900x600")
_PATIENCE_MS = 60_000
_LOOK_MS = 50
_SETTLE_MS = 400
_DRESS_MS = 100
_SHOWN_ELSEWHERE = ("overview", "runs")
_TO_CHOOSE = ("check the shop", "shop is up", "staging", "office hours")


class _Album:
    """Drives one session and saves what it looks like; the first size has no name, the others have theirs."""

    def __init__(
        self, session: Session, workspace: Workspace, theme: Theme, folder: Path, sizes: Sequence[str]
    ) -> None:
        self._session = session
        self._window = session.window
        self._theme = theme
        self._folder = folder
        self._sizes = {"" if size == sizes[0] else f"-{size}": _size(size) for size in sizes}
        self._showcase = Showcase(workspace, _wait)

    @property
    def _runs(self) -> RunsPage:
        page = self._window.page("runs")
        assert isinstance(page, RunsPage)
        return page

    def take(self) -> None:
        """Save every picture."""
        self._each_page("empty-")
        self._showcase.fill()
        self._showcase.be_busy()
        self._showcase.hold_back()
        self._open("overview")
        self._save("overview")
        self._run_pictures()
        self._search_picture()
        self._compare_pictures()
        self._each_page("")
        self._dialogs()

    def _each_page(self, prefix: str) -> None:
        """Save the pages that hold nothing but their list and their form, with something chosen that shows much.

        With a prefix there is nothing yet: what has no list looks the same then.
        """
        for name, page in self._window.pages.items():
            read = page.things()
            things = read() if read is not None else []
            if not prefix and name in _SHOWN_ELSEWHERE:
                continue
            self._open(name)
            if things:
                page.choose(next((thing for thing in things if thing.title in _TO_CHOOSE), things[0]).id)
            _pause(_SETTLE_MS)
            self._save(f"{prefix}{name}")
            if isinstance(page, CatalogPage) and not prefix:
                page.actions_.new.trigger()
                _pause(_SETTLE_MS)
                self._save(f"new-{name}")
                page.panel.revert.trigger()
                page.form.show_record(page.form.record)

    def _run_pictures(self) -> None:
        runs = self._runs
        self._open("runs")
        self._choose(LONG)
        self._save("runs")
        self._choose(RETRYING)
        runs.detail.tabs.setCurrentWidget(runs.detail.events)
        self._save("events")
        self._choose("dump the database")
        runs.detail.tabs.setCurrentWidget(runs.detail.command)
        self._save("command")
        runs.detail.tabs.setCurrentIndex(0)
        self._save_drop_down("states", runs.filter.states)
        self._save_menu("more", runs.actions_.more)
        runs.filter.span.setCurrentIndex(runs.filter.span.findData("between"))
        self._save("between")
        runs.filter.clear()
        sentence = (
            "The database clockhand.db can't grow, because the disk is full. Clockhand goes on when that has passed."
        )
        self._window.error_bar.tell(Failure("Retrying “dump the database”", sentence, sentence))
        self._save("error")
        self._window.error_bar.hide()

    def _search_picture(self) -> None:
        """Search what the sample has printed, and leave the search again."""
        runs = self._runs
        runs.actions_.search.trigger()
        runs.searching.panel.bar.field.setText("order")
        runs.searching.panel.bar.go.click()
        _wait(lambda: not runs.searching.panel.process.is_running)
        _pause(_SETTLE_MS)
        self._save("search")
        runs.searching.panel.bar.close_button.click()

    def _compare_pictures(self) -> None:
        """Compare what failed with the last time it succeeded: the outputs, and the environments."""
        runs = self._runs
        self._choose(FAILING)
        _wait(runs.actions_.compare.isEnabled)
        runs.actions_.compare.trigger()
        window = runs.comparing.windows[-1]
        _wait(lambda: not window.process.is_running)
        for word, size in self._sizes.items():
            window.resize(size)
            for name, tab in (("compare", window.output), ("compare-environments", window.environment)):
                window.tabs.setCurrentWidget(tab)
                _pause(_SETTLE_MS)
                self._save_dressed(name + word, alone=window)
        window.close()

    def _dialogs(self) -> None:
        self._open("runs")
        self._save_dialog("run-dialog", self._runs.actions_.run.trigger)
        self._save_dialog("palette", self._window.actions_.find.trigger, typed="shop")
        self._save_dialog("shortcuts", self._window.actions_.shortcuts.trigger)

    def _open(self, name: str) -> None:
        self._window.open_page(list(self._window.pages).index(name))
        _pause(_SETTLE_MS)

    def _choose(self, command: str) -> None:
        run = self._showcase.newest(command, JobState.EXECUTING) or self._showcase.newest(command)
        if run is not None:
            self._runs.choose(run.id)
        _pause(_SETTLE_MS)

    def _save(self, name: str) -> None:
        for word in self._at_each_size():
            self._save_dressed(name + word)

    def _save_dialog(self, name: str, open_it: Callable[[], object], *, typed: str = "") -> None:
        """Open a dialog, save it upon the window, and close it."""
        for word in self._at_each_size():
            open_it()
            dialog = _modal()
            if typed and (field := dialog.findChild(QLineEdit)) is not None:
                field.setText(typed)
                _pause(_SETTLE_MS)
            self._save_dressed(name + word, dialog)
            dialog.reject()
            dialog.deleteLater()

    def _save_drop_down(self, name: str, box: QComboBox) -> None:
        for word in self._at_each_size():
            with _shown(box):
                self._save_dressed(name + word, box.view().window())

    def _save_menu(self, name: str, button: QPushButton) -> None:
        menu = button.menu()
        for word in self._at_each_size():
            menu.popup(button.mapToGlobal(QPoint(0, button.height())))
            menu.setActiveAction(menu.actions()[0])
            _pause(_LOOK_MS)
            self._save_dressed(name + word, menu)
            menu.close()

    def _at_each_size(self) -> Iterator[str]:
        for word, size in self._sizes.items():
            if self._window.size() != size:
                self._window.resize(size)
                _pause(_SETTLE_MS)
            yield word

    def _save_dressed(self, name: str, upon: QWidget | None = None, *, alone: QWidget | None = None) -> None:
        for scheme, word in ((Qt.ColorScheme.Dark, "dark"), (Qt.ColorScheme.Light, "light")):
            self._theme.use(scheme)
            _pause(_DRESS_MS)
            path = self._folder / f"{name}-{word}.png"
            picture = (alone or self._window).grab()
            if upon is not None:
                painter = QPainter(picture)
                place = QRect(self._window.mapFromGlobal(upon.pos()), upon.size())
                painter.drawPixmap(place.topLeft(), upon.grab())
                if upon.isWindow() and isinstance(upon, QDialog):
                    painter.setPen(self._theme.colour("frame"))  # as the system would frame it
                    painter.drawRect(place.adjusted(-1, -1, 0, 0))
                painter.end()
            if not picture.save(str(path)):
                raise OSError(f"The picture {path} could not be written.")
            print(path)


@contextmanager
def _shown(box: QComboBox) -> Iterator[None]:
    box.showPopup()
    _pause(_LOOK_MS)
    yield
    box.hidePopup()


def _modal() -> QDialog:
    """Return the dialog that is open, as soon as there is one and it has read what it shows."""
    _wait(lambda: isinstance(QApplication.activeModalWidget(), QDialog))
    _pause(_SETTLE_MS)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    return dialog


def _pause(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _wait(condition: Callable[[], bool]) -> None:
    waited = 0
    while not condition():
        if waited > _PATIENCE_MS:
            raise TimeoutError("The sample did not do what the pictures are to show.")
        _pause(_LOOK_MS)
        waited += _LOOK_MS


def _size(text: str) -> QSize:
    width, _, height = text.partition("x")
    return QSize(int(width), int(height))


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m desktop.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--sizes", nargs="+", default=_SIZES, metavar="WIDTHxHEIGHT", help="sizes of the window")
    parser.add_argument("--points", type=float, help="the size of the font; by default the system's")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Write the pictures into the folder that the first argument names; return the exit code."""
    wishes = _arguments(arguments)
    wishes.folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    if wishes.points:
        font = application.font()
        font.setPointSizeF(wishes.points)
        application.setFont(font)
    theme = Theme(application, scheme=Qt.ColorScheme.Light)
    with tempfile.TemporaryDirectory(prefix="clockhand-pictures-") as data, Workspace(Path(data)) as workspace:
        session = Session(workspace, theme)
        session.ended.connect(application.quit)
        session.start()
        try:
            _Album(session, workspace, theme, wishes.folder, wishes.sizes).take()
        finally:
            session.end("the pictures are taken", 0.0)
            application.exec()
            session.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
