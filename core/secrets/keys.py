"""The key of a data folder's secrets: fetched once per start of the program, and then in its memory."""

from __future__ import annotations

import base64
import binascii
import logging
import threading
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.clock import Clock
from core.database import Database
from core.errors import InvalidError, StorageError
from core.secrets.errors import KeyTrouble, KeyUnavailableError, SecretUnreadableError, WrongPassphraseError
from core.secrets.key_facts import KeyFacts, KeyKind, read_key_facts, write_key_facts
from core.secrets.keyring_access import KeyringAccess
from core.secrets.passphrase_file import read_passphrase_file
from core.secrets.sealing import SCRYPT_COST, SealingKey, check_of, derive_key, fits, new_key, new_key_id, new_salt
from core.writer import Transaction

__all__ = ["SHORTEST_PASSPHRASE", "KeyState", "Keys", "check_passphrase", "key_from_file", "key_in_keyring"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

SHORTEST_PASSPHRASE = 8
_TROUBLE_HOLDS_S = 2.0
_LOST = (
    "The key of the secrets is not in the keyring any more, so their values can't be opened. Bring the entry “{entry}” "
    "of “clockhand” back, or begin anew with “clockhand secret key --start-over” and set the values again."
)
_NO_MORE = "The value of a secret was sealed with a key that is no more. Set it anew."
_NOT_IN_MEMORY = (
    "The values of the secrets were in the memory of a Clockhand that has ended. Set them anew in Clockhand's window, "
    "or choose a key that stays with “clockhand secret key”."
)
_NOT_ENTERED = (
    "The passphrase of the secrets was not entered since Clockhand was started. Enter it in the window; an agent "
    "without one reads it from the file that CLOCKHAND_PASSPHRASE_FILE names."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """Which key is in use and whether it can be had now.

    `kind` is None before the first secret got a value. `backend` names the keyring where one is used or would be.
    `trouble` and `sentence` say why the key can't be had; both are None where it can.
    """

    kind: KeyKind | None
    backend: str | None = None
    trouble: KeyTrouble | None = None
    sentence: str | None = None


class Keys:
    """Gets the key for whoever seals and opens, from any thread but a window's: it may take seconds.

    What could not be had is not asked for again within 2 s, unless a person asks (`fresh`): a hundred jobs that wait
    are prepared together, and must not stand in the way of all others, each with a question of its own.
    """

    def __init__(
        self,
        database: Database,
        keyring: KeyringAccess,
        clock: Clock,
        *,
        passphrase_file: Path | None = None,
        cost: int = SCRYPT_COST,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._passphrase_file = passphrase_file
        self._cost = cost
        self._lock = threading.RLock()
        self._known: dict[bytes, SealingKey] = {}
        self._trouble: tuple[KeyUnavailableError, float, bytes] | None = None
        self._listeners: list[Callable[[], None]] = []
        keyring.when_late(self._on_late_answer)

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Call `callback`, in any thread, when the key can be had after it could not be; it must return at once."""
        self._listeners.append(callback)

    @property
    def last_trouble(self) -> KeyTrouble | None:
        """Return why the key could not be had when it was last asked for, in this program; None where it could."""
        trouble = self._trouble
        return None if trouble is None else trouble[0].trouble

    def facts(self) -> KeyFacts | None:
        """Return the record of the key, or None before the first secret. Raises StorageError."""
        with self._database.reading() as connection:
            return read_key_facts(connection)

    def key(self, key_id: bytes | None, *, fresh: bool = False) -> SealingKey:
        """Return the key that has sealed a value.

        Raises KeyUnavailableError, and SecretUnreadableError where that key is no more.
        """
        if (known := self.remembered(key_id)) is not None:
            return known
        with self._lock:
            if (known := self.remembered(key_id)) is not None:
                return known
            facts = self.facts()
            if facts is None or facts.id != key_id:
                raise SecretUnreadableError(_NO_MORE)
            return self._current(facts, fresh=fresh)

    def remembered(self, key_id: bytes | None) -> SealingKey | None:
        """Return a key that this program has had in its hands, also one that is in use no more; asks nobody."""
        return None if key_id is None else self._known.get(key_id)

    def key_to_seal(self) -> SealingKey:
        """Return the key to seal with. Raises KeyUnavailableError.

        Where there is none yet, one is made in the keyring. Where values are to be kept in memory alone, and those of
        an earlier start are gone, one is made for this start.
        """
        with self._lock:
            facts = self.facts()
            if facts is not None and facts.id in self._known:
                return self._known[facts.id]
            if facts is not None and facts.kind is not KeyKind.MEMORY:
                return self._latest(facts)
        # Not under the lock: what the writer has to do before may need a key of ours.
        made = self.make(KeyKind.KEYRING if facts is None else KeyKind.MEMORY)
        kept = self.put_in_place(made, lambda transaction: _keep_instead(transaction, made[0], facts))
        if kept == made[0]:
            return made[1]
        with self._lock:  # another program was quicker
            return self._latest(kept)

    def make(self, kind: KeyKind, passphrase: str | None = None) -> tuple[KeyFacts, SealingKey]:
        """Return a new key with its record, which the caller writes; the keyring holds it by then if it is to.

        Raises KeyUnavailableError, and InvalidError for a passphrase that is too short.
        """
        if kind is KeyKind.PASSPHRASE:
            text = check_passphrase(passphrase or "")
            salt = new_salt()
            key = derive_key(text, salt=salt, key_id=new_key_id(), cost=self._cost)
            return KeyFacts(kind=kind, id=key.id, check=check_of(key), salt=salt, cost=self._cost), key
        key = new_key()
        facts = KeyFacts(kind=kind, id=key.id, check=check_of(key))
        if kind is KeyKind.KEYRING:
            self._keyring.write(facts.entry, base64.b64encode(key.material).decode())
            if key_in_keyring(self._keyring, facts) != key:  # before anything is sealed with it
                raise KeyUnavailableError(KeyTrouble.REFUSED, "The keyring did not keep the key. Nothing was changed.")
        return facts, key

    def adopt(self, key: SealingKey) -> None:
        """Keep a key in memory that is in use from now on."""
        with self._lock:
            self._known[key.id] = key
            self._trouble = None
        self._announce()

    def put_in_place(
        self,
        made: tuple[KeyFacts, SealingKey],
        work: Callable[[Transaction], T],
        *,
        instead_of: KeyFacts | None = None,
    ) -> T:
        """Do the write that makes a new key the one in use, and return what it returns.

        Of the new key and the old one that stays which the database names then; the other is deleted.
        """
        with self._lock:
            self._known[made[1].id] = made[1]  # a key that is kept in memory alone is nowhere else, whatever comes
        writing = self._database.submit(work)
        try:
            return writing.result()
        finally:
            # Ctrl+C ends the waiting and not the writing, so that only the database knows which key the values need. A
            # second Ctrl+C leaves both keys where they are.
            if writing.cancel() or wait([writing]).done:
                self._settle(made, instead_of)

    def _settle(self, made: tuple[KeyFacts, SealingKey], old: KeyFacts | None) -> None:
        try:
            used = self.facts()
        except StorageError:
            return  # one entry too many in the keyring does no harm, and one too few takes every value
        facts, key = made
        if used is not None and used.id == key.id:
            self.adopt(key)
        for each in (facts, old):
            if each is not None and (used is None or each.id != used.id):
                self._discard(each)

    def _discard(self, facts: KeyFacts) -> None:
        """Delete a key that is in use no more; an entry that the keyring does not delete now is of no use.

        This program goes on remembering it: whoever undoes something may put back a value that it has sealed.
        """
        if facts.kind is KeyKind.KEYRING:
            with suppress(KeyUnavailableError):
                self._keyring.delete(facts.entry)

    def forget_all_but(self, key: SealingKey) -> None:
        """Let go of every key that is remembered except this one."""
        with self._lock:
            self._known = {key.id: key}

    def enter_passphrase(self, passphrase: str) -> None:
        """Take the passphrase for as long as the program runs.

        Raises WrongPassphraseError, and InvalidError where the key is of another kind.
        """
        facts = self.facts()
        if facts is None or facts.kind is not KeyKind.PASSPHRASE:
            raise InvalidError.single(
                "", "The secrets have no passphrase. See “clockhand secret key”.", field="passphrase"
            )
        self.adopt(_key_from_passphrase(facts, passphrase))

    def unlock(self) -> None:
        """Let the keyring ask the person for its password, and fetch the key; see `KeyringAccess.unlock`."""
        self._keyring.unlock()
        facts = self.facts()
        if facts is not None and facts.kind is KeyKind.KEYRING:
            with self._lock:
                self._latest(facts)
        self._announce()

    def state(self) -> KeyState:
        """Return which key is in use and whether it can be had; asks the keyring, and raises only StorageError."""
        facts = self.facts()
        kind = None if facts is None else facts.kind
        backend = None
        try:
            if facts is None or facts.kind is KeyKind.KEYRING:
                backend = self._keyring.backend_name()
            if facts is not None:
                self.key(facts.id, fresh=True)
            else:
                self._keyring.check()
        except KeyUnavailableError as error:
            return KeyState(kind=kind, backend=backend, trouble=error.trouble, sentence=str(error))
        return KeyState(kind=kind, backend=backend)

    def _latest(self, facts: KeyFacts) -> SealingKey:
        """Return the key of this record, or of the one that another program puts in its place meanwhile."""
        while True:
            try:
                return self._current(facts, fresh=True)
            except SecretUnreadableError:
                now = self.facts()
                if now is None or now == facts:
                    raise
                facts = now

    def _current(self, facts: KeyFacts, *, fresh: bool) -> SealingKey:
        now_s = self._clock.elapsed()
        if self._trouble is not None and not fresh:
            error, since_s, key_id = self._trouble
            # A keyring without the entry answers at once; and a launch that is told so ends for good.
            holds = key_id == facts.id and error.trouble is not KeyTrouble.LOST
            if holds and now_s - since_s < _TROUBLE_HOLDS_S:
                raise error
        try:
            key = self._fetch(facts)
        except KeyUnavailableError as error:
            self._trouble = (error, self._clock.elapsed(), facts.id)
            raise
        had_trouble, self._trouble = self._trouble is not None, None
        self._known[key.id] = key
        if had_trouble:
            self._announce()
        return key

    def _fetch(self, facts: KeyFacts) -> SealingKey:
        match facts.kind:
            case KeyKind.KEYRING:
                found = key_in_keyring(self._keyring, facts)
                if found is None and self.facts() != facts:  # its entry was deleted because another took its place
                    raise SecretUnreadableError(_NO_MORE)
                if found is None:
                    raise KeyUnavailableError(KeyTrouble.LOST, _LOST.format(entry=facts.entry))
                return found
            case KeyKind.PASSPHRASE:
                return self._from_file(facts)
            case KeyKind.MEMORY:
                raise KeyUnavailableError(KeyTrouble.NOT_IN_MEMORY, _NOT_IN_MEMORY)

    def _from_file(self, facts: KeyFacts) -> SealingKey:
        if self._passphrase_file is None:
            raise KeyUnavailableError(KeyTrouble.NO_PASSPHRASE, _NOT_ENTERED)
        return key_from_file(self._passphrase_file, facts)

    def _on_late_answer(self) -> None:
        self._trouble = None
        self._announce()

    def _announce(self) -> None:
        for listener in self._listeners:
            try:
                listener()
            except Exception:
                logger.exception("A listener failed when the key could be had")


def key_in_keyring(keyring: KeyringAccess, facts: KeyFacts) -> SealingKey | None:
    """Return the key that the keyring holds, or None where its entry is gone or another one.

    Raises KeyUnavailableError.
    """
    text = keyring.read(facts.entry)
    if text is None:
        return None
    try:
        key = SealingKey(facts.id, base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        return None
    return key if len(key.material) == 32 and fits(key, facts.check) else None


def key_from_file(path: Path, facts: KeyFacts) -> SealingKey:
    """Return the key that the passphrase in the file makes; takes as long as scrypt does.

    Raises KeyUnavailableError with the trouble BAD_PASSPHRASE_FILE: the file is missing, or others can read it, or the
    passphrase is another one.
    """
    try:
        return _key_from_passphrase(facts, read_passphrase_file(path, only_regular=True))
    except WrongPassphraseError as error:
        sentence = f"The passphrase in {path} is wrong. Write the one there that was chosen."
        raise KeyUnavailableError(KeyTrouble.BAD_PASSPHRASE_FILE, sentence) from error
    except InvalidError as error:
        raise KeyUnavailableError(KeyTrouble.BAD_PASSPHRASE_FILE, str(error)) from error


def check_passphrase(text: str) -> str:
    """Return a passphrase that may be chosen. Raises InvalidError for one that is too short."""
    if len(text) < SHORTEST_PASSPHRASE:
        message = f"A passphrase has at least {SHORTEST_PASSPHRASE} characters. Several words are best."
        raise InvalidError.single("", message, field="passphrase")
    return text


def _key_from_passphrase(facts: KeyFacts, passphrase: str) -> SealingKey:
    key = derive_key(passphrase, salt=facts.salt, key_id=facts.id, cost=facts.cost)
    if not fits(key, facts.check):
        raise WrongPassphraseError
    return key


def _keep_instead(transaction: Transaction, made: KeyFacts, seen: KeyFacts | None) -> KeyFacts:
    kept = read_key_facts(transaction.connection)
    if kept is not None and kept != seen:
        return kept
    write_key_facts(transaction, made)
    return made
