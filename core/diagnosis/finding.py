"""What a check found, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Health"]


class Health(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not all of it, or not for long."""
    FAULT = "fault"
    """It does not work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer of one check.

    `check` is the short name of what was looked at, `message` one sentence on what was found, `mend` one on what to
    do, where there is something to do. `blocks` says that the data can't be used until then.
    """

    check: str
    health: Health
    message: str
    mend: str | None = None
    blocks: bool = False

    @classmethod
    def ok(cls, check: str, message: str) -> Finding:
        """Return a finding with nothing to mend."""
        return cls(check=check, health=Health.OK, message=message)

    @classmethod
    def warning(cls, check: str, message: str, mend: str) -> Finding:
        """Return a finding that is worth knowing."""
        return cls(check=check, health=Health.WARNING, message=message, mend=mend)

    @classmethod
    def fault(cls, check: str, message: str, mend: str, *, blocks: bool = False) -> Finding:
        """Return a finding that has to be mended."""
        return cls(check=check, health=Health.FAULT, message=message, mend=mend, blocks=blocks)
