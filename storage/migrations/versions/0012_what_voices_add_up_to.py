"""What voices add up to, and whom else was asked."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "opinion",
        sa.Column("photo_id", Id, nullable=False),
        sa.Column("label_id", Id, nullable=True),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("settled", sa.String(length=16), nullable=False),
        sa.Column("vote_id", Id, nullable=False),
        sa.Column("ask", sa.String(length=16), nullable=True),
        sa.Column("likely", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name=op.f("fk_opinion_label_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_opinion_photo_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_opinion")),
    )
    op.create_index(op.f("ix_opinion_ask"), "opinion", ["ask"])
    op.create_index(op.f("ix_opinion_label_id"), "opinion", ["label_id"])
    op.create_table(
        "inquiry",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("photo_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("chat_id", Id, nullable=False),
        sa.Column("ask", sa.String(length=16), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=False),
        sa.Column("reply", sa.String(length=16), nullable=True),
        sa.Column("replied_at", UtcDateTime(), nullable=True),
        sa.Column("vote_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_inquiry_chat_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_inquiry_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_inquiry_photo_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_inquiry_vote_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
        sa.UniqueConstraint("photo_id", "person_id", name=op.f("uq_inquiry_photo_id_person_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_inquiry_chat_id"), "inquiry", ["chat_id"])
    op.create_index("ix_inquiry_lease", "inquiry", ["lease_until"])
    op.create_index(op.f("ix_inquiry_person_id"), "inquiry", ["person_id"])
    op.create_index(op.f("ix_inquiry_vote_id"), "inquiry", ["vote_id"])
