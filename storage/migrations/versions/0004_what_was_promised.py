"""What an answer promised, whether people had given it, and with which network its asker was told of another one."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("prediction", sa.Column("candidates", sa.JSON(), nullable=True))
    op.add_column("prediction", sa.Column("coverage", sa.Float(), nullable=True))
    op.add_column("prediction", sa.Column("remembered_id", Id, nullable=True))
    op.add_column("prediction", sa.Column("told_network_id", Id, nullable=True))
