"""Says where the key of the secrets is, whether it can be had, and what to do where it can't."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.secrets.errors import KeyTrouble
from core.secrets.key_facts import KeyKind
from core.secrets.keys import KeyState

__all__ = ["key_sentence", "key_title"]


def key_title(state: KeyState) -> str:
    """Return how it stands with the key, in a few words."""
    if state.trouble is not None:
        return {
            KeyTrouble.ABSENT: _tr("There is no keyring"),
            KeyTrouble.LOCKED: _tr("The keyring is locked"),
            KeyTrouble.MUTE: _tr("The keyring does not answer"),
            KeyTrouble.LOST: _tr("The key is lost"),
            KeyTrouble.NO_PASSPHRASE: _tr("The passphrase was not entered yet"),
            KeyTrouble.BAD_PASSPHRASE_FILE: _tr("The file with the passphrase is wrong"),
            KeyTrouble.NOT_IN_MEMORY: _tr("The values are gone"),
        }.get(state.trouble, _tr("The keyring does not work"))
    if state.kind is None:
        return _tr("No secret has a value yet")
    return {
        KeyKind.KEYRING: _tr("The key is in the keyring"),
        KeyKind.PASSPHRASE: _tr("The key is made of your passphrase"),
        KeyKind.MEMORY: _tr("The key is in memory alone"),
    }[state.kind]


def key_sentence(state: KeyState) -> str:
    """Return what that means."""
    if state.trouble is not None:
        if state.trouble is KeyTrouble.ABSENT:
            return _tr("Choose a passphrase, or keep values in memory alone. Commands without secrets need neither.")
        return state.sentence or ""
    match state.kind:
        case None:
            return _tr("The first value makes a key in {keyring}.").format(keyring=state.backend or _tr("the keyring"))
        case KeyKind.KEYRING:
            return _tr("{keyring} holds it and gives it.").format(keyring=state.backend or _tr("The keyring"))
        case KeyKind.PASSPHRASE:
            return _tr("It was entered, and is asked for once after each start.")
        case KeyKind.MEMORY:
            return _tr("The values of all secrets are gone when Clockhand ends.")


def _tr(text: str) -> str:
    return QCoreApplication.translate("KeyTexts", text)
