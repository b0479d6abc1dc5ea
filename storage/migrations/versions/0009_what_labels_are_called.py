"""What becomes of labels: other names, one label out of two, descriptions, labels at rest; and who did that when."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime, Words

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("label", sa.Column("description", Words(length=300), nullable=True))
    op.add_column("label", sa.Column("merged_into_id", Id, nullable=True))
    op.add_column("label", sa.Column("root_id", Id, nullable=True))
    op.add_column("label", sa.Column("retired_at", UtcDateTime(), nullable=True))
    op.create_table(
        "label_change",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("label_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("before", Words(length=300), nullable=True),
        sa.Column("after", Words(length=300), nullable=True),
        sa.Column("other_id", Id, nullable=True),
        sa.Column("undoes_id", Id, nullable=True),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("deed", sa.String(length=80), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name=op.f("fk_label_change_label_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_id"], ["label.id"], name=op.f("fk_label_change_other_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["label_change.id"], name=op.f("fk_label_change_undoes_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_label_change_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_change")),
        sa.UniqueConstraint("deed", name=op.f("uq_label_change_deed")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("label_change") as batch:
        for column in ("label_id", "other_id", "undoes_id", "person_id"):
            batch.create_index(op.f(f"ix_label_change_{column}"), [column])
