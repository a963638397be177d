"""The form of an environment: its variables, what it builds on, and what a command gets of all that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QTabWidget, QVBoxLayout, QWidget

from core.catalog.catalog import Catalog
from core.catalog.records import EnvironmentRecord, Record
from core.catalog.specs import EnvironmentSpec, Kind
from core.catalog.storing import RowSpec
from core.execution.definitions import Base
from core.execution.login_shell import LoginShell
from core.execution.secret_names import looks_secret
from core.inspection import Captured, Result, own_session
from core.secrets.store import SecretState, SecretStore
from desktop.forms.environment_fields import BaseField, ExtendsField
from desktop.forms.environment_paste import guess_text
from desktop.forms.environment_places import EnvironmentPlaces
from desktop.forms.environment_result import HeldSecrets, find_result
from desktop.forms.environment_result_view import ContrastPane, ResultPane
from desktop.forms.fields import CheckField, NameField
from desktop.forms.form import Form
from desktop.forms.secret_showing import SecretShowing
from desktop.forms.variable_table_editor import VariableEditor
from desktop.operations import Operations
from desktop.reading import Reading
from desktop.secret_edits import SecretEdits
from desktop.theme import Theme
from desktop.widgets.page_height import PageHeight

__all__ = ["EnvironmentForm"]


class EnvironmentForm(Form):
    """The variables, what a command gets, and the difference from the login shell stand on three tabs.

    What needs the database or the login shell is asked off this thread, and only while its tab is seen.
    """

    kind = Kind.ENVIRONMENT
    terminal_wanted = Signal(str, object)
    """The name of the environment as it is saved, and those of its secrets."""

    def __init__(
        self,
        theme: Theme,
        catalog: Catalog,
        operations: Operations,
        *,
        session: Mapping[str, str] | None = None,
        login: LoginShell | None = None,
        store: SecretStore | None = None,
    ) -> None:
        """Without a `store` the values of secrets are neither shown nor known."""
        super().__init__(theme)
        self._store = store
        self._operations = operations
        self._catalog = catalog
        self._session = dict(session) if session is not None else own_session()
        self._login = login or LoginShell(self._session)
        self.name = NameField()
        self.enabled = CheckField(self.tr("Enabled"))
        self.extends = ExtendsField()
        self.base = BaseField(self._bases())
        self.variables = VariableEditor(theme)
        self.places = EnvironmentPlaces(theme)
        self.result = ResultPane(theme)
        self.contrast = ContrastPane(theme)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(self.tr("Variables"))
        self.used_by = QLabel()
        self.used_by.setObjectName("muted")
        self.used_by.setWordWrap(True)
        self.used_by.setTextFormat(Qt.TextFormat.PlainText)
        self._showing = None if store is None else SecretShowing(store, operations, self.variables.table, self)
        self._lay_out()
        self._reading: Reading[Result] = Reading(self, operations, self._question, self._on_result, is_slow=True)
        self._connect()

    def new_spec(self) -> EnvironmentSpec:
        """Return what a new environment is at first."""
        return EnvironmentSpec(name="")

    def fill(self, spec: RowSpec) -> None:
        """Put a definition into the fields."""
        assert isinstance(spec, EnvironmentSpec)
        self._offer(spec.extends)
        self.name.set_value(spec.name)
        self.enabled.set_value(spec.enabled)
        self.extends.set_value(spec.extends)
        self.base.set_value(spec.base)
        self.variables.set_value(spec.variables, spec.secrets)
        self.places.fill(spec)
        if self._showing is not None:
            self._showing.hide()
        self.renew_secrets()
        self._say_who_uses_it()

    def spec(self) -> EnvironmentSpec:
        """Return what the fields say now."""
        return EnvironmentSpec(
            name=self.name.value(),
            extends=self.extends.value(),
            base=self.base.value(),
            enabled=self.enabled.value(),
            variables=self.variables.table.variables,
            secrets=self.variables.table.secrets,
            unset=self.places.unset.value(),
            working_directory=self.places.folder.value(),
            path=self.places.path.value(),
            env_file=self.places.file.value(),
        )

    @property
    def is_dirty(self) -> bool:
        """Return whether the fields, or the value of a secret, say anything else than when they were filled."""
        return super().is_dirty or bool(self.variables.table.values)

    def secret_edits(self) -> SecretEdits:
        """Return the written values of secrets, and which of these were renamed."""
        return SecretEdits(self.variables.table.values, self.variables.table.renamed)

    def settle(self, spec: RowSpec, secrets: SecretEdits | None = None) -> None:
        """Take these for saved."""
        if secrets is not None:
            self.variables.table.settle(secrets.values)
        super().settle(spec)
        self.renew_secrets()

    def merge(self, record: Record) -> list[str]:
        """Take over what was changed elsewhere; the written values of secrets stay, and stay secret.

        A variable that is no secret any more, elsewhere, is one here until that is settled: else its value would be
        saved in plain.
        """
        written = self.variables.table.values
        both = super().merge(record)
        spec = record.spec
        gone = isinstance(spec, EnvironmentSpec) and [name for name in written if name not in spec.secrets]
        if written:
            self.variables.table.put(written, written.keys())
        return [*both, "variables"] if gone and "variables" not in both else both

    def renew_secrets(self) -> None:
        """Find out anew which secrets have a value."""
        record = self.record
        if self._store is None or record is None:
            self.variables.table.set_stored(())
            return

        def show(states: list[SecretState]) -> None:
            if self.record is not None and self.record.id == record.id:
                self.variables.table.set_stored([state.name for state in states if state.is_readable])

        self._operations.ask(self, partial(self._store.states, record.id), show)

    def on_known(self) -> None:
        """Offer the environments that there are."""
        self._offer(self.extends.value())

    @Slot()
    def renew_result(self) -> None:
        """Find out anew what a command gets, while that is seen."""
        if not self.isVisible() or self.tabs.currentWidget() not in (self.result, self.contrast):
            return
        if not self.is_valid:
            self._pane.show_blocked(self.first_problem())
            return
        if self._needs_login():
            self._pane.show_asking()
        self._reading.request()

    # Building

    def _bases(self) -> dict[str, tuple[str, str]]:
        return {
            Base.SESSION: (
                self.tr("This session"),
                self.tr("A command starts from the variables that Clockhand itself was started with."),
            ),
            Base.LOGIN: (
                self.tr("Login shell"),
                self.tr("A command starts from what your login shell sets up, as in a terminal."),
            ),
            Base.CLEAN: (
                self.tr("Clean"),
                self.tr("A command starts from next to nothing: a plain PATH, your name and your home folder."),
            ),
        }

    def _lay_out(self) -> None:
        line = self.add_line()
        self.add_field("name", self.tr("N&ame"), self.name, into=line)
        line.setStretch(0, 1)
        # A blank for a label, so that it stands beside the name and not beside its label.
        self.add_field("enabled", " ", self.enabled, into=line)
        self.enabled.setMinimumHeight(self.name.sizeHint().height())
        line = self.add_line()
        self.add_field(
            "extends",
            self.tr("E&xtends"),
            self.extends,
            self.tr("Its variables are there, too; those here win."),
            into=line,
        )
        self.base_row = self.add_field("base", self.tr("Bas&e"), self.base, into=line)
        for row in (self.rows["extends"], self.base_row):
            line.setAlignment(row, Qt.AlignmentFlag.AlignTop)
        line.setStretch(0, 1)
        line.setStretch(1, 1)
        written = QWidget()
        layout = QVBoxLayout(written)
        layout.setContentsMargins(0, 12, 0, 0)
        self.variables_row = self.add_field("variables", "", self.variables, also=("secrets",), into=layout)
        self.tabs.addTab(written, self.tr("Var&iables"))
        self.places.lay_out(self)
        self.tabs.addTab(self.places, self.tr("&Folder, PATH, file"))
        self.tabs.addTab(self.result, self.tr("&What a command gets"))
        self.tabs.addTab(self.contrast, self.tr("Lo&gin shell"))
        self.tabs.setTabToolTip(3, self.tr("What differs from what a terminal begins with"))
        for number in range(self.tabs.count()):
            if (page := self.tabs.widget(number)) is not None:
                PageHeight(page)
        self.body.addWidget(self.tabs, 1)
        self.body.addWidget(self.used_by)

    def _connect(self) -> None:
        self.base.changed.connect(self._say_base)
        self.variables.changed.connect(self._say_secrets)
        self.variables.table.modelReset.connect(self._say_secrets)
        self.checked.connect(self.renew_result)
        self.tabs.currentChanged.connect(self.renew_result)
        self.contrast.take_wanted.connect(self._on_take)
        self.contrast.capture_wanted.connect(self._on_capture)
        self.result.terminal_wanted.connect(self._on_terminal)
        for pane in (self.result, self.contrast):
            pane.again_wanted.connect(self._on_again)
        self.variables.table.dataChanged.connect(self._say_secrets)
        self.variables.show_wanted.connect(self._on_show_wanted)
        self._say_base()
        self._say_secrets()

    # Words

    @Slot()
    def _say_base(self) -> None:
        self.base_row.set_hint(self.base.sentence)

    @Slot()
    def _say_secrets(self) -> None:
        text = self.tr(
            "Enter goes on, Del removes the chosen ones, Ctrl+V takes .env text. ${NAME} is another variable's value."
        )
        table = self.variables.table
        if table.values:
            text = self.tr("Saving seals the value of {names}; all output shows it masked.")
            text = text.format(names=", ".join(table.values))
            if known := [name for name in table.values if name in self._plain_before()]:
                text += " " + self.tr("Earlier runs and copies may hold {names} in plain: change it where it is used.")
                text = text.format(names=", ".join(known))
        elif without := table.valueless:
            text = self.tr("No command can start in this environment as long as {names} has no value.").format(
                names=", ".join(without)
            )
        elif guessed := [name for name in self.variables.table.variables if looks_secret(name)]:
            text = guess_text(guessed)
        self.variables_row.set_hint(text)

    def _plain_before(self) -> Mapping[str, str]:
        """Return the plain variables as they are saved."""
        spec = None if self.record is None else self.record.spec
        return spec.variables if isinstance(spec, EnvironmentSpec) else {}

    def _say_who_uses_it(self) -> None:
        record = self.record
        texts = []
        if isinstance(record, EnvironmentRecord):
            if record.extended_by:
                texts.append(self.tr("Extended by {names}.").format(names=_quoted(record.extended_by)))
            if record.schedules:
                texts.append(self.tr("Schedules: {names}.").format(names=_quoted(record.schedules)))
        self.used_by.setText(" ".join(texts))
        self.used_by.setVisible(bool(texts))

    def _offer(self, chosen: str | None) -> None:
        """Offer every environment but itself and those that build on it: they would come back to it."""
        parents = dict(self.known.environments) if self.known is not None else {}
        own = self.record.spec.name if self.record is not None else None
        names = [
            name for name in sorted(parents, key=str.casefold) if name == chosen or not _leads_to(name, own, parents)
        ]
        if names != [self.extends.itemData(row) for row in range(1, self.extends.count())]:
            self.extends.set_names(names)

    # What a command gets

    @property
    def _pane(self) -> ResultPane | ContrastPane:
        return self.contrast if self.tabs.currentWidget() is self.contrast else self.result

    def _needs_login(self) -> bool:
        wants = self.tabs.currentWidget() is self.contrast or self.base.value() == Base.LOGIN
        return wants and not self._login.is_known

    def _question(self) -> Callable[[], Result]:
        compares = self.tabs.currentWidget() is self.contrast
        table = self.variables.table
        own = frozenset(table.secrets).difference(table.valueless)
        held = HeldSecrets(own, self._store)
        spec, session = self.spec(), self._session
        return partial(find_result, spec, self._catalog, session, self._login, compares=compares, held=held)

    def _on_result(self, result: Result) -> None:
        # What was asked for something else is followed by the answer for this.
        if result.spec == self.spec() and self.is_valid:
            self.result.show_result(result)
            if result.login is not None or result.failure:
                self.contrast.show_result(result)

    @Slot()
    def _on_again(self) -> None:
        self._login.forget()
        self.renew_result()

    @Slot(str)
    def _on_show_wanted(self, name: str) -> None:
        if self._showing is not None and self.record is not None:
            self._showing.ask(self.record.id, name)

    @Slot(object)
    def _on_capture(self, captured: Captured) -> None:
        # What this environment takes away is not wanted, whatever the shell says of it.
        unset = set(self.spec().unset)
        self._on_take({name: value for name, value in captured.variables.items() if name not in unset})
        if captured.left_out:
            text = self.tr("Not taken, because they look like secrets: {names}. Add them by hand, with a tick.")
            self.variables_row.set_hint(text.format(names=", ".join(captured.left_out)))

    @Slot(object)
    def _on_terminal(self, secrets: Sequence[str]) -> None:
        if self.record is None or self.is_dirty:
            self.result.say(self.tr("Save first: a terminal opens in the environment as it is saved."))
        else:
            self.terminal_wanted.emit(self.record.spec.name, secrets)

    @Slot(object)
    def _on_take(self, variables: Mapping[str, str]) -> None:
        self.variables.put(variables)
        self.tabs.setCurrentIndex(0)
        self.variables.view.setFocus()


def _leads_to(name: str, goal: str | None, parents: Mapping[str, str | None]) -> bool:
    """Return whether `name` is `goal`, or extends it through however many others."""
    seen: set[str] = set()
    here: str | None = name
    while here is not None and here not in seen:
        if here == goal:
            return True
        seen.add(here)
        here = parents.get(here)
    return False


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"“{name}”" for name in names)
