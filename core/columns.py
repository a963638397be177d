"""Column types: instants and durations as integers of microseconds, JSON as text."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

from core.clock import from_micros, to_micros

__all__ = ["BigId", "Duration", "Instant", "Json"]

_MICROSECOND = timedelta(microseconds=1)

# SQLite numbers rows by itself only where the key is declared INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since the epoch.

    SQLAlchemy's own DateTime comes back naive from SQLite and reads several times slower.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 (its signature)
        """Return microseconds since the epoch."""
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (its signature)
        """Return an aware UTC datetime."""
        return None if value is None else from_micros(value)


class Duration(TypeDecorator[timedelta]):
    """A timedelta, kept as microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:  # noqa: ARG002 (its signature)
        """Return whole microseconds."""
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:  # noqa: ARG002 (its signature)
        """Return a timedelta."""
        return None if value is None else timedelta(microseconds=value)


class Json(TypeDecorator[Any]):
    """A value of JSON's types, kept as compact text with sorted keys, so that equal values are equal texts."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 (its signature)
        """Return compact JSON text."""
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 (its signature)
        """Return the value that the text describes."""
        return None if value is None else json.loads(value)
