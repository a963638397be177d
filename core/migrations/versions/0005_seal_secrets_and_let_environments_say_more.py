"""Give secrets a place for their sealed values, and environments unset variables, a folder, a PATH and a file."""

import re

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_REFERENCE = re.compile(r"(\$+)\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)


def upgrade() -> None:
    """Add the columns, and keep the meaning of values in which `${NAME}` was text and would be a reference now."""
    op.add_column("environments", sa.Column("working_directory", sa.Text(), nullable=True))
    op.add_column(
        "environments", sa.Column("path", core.columns.Json(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column("environments", sa.Column("env_file", sa.Text(), nullable=True))
    op.add_column("variables", sa.Column("unset", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("variables", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    connection = op.get_bind()
    variables = sa.table("variables", sa.column("id", sa.Integer()), sa.column("value", sa.Text()))
    for row in connection.execute(sa.select(variables).where(variables.c.value.contains("${"))).all():
        change = sa.update(variables).where(variables.c.id == row.id)
        connection.execute(change.values(value=_REFERENCE.sub(r"\1\g<0>", row.value)))
