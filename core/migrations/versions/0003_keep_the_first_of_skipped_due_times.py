"""Keep when the first of the due times was that a skipped job stands for."""

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of the spans that are there, only the last due time is known."""
    op.add_column("jobs", sa.Column("skipped_from", core.columns.Instant(), nullable=True))
