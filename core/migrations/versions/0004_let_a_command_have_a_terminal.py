"""Let a command say that it is to have a terminal."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no command has had one so far."""
    op.add_column("commands", sa.Column("terminal", sa.Boolean(), server_default=sa.false(), nullable=False))
