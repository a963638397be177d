"""The tables of what the agents observed, and of the settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import BigId
from core.model.base import KEEP_IDS, Base

__all__ = ["Observation", "Setting"]


class Observation(Base):
    """A fact of the machine's day: an agent started or stopped, a sleep, a clock step, a change of zone."""

    __tablename__ = "observations"
    __table_args__ = (Index("ix_observations_at", "at"), KEEP_IDS)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    detail: Mapped[dict[str, Any]]


class Setting(Base):
    """One setting that differs from its default."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
