"""What sorts the list of runs: which column stands for which order, the words for it, and what a click leads to."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.history.ordering import NEWEST_FIRST, OLDEST_FIRST, RunOrder, SortKey
from desktop.models.run_rows import Column

__all__ = ["KEYS", "next_order", "order_from_text", "order_text", "order_words", "sort_offers", "spoken_header"]

KEYS: dict[Column, SortKey] = {
    Column.STATE: SortKey.STATE,
    Column.COMMAND: SortKey.COMMAND,
    Column.ENVIRONMENT: SortKey.ENVIRONMENT,
    Column.ORIGIN: SortKey.ORIGIN,
    Column.DUE: SortKey.CAME,
    Column.STARTED: SortKey.CAME,
    Column.DURATION: SortKey.DURATION,
    Column.RESULT: SortKey.RESULT,
    Column.OUTPUT: SortKey.OUTPUT,
}
_MOST_FIRST = frozenset({SortKey.CAME, SortKey.DURATION, SortKey.RESULT, SortKey.OUTPUT})
"""What is descending at first: who sorts by duration looks for the longest."""


def first_order(by: SortKey) -> RunOrder:
    """Return the order that the first click leads to."""
    return RunOrder(by, descending=by in _MOST_FIRST)


def next_order(column: Column, order: RunOrder) -> RunOrder:
    """Return where a click on a heading leads: to its order, to the reverse, and back to the newest first."""
    first = first_order(KEYS[column])
    if order == first:
        return RunOrder(first.by, not first.descending)
    return first if order.by is not first.by else NEWEST_FIRST


def sort_offers() -> list[tuple[str, RunOrder]]:
    """Return the orders that a menu offers, with a name and its letter for each; the two by coming first."""
    return [
        (_tr("&Newest first"), NEWEST_FIRST),
        (_tr("&Oldest first"), OLDEST_FIRST),
        *((name, first_order(by)) for by, name in _names().items()),
    ]


def order_words(order: RunOrder) -> str:
    """Return the order in words: `duration, longest first`."""
    if order.is_by_coming:
        return _tr("newest first") if order.descending else _tr("oldest first")
    return f"{_names()[order.by].replace('&', '').lower()}, {_direction(order)}"


def spoken_header(name: str, column: Column, order: RunOrder) -> str:
    """Return what is read aloud of a heading: its name, and how it sorts the list where it does."""
    if KEYS[column] is not order.by:
        return name
    direction = order_words(order) if order.is_by_coming else _direction(order)
    return _tr("{name}, sorted, {direction}").format(name=name, direction=direction)


def order_text(order: RunOrder) -> str:
    """Return the order as a text to be kept."""
    return f"{order.by}-{'descending' if order.descending else 'ascending'}"


def order_from_text(text: str) -> RunOrder:
    """Return the order in a kept text; the newest first where it is damaged, or of a later version."""
    by, _, direction = text.rpartition("-")
    try:
        return RunOrder(SortKey(by), descending=direction != "ascending")
    except ValueError:
        return NEWEST_FIRST


def _names() -> dict[SortKey, str]:
    return {
        SortKey.STATE: _tr("&State"),
        SortKey.COMMAND: _tr("&Command"),
        SortKey.ENVIRONMENT: _tr("&Environment"),
        SortKey.ORIGIN: _tr("Where &from"),
        SortKey.DURATION: _tr("&Duration"),
        SortKey.RESULT: _tr("&Result"),
        SortKey.OUTPUT: _tr("Size of the out&put"),
    }


def _direction(order: RunOrder) -> str:
    match order.by:
        case SortKey.DURATION:
            return _tr("longest first") if order.descending else _tr("shortest first")
        case SortKey.OUTPUT:
            return _tr("largest first") if order.descending else _tr("smallest first")
        case SortKey.STATE:
            return _tr("failed last") if order.descending else _tr("failed first")
        case SortKey.RESULT:
            return _tr("reasons first") if order.descending else _tr("exit codes first")
        case _:
            return _tr("from Z to A") if order.descending else _tr("from A to Z")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Runs", text)
