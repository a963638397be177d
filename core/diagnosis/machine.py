"""Checks of the machine, as far as they need no window: time zone, shells, keyring."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping

from core.clock import Clock
from core.diagnosis.finding import Finding
from core.errors import NotFoundError
from core.execution.definitions import Shell, default_shell
from core.execution.shells import find_shell

__all__ = ["check_keyring", "check_machine", "check_shells", "check_zone", "keyring_backend"]

KEYRING_LIMIT_S = 3.0


def check_machine(clock: Clock, environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield what is found on this machine."""
    yield check_zone(clock)
    yield check_shells(environment)
    yield check_keyring()


def check_zone(clock: Clock) -> Finding:
    """Find out whether the machine names its time zone."""
    zone = clock.zone()
    now = clock.now().astimezone(zone)
    return Finding.ok("time zone", f"{zone}, where it is {now:%Y-%m-%d %H:%M} now.")


def check_shells(environment: Mapping[str, str]) -> Finding:
    """Find the shells that commands may name; the platform's own has to be there."""
    found = []
    missing = []
    for shell in Shell:
        if shell is not Shell.NONE:
            try:
                find_shell(shell, environment)
                found.append(shell.value)
            except NotFoundError:
                missing.append(shell.value)
    message = f"Found: {', '.join(found) or 'none'}. Not found: {', '.join(missing) or 'none'}."
    if default_shell().value in missing:
        return Finding.fault("shells", message, f"Install {default_shell().value}: commands run in it by default.")
    return Finding.ok("shells", message)


def check_keyring(backend: Callable[[], str | None] | None = None, *, limit_s: float = KEYRING_LIMIT_S) -> Finding:
    """Find the keyring that would hold the key of secrets; one that does not answer in time counts as none.

    `backend` returns the keyring's name, or None where there is none; by default `keyring_backend`.
    """
    mend = "Install or unlock a keyring (such as GNOME Keyring or KWallet). Commands without secrets need none."
    answers: list[str | None] = []
    errors: list[Exception] = []

    def ask() -> None:
        try:
            answers.append((backend or keyring_backend)())
        except Exception as error:  # noqa: BLE001 (a keyring of another project may fail in any way)
            errors.append(error)

    # A thread of its own: asking may wait for the desktop's session bus without end.
    thread = threading.Thread(target=ask, name="clockhand-keyring", daemon=True)
    thread.start()
    thread.join(limit_s)
    if errors:
        return Finding.warning("keyring", f"The keyring failed: {errors[0]}.", mend)
    if not answers:
        return Finding.warning("keyring", f"The keyring gave no answer within {limit_s:g} s.", mend)
    if answers[0] is None:
        return Finding.warning("keyring", "There is no keyring, so secrets can't be kept.", mend)
    return Finding.ok("keyring", f"{answers[0]}.")


def keyring_backend() -> str | None:
    """Return the name of the keyring in use, or None where there is none. May wait for long."""
    import keyring
    import keyring.backends.fail
    import keyring.backends.null

    found = keyring.get_keyring()
    if isinstance(found, keyring.backends.fail.Keyring | keyring.backends.null.Keyring):
        return None
    return str(found.name)
