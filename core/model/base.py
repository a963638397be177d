"""Common ground of all tables: explicit names for constraints, and one type per kind of value."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import MetaData, Text, text
from sqlalchemy.orm import DeclarativeBase

from core.columns import Duration, Instant, Json

__all__ = ["KEEP_IDS", "Base", "where"]

KEEP_IDS = {"sqlite_autoincrement": True}
"""Ids are never used twice, so an id that finds nothing means “deleted since”."""


def where(condition: str) -> dict[str, Any]:
    """Return the partial-index options; the states are literals, as SQLite's planner needs them to be."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Base(DeclarativeBase):
    """Common ground of all tables: explicit names for constraints, and one type per kind of value."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it as it stands)
        datetime: Instant(),
        timedelta: Duration(),
        str: Text(),
        list[int]: Json(),
        list[str]: Json(),
        dict[str, Any]: Json(),
    }
