"""Suspects as ranked lists that reviewers take cards from, and what they decided, append-only.

The suspects of 0001 were never written by anything, so their table is made anew.
"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.drop_table("suspect")
    op.create_index("ix_flag_verdict", "flag", ["verdict"])
    _create_decision()
    _create_suspect()


def _create_decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("classifier_id", Id, nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("choice", sa.String(length=16), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("label_id", Id, nullable=True),
        sa.Column("undoes_id", Id, nullable=True),
        sa.Column("newest_vote_id", Id, nullable=False),
        sa.Column("deed", sa.String(length=80), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["classifier_id"], ["classifier.id"], name=op.f("fk_decision_classifier_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_decision_person_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name=op.f("fk_decision_label_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["undoes_id"], ["decision.id"], name=op.f("fk_decision_undoes_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("deed", name=op.f("uq_decision_deed")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decision_subject", "decision", ["classifier_id", "subject"])
    for name in ("person_id", "label_id", "undoes_id"):
        op.create_index(op.f(f"ix_decision_{name}"), "decision", [name])
    op.create_table(
        "decided_photo",
        sa.Column("decision_id", Id, nullable=False),
        sa.Column("photo_id", Id, nullable=False),
        sa.Column("vote_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_decided_photo_decision_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_decided_photo_photo_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_decided_photo_vote_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("decision_id", "photo_id", name=op.f("pk_decided_photo")),
    )
    for name in ("photo_id", "vote_id"):
        op.create_index(op.f(f"ix_decided_photo_{name}"), "decided_photo", [name])


def _create_suspect() -> None:
    op.create_table(
        "suspect",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("classifier_id", Id, nullable=False),
        sa.Column("network_id", Id, nullable=False),
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
