"""Give secrets a place for their sealed values, and environments unset variables, a folder, a PATH and a file."""

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; nothing has used them so far."""
    op.add_column("environments", sa.Column("working_directory", sa.Text(), nullable=True))
    op.add_column(
        "environments", sa.Column("path", core.columns.Json(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column("environments", sa.Column("env_file", sa.Text(), nullable=True))
    op.add_column("variables", sa.Column("unset", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("variables", sa.Column("sealed", sa.LargeBinary(), nullable=True))
