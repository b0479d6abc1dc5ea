"""Versions of the data set, and what is taken back at once."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "dataset",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("classifier_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("newest_vote_id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["classifier_id"], ["classifier.id"], name=op.f("fk_dataset_classifier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
        sa.UniqueConstraint("classifier_id", "number", name=op.f("uq_dataset_classifier_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dataset_photo",
        sa.Column("photo_id", Id, nullable=False),
        sa.Column("since", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.Column("label_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name=op.f("fk_dataset_photo_label_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_dataset_photo_photo_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("photo_id", "since", name=op.f("pk_dataset_photo")),
    )
    op.create_index(op.f("ix_dataset_photo_label_id"), "dataset_photo", ["label_id"])
    op.create_table(
        "learned",
        sa.Column("network_id", Id, autoincrement=False, nullable=False),
        sa.Column("dataset_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_learned_dataset_id")),
        sa.ForeignKeyConstraint(["network_id"], ["network.id"], name=op.f("fk_learned_network_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("network_id", name=op.f("pk_learned")),
    )
    op.create_index(op.f("ix_learned_dataset_id"), "learned", ["dataset_id"])
    op.create_table(
        "reversal",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("classifier_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("dataset_number", sa.Integer(), nullable=True),
        sa.Column("of_id", Id, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["classifier_id"], ["classifier.id"], name=op.f("fk_reversal_classifier_id")),
        sa.ForeignKeyConstraint(["of_id"], ["person.id"], name=op.f("fk_reversal_of_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reversal")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reversal_classifier_id"), "reversal", ["classifier_id"])
    op.create_index(op.f("ix_reversal_of_id"), "reversal", ["of_id"])
