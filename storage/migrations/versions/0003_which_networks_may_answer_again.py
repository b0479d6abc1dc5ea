"""Which earlier networks may answer again: not those whose folder was let go, nor those that learned what was deleted.

Of deletions before this revision only their photos' messages are known. Where there are any, every network so far
counts as having learned what was deleted: one too many is made anew, and none comes back that should not.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("network", sa.Column("removed_at", UtcDateTime(), nullable=True))
    deletion = op.create_table(
        "deletion",
        sa.Column("id", Id, nullable=False),
        sa.Column("classifier_id", Id, nullable=False),
        sa.Column("first_lesson_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["classifier_id"], ["classifier.id"], name=op.f("fk_deletion_classifier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deletion_classifier_id"), "deletion", ["classifier_id"])
    classifier, deleted = sa.table("classifier", sa.column("id", Id)), sa.table("deleted_photo", sa.column("chat_id"))
    always, now = datetime(1970, 1, 1, tzinfo=UTC), datetime.now(UTC)
    moments = (sa.literal(always, UtcDateTime()), sa.literal(now, UtcDateTime()))
    before = sa.select(classifier.c.id, *moments).where(sa.select(deleted.c.chat_id).exists())
    op.execute(deletion.insert().from_select(["classifier_id", "first_lesson_at", "deleted_at"], before))
