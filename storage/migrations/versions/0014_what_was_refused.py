"""What people sent that was refused, kept for a while."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime, Words

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "quarantined",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("classifier_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("chat_id", Id, nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("deed", sa.String(length=200), nullable=False),
        sa.Column("parcel", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", Words(256), nullable=False),
        sa.Column("label", Words(64), nullable=True),
        sa.Column("refusal", sa.String(length=24), nullable=False),
        sa.Column("given", Words(40), nullable=False),
        sa.Column("bound", Words(40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("photo_id", Id, nullable=True),
        sa.Column("decided_by_id", Id, nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("leased_by_id", Id, nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["classifier_id"], ["classifier.id"], name=op.f("fk_quarantined_classifier_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_quarantined_person_id")),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_quarantined_chat_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_quarantined_photo_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_quarantined_decided_by_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["leased_by_id"], ["person.id"], name=op.f("fk_quarantined_leased_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined")),
        sa.UniqueConstraint("deed", name=op.f("uq_quarantined_deed")),
        sqlite_autoincrement=True,
    )
    for column in ("person_id", "chat_id", "photo_id", "decided_by_id", "leased_by_id"):
        op.create_index(op.f(f"ix_quarantined_{column}"), "quarantined", [column])
    op.create_index("ix_quarantined_state", "quarantined", ["classifier_id", "state"])
