"""Whether the window is light or dark, or as the system has it: what was chosen, remembered between two starts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QSettings, Qt

from desktop.steps import SETTINGS_PAGE
from desktop.theme import Theme

__all__ = ["SCHEMES", "SchemeChange", "choose", "remembered", "wear_remembered"]

_KEY = "window/scheme"

SCHEMES: dict[str, Qt.ColorScheme | None] = {
    "system": None,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}
"""The words that are remembered; None follows the system."""


def remembered(memory: QSettings) -> str:
    """Return the word that was chosen last; “system” where none was."""
    word = str(memory.value(_KEY, "system"))
    return word if word in SCHEMES else "system"


def wear_remembered(theme: Theme, memory: QSettings) -> None:
    """Dress as chosen; where nothing was, leave the theme as it is."""
    if memory.contains(_KEY):
        theme.use(SCHEMES[remembered(memory)])


def choose(theme: Theme, memory: QSettings, word: str) -> None:
    """Dress so from now on, also at the next start."""
    memory.setValue(_KEY, word)
    theme.use(SCHEMES[word])


class SchemeChange:
    """Dressing otherwise, as a step that can be taken back: `wear` is called with a word, in any thread."""

    is_empty = False

    def __init__(self, wear: Callable[[str], object], old: str, new: str) -> None:
        self._wear = wear
        self._old = old
        self._new = new
        self.page = SETTINGS_PAGE
        self.ids: tuple[int, ...] = ()
        self.what = QCoreApplication.translate("Steps", "changing “{name}”").format(
            name=QCoreApplication.translate("SettingsPage", "Light or dark")
        )

    def do(self) -> None:
        """Dress as was chosen."""
        self._wear(self._new)

    def undo(self) -> None:
        """Dress as before."""
        self._wear(self._old)
