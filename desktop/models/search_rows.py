"""The rows of a search's results: for each run a heading, then its lines with those around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.models.run_texts import short_text
from desktop.models.search_found import FoundLine

__all__ = ["Kind", "ResultRow", "SearchRows"]

Index = QModelIndex | QPersistentModelIndex


class Kind(IntEnum):
    """What a row shows."""

    RUN = 0
    MATCH = 1
    CONTEXT = 2


@dataclass(slots=True)
class ResultRow:
    """`hit` is the line that the row belongs to: of a heading the first one of its run. `count` is how many it has."""

    kind: Kind
    hit: FoundLine
    number: int = 0
    text: str = ""
    count: int = 0


class SearchRows(QAbstractListModel):
    """Rows are only ever added at the end. Only matches can be chosen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ResultRow] = []
        self._heading = -1  # the row of the run that was added last

    def clear(self) -> None:
        """Forget everything."""
        self.beginResetModel()
        self._rows = []
        self._heading = -1
        self.endResetModel()

    def add(self, hits: Sequence[FoundLine]) -> None:
        """Append hits, which come run by run."""
        fresh: list[ResultRow] = []
        first, renewed = len(self._rows), self._heading
        for hit in hits:
            heading = self._heading_of(hit, fresh, first)
            heading.count += 1
            fresh += [
                ResultRow(Kind.CONTEXT, hit, n, text) for n, text in enumerate(hit.before, hit.number - len(hit.before))
            ]
            fresh.append(ResultRow(Kind.MATCH, hit, hit.number, hit.text))
            fresh += [ResultRow(Kind.CONTEXT, hit, n, text) for n, text in enumerate(hit.after, hit.number + 1)]
        if fresh:
            self.beginInsertRows(QModelIndex(), first, first + len(fresh) - 1)
            self._rows += fresh
            self.endInsertRows()
        if renewed >= 0:
            self.dataChanged.emit(self.index(renewed), self.index(renewed))

    def row_at(self, number: int) -> ResultRow:
        """Return a row."""
        return self._rows[number]

    def match_at(self, number: int) -> int | None:
        """Return the row of the match that a row belongs to; of a heading the first one below it."""
        if not 0 <= number < len(self._rows):
            return None
        hit = self._rows[number].hit
        below = range(number, min(number + len(hit.before) + 2, len(self._rows)))
        above = range(number - 1, max(number - len(hit.after) - 1, -1), -1)
        nearby = [*below, *above]
        return next((n for n in nearby if self._rows[n].kind is Kind.MATCH and self._rows[n].hit is hit), None)

    def next_match(self, number: int, by: int) -> int | None:
        """Return the match nearest to the row `by` rows further on, beyond it at first; None where there is none."""
        step = 1 if by > 0 else -1
        target = min(max(number + by, 0), len(self._rows) - 1)
        beyond = range(target, len(self._rows) if step > 0 else -1, step)
        before = range(target - step, number, -step) if abs(by) > 1 else ()
        return next((n for n in (*beyond, *before) if self._rows[n].kind is Kind.MATCH), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's own signature)
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let the keyboard pass over what can't be chosen."""
        if index.isValid() and self._rows[index.row()].kind is Kind.MATCH:
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text of a row; the delegate asks `row_at`."""
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        row = self._rows[index.row()]
        if row.kind is Kind.RUN:
            return f"{self.title_of(row)} {self.note_of(row)}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            text = self.tr("run {id}, {command}, line {number}: {text}")
            return text.format(id=row.hit.job_id, command=row.hit.command, number=row.number, text=row.text)
        return row.text

    def title_of(self, row: ResultRow) -> str:
        """Return which command ran, and where."""
        where = self.tr("“{command}” in “{environment}”") if row.hit.environment else self.tr("“{command}”")
        return where.format(command=row.hit.command, environment=row.hit.environment)

    def note_of(self, row: ResultRow) -> str:
        """Return which run it was, when, and how many lines are below."""
        hit = row.hit
        pieces = [self.tr("run {id}").format(id=hit.job_id)]
        if not hit.is_latest:
            pieces.append(self.tr("attempt {number}").format(number=hit.attempt))
        pieces.append(short_text(hit.started_at))
        pieces.append(self.tr("1 line") if row.count == 1 else self.tr("{count} lines").format(count=f"{row.count:,}"))
        return " · ".join(piece for piece in pieces if piece)

    def _heading_of(self, hit: FoundLine, fresh: list[ResultRow], first: int) -> ResultRow:
        rows, place = (fresh, self._heading - first) if self._heading >= first else (self._rows, self._heading)
        if self._heading >= 0:
            last = rows[place]
            if (last.hit.job_id, last.hit.attempt) == (hit.job_id, hit.attempt):
                return last
        self._heading = first + len(fresh)
        fresh.append(ResultRow(Kind.RUN, hit))
        return fresh[-1]


def _context(hit: FoundLine, texts: Sequence[str], first: int) -> list[ResultRow]:
    return [ResultRow(Kind.CONTEXT, hit, number, text) for number, text in enumerate(texts, first)]
