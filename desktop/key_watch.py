"""Watches whether the key of the secrets can be had, and lets the window say so where it can't."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from core.changes import Changes
from core.secrets.errors import KeyTrouble
from core.secrets.keys import Keys, KeyState
from desktop.bridge import Bridge
from desktop.key_opening import ask_for_passphrase, unlock_keyring
from desktop.operations import Operations
from desktop.widgets.key_bar import KeyBar

__all__ = ["KeyWatch"]

_FIRST_MS = 1500
"""After the start: what the window shows comes first, and a keyring may take seconds to answer."""

_AGAIN_MS = 60_000


class KeyWatch(QObject):
    """Asks once after the start, whenever the key becomes known, and now and then while it can't be had.

    A job that begins to wait for the key tells of it, too: a keyring may be locked at any time.

    `looked` follows each answer.
    """

    looked = Signal()

    def __init__(self, keys: Keys, operations: Operations, bridge: Bridge, bar: KeyBar, window: QWidget) -> None:
        super().__init__(window)
        self._keys = keys
        self._operations = operations
        self._bar = bar
        self._window = window
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self.look)
        self._again.start(_FIRST_MS)
        self._known: KeyTrouble | None = None
        keys.subscribe(lambda: bridge.post(self.look))
        bridge.changed.connect(self._on_changes)
        bar.enter_wanted.connect(self._on_enter)
        bar.unlock_wanted.connect(self._on_unlock)

    @Slot()
    def look(self) -> None:
        """Find out how it stands."""
        self._operations.ask_slowly(self, self._state, self._on_state)

    def stop(self) -> None:
        """Look no more."""
        self._again.stop()

    def _state(self) -> KeyState | None:
        # Who has no secrets has nothing to do with a keyring.
        return None if self._keys.facts() is None else self._keys.state()

    def _on_state(self, state: KeyState | None) -> None:
        self._known = None if state is None else state.trouble
        self._bar.show_state(state)
        if state is not None and state.trouble is not None:
            self._again.start(_AGAIN_MS)
        self.looked.emit()

    @Slot(object)
    def _on_changes(self, changes: Changes) -> None:
        if changes.jobs and self._keys.last_trouble not in {None, self._known}:
            self._known = self._keys.last_trouble
            self.look()

    @Slot()
    def _on_enter(self) -> None:
        ask_for_passphrase(self._keys, self._operations, self._window, self.look)

    @Slot()
    def _on_unlock(self) -> None:
        unlock_keyring(self._keys, self._operations, self, self.look)
