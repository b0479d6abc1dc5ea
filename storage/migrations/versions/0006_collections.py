"""Zips and lists that people send into a chat, and where photos came from."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime, Words

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("photo", sa.Column("origin", Words(2048), nullable=True))
    op.create_table(
        "collection",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("classifier_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("chat_id", Id, nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("deed", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", Words(256), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=True),
        sa.Column("parcel", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lives", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["classifier_id"], ["classifier.id"], name=op.f("fk_collection_classifier_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_collection_person_id")),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_collection_chat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
        sa.UniqueConstraint("deed", name=op.f("uq_collection_deed")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_collection_chat_id"), "collection", ["chat_id"])
    op.create_index(op.f("ix_collection_person_id"), "collection", ["person_id"])
    op.create_index("ix_collection_state", "collection", ["state", "bot_id"])
    op.create_table(
        "collected",
        sa.Column("collection_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", Words(2048), nullable=False),
        sa.Column("label", Words(64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("flaw", sa.String(length=24), nullable=True),
        sa.Column("detail", Words(400), nullable=True),
        sa.Column("photo_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_collected_collection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_collected_photo_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("collection_id", "position", name=op.f("pk_collected")),
    )
    op.create_index(op.f("ix_collected_photo_id"), "collected", ["photo_id"])
