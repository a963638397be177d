"""What happens now and next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.changes import Changes
from core.history.glance import Glance, Upcoming, read_glance
from core.history.runs import Run, RunFilter
from core.queue.states import JobState
from desktop import operations
from desktop.models.run_texts import elapsed_text, result_text, run_look, short_text
from desktop.pages.page import Desk, Page
from desktop.reading import Reading
from desktop.widgets.empty_state import EmptyState

__all__ = ["OverviewPage"]

_MOST_UPCOMING = 12
_MOST_FAILED = 12
_LOOK_BACK = 1000
_READ_MS = 500
_ROLE = int(Qt.ItemDataRole.UserRole)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class _Picture:
    glance: Glance
    failed: list[Run]


class OverviewPage(Page):
    """Three short lists; a double click or Enter on a run opens it on the page of the runs."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._clock = desk.workspace.clock
        self.running = self._make_list(self.tr("Running now"))
        self.upcoming = self._make_list(self.tr("Next"))
        self.failed = self._make_list(self.tr("Failed lately"))
        self._empty = EmptyState(desk.theme, "overview")
        self._empty.say(
            self.tr("Welcome to Clockhand"),
            self.tr(
                "It runs your commands on time and shows what happened.\n\nDescribe yours in a file and hand it over in"
                " a terminal:\nclockhand apply FILE\n\nor begin with the sample: five commands that do no harm."
            ),
        )
        self.sample_button = self._empty.add_button(self.tr("&Add the sample"), "add")
        self.sample_button.clicked.connect(self._on_add_sample)
        self._lists = QWidget()
        self._lay_out()
        self._reading = Reading(self, desk.operations, lambda: self._read, self._on_read, interval_ms=_READ_MS)
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._renew_times)
        desk.theme.changed.connect(self._reading.request)

    def reload(self, changes: Changes) -> None:
        """Read the picture anew."""
        self._tick.start()
        if changes.jobs or changes.catalog or changes.due_times or changes.queues:
            self._reading.request()

    def fall_asleep(self) -> None:
        """Count nothing down."""
        self._tick.stop()
        self._missed |= Changes(jobs=True)

    def focus_first(self) -> None:
        """Let the keyboard begin in what runs."""
        self.running.setFocus()

    def _make_list(self, name: str) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setAccessibleName(name)
        tree.setHeaderHidden(True)
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setColumnCount(3)
        tree.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        tree.itemActivated.connect(self._on_activated)
        return tree

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Overview"))
        title.setObjectName("pageTitle")
        columns = QHBoxLayout(self._lists)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(16)
        left = QVBoxLayout()
        left.setSpacing(16)
        left.addWidget(self._card(self.running, "executing"))
        left.addWidget(self._card(self.failed, "failed"))
        columns.addLayout(left, 1)
        columns.addWidget(self._card(self.upcoming, "scheduled"), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(self._lists, 1)
        layout.addWidget(self._empty, 1)
        self._empty.hide()

    def _card(self, tree: QTreeWidget, icon: str) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        mark = QLabel()
        self.desk.theme.put_icon(mark, icon, "muted")
        name = QLabel(tree.accessibleName())
        name.setObjectName("sectionTitle")
        head = QHBoxLayout()
        head.setContentsMargins(12, 12, 12, 4)
        head.setSpacing(8)
        head.addWidget(mark)
        head.addWidget(name, 1)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(1, 1, 1, 8)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(tree, 1)
        return card

    def _read(self) -> _Picture:
        workspace = self.desk.workspace
        glance = read_glance(workspace.database, upcoming=_MOST_UPCOMING)
        # Those among the newest runs: a look for the last failure would go through a history without any.
        recent = workspace.runs.page(RunFilter(), limit=_LOOK_BACK)
        failed = [run for run in recent if run.state in {JobState.DISCARDED, JobState.RETRYABLE}]
        return _Picture(glance, failed[:_MOST_FAILED])

    def _on_read(self, picture: _Picture) -> None:
        glance = picture.glance
        is_new = not glance.has_commands and not glance.has_runs
        self._empty.setVisible(is_new)
        self._lists.setVisible(not is_new)
        _fill(self.running, [self._running_item(run) for run in glance.running], self.tr("Nothing runs at the moment."))
        _fill(self.upcoming, [self._upcoming_item(each) for each in glance.upcoming], self.tr("Nothing is due."))
        _fill(self.failed, [self._failed_item(run) for run in picture.failed], self.tr("Nothing failed lately."))
        self._renew_times()

    def _running_item(self, run: Run) -> QTreeWidgetItem:
        item = self._run_item(run)
        item.setData(2, _ROLE, run.started_at or run.claimed_at)
        return item

    def _failed_item(self, run: Run) -> QTreeWidgetItem:
        item = self._run_item(run)
        item.setText(1, result_text(run) or run_look(run).word)
        item.setText(2, short_text(run.finished_at or run.claimed_at))
        return item

    def _run_item(self, run: Run) -> QTreeWidgetItem:
        name = f"{run.command} · {run.environment}" if run.environment else run.command
        item = QTreeWidgetItem([name, "", ""])
        look = run_look(run)
        item.setIcon(0, self.desk.theme.icon(look.icon, look.tone))
        item.setToolTip(0, name)
        item.setData(0, _ROLE, run.id)
        item.setTextAlignment(2, _RIGHT)
        return item

    def _upcoming_item(self, each: Upcoming) -> QTreeWidgetItem:
        item = QTreeWidgetItem([each.schedule, short_text(each.at), ""])
        item.setToolTip(0, self.tr("“{command}” by “{cron}”").format(command=each.command, cron=each.cron))
        item.setData(2, _ROLE, each.at)
        item.setTextAlignment(2, _RIGHT)
        return item

    def _renew_times(self) -> None:
        now = self._clock.now()
        for item in _items(self.running):
            if (since := item.data(2, _ROLE)) is not None:
                item.setText(2, elapsed_text(now - since))
        for item in _items(self.upcoming):
            if (at := item.data(2, _ROLE)) is not None:
                left = at - now
                text = self.tr("in {time}") if left > timedelta() else self.tr("now")
                item.setText(2, text.format(time=elapsed_text(left)))

    @Slot(QTreeWidgetItem, int)
    def _on_activated(self, item: QTreeWidgetItem, _column: int) -> None:
        if isinstance(job_id := item.data(0, _ROLE), int):
            self.open_run.emit(job_id)

    @Slot()
    def _on_add_sample(self) -> None:
        self.desk.operations.run(self, operations.add_sample(self.desk.workspace))


def _items(tree: QTreeWidget) -> list[QTreeWidgetItem]:
    return [item for number in range(tree.topLevelItemCount()) if (item := tree.topLevelItem(number)) is not None]


def _fill(tree: QTreeWidget, items: list[QTreeWidgetItem], otherwise: str) -> None:
    scrolled = tree.verticalScrollBar().value()
    current = tree.currentItem()
    chosen = current.data(0, _ROLE) if current is not None else None
    tree.clear()
    if not items:
        item = QTreeWidgetItem([otherwise])
        item.setDisabled(True)
        items = [item]
    tree.addTopLevelItems(items)
    for item in items:
        if chosen is not None and item.data(0, _ROLE) == chosen:
            tree.setCurrentItem(item)
    tree.verticalScrollBar().setValue(scrolled)
