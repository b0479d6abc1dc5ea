"""Which photos the cards of reviews show, so that they go from there when they are deleted."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "card_message",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("mode", sa.Integer(), nullable=False),
        sa.Column("alarm_id", Id, nullable=True),
        sa.Column("outdated_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_card_message_alarm_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_message")),
        sa.UniqueConstraint("key", name=op.f("uq_card_message_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_card_message_lane", "card_message", ["lane", "message_id"])
    op.create_index("ix_card_message_outdated_at", "card_message", ["outdated_at"])
    op.create_index(op.f("ix_card_message_alarm_id"), "card_message", ["alarm_id"])
    op.create_table(
        "card_photo",
        sa.Column("card_message_id", Id, nullable=False),
        sa.Column("photo_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["card_message_id"],
            ["card_message.id"],
            name=op.f("fk_card_photo_card_message_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_card_photo_photo_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("card_message_id", "photo_id", name=op.f("pk_card_photo")),
    )
    op.create_index("ix_card_photo_photo_id", "card_photo", ["photo_id"])
