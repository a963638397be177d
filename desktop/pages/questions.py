"""The questions of the catalog pages: what becomes of unsaved changes, whether to delete, who may see a secret."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QGridLayout, QMessageBox, QSpacerItem, QWidget

from core.catalog.removal import DeletionEffects

__all__ = ["Unsaved", "ask_about_deletion", "ask_about_many", "ask_about_secrets", "ask_about_unsaved"]

_MOST_NAMES = 5
_NARROWEST = 400


class Unsaved(Enum):
    """What becomes of unsaved changes."""

    SAVE = "save"
    DISCARD = "discard"
    STAY = "stay"


def ask_about_unsaved(parent: QWidget, name: str, problem: str, then: Callable[[Unsaved], None]) -> QMessageBox:
    """Ask what becomes of unsaved changes to `name`; what has a `problem` can't be saved. `then` gets the answer."""
    box = _box(parent, _tr("Unsaved changes"), _tr("Save the changes to “{name}”?").format(name=name))
    box.setInformativeText(
        _tr("They can't be saved yet: {problem}").format(problem=problem)
        if problem
        else _tr("They are lost if you don't.")
    )
    save = box.addButton(_tr("&Save"), QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton(_tr("&Discard"), QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton(_tr("S&tay"), QMessageBox.ButtonRole.RejectRole)
    save.setEnabled(not problem)
    box.setDefaultButton(stay if problem else save)
    box.setEscapeButton(stay)

    def answer() -> None:
        clicked = box.clickedButton()
        then(Unsaved.SAVE if clicked is save else Unsaved.DISCARD if clicked is discard else Unsaved.STAY)

    box.finished.connect(answer)
    _open(box)
    return box


def ask_about_deletion(
    parent: QWidget, effects: DeletionEffects, then: Callable[[], None], otherwise: Callable[[], None]
) -> QMessageBox:
    """Say what else would go, and call `then` if the person wants that; a refused deletion is only explained."""
    shown = ", ".join(f"“{name}”" for name in effects.names[:_MOST_NAMES])
    if len(effects.names) > _MOST_NAMES:
        shown = _tr("{names} and {count} more").format(names=shown, count=len(effects.names) - _MOST_NAMES)
    question = _tr("{names} can't be deleted") if effects.refused else _tr("Delete {names}?")
    box = _box(parent, _tr("Delete"), question.format(names=shown))
    sentences = list(effects.sentences())
    if not effects.refused:
        sentences.append(_tr("Runs that are over stay in the history. You can undo this."))
    box.setInformativeText("\n\n".join(sentences))
    keep = box.addButton(_tr("&Close") if effects.refused else _tr("&Keep"), QMessageBox.ButtonRole.RejectRole)
    box.setEscapeButton(keep)
    box.setDefaultButton(keep)
    delete = None if effects.refused else box.addButton(_tr("&Delete"), QMessageBox.ButtonRole.DestructiveRole)

    def answer() -> None:
        if delete is not None and box.clickedButton() is delete:
            then()
        else:
            otherwise()

    box.finished.connect(answer)
    _open(box)
    return box


def ask_about_many(parent: QWidget, words: tuple[str, str, str], then: Callable[[], None]) -> QMessageBox:
    """Ask before something is done with many things, and call `then` if the person wants that.

    The words are the question, what it is about, and the button that says yes.
    """
    question, effect, yes = words
    box = _box(parent, _tr("Many at once"), question)
    box.setInformativeText(effect)
    go_on = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    stay = box.addButton(_tr("&Leave them"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)  # as where something is deleted: Enter alone changes nothing
    box.setEscapeButton(stay)

    def answer() -> None:
        if box.clickedButton() is go_on:
            then()

    box.finished.connect(answer)
    _open(box)
    return box


def ask_about_secrets(parent: QWidget, name: str, secrets: Sequence[str], then: Callable[[bool], None]) -> QMessageBox:
    """Ask whether a terminal is to have the values of secrets, and call `then` with the answer unless it is neither."""
    question = _tr("Open a terminal in “{name}” with the values of its secrets?").format(name=name)
    box = _box(parent, _tr("Secrets in a terminal"), question)
    box.setInformativeText(
        _tr("Whoever sees the screen can print them there: {names}.").format(names=", ".join(secrets))
    )
    without = box.addButton(_tr("&Without them"), QMessageBox.ButtonRole.AcceptRole)
    with_them = box.addButton(_tr("With &secrets"), QMessageBox.ButtonRole.DestructiveRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    cancel.setIcon(QIcon())  # the style's own icons are of another hand
    box.setDefaultButton(without)
    box.setEscapeButton(cancel)

    def answer() -> None:
        if box.clickedButton() in (without, with_them):
            then(box.clickedButton() is with_them)

    box.finished.connect(answer)
    _open(box)
    return box


def _box(parent: QWidget, title: str, text: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle(title)
    box.setText(text)
    box.finished.connect(box.deleteLater)
    return box


def _open(box: QMessageBox) -> None:
    # By itself it is as narrow as its title, and breaks every sentence.
    if isinstance(grid := box.layout(), QGridLayout):
        grid.addItem(QSpacerItem(_NARROWEST, 0), grid.rowCount(), 0, 1, grid.columnCount())
    # Where there is no window manager, nobody else gives the keyboard back.
    if isinstance(asker := box.parent(), QWidget):
        box.finished.connect(asker.window().activateWindow)
    box.open()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Questions", text)
