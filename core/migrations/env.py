"""Runs the migrations on the connection that `core.migrations.migrate` hands over."""

from __future__ import annotations

from alembic import context

from core.model import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    # The caller holds the transaction, so that a failed migration leaves nothing behind.
    transactional_ddl=False,
)
context.run_migrations()
