"""Checks of the machine, as far as they need no window: time zone, shells, keyring."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from core.clock import Clock
from core.diagnosis.finding import Finding
from core.errors import NotFoundError
from core.execution.definitions import Shell, default_shell
from core.execution.shells import find_shell
from core.secrets.errors import KeyTrouble, KeyUnavailableError
from core.secrets.keyring_access import KeyringAccess

__all__ = ["check_keyring", "check_machine", "check_shells", "check_zone"]

_MEND = "Commands without secrets need none. “clockhand secret key --passphrase” does without a keyring."
_MENDS = {
    KeyTrouble.LOCKED: "“clockhand secret unlock” lets it ask for its password. Commands without secrets need none."
}


def check_machine(
    clock: Clock, keyring: KeyringAccess, environment: Mapping[str, str] = os.environ, *, uses_keyring: bool = True
) -> Iterator[Finding]:
    """Yield what is found on this machine; no keyring is looked for where the key is elsewhere."""
    yield check_zone(clock)
    yield check_shells(environment)
    if uses_keyring:
        yield check_keyring(keyring)
    else:
        yield Finding.ok("keyring", "None is used: the key of the secrets is elsewhere.")


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


def check_keyring(keyring: KeyringAccess) -> Finding:
    """Find the keyring that would hold the key of secrets; one that does not answer in time counts as none."""
    try:
        return Finding.ok("keyring", f"{keyring.check()}, unlocked.")
    except KeyUnavailableError as error:
        return Finding.warning("keyring", str(error), _MENDS.get(error.trouble, _MEND))
