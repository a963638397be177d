"""The key of the secrets among the settings: where it is, whether it works, and everything that can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from core.database import Database
from core.errors import StorageError
from core.private_files import replace_private
from core.secrets.errors import KeyTrouble
from core.secrets.export import Imported, export_secrets, import_secrets, open_export
from core.secrets.key_facts import KeyKind
from core.secrets.keys import KeyState
from core.secrets.rekeying import change_key, start_over
from core.secrets.store import SecretStore
from desktop.key_opening import ask_for_passphrase, try_passphrase, unlock_keyring
from desktop.models.key_texts import key_sentence, key_title
from desktop.pages.page import Desk
from desktop.pages.questions import ask_about_many
from desktop.widgets.passphrase_dialog import PassphraseDialog

__all__ = ["SecretKeyCard"]


class SecretKeyCard(QFrame):
    """Whatever asks the keyring does so in a thread that may wait; what came of it is said below the buttons."""

    state_known = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._database = desk.workspace.database
        self._store = desk.workspace.secrets
        self._keys = desk.workspace.secrets.keys
        self.state: KeyState | None = None
        self._icon = QLabel()
        self.title = QLabel(self.tr("Looking for the key…"))
        self.title.setObjectName("sectionTitle")
        self.sentence = QLabel()
        self.sentence.setObjectName("muted")
        self.note = QLabel()
        self.note.setObjectName("muted")
        for label in (self.sentence, self.note):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.note.hide()
        self.check_button = self._button(self.tr("Chec&k"), "retry", self.renew)
        self.unlock_button = self._button(self.tr("Un&lock…"), "", self._on_unlock)
        self.enter_button = self._button(self.tr("Ent&er the passphrase…"), "", self._on_enter)
        self.change_button = self._button(self.tr("Chan&ge the key"), "", None)
        self.change_button.setMenu(self._change_menu())
        self.export_button = self._button(self.tr("E&xport values…"), "", self._on_export)
        self.import_button = self._button(self.tr("&Import values…"), "", self._on_import)
        self._lay_out()
        self._show_buttons()

    @Slot()
    def renew(self) -> None:
        """Ask anew how it stands with the key."""
        self._desk.operations.ask_slowly(self, self._keys.state, self._on_state, title=self.tr("Looking for the key"))

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.sentence)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        # In two lines, which fit with large letters, too.
        lines = (
            (self.unlock_button, self.enter_button, self.check_button, self.change_button),
            (self.export_button, self.import_button),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        for buttons in lines:
            line = QHBoxLayout()
            line.setSpacing(8)
            for button in buttons:
                line.addWidget(button)
            line.addStretch()
            layout.addLayout(line)
        layout.addWidget(self.note)

    def _button(self, text: str, icon: str, do: Callable[[], None] | None) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(text.replace("&", ""))
        if icon:
            self._desk.theme.put_icon(button, icon)
        if do is not None:
            button.clicked.connect(do)
        return button

    def _change_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(self.tr("Seal all values with a &new key"), partial(self._change, None))
        menu.addSeparator()
        menu.addAction(self.tr("Keep the key in the &keyring"), partial(self._change, KeyKind.KEYRING))
        menu.addAction(self.tr("Make the key of a &passphrase…"), partial(self._change, KeyKind.PASSPHRASE))
        menu.addAction(self.tr("Keep the key in &memory alone"), partial(self._change, KeyKind.MEMORY))
        menu.addSeparator()
        menu.addAction(self.tr("&Start over without the lost key…"), self._on_start_over)
        return menu

    def _on_state(self, state: KeyState) -> None:
        self.state = state
        is_good = state.trouble is None
        tone = "good" if is_good else "muted" if state.kind is None else "warning"
        self._desk.theme.put_icon(self._icon, "succeeded" if is_good else "warning", tone, size=24)
        self.title.setText(key_title(state))
        self.sentence.setText(key_sentence(state))
        self._show_buttons()
        self.state_known.emit(state)

    def _show_buttons(self) -> None:
        trouble = self.state.trouble if self.state is not None else None
        kind = self.state.kind if self.state is not None else None
        self.unlock_button.setVisible(trouble is KeyTrouble.LOCKED)
        self.enter_button.setVisible(trouble in {KeyTrouble.NO_PASSPHRASE, KeyTrouble.BAD_PASSPHRASE_FILE})
        self.export_button.setEnabled(kind is not None and trouble is None)

    def _tell(self, text: str) -> None:
        self.note.setText(text)
        self.note.show()
        self.renew()

    # What the buttons do

    @Slot()
    def _on_unlock(self) -> None:
        unlock_keyring(self._keys, self._desk.operations, self, self.renew)

    @Slot()
    def _on_enter(self) -> None:
        ask_for_passphrase(self._keys, self._desk.operations, self.window(), self.renew)

    def _change(self, kind: KeyKind | None) -> None:
        wants_passphrase = kind is KeyKind.PASSPHRASE or (
            kind is None and self.state is not None and self.state.kind is KeyKind.PASSPHRASE
        )
        if wants_passphrase:
            self._ask_new(
                self.tr("Every value is sealed anew with a key made of it. You enter it once after each start."),
                lambda text: change_key(self._database, self._keys, KeyKind.PASSPHRASE, passphrase=text),
                self._on_changed,
            )
            return
        if kind is KeyKind.MEMORY:
            words = (
                self.tr("Keep the key in memory alone?"),
                self.tr("The values of all secrets are gone when Clockhand ends. There is no undo of that."),
                self.tr("&Keep it in memory"),
            )
            ask_about_many(self.window(), words, partial(self._change_now, kind))
        else:
            self._change_now(kind)

    def _change_now(self, kind: KeyKind | None) -> None:
        self._desk.operations.ask_slowly(
            self,
            partial(change_key, self._database, self._keys, kind),
            self._on_changed,
            title=self.tr("Changing the key of the secrets"),
        )

    def _on_changed(self, count: int) -> None:
        self._tell(self.tr("Values sealed anew: {count}.").format(count=count))

    @Slot()
    def _on_start_over(self) -> None:
        words = (
            self.tr("Forget the values of all secrets?"),
            self.tr("They can't be opened without their key. You set each of them again after that. There is no undo."),
            self.tr("&Forget them"),
        )
        kind = KeyKind.MEMORY if self.state is not None and self.state.trouble is KeyTrouble.ABSENT else KeyKind.KEYRING

        def go_on() -> None:
            self._desk.operations.ask_slowly(
                self,
                partial(start_over, self._database, self._keys, kind),
                lambda count: self._tell(self.tr("Values forgotten: {count}.").format(count=count)),
                title=self.tr("Starting over with the secrets"),
            )

        ask_about_many(self.window(), words, go_on)

    @Slot()
    def _on_export(self) -> None:
        name, _filter = QFileDialog.getSaveFileName(
            self.window(), self.tr("Export the values of secrets"), str(Path.home() / "clockhand-secrets.sealed")
        )
        if name:
            self._ask_new(
                self.tr("The file holds the values of all secrets. Whoever has it and the passphrase can read them."),
                lambda text: _export(self._database, self._store, name, text),
                lambda count: self._tell(self.tr("Values exported: {count}.").format(count=count)),
            )

    @Slot()
    def _on_import(self) -> None:
        name, _filter = QFileDialog.getOpenFileName(self.window(), self.tr("Import the values of secrets"))
        if not name:
            return
        dialog = PassphraseDialog(
            self.tr("Import values"),
            self.tr("The passphrase of the file. Secrets that have a value already keep it."),
            self.tr("&Import"),
            self.window(),
            is_new=False,
        )

        def work(text: str) -> Imported:
            return import_secrets(self._database, self._store, open_export(_read(name), text))

        dialog.given.connect(partial(try_passphrase, self._desk.operations, dialog, work, self._on_imported))
        dialog.open()

    def _on_imported(self, found: Imported) -> None:
        text = self.tr("Values set: {done}. Left as they were: {kept}. Without a secret here: {unknown}.")
        self._tell(text.format(done=len(found.done), kept=len(found.kept), unknown=len(found.unknown)))

    def _ask_new(self, words: str, work: Callable[[str], int], then: Callable[[int], None]) -> None:
        dialog = PassphraseDialog(self.tr("A new passphrase"), words, self.tr("&Take it"), self.window(), is_new=True)
        dialog.given.connect(partial(try_passphrase, self._desk.operations, dialog, work, then))
        dialog.open()


def _export(database: Database, store: SecretStore, name: str, passphrase: str) -> int:
    data, count = export_secrets(database, store, passphrase)
    path = Path(name)
    try:
        replace_private(path, data)  # the dialog has asked about a file that is there
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror}. Choose another place.") from error
    return count


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise StorageError(f"{name} can't be read: {error.strerror}.") from error
