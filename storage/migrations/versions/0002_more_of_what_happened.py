"""More of what happened: all the chats that ask for one training, the names of albums, which file a photo came as,
the messages whose photos their senders had deleted, and the moment that a network's lessons were read.

Old code may still run while this revision does: `job.asked_in_id` stays for it, and goes with a later revision.
"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    asker = op.create_table(
        "asker",
        sa.Column("job_id", Id, nullable=False),
        sa.Column("chat_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_asker_chat_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_asker_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "chat_id", name=op.f("pk_asker")),
    )
    job = sa.table("job", sa.column("id"), sa.column("asked_in_id"), sa.column("told_at"))
    waiting = sa.select(job.c.id, job.c.asked_in_id).where(job.c.asked_in_id.is_not(None), job.c.told_at.is_(None))
    op.execute(asker.insert().from_select(["job_id", "chat_id"], waiting))
    op.create_table(
        "album",
        sa.Column("chat_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("album", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_album_chat_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_album_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chat_id", "person_id", "album", name=op.f("pk_album")),
    )
    op.add_column("photo", sa.Column("file", sa.String(length=64), nullable=True))
    op.create_table(
        "deleted_photo",
        sa.Column("chat_id", Id, nullable=False),
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_deleted_photo_chat_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chat_id", "message_id", name=op.f("pk_deleted_photo")),
    )
    op.add_column("network", sa.Column("lessons_at", UtcDateTime(), nullable=True))
