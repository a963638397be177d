"""What a person did to the catalog or the settings, as steps that can be taken, taken back and taken again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QCoreApplication

from core.catalog.catalog import Catalog
from core.catalog.removal import DeletionEffects
from core.catalog.secret_values import NO_EDGES, Edges
from core.catalog.specs import EnvironmentSpec, Kind, QueueSpec
from core.catalog.storing import RowSpec
from core.catalog.undo import Snapshot
from core.catalog.validation import kind_of
from core.errors import ClockhandError, ConflictError, NotFoundError
from core.secrets.giving import GivenValues
from core.settings import Setting, Settings

__all__ = [
    "SETTINGS_PAGE",
    "Copying",
    "Creation",
    "Deletion",
    "PartlyDoneError",
    "QueueChange",
    "Revision",
    "SettingChange",
    "Step",
    "Switch",
    "quoted",
]

SETTINGS_PAGE = "settings"

T_co = TypeVar("T_co", covariant=True)


class Step(Protocol[T_co]):
    """`do` and `undo` run in another thread, one after the other; they touch nothing of Qt.

    `what` names the step in the words that follow “Undo”. `page` names the page that shows afterwards what came of
    it, empty where every page does, and `ids` what is chosen there.
    """

    what: str
    page: str
    ids: tuple[int, ...]
    is_empty: bool

    def do(self) -> T_co:
        """Take the step, for the first time or again."""
        ...

    def undo(self) -> None:
        """Take it back."""
        ...


class PartlyDoneError(ClockhandError):
    """Of several things some were done, and the others could not be; the sentences say why."""

    def __init__(self, errors: Sequence[ClockhandError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))


class _Made:
    """What creating and copying share: undone by a deletion that takes nothing else along."""

    is_empty = False

    def __init__(self, catalog: Catalog, kind: Kind) -> None:
        self._catalog = catalog
        self.page = kind.plural
        self.ids: tuple[int, ...] = ()
        self._kind = kind
        self._snapshot: Snapshot | None = None

    def do(self) -> int:
        """Make it, or bring it back, and return its id."""
        if self._snapshot is not None:
            self._catalog.restore(self._snapshot)
            self.ids = self._snapshot.ids
        else:
            self.ids = (self._make(),)
        return self.ids[0]

    def undo(self) -> None:
        """Delete it. Raises ConflictError where other things use it now."""
        effects = self._catalog.deletion_effects(self._kind, self.ids)
        if effects.touches_others:
            raise ConflictError(
                _tr("“{name}” is in use now, so making it can't be undone. Delete it if it is to go.").format(
                    name=effects.name
                )
            )
        _, self._snapshot = self._catalog.delete_with_snapshot(self._kind, self.ids)
        self.ids = ()

    def _make(self) -> int:
        raise NotImplementedError


class Creation(_Made):
    """Saving something new."""

    def __init__(self, catalog: Catalog, spec: RowSpec, given: GivenValues | None = None) -> None:
        super().__init__(catalog, kind_of(spec))
        self._spec = spec
        self._given = given
        self.what = _tr("making “{name}”").format(name=spec.name)

    def _make(self) -> int:
        return self._catalog.create(self._spec, edges=NO_EDGES if self._given is None else self._given.making())


class Copying(_Made):
    """Duplicating something."""

    def __init__(self, catalog: Catalog, kind: Kind, row_id: int) -> None:
        super().__init__(catalog, kind)
        self._row_id = row_id
        self.what = ""

    def _make(self) -> int:
        self.what = _tr("duplicating “{name}”").format(name=self._catalog.get(self._kind, self._row_id).spec.name)
        return self._catalog.duplicate(self._kind, self._row_id)


class Revision:
    """Changing what something says; refused where it is not any more what was seen.

    The values of secrets that an environment loses by it come back with an undo. `renamed` tells, by their new names,
    how secrets were called whose values are to follow, and `given` which values secrets get.
    """

    def __init__(
        self,
        catalog: Catalog,
        row_id: int,
        old: RowSpec,
        new: RowSpec,
        *,
        renamed: Mapping[str, str] | None = None,
        given: GivenValues | None = None,
    ) -> None:
        self._given = given
        self._renamed: Mapping[str, str] = renamed or {}
        self._sealed: dict[str, bytes] = {}
        self._catalog = catalog
        self._row_id = row_id
        self._old = old
        self._new = new
        self.page = kind_of(new).plural
        self.ids: tuple[int, ...] = (row_id,)
        self.is_empty = False
        self.what = _tr("changing “{name}”").format(name=new.name)

    def do(self) -> RowSpec:
        """Replace it, and return it as it is saved now."""
        # What is saved may differ from what was written: a cron's H is resolved.
        edges = NO_EDGES if self._given is None else self._given.giving()
        self._new = self._revise(self._old, self._new, edges)
        self._renamed = {}  # done again, the values come out of what the undo has removed
        self.is_empty = self._new == self._old and self._given is None
        return self._new

    def undo(self) -> None:
        """Let it say again what it said."""
        edges = NO_EDGES if self._given is None else self._given.taking_back()
        self._old = self._revise(self._new, self._old, edges)

    def _revise(self, expected: RowSpec, spec: RowSpec, edges: Edges) -> RowSpec:
        if not (isinstance(expected, EnvironmentSpec) and isinstance(spec, EnvironmentSpec)):
            return self._catalog.revise(self._row_id, expected, spec)
        revised = self._catalog.revise_environment(
            self._row_id, expected, spec, renamed=self._renamed, sealed=self._sealed, edges=edges
        )
        self._sealed |= revised.removed
        return revised.spec


class Deletion:
    """Deleting several things of a kind."""

    is_empty = False

    def __init__(self, catalog: Catalog, kind: Kind, row_ids: Sequence[int]) -> None:
        self._catalog = catalog
        self._kind = kind
        self._row_ids = tuple(row_ids)
        self.page = kind.plural
        self.ids: tuple[int, ...] = ()
        self._snapshot: Snapshot | None = None
        self.what = ""

    def do(self) -> DeletionEffects:
        """Delete them, and return what else that did."""
        effects, self._snapshot = self._catalog.delete_with_snapshot(self._kind, self._row_ids)
        self.what = _tr("deleting {names}").format(names=quoted(effects.names))
        self.ids = ()
        return effects

    def undo(self) -> None:
        """Bring them back with all that went with them."""
        assert self._snapshot is not None, "what was not deleted can't come back"
        self._catalog.restore(self._snapshot)
        self.ids = self._row_ids


class Switch:
    """Enabling or disabling several things of a kind; only those that were otherwise are switched back."""

    def __init__(self, catalog: Catalog, kind: Kind, row_ids: Sequence[int], enabled: bool) -> None:
        self._catalog = catalog
        self._kind = kind
        self._enabled = enabled
        self.page = kind.plural
        self.ids: tuple[int, ...] = tuple(row_ids)
        self.is_empty = False
        self.what = ""

    def do(self) -> list[int]:
        """Switch them, and return the ids of those for which that was new."""
        switched = self._catalog.switch(self._kind, self.ids, self._enabled)
        self.is_empty = not switched
        self.ids = tuple(switched)
        what = _tr("enabling {names}") if self._enabled else _tr("disabling {names}")
        self.what = what.format(names=quoted([self._catalog.get(self._kind, row_id).spec.name for row_id in switched]))
        return switched

    def undo(self) -> None:
        """Switch them back."""
        self._catalog.switch(self._kind, self.ids, not self._enabled)


T = TypeVar("T", bool, int)


class SettingChange(Generic[T]):
    """Giving a setting another value."""

    def __init__(self, settings: Settings, setting: Setting[T], value: T) -> None:
        self._settings = settings
        self._setting: Setting[Any] = setting
        self._value: T = value
        self._old: T = setting.default
        self.page = SETTINGS_PAGE
        self.ids: tuple[int, ...] = ()
        self.is_empty = False
        self.what = _tr("changing “{name}”").format(name=setting.title)

    def do(self) -> None:
        """Keep the new value."""
        self._old = self._settings.get(self._setting)
        self.is_empty = self._old == self._value
        if not self.is_empty:
            self._settings.set(self._setting, self._value)

    def undo(self) -> None:
        """Keep the old value."""
        self._settings.set(self._setting, self._old)


class QueueChange:
    """Giving a queue another limit; one that no row describes gets its row."""

    def __init__(self, catalog: Catalog, spec: QueueSpec) -> None:
        self._catalog = catalog
        self._spec = spec
        self._old = QueueSpec(name=spec.name)
        self.page = ""
        self.ids: tuple[int, ...] = ()
        self.is_empty = False
        self.what = _tr("changing the queue “{name}”").format(name=spec.name)

    def do(self) -> None:
        """Keep the new limit."""
        with suppress(NotFoundError):
            self._old = self._catalog.queue(self._spec.name).spec
        self.is_empty = self._old == self._spec
        if not self.is_empty:
            self._catalog.put_queue(self._spec)

    def undo(self) -> None:
        """Keep the old limit."""
        self._catalog.put_queue(self._old)


def quoted(names: Sequence[str]) -> str:
    """Return one name in quotes, or how many there are."""
    return f"“{names[0]}”" if len(names) == 1 else _tr("{count} things").format(count=len(names))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Steps", text)
