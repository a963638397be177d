"""What every form is: fields that show a definition, say what they hold, and what is wrong with it while one types."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from typing import ClassVar

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QLayout, QTabWidget, QVBoxLayout, QWidget

from core.catalog.records import Record
from core.catalog.specs import Kind
from core.catalog.storing import RowSpec
from core.catalog.validation import Known, problems
from core.errors import Problem
from desktop.forms.field_row import FieldRow
from desktop.secret_edits import SecretEdits
from desktop.theme import Theme

__all__ = ["Form"]

CHECK_MS = 120
"""How long after the last key the fields are checked."""
_SPACING = 12


class Form(QWidget):
    """The abstract base of the forms.

    A subclass sets `kind`, builds its fields with `add_field` in its constructor, and implements `new_spec` (what a
    new thing is), `fill` (put a definition into the fields) and `spec` (what the fields say now).

    `changed` follows every change at once, `checked` the check that comes shortly after the last one.
    `save_wanted` and `discard_wanted` (Esc) ask the page.

    A form for a new thing does not shout: what is wrong is marked in a field that was written in or gone through, and
    everywhere only by `reveal`, which saving calls.
    """

    kind: ClassVar[Kind]
    changed = Signal()
    checked = Signal()
    save_wanted = Signal()
    discard_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.record: Record | None = None
        self.known: Known | None = None
        self.rows: dict[str, FieldRow] = {}
        self._taken: set[str] = set()
        self._baseline: RowSpec | None = None
        self._is_filling = False
        self._problems: list[Problem] = []
        self._touched: set[FieldRow] = set()
        self._is_revealed = False
        self._others = FieldRow(theme, "", QWidget())
        self._others.widget.hide()
        self._others.hide()
        self.body = QVBoxLayout()
        self.body.setSpacing(_SPACING)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._others)
        layout.addLayout(self.body, 1)
        self._check_soon = QTimer(self)
        self._check_soon.setSingleShot(True)
        self._check_soon.setInterval(CHECK_MS)
        self._check_soon.timeout.connect(self.check)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus_changed)

    # What a subclass implements

    def new_spec(self) -> RowSpec:
        """Return what a new thing is at first."""
        raise NotImplementedError

    def fill(self, spec: RowSpec) -> None:
        """Put a definition into the fields; `record` is the saved one, or None for a new one."""
        raise NotImplementedError

    def spec(self) -> RowSpec:
        """Return what the fields say now; it may be invalid."""
        raise NotImplementedError

    def more_problems(self, spec: RowSpec) -> list[Problem]:  # noqa: ARG002  (for subclasses)
        """Return what is wrong beyond what `core.catalog.validation` says."""
        return []

    def on_known(self) -> None:
        """Renew what depends on `known`, such as lists to choose from."""

    # For building

    def add_field(
        self,
        name: str,
        label: str,
        widget: QWidget,
        hint: str = "",
        *,
        also: Sequence[str] = (),
        into: QLayout | None = None,
    ) -> FieldRow:
        """Add a labelled widget to the body (or `into` a layout). Problems of the fields `name` and `also` show there.

        A widget of `desktop.forms.fields`, and any with a signal `changed`, is heard; for others call `touch`.
        """
        row = FieldRow(self.theme, label, widget, hint)
        (self.body if into is None else into).addWidget(row)
        if isinstance(into, QHBoxLayout):
            # Beside one whose hint takes two lines, the others would else stand lower.
            into.setAlignment(row, Qt.AlignmentFlag.AlignTop)
        for each in (name, *also):
            self.rows[each] = row
        signal = getattr(widget, "changed", None)
        if signal is not None:
            signal.connect(self.touch)
        return row

    def add_section(self, title: str) -> QLabel:
        """Add a heading to the body."""
        label = QLabel(title)
        label.setObjectName("sectionTitle")
        self.body.addSpacing(4)
        self.body.addWidget(label)
        return label

    def add_line(self) -> QHBoxLayout:
        """Add a line to the body, for fields that stand side by side: hand it to `add_field` as `into`."""
        line = QHBoxLayout()
        line.setSpacing(12)
        self.body.addLayout(line)
        return line

    @Slot()
    def touch(self) -> None:
        """Take note that a field has changed."""
        if not self._is_filling:
            sender = self.sender()
            self._touched.update(row for row in self.rows.values() if row.widget is sender)
            self._check_soon.start()
            self.changed.emit()

    # For the page

    def label_of(self, name: str) -> str:
        """Return the label of a field, as a person reads it."""
        row = self.rows.get(name)
        return row.label.text().replace("&", "").strip() or row.widget.accessibleName() if row is not None else name

    def show_record(self, record: Record | None, spec: RowSpec | None = None) -> None:
        """Show a saved definition, or None for a new one that says `spec` at first (by default `new_spec`)."""
        self.record = record
        self._touched.clear()
        self._is_revealed = False
        for row in self.rows.values():
            row.rest()
        self._fill(record.spec if record is not None else spec or self.new_spec())
        self._baseline = self.spec()
        self.check()
        self.changed.emit()

    def merge(self, record: Record) -> list[str]:
        """Take over what was changed elsewhere, except in the fields that were edited here.

        Return the names of the fields that were changed in both places; what was typed stays in them.
        """
        typed, before = self.spec(), self._baseline
        names = [field.name for field in fields(typed)]
        mine = {name: getattr(typed, name) for name in names if getattr(typed, name) != getattr(before, name)}
        both = [
            name for name, value in mine.items() if getattr(record.spec, name) not in (getattr(before, name), value)
        ]
        wanted = replace(record.spec, **mine)
        if wanted != typed:
            self._fill(record.spec)
            self._baseline = self.spec()
            self._fill(wanted)
        else:
            self._baseline = record.spec
        self.record = record
        self.touch()
        return both

    def secret_edits(self) -> SecretEdits:
        """Return what the fields say of the values of secrets; only environments have such."""
        return SecretEdits()

    def settle(self, spec: RowSpec, secrets: SecretEdits | None = None) -> None:  # noqa: ARG002 (a subclass's)
        """Take `spec`, with what was written of `secrets`, for saved: what differs from it is unsaved."""
        self._baseline = spec
        self.changed.emit()

    def is_of(self, record: Record) -> bool:
        """Return whether this very definition is what counts as saved here: nothing is to be filled in again."""
        shown = self.record
        return shown is not None and shown.id == record.id and shown.spec == self._baseline == record.spec

    def set_known(self, known: Known, taken: Collection[str] = ()) -> None:
        """Check references against these names from now on, and the name against those `taken` by others."""
        if known != self.known or self._taken != set(taken):
            self.known = known
            self._taken = set(taken)
            self._is_filling = True
            try:
                self.on_known()
            finally:
                self._is_filling = False
            self._check_soon.start()

    @property
    def is_dirty(self) -> bool:
        """Return whether the fields say anything else than when they were filled."""
        return self._baseline is not None and (self.spec() != self._baseline or bool(self._own_problems()))

    @property
    def is_valid(self) -> bool:
        """Return whether the last check found nothing; ask after `check`."""
        return not self._problems

    @property
    def is_marked(self) -> bool:
        """Return whether anything is shown to be wrong."""
        return any(row.problem for row in (*self.rows.values(), self._others))

    def problems(self) -> list[Problem]:
        """Return everything that is wrong with what the fields say now."""
        own = self._own_problems()
        named = {problem.field for problem in own}
        spec = self.spec()
        found = [*problems(spec, self.known), *self.more_problems(spec)]
        if not spec.name:
            # Shorter than what a file is told: it has to fit below half a line.
            found = [
                replace(each, message=self.tr("Give it a name.")) if each.field == "name" else each for each in found
            ]
        if spec.name in self._taken:
            text = self.tr("There is another {kind} named “{name}”. Choose another name.")
            found.append(Problem("name", text.format(kind=self.kind.value, name=spec.name), field="name"))
        return [*own, *(problem for problem in found if problem.field not in named)]

    def reveal(self) -> None:
        """Mark everything that is wrong, from now on, also where nobody has been yet."""
        self._is_revealed = True
        self.check()

    def check(self) -> None:
        """Show what is wrong beside the fields, and at the top what belongs to none of them."""
        self._check_soon.stop()
        self._problems = self.problems()
        texts: dict[FieldRow, list[str]] = {}
        for problem in self._problems:
            row = self.rows.get(problem.field or "", self._others)
            texts.setdefault(row, []).append(problem.message)
        for row in {*self.rows.values(), self._others}:
            row.show_problem("\n".join(texts.get(row, [])) if self._may_mark(row) else "")
        self._others.setVisible(self._others in texts)
        self.checked.emit()

    def first_problem(self) -> str:
        """Return one sentence on what is wrong, with the label of its field; an empty text where nothing is."""
        first = next(iter(self.problems()), None)
        if first is None:
            return ""
        if first.field not in self.rows:
            return first.message
        return self.tr("“{field}”: {message}").format(field=self.label_of(first.field), message=first.message)

    def focus_first(self) -> None:
        """Let the keyboard begin in the first field, or in the first that is wrong."""
        wrong = [row for row in self.rows.values() if row.problem]
        been = set(self._touched)
        for row in [*wrong, *self.rows.values()]:
            _bring_up(row)
            row.widget.setFocus(Qt.FocusReason.OtherFocusReason)
            break
        self._touched = been  # nobody left the field that had the focus: it was taken away

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Esc asks for the saved state; of a new thing there is none, so it goes."""
        if event.key() == Qt.Key.Key_Escape and (self.is_dirty or self.record is None):
            self.discard_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _may_mark(self, row: FieldRow) -> bool:
        return self._is_revealed or self.record is not None or row in self._touched or row is self._others

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        # Who goes to another page, or to another window, has not gone through the field.
        if old is None or new is None or not self.isAncestorOf(old) or not self.isAncestorOf(new):
            return
        left = {row for row in self.rows.values() if row.isAncestorOf(old) and not row.isAncestorOf(new)}
        if left - self._touched:
            self._touched |= left
            self._check_soon.start()

    def _fill(self, spec: RowSpec) -> None:
        self._is_filling = True
        try:
            self.fill(spec)
        finally:
            self._is_filling = False

    def _own_problems(self) -> list[Problem]:
        """Return what the fields themselves can't read."""
        first_names = {row: name for name, row in reversed(self.rows.items())}
        texts = {name: str(getattr(row.widget, "problem", "")) for row, name in first_names.items()}
        return [Problem(name, text, field=name) for name, text in texts.items() if text]


def _bring_up(widget: QWidget) -> None:
    """Open the tab that a widget is on."""
    page, above = widget, widget.parentWidget()
    while above is not None:
        tabs = above.parentWidget()
        if isinstance(tabs, QTabWidget) and tabs.indexOf(page) >= 0:
            tabs.setCurrentWidget(page)
        page, above = above, above.parentWidget()
