"""Every call to the system's keyring: in a thread of its own, with a time limit, and never asking a person unbidden."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from core.secrets.errors import KeyTrouble, KeyUnavailableError

if TYPE_CHECKING:  # it looks for its backends when it is imported
    from keyring.backend import KeyringBackend

__all__ = ["KEYRING_LIMIT_S", "SERVICE", "KeyringAccess"]

KEYRING_LIMIT_S = 3.0
SERVICE = "clockhand"
"""Under which name the keyring lists what is Clockhand's."""

_ASK_AGAIN_S = 30.0
_ASK_AGAIN_AT_MOST_S = 3600.0
_FIT = 1.0  # as keyring.core.recommended has it
_SENTENCES = {
    KeyTrouble.ABSENT: "There is no keyring here that could hold the key of the secrets. Install or start one (such as "
    "GNOME Keyring or KWallet), or choose a passphrase instead.",
    KeyTrouble.LOCKED: "The keyring is locked. Unlock it, and try again.",
}

T = TypeVar("T")


@dataclass(slots=True)
class _Call(Generic[T]):
    """One call under way; `given_up` is set when nobody waits for its answer any more."""

    work: Callable[[], T]
    begun_s: float
    done: threading.Event = field(default_factory=threading.Event)
    answers: list[T] = field(default_factory=list, repr=False)
    error: KeyUnavailableError | None = None
    given_up: bool = False


