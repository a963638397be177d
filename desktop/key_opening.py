"""Opens the key of the secrets: a passphrase that a person enters, and a thread that may wait for it to be tried."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QWidget

from core.errors import ClockhandError
from core.secrets.keys import Keys
from desktop.operations import Operations
from desktop.widgets.passphrase_dialog import PassphraseDialog

__all__ = ["ask_for_passphrase", "try_passphrase", "unlock_keyring"]


def ask_for_passphrase(
    keys: Keys, operations: Operations, parent: QWidget, then: Callable[[], None]
) -> PassphraseDialog:
    """Let the person enter the passphrase of the secrets, and call `then` once it was right."""
    dialog = PassphraseDialog(
        _tr("Passphrase of the secrets"),
        _tr("It opens the values of all secrets until Clockhand ends."),
        _tr("&Open"),
        parent,
        is_new=False,
    )
    dialog.given.connect(partial(try_passphrase, operations, dialog, keys.enter_passphrase, lambda _none: then()))
    dialog.open()
    return dialog


def unlock_keyring(keys: Keys, operations: Operations, owner: QObject, then: Callable[[], None]) -> None:
    """Let the keyring ask for its password, and call `then` once it is open."""
    title = _tr("Unlocking the keyring")

    def come_home(_none: None) -> None:
        operations.succeeded.emit(title)  # an attempt that failed is over
        then()

    operations.ask_slowly(owner, keys.unlock, come_home, title=title)


def try_passphrase(
    operations: Operations,
    dialog: PassphraseDialog,
    work: Callable[[str], object],
    then: Callable[..., None],
    text: str,
) -> None:
    """Do the work with a passphrase; the dialog says what is wrong with it, or closes before `then` is called."""

    def call() -> object:
        try:
            return work(text)
        except ClockhandError as error:
            return error

    def come_home(result: object) -> None:
        if isinstance(result, ClockhandError):
            dialog.say(str(result))
        else:
            dialog.close_well()
            then(result)

    operations.ask_slowly(dialog, call, come_home)


def _tr(text: str) -> str:
    return QCoreApplication.translate("KeyOpening", text)
