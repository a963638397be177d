"""Changes an environment so that the values of its secrets follow, and what an undo needs of them is handed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, update

from core.catalog.due import Moment
from core.catalog.editing import revise
from core.catalog.secret_values import Follow, PutBack, as_it_was
from core.catalog.specs import EnvironmentSpec
from core.changes import Changes
from core.errors import ConflictError
from core.model import Variable
from core.writer import Transaction

__all__ = ["Revised", "revise_environment"]

_GONE = (
    "The value of {name} was sealed with a key that is no more, so it can't come back. Nothing was changed. Add the "
    "secret again, and set its value anew."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """An environment as it is saved now; `removed` holds, sealed, the values of the secrets that went, by name."""

    spec: EnvironmentSpec
    removed: Mapping[str, bytes] = field(repr=False)


def revise_environment(
    transaction: Transaction,
    row_id: int,
    expected: EnvironmentSpec,
    spec: EnvironmentSpec,
    moment: Moment,
    *,
    follow: Follow,
    sealed: Mapping[str, bytes],
    put_back: PutBack = as_it_was,
) -> Revised:
    """Do what `revise` does for an environment, and let the values of its secrets follow.

    `follow` moves those of renamed secrets. `sealed` is what an earlier change has removed: a secret that has no value
    afterwards gets it back, by way of `put_back`. Raises StaleError, NotFoundError, InvalidError and ConflictError;
    nothing is changed then.
    """
    follow.expect(transaction)
    before = _sealed_of(transaction.connection, row_id)
    saved = revise(transaction, row_id, expected, spec, moment)
    assert isinstance(saved, EnvironmentSpec)
    follow(transaction, row_id)
    after = _sealed_of(transaction.connection, row_id)
    for name in saved.secrets:
        if name in sealed and name not in after:
            value = put_back(transaction, row_id, name, sealed[name])
            if value is None:
                raise ConflictError(_GONE.format(name=name))
            here = (Variable.environment_id == row_id) & (Variable.name == name)
            transaction.connection.execute(update(Variable).where(here).values(sealed=value))
            transaction.changed(Changes(catalog=True))
    return Revised(spec=saved, removed={name: value for name, value in before.items() if name not in after})


def _sealed_of(connection: Connection, environment_id: int) -> dict[str, bytes]:
    rows = connection.execute(
        select(Variable.name, Variable.sealed).where(
            Variable.environment_id == environment_id, Variable.sealed.is_not(None)
        )
    )
    return {row.name: row.sealed for row in rows}
