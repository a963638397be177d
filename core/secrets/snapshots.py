"""What secrets hold, sealed, for whoever wants to take a change of their values back."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.database import Database
from core.secrets.rows import read_secrets, secret_of, write_sealed
from core.writer import Transaction

__all__ = ["put_sealed_values", "sealed_values"]


def sealed_values(database: Database, environment_id: int, names: Collection[str]) -> dict[str, bytes | None]:
    """Return the sealed values of those of these secrets that the environment has; None where there is no value."""
    with database.reading() as connection:
        return {row.name: row.sealed for row in read_secrets(connection, [environment_id]) if row.name in names}


def put_sealed_values(database: Database, environment_id: int, values: Mapping[str, bytes | None]) -> None:
    """Let the secrets hold these values again, all or none of them. Raises NotFoundError where one is gone."""

    def work(transaction: Transaction) -> None:
        for name, sealed in values.items():
            write_sealed(transaction, secret_of(transaction.connection, environment_id, name).id, sealed)

    database.write(work)