class KeyringAccess:
    """Reads, writes and deletes entries by name, from any thread; each call returns within `limit_s` seconds.

    Everything raises KeyUnavailableError with a KeyTrouble. While a call hangs, the next ones say so at once instead
    of hanging beside it. One is let through after half a minute, since a keyring may have lost the question, and each
    time after twice as long, up to an hour.
    """

    def __init__(
        self,
        *,
        limit_s: float = KEYRING_LIMIT_S,
        find: Callable[[], KeyringBackend | None] | None = None,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit_s = limit_s
        self._elapsed = elapsed
        self._find = find or _find_backend
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._hanging: list[_Call[object]] = []
        self._on_late_answer: Callable[[], None] = _nothing

    def when_late(self, callback: Callable[[], None]) -> None:
        """Call `callback`, in a thread of ours, when a call that was given up is answered after all."""
        self._on_late_answer = callback

    def read(self, name: str) -> str | None:
        """Return the entry, or None where there is none."""

        def work() -> str | None:
            return self._unlocked().get_password(SERVICE, name)

        return self._ask(work)

    def write(self, name: str, value: str) -> None:
        """Make or replace an entry."""

        def work() -> None:
            self._unlocked().set_password(SERVICE, name, value)

        self._ask(work)

    def delete(self, name: str) -> None:
        """Delete an entry, if there is one."""
        from keyring.errors import PasswordDeleteError

        def work() -> None:
            with suppress(PasswordDeleteError):
                self._unlocked().delete_password(SERVICE, name)

        self._ask(work)

    def check(self) -> str:
        """Return the name of the keyring in use, which is there and unlocked."""
        return self._ask(lambda: str(self._unlocked().name))

    def backend_name(self) -> str | None:
        """Return the name of the keyring in use, locked or not, and None where there is none."""

        def work() -> str | None:
            found = self._find()
            return None if found is None else str(found.name)

        return self._ask(work)

    def unlock(self) -> None:
        """Let the keyring ask the person at the screen to unlock it.

        Where the answer takes longer than the limit this raises, and `when_late` tells when it has come.
        """
        self._ask(lambda: _unlock(self._found()))

    def _found(self) -> KeyringBackend:
        found = self._find()
        if found is None:
            raise KeyUnavailableError(KeyTrouble.ABSENT, _SENTENCES[KeyTrouble.ABSENT])
        return found

    def _unlocked(self) -> KeyringBackend:
        found = self._found()
        # Asked first, since the backend would ask the person: for each job that waits, every half minute.
        if _is_locked(found):
            raise KeyUnavailableError(KeyTrouble.LOCKED, _SENTENCES[KeyTrouble.LOCKED])
        return found

    def _ask(self, work: Callable[[], T]) -> T:
        deadline_s = self._elapsed() + self._limit_s
        if not self._turn.acquire(timeout=self._limit_s):
            raise self._mute()
        try:
            call = self._begin(work)
            if not call.done.wait(max(0.0, deadline_s - self._elapsed())) and self._give_up(call):
                raise self._mute()
        finally:
            self._turn.release()
        if call.error is not None:
            raise call.error
        return call.answers[0]

    def _begin(self, work: Callable[[], T]) -> _Call[T]:
        call = _Call(work, self._elapsed())
        with self._lock:
            if self._hanging:
                patience_s = min(_ASK_AGAIN_S * 2 ** (len(self._hanging) - 1), _ASK_AGAIN_AT_MOST_S)
                if call.begun_s < self._hanging[-1].begun_s + patience_s:
                    raise self._mute()
        # A daemon: a keyring that never answers must not keep the program from ending.
        threading.Thread(target=self._run, args=(call,), name="clockhand-keyring", daemon=True).start()
        return call

    def _run(self, call: _Call[T]) -> None:
        try:
            call.answers.append(call.work())
        except BaseException as error:  # noqa: BLE001 (a keyring of another project may fail in any way)
            call.error = _translated(error)
        with self._lock:
            call.done.set()
            was_given_up = call.given_up
            self._hanging = [each for each in self._hanging if each is not call]
        if was_given_up:
            call.answers.clear()
            self._on_late_answer()

    def _give_up(self, call: _Call[T]) -> bool:
        """Return whether the call has still no answer; it counts as hanging then."""
        with self._lock:
            if call.done.is_set():
                return False
            call.given_up = True
            self._hanging.append(call)  # type: ignore[arg-type]  # its answers are never read again
            return True

    def _mute(self) -> KeyUnavailableError:
        sentence = (
            f"The keyring gave no answer within {self._limit_s:g} s. It may be asking for its password: answer it, and "
            "try again."
        )
        return KeyUnavailableError(KeyTrouble.MUTE, sentence)


def _nothing() -> None:
    """Be told, and do nothing."""


def _find_backend() -> KeyringBackend | None:
    """Return the keyring in use, or None where there is none that is fit to hold a key. May wait for long."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    found: KeyringBackend | None = keyring.get_keyring()
    if _priority(found) < _FIT:
        # It keeps its first choice for good, and the session's keyring may have started since.
        found = _find_anew()
    if isinstance(found, ChainerBackend):
        # One place, and always the same: a chain writes to one and reads from all, and locks each for itself.
        found = found.backends[0]
    # What keyring does not recommend keeps nothing, or keeps it in plain text.
    return found if _priority(found) >= _FIT else None


def _find_anew() -> KeyringBackend | None:
    from keyring.backend import KeyringBackend
    from keyring.backends.chainer import ChainerBackend
    from keyring.core import load_config, load_env

    with suppress(RuntimeError):  # what was chosen is not there
        if (chosen := load_env() or load_config()) is not None:
            return chosen
        viable = [each for each in KeyringBackend.get_viable_backends() if not issubclass(each, ChainerBackend)]
        return max(viable, key=_priority)() if viable else None
    return None


def _priority(backend: KeyringBackend | type[KeyringBackend] | None) -> float:
    """Return how fit a keyring says it is; it looks for its service each time, and raises where that is not there."""
    try:
        return 0.0 if backend is None else float(backend.priority)
    except RuntimeError:
        return 0.0


def _is_locked(backend: KeyringBackend) -> bool:
    """Return whether reading would make the keyring ask for its password; only the Secret Service can be asked that."""
    if not _is_secret_service(backend):
        return False
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        try:
            return bool(secretstorage.Collection(bus).is_locked())
        except secretstorage.ItemNotFoundException:
            return True  # nothing was made yet that could be open; `unlock` makes it


def _unlock(backend: KeyringBackend) -> None:
    if not _is_secret_service(backend):
        backend.get_password(SERVICE, "unlock")  # the others ask when they are read
        return
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        collection = secretstorage.get_default_collection(bus)
        if collection.is_locked():
            collection.unlock()
        if collection.is_locked():
            raise KeyUnavailableError(KeyTrouble.LOCKED, "The keyring stayed locked. Unlock it, and try again.")


def _is_secret_service(backend: KeyringBackend) -> bool:
    return type(backend).__module__ == "keyring.backends.SecretService"


def _translated(error: BaseException) -> KeyUnavailableError:
    from keyring.errors import InitError, KeyringLocked, NoKeyringError

    if isinstance(error, KeyUnavailableError):
        return error
    if isinstance(error, KeyringLocked) or type(error).__name__ in {"LockedException", "PromptDismissedException"}:
        return KeyUnavailableError(KeyTrouble.LOCKED, _SENTENCES[KeyTrouble.LOCKED])
    missing = isinstance(error, NoKeyringError | InitError)
    if missing or type(error).__name__ == "SecretServiceNotAvailableException":
        return KeyUnavailableError(KeyTrouble.ABSENT, _SENTENCES[KeyTrouble.ABSENT])
    # Only its kind: the text is of another project, and might quote what was to be written.
    return KeyUnavailableError(
        KeyTrouble.REFUSED, f"The keyring refused ({type(error).__name__}). Look into its own program, and try again."
    )
