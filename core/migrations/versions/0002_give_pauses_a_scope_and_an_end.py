"""Give pauses a scope and an end, schedules a jitter, and a single due time a way to be skipped."""

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DUE = sa.text("next_due_at IS NOT NULL AND held = 0")
_OPEN = sa.text("ended_at IS NULL AND until_at IS NOT NULL")


def upgrade() -> None:
    """Change the tables; every pause that is there was one of everything, without an end of its own."""
    # Not in batch mode: it may make a table anew, and dropping the old one would delete what belongs to its rows.
    zero = sa.text("0")
    op.add_column("schedules", sa.Column("jitter", core.columns.Duration(), server_default=zero, nullable=False))
    op.add_column("schedule_crons", sa.Column("held", sa.Integer(), server_default=zero, nullable=False))
    op.drop_index("ix_schedule_crons_next_due_at", "schedule_crons")
    op.create_index(
        "ix_schedule_crons_next_due_at", "schedule_crons", ["next_due_at"], sqlite_where=_DUE, postgresql_where=_DUE
    )
    everything = sa.text("'everything'")
    op.add_column("pauses", sa.Column("scope", sa.String(length=16), server_default=everything, nullable=False))
    op.add_column("pauses", sa.Column("schedule_id", _ID, nullable=True))
    op.add_column("pauses", sa.Column("cron_id", _ID, nullable=True))
    op.add_column("pauses", sa.Column("environment_id", _ID, nullable=True))
    op.add_column("pauses", sa.Column("until_at", core.columns.Instant(), nullable=True))
    op.create_index("ix_pauses_span", "pauses", ["schedule_id", "ended_at"])
    op.create_index("ix_pauses_until", "pauses", ["until_at"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_table(
        "skips",
        sa.Column("id", _ID, nullable=False),
        sa.Column("schedule_id", _ID, nullable=False),
        sa.Column("cron_id", _ID, nullable=False),
        sa.Column("due_at", core.columns.Instant(), nullable=False),
        sa.Column("created_at", core.columns.Instant(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skips")),
        sa.UniqueConstraint("schedule_id", "cron_id", "due_at", name=op.f("uq_skips_schedule_id_cron_id_due_at")),
        sqlite_autoincrement=True,
    )
