"""Answers that got worse than their networks had stated, and how often a network's “I don't know” was a false alarm."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("network", sa.Column("alarms", sa.Integer(), nullable=True))
    op.add_column("network", sa.Column("alarms_of", sa.Integer(), nullable=True))
    op.create_table(
        "drift",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("network_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("prediction_id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["network_id"], ["network.id"], name=op.f("fk_drift_network_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift")),
        sa.UniqueConstraint("network_id", "kind", "prediction_id", name=op.f("uq_drift_network_id_kind_prediction_id")),
        sqlite_autoincrement=True,
    )
