"""Who is no newcomer any more, and alarms about whose lessons nobody else's bear out."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "regular",
        sa.Column("classifier_id", Id, autoincrement=False, nullable=False),
        sa.Column("person_id", Id, autoincrement=False, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["classifier_id"], ["classifier.id"], name=op.f("fk_regular_classifier_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_regular_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("classifier_id", "person_id", name=op.f("pk_regular")),
    )
    # Whoever taught until now was learned from: an upgrade must not unlearn it.
    op.execute(
        "INSERT INTO regular (classifier_id, person_id, created_at) "
        "SELECT photo.classifier_id, vote.person_id, MIN(vote.created_at) FROM vote "
        "JOIN photo ON photo.id = vote.photo_id WHERE vote.person_id IS NOT NULL "
        "GROUP BY photo.classifier_id, vote.person_id"
    )
    op.create_table(
        "alarm",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("classifier_id", Id, nullable=False),
        sa.Column("network_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("contradicted", sa.Integer(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("settlement", sa.String(length=16), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["classifier_id"], ["classifier.id"], name=op.f("fk_alarm_classifier_id")),
        sa.ForeignKeyConstraint(["network_id"], ["network.id"], name=op.f("fk_alarm_network_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_alarm_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alarm_classifier_id", "alarm", ["classifier_id", "settled_at"])
    op.create_index(op.f("ix_alarm_network_id"), "alarm", ["network_id"])
    op.create_index(op.f("ix_alarm_person_id"), "alarm", ["person_id"])
    op.create_table(
        "alarm_photo",
        sa.Column("alarm_id", Id, autoincrement=False, nullable=False),
        sa.Column("photo_id", Id, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_alarm_photo_alarm_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_alarm_photo_photo_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alarm_id", "photo_id", name=op.f("pk_alarm_photo")),
    )
    op.create_index("ix_alarm_photo_photo_id", "alarm_photo", ["photo_id"])
