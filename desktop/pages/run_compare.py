"""The window that shows what differs between two runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget

from core.comparison.facts import Change
from core.comparison.ignoring import Ignoring
from core.comparison.lines import LineComparison, Row
from core.comparison.unified import unified_lines
from core.history.runs import Run
from desktop.compare_process import CompareProcess
from desktop.models.compare_texts import cautions, fact_name, fact_value, summary, variable_value
from desktop.models.compared import Compared, CompareRequest
from desktop.models.run_texts import run_look, short_text
from desktop.pages.page import Desk
from desktop.pages.run_compare_bar import CompareBar
from desktop.widgets.compare_list import CompareList, Line
from desktop.widgets.compare_view import CompareView
from desktop.widgets.elided_label import ElidedLabel

__all__ = ["CompareWindow"]

_CONTEXT_LINES = 3
_GEOMETRY = "compare/geometry"
_SIGNS = {Change.SAME: "", Change.ADDED: "+", Change.REMOVED: "\N{MINUS SIGN}", Change.CHANGED: "\N{NOT EQUAL TO}"}


class CompareWindow(QDialog):
    """Stays open beside the main window. `other_id` None is the last good run before `job_id`."""

    def __init__(self, desk: Desk, job_id: int, other_id: int | None, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._job_id = job_id
        self._other_id = other_id
        self._compared: Compared | None = None
        self._counts = (0, 0, 0, 0)  # of the differences on each page
        self.setWindowTitle(self.tr("Compare runs"))
        self.setModal(False)
        self.setSizeGripEnabled(True)
        self.process = CompareProcess(desk.workspace.folder.root, self)
        self.bar = CompareBar(desk.theme, desk.memory)
        self.titles = tuple(self._make_title() for _ in range(2))
        self.summary = QLabel(self.tr("Comparing…"))
        self.summary.setObjectName("sentence")
        self.summary.setWordWrap(True)
        self.caution = QLabel()
        self.caution.setObjectName("muted")
        self.caution.setWordWrap(True)
        self.caution.hide()
        self.output = CompareView(desk.theme, self.tr("The outputs, side by side"))
        self.command = CompareView(desk.theme, self.tr("The commands, side by side"))
        self.environment = CompareList(desk.theme, self.tr("The environments, side by side"), self.tr("Variable"))
        self.facts = CompareList(desk.theme, self.tr("The facts, side by side"), self.tr("Fact"))
        self.tabs = QTabWidget()
        self._lay_out()
        self._connect()
        self.output.setFocus()
        self.compare()

    def _make_title(self) -> tuple[QLabel, ElidedLabel]:
        text = ElidedLabel()
        text.setObjectName("sectionTitle")
        return QLabel(), text

    def _lay_out(self) -> None:
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("What is compared"))
        for widget, text in zip(self._pages(), self._tab_texts(), strict=True):
            self.tabs.addTab(widget, text)
        heads = QHBoxLayout()
        heads.setContentsMargins(12, 8, 12, 0)
        heads.setSpacing(8)
        for icon, title in self.titles:
            heads.addWidget(icon)
            heads.addWidget(title, 1)
        card = QFrame()
        card.setObjectName("card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(4)
        inside.addLayout(heads)
        inside.addWidget(self.tabs, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(self.summary)
        layout.addWidget(self.caution)
        layout.addWidget(self.bar)
        layout.addWidget(card, 1)
        self.resize(1180, 720)
        if (geometry := self._desk.memory.value(_GEOMETRY)) is not None:
            self.restoreGeometry(geometry)

    def _pages(self) -> tuple[QWidget, ...]:
        return self.output, self.command, self.environment, self.facts

    def _tab_texts(self) -> tuple[str, ...]:
        return self.tr("Ou&tput"), self.tr("Co&mmand"), self.tr("En&vironment"), self.tr("&Facts")

    def _connect(self) -> None:
        self.process.headed.connect(self._on_head)
        self.process.rows_read.connect(self._on_rows)
        self.process.ended.connect(self._on_ended)
        self.process.failed.connect(self._on_failed)
        self.bar.ignored_changed.connect(self.compare)
        self.bar.folded_changed.connect(self._on_folded)
        self.bar.step_wanted.connect(self._on_step)
        self.bar.copy_wanted.connect(self.copy_diff)
        self.tabs.currentChanged.connect(self._renew_bar)
        for view in (self.output, self.command):
            view.current_changed.connect(self._renew_bar)

    @Slot()
    def compare(self) -> None:
        """Begin to compare, with what is to be ignored by now."""
        self.bar.set_busy(busy=True)
        self.process.start(CompareRequest(self._job_id, self._other_id, self.bar.ignored))

    def copy_diff(self) -> None:
        """Put what differs in the text that is shown on the clipboard, as a diff."""
        view, compared = self._view, self._compared
        if view is None or compared is None:
            return
        rows = tuple(view.rows.rows)
        gaps = (compared.gap_before, compared.gap_after) if view is self.output else (None, None)

        def write() -> str:
            names = f"--- job {compared.before_id}", f"+++ job {compared.after_id}"
            return "".join(f"{line}\n" for line in [*names, *unified_lines(LineComparison(rows), _CONTEXT_LINES, gaps)])

        self._desk.operations.ask(self, write, self._copy)

    def done(self, result: int) -> None:
        """End what is under way, and remember the size."""
        self.process.close()
        self._desk.memory.setValue(_GEOMETRY, self.saveGeometry())
        super().done(result)

    @property
    def _view(self) -> CompareView | None:
        page = self.tabs.currentWidget()
        return page if isinstance(page, CompareView) else None

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)

    @Slot(object)
    def _on_head(self, compared: Compared) -> None:
        again = self._compared is not None
        self._compared = compared
        self._other_id = compared.before_id  # another run may succeed meanwhile
        runs = self._desk.workspace.runs
        self._desk.operations.ask(self, partial(runs.some, [compared.before_id, compared.after_id]), self._on_runs)
        self.summary.setText(_sentence(summary(compared)))
        self.caution.setText(cautions(compared))
        self.caution.setVisible(bool(self.caution.text()))
        ignoring = Ignoring(self.bar.ignored)
        gaps = compared.gap_before, compared.gap_after
        self.output.clear(ignoring, gaps, gaps_differ=compared.gaps_differ, keep_place=again)
        self.command.clear(Ignoring(()), keep_place=again)
        self.command.add(compared.command)
        before, after = (self.tr("Run {id}").format(id=each) for each in (compared.before_id, compared.after_id))
        for part in (self.facts, self.environment):
            part.set_titles(before, after)
        self.environment.show_lines(
            [
                Line(_SIGNS[each.change], each.name, *(variable_value(each, is_after=side) for side in (False, True)))
                for each in compared.variables
            ]
        )
        signs = {True: _SIGNS[Change.CHANGED], False: ""}
        self.facts.show_lines(
            [
                Line(signs[fact.differs], fact_name(fact), fact_value(fact, fact.before), fact_value(fact, fact.after))
                for fact in compared.facts
                if fact.before is not None or fact.after is not None
            ]
        )
        self._mark_tabs(compared)

    def _mark_tabs(self, compared: Compared) -> None:
        counts = (
            sum(count for kind, count in compared.counts.items() if kind.differs),
            sum(row.kind.differs for row in compared.command),
            sum(each.change is not Change.SAME for each in compared.variables),
            sum(fact.differs for fact in compared.facts),
        )
        self._counts = counts
        for number, (text, count) in enumerate(zip(self._tab_texts(), counts, strict=True)):
            self.tabs.setTabText(number, f"{text} ({count:,})" if count else text)

    def _on_runs(self, runs: dict[int, Run]) -> None:
        if self._compared is None:
            return
        for (icon, text), job_id in zip(self.titles, (self._compared.before_id, self._compared.after_id), strict=True):
            if (run := runs.get(job_id)) is not None:
                look = run_look(run)
                self._desk.theme.put_icon(icon, look.icon, look.tone, size=20)
                when = short_text(run.started_at or run.scheduled_at)
                text.say(self.tr("Run {id}: {word}, {time}").format(id=run.id, word=look.word.lower(), time=when))
        run = runs.get(self._compared.after_id)
        if run is not None:
            where = self.tr("“{command}” in “{environment}”") if run.environment else self.tr("“{command}”")
            name = where.format(command=run.command, environment=run.environment)
            self.setWindowTitle(self.tr("Compare runs of {name}").format(name=name))

    @Slot(object)
    def _on_rows(self, rows: Sequence[Row]) -> None:
        self.output.add(rows)

    @Slot()
    def _on_ended(self) -> None:
        self.bar.set_busy(busy=False)
        for view in (self.output, self.command):
            view.fold(is_folded=self.bar.is_folded)
            if view.current is None:
                view.go(1)
        self._renew_bar()

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self.bar.set_busy(busy=False)
        self.summary.setText(sentence)
        self._renew_bar()

    @Slot(bool)
    def _on_folded(self, is_folded: bool) -> None:
        if not self.process.is_running:
            for view in (self.output, self.command):
                view.fold(is_folded=is_folded)

    @Slot(int)
    def _on_step(self, step: int) -> None:
        if self._view is not None:
            self._view.go(step)

    @Slot()
    def _renew_bar(self) -> None:
        view = self._view
        if self._compared is None or (view is self.output and self._compared.problem is not None):
            self.bar.show_nothing()
        elif view is not None:
            self.bar.show_place(view.current, len(view.rows.differences))
        else:
            self.bar.show_count(self._counts[self.tabs.currentIndex()])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
