"""How many photos came of whom, what they are called until further notice, and what is odd about a photo."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime

revision = "0008"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "arrival",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_arrival_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_arrival")),
    )
    op.create_index("ix_arrival_person", "arrival", ["person_id", "at"])
    op.create_table(
        "teaching",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("chat_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_teaching_chat_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_teaching_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching")),
        sa.UniqueConstraint("chat_id", "person_id", name=op.f("uq_teaching_chat_id_person_id")),
        sqlite_autoincrement=True,
    )
    # Of a photo: what is odd about it, in words of our own; none where that was never looked at.
    op.add_column("photo", sa.Column("flaws", sa.String(length=64), nullable=True))
    # Of a picture: its shades in a few squares, by which near copies are found; none where it was never looked at.
    op.add_column("blob", sa.Column("sketch", sa.LargeBinary(), nullable=True))
