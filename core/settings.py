"""The settings: declared as data, kept in the database where they differ from their defaults, read with their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, delete, insert, select, update

from core.changes import Changes
from core.database import Database
from core.errors import InvalidError, NotFoundError
from core.model import Setting as SettingRow
from core.writer import Transaction

__all__ = [
    "CLAIM_DEFAULT_LIMIT",
    "OUTPUT_LIMIT_BYTES",
    "OUTPUT_PACK_DAYS",
    "QUIT_GRACE_S",
    "RETENTION_DAYS",
    "RETENTION_JOBS_PER_COMMAND",
    "RETENTION_OUTPUT_BYTES",
    "SETTINGS",
    "Setting",
    "Settings",
    "write_setting",
]

T = TypeVar("T", bool, int)

# Powers of 1000, as all sizes are shown.
_KB = 1000
_MB = 1000 * _KB
_GB = 1000 * _MB
_TB = 1000 * _GB


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T]):
    """One thing that a user may choose.

    `name` ends in the value's unit where it has one; `lowest` and `highest` bound a whole number, both included.
    """

    name: str
    default: T
    title: str
    description: str
    lowest: int = 0
    highest: int = 2**53

    @property
    def type(self) -> type[T]:
        """Return `bool` or `int`."""
        return type(self.default)

    def check(self, value: object) -> T:
        """Return `value` if it may be this setting's. Raises InvalidError with one sentence."""
        if isinstance(self.default, bool):
            if not isinstance(value, bool):
                raise self._refused(f"{value!r} is neither true nor false.")
            return value
        # bool is a kind of int in Python; a setting that counts must not become True.
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._refused(f"{value!r} is not a whole number. {self._range()}")
        if not self.lowest <= value <= self.highest:
            raise self._refused(f"{value} is out of range. {self._range()}")
        return value

    def read(self, text: str) -> T:
        """Return the value that a person wrote as `text`. Raises InvalidError with one sentence."""
        plain = text.strip().lower()
        if isinstance(self.default, bool):
            if plain not in {"true", "false"}:
                raise self._refused(f"“{text}” is neither true nor false.")
            return self.check(plain == "true")
        try:
            return self.check(int(plain))
        except ValueError:
            raise self._refused(f"“{text}” is not a whole number. {self._range()}") from None

    def _range(self) -> str:
        return f"Write one from {self.lowest} to {self.highest}."

    def _refused(self, message: str) -> InvalidError:
        return InvalidError.single(self.name, message, field=self.name)


RETENTION_DAYS = Setting(
    name="retention.days",
    default=90,
    title="Keep the history for",
    description="Finished jobs older than this many days are deleted with their events and output. 0 keeps them.",
    highest=36_500,
)
RETENTION_JOBS_PER_COMMAND = Setting(
    name="retention.jobs_per_command",
    default=1000,
    title="Keep at most, per command",
    description="The oldest finished jobs of a command beyond this number are deleted. 0 is without a limit.",
    highest=100_000_000,
)
RETENTION_OUTPUT_BYTES = Setting(
    name="retention.output_bytes",
    default=2 * _GB,
    title="Keep output up to",
    description="The oldest output of finished jobs is deleted when all output together is larger. 0 is no limit.",
)
OUTPUT_PACK_DAYS = Setting(
    name="output.pack_days",
    default=7,
    title="Compress output after",
    description="Output of runs that ended longer ago than this many days takes less room. 0 leaves it as it is.",
    highest=36_500,
)
OUTPUT_LIMIT_BYTES = Setting(
    name="output.limit_bytes",
    default=100 * _MB,
    title="Keep per attempt up to",
    description="Of a longer output the beginning and the end are kept, and the gap between them is marked.",
    lowest=64 * _KB,
    highest=2 * _TB,
)
QUIT_GRACE_S = Setting(
    name="quit.grace_s",
    default=10,
    title="When quitting, wait for running jobs for",
    description="Jobs that still run after this many seconds are asked to end, and then ended.",
    highest=86_400,
)
CLAIM_DEFAULT_LIMIT = Setting(
    name="queue.default_limit",
    default=0,
    title="Run at once, per queue",
    description="The number of jobs that a queue without a limit of its own runs at once. 0 is one per processor core.",
    highest=1000,
)

SETTINGS: Mapping[str, Setting[Any]] = MappingProxyType(
    {
        setting.name: setting
        for setting in (
            RETENTION_DAYS,
            RETENTION_JOBS_PER_COMMAND,
            RETENTION_OUTPUT_BYTES,
            OUTPUT_PACK_DAYS,
            OUTPUT_LIMIT_BYTES,
            QUIT_GRACE_S,
            CLAIM_DEFAULT_LIMIT,
        )
    }
)
"""Every setting by its name, in the order in which a page shows them."""


class Settings:
    """Reads settings in short transactions and writes them; a value equal to the default is not kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, setting: Setting[T]) -> T:
        """Return the value; the default where none is kept, or where one is kept that is not allowed (any more)."""
        with self._database.reading() as connection:
            return _value(setting, _kept(connection).get(setting.name))

    def all(self) -> dict[str, bool | int]:
        """Return every setting's value by its name."""
        with self._database.reading() as connection:
            kept = _kept(connection)
        return {name: _value(setting, kept.get(name)) for name, setting in SETTINGS.items()}

    def set(self, setting: Setting[T], value: T) -> None:
        """Keep a value, and return after the commit. Raises InvalidError."""
        checked = setting.check(value)
        self._database.write(lambda transaction: write_setting(transaction, setting, checked))

    def reset(self, setting: Setting[Any]) -> None:
        """Go back to the default."""
        self.set(setting, setting.default)

    @staticmethod
    def named(name: str) -> Setting[Any]:
        """Return the setting of that name. Raises NotFoundError with a suggestion."""
        if name not in SETTINGS:
            raise NotFoundError("setting", name, SETTINGS)
        return SETTINGS[name]


def write_setting(transaction: Transaction, setting: Setting[T], value: T) -> None:
    """Keep a value that was checked; nothing is written where it is kept already."""
    kept = _kept(transaction.connection).get(setting.name)
    body = {"value": value}
    if kept == (None if value == setting.default else body):
        return
    here = SettingRow.key == setting.name
    if value == setting.default:
        transaction.connection.execute(delete(SettingRow).where(here))
    elif kept is None:
        transaction.connection.execute(insert(SettingRow).values(key=setting.name, value=body))
    else:
        transaction.connection.execute(update(SettingRow).where(here).values(value=body))
    transaction.changed(Changes(settings=True))


def _kept(connection: Connection) -> dict[str, Any]:
    return {row.key: row.value for row in connection.execute(select(SettingRow.key, SettingRow.value))}


def _value(setting: Setting[T], kept: Any) -> T:
    if not isinstance(kept, dict):
        return setting.default
    try:
        return setting.check(kept.get("value"))
    except InvalidError:
        return setting.default
