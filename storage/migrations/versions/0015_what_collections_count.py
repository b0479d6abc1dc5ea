"""What came out of a collection counts, but is no message of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("arrival", sa.Column("messages", sa.Integer(), nullable=False, server_default="1"))
