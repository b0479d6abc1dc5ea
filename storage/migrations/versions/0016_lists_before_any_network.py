"""Newcomers' lessons are listed before there is any network: a suspect need not name one."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.alter_column("suspect", "network_id", existing_type=Id, nullable=True)
        return
    # SQLite changes no column, so the tables are made anew. Their numbers must not begin anew: buttons in chats carry
    # them.
    newest = connection.execute(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'suspect'")).scalar_one_or_none()
    op.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM suspect")
    op.execute("CREATE TEMPORARY TABLE kept_photo AS SELECT * FROM suspect_photo")
    for table in ("suspect_photo", "suspect"):
        op.drop_table(table)
    _create_suspect()
    op.execute("INSERT INTO suspect SELECT * FROM kept")
    op.execute("INSERT INTO suspect_photo SELECT * FROM kept_photo")
    for table in ("kept_photo", "kept"):
        op.drop_table(table)
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'suspect'")
    statement = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('suspect', :newest)")
    connection.execute(statement, {"newest": newest or 0})


def _create_suspect() -> None:
    op.create_table(
        "suspect",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("classifier_id", Id, nullable=False),
        sa.Column("network_id", Id, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("photo_id", Id, nullable=False),
        sa.Column("given_id", Id, nullable=True),
        sa.Column("proposal_id", Id, nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("leased_by_id", Id, nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("decision_id", Id, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["classifier_id"], ["classifier.id"], name=op.f("fk_suspect_classifier_id")),
        sa.ForeignKeyConstraint(["network_id"], ["network.id"], name=op.f("fk_suspect_network_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_suspect_photo_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["given_id"], ["label.id"], name=op.f("fk_suspect_given_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["label.id"], name=op.f("fk_suspect_proposal_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["leased_by_id"], ["person.id"], name=op.f("fk_suspect_leased_by_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_suspect_decision_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspect")),
        sa.UniqueConstraint("classifier_id", "kind", "subject", name=op.f("uq_suspect_classifier_id_kind_subject")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_suspect_place", "suspect", ["classifier_id", "kind", "place"])
    for name in ("network_id", "photo_id", "given_id", "proposal_id", "leased_by_id", "decision_id"):
        op.create_index(op.f(f"ix_suspect_{name}"), "suspect", [name])
    op.create_table(
        "suspect_photo",
        sa.Column("suspect_id", Id, nullable=False),
        sa.Column("photo_id", Id, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["suspect_id"], ["suspect.id"], name=op.f("fk_suspect_photo_suspect_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_suspect_photo_photo_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("suspect_id", "photo_id", name=op.f("pk_suspect_photo")),
    )
    op.create_index("ix_suspect_photo_photo_id", "suspect_photo", ["photo_id"])
