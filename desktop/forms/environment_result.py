"""What a command gets in the environment of a form as it is written now, secrets as dots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.catalog.catalog import Catalog
from core.catalog.specs import EnvironmentSpec
from core.execution.definitions import EnvironmentDefinition
from core.execution.login_shell import LoginShell
from core.inspection import Result, inspect
from core.secrets.stand_ins import stand_ins
from core.secrets.store import SecretStore
from desktop.forms.variable_table import DOTS

__all__ = ["HeldSecrets", "find_result"]


@dataclass(frozen=True, slots=True)
class HeldSecrets:
    """Which secrets have a value: those of the environment that is written (`own`), and what the store says of others.

    A value is never asked for: it is dots here.
    """

    own: frozenset[str] = frozenset()
    store: SecretStore | None = None

    def stand_ins(self, definition: EnvironmentDefinition) -> dict[str, str]:
        """Return dots for each secret that has a value where it is set; the nearest environment decides."""
        if not any(variable.secret for layer in definition.layers for variable in layer.variables):
            return {}
        states = self.store.states() if self.store is not None else []
        held = {(state.environment, state.name) for state in states if state.is_readable}
        return stand_ins(definition, held | {(definition.name, name) for name in self.own}, DOTS)


_NONE_HELD = HeldSecrets()


def find_result(
    spec: EnvironmentSpec,
    catalog: Catalog,
    session: Mapping[str, str],
    login: LoginShell,
    *,
    compares: bool,
    held: HeldSecrets = _NONE_HELD,
) -> Result:
    """Return what a command gets; see `core.inspection.inspect`."""
    return inspect(spec, catalog, session, login, compares=compares, secrets=held.stand_ins)
