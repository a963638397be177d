"""The column of a list that says what comes next of each thing, the same in every list."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.clock import Clock
from desktop.models.catalog_table import Column
from desktop.models.outlook_texts import next_icon, next_key, next_text, next_tip

__all__ = ["next_column"]


def next_column(clock: Clock, width: int) -> Column:
    """Return the column; `clock` tells what has passed, and `width` is in pixels at first."""
    return Column(
        header=QCoreApplication.translate("NextColumn", "Next"),
        text=lambda record: next_text(record, clock.now()),
        key=next_key,
        icon=lambda record: next_icon(record, clock.now()),
        tip=lambda record: next_tip(record, clock.now()),
        width=width,
    )
