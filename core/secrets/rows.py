"""The sealed values in the database: read and written by environment and name, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, update

from core.changes import Changes
from core.errors import NotFoundError
from core.model import Environment, Variable
from core.writer import Transaction

__all__ = ["SecretRow", "chain_of", "read_secrets", "secret_of", "write_sealed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRow:
    """One secret variable as it is kept; `sealed` is None before it gets a value."""

    id: int
    environment_id: int
    environment: str
    name: str
    sealed: bytes | None = field(repr=False)


_SECRETS = (
    select(Variable.id, Variable.environment_id, Environment.name.label("environment"), Variable.name, Variable.sealed)
    .join(Environment, Environment.id == Variable.environment_id)
    .where(Variable.secret)
    .order_by(Environment.name, Variable.position, Variable.id)
)


def read_secrets(connection: Connection, environment_ids: Collection[int] | None = None) -> list[SecretRow]:
    """Return the secrets of these environments, or all, by environment and in the order of their variables."""
    which = _SECRETS if environment_ids is None else _SECRETS.where(Variable.environment_id.in_(environment_ids))
    return [SecretRow(**row) for row in connection.execute(which).mappings()]


def secret_of(connection: Connection, environment_id: int, name: str) -> SecretRow:
    """Return one secret. Raises NotFoundError with what would be right."""
    rows = read_secrets(connection, [environment_id])
    found = next((row for row in rows if row.name == name), None)
    if found is None:
        raise NotFoundError("secret", name, [row.name for row in rows])
    return found


def chain_of(connection: Connection, environment_id: int) -> list[int]:
    """Return the ids of an environment and of what it extends, nearest first."""
    found: list[int] = []
    wanted: int | None = environment_id
    while wanted is not None and wanted not in found:
        found.append(wanted)
        wanted = connection.execute(select(Environment.extends_id).where(Environment.id == wanted)).scalar()
    return found


def write_sealed(transaction: Transaction, variable_id: int, sealed: bytes | None) -> None:
    """Keep another sealed value, or none."""
    transaction.connection.execute(update(Variable).where(Variable.id == variable_id).values(sealed=sealed))
    transaction.changed(Changes(catalog=True))
