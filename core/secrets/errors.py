"""Why a secret can't be opened, as values that a launch tells apart."""

from __future__ import annotations

from enum import StrEnum

from core.errors import ClockhandError, InvalidError, Problem

__all__ = ["KeyTrouble", "KeyUnavailableError", "SecretUnreadableError", "WrongPassphraseError"]


class KeyTrouble(StrEnum):
    """Why the key can't be had now; the values are the words by which the history tells it of a job that waits."""

    ABSENT = "no keyring"
    """There is no keyring that could hold a key."""
    LOCKED = "keyring locked"
    """It holds the key, and gives it when somebody has unlocked it."""
    MUTE = "keyring silent"
    """It does not answer in time."""
    REFUSED = "keyring refused"
    """It answered with an error."""
    LOST = "key lost"
    """It works, and the key is not in it: no waiting brings the values back."""
    NO_PASSPHRASE = "passphrase not entered"  # noqa: S105 (the words for its absence)
    """The key is made of a passphrase that this program was not told yet."""
    BAD_PASSPHRASE_FILE = "passphrase file is wrong"  # noqa: S105 (the words for what is wrong with it)
    """A file with the passphrase was named, and holds another one, or is missing, or others can read it, too."""
    NOT_IN_MEMORY = "values not entered since the start"
    """The key was in the memory of a program that has ended, and with it the values."""

    @property
    def is_passing(self) -> bool:
        """Return whether it may be over later, so that a job waits for it."""
        return self is not KeyTrouble.LOST


class KeyUnavailableError(ClockhandError):
    """The key of the secrets can't be had; `trouble` says why."""

    def __init__(self, trouble: KeyTrouble, sentence: str) -> None:
        self.trouble = trouble
        super().__init__(sentence)


class SecretUnreadableError(ClockhandError):
    """A value can't be opened and never will be: it was sealed by a key that is no more, or it is damaged."""


class WrongPassphraseError(InvalidError):
    """Another passphrase was chosen, or the file that it is to open is damaged."""

    def __init__(self, sentence: str = "The passphrase is wrong. Enter the one that was chosen.") -> None:
        super().__init__([Problem("", sentence, field="passphrase")])
