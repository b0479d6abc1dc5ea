"""The tables of the data set's versions, and of what is taken back at once; they belong to tables.py's."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint

from storage.columns import Id
from storage.columns import identity as _id
from storage.columns import moment as _at
from storage.columns import reference as _ref
from storage.tables import metadata

dataset = Table(
    "dataset",
    metadata,
    _id(),
    _ref("classifier_id", "classifier.id", index=False),
    Column("number", Integer, nullable=False),
    # How many photos it had; fewer may be left of them, since people may have theirs deleted.
    Column("photos", Integer, nullable=False),
    # The newest vote when its lessons were read: it is put back by taking back what was said later. No foreign key:
    # who cast it may have her votes deleted.
    Column("newest_vote_id", Id, nullable=False),
    _at("created_at"),
    UniqueConstraint("classifier_id", "number"),
    sqlite_autoincrement=True,
)

dataset_photo = Table(
    "dataset_photo",
    metadata,
    # A photo was learned as one label from version `since` up to the one before `until`; without that, to the newest.
    # Versions differ little, so a thousand of them cost as much as one and what changed.
    Column("photo_id", Id, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True),
    Column("since", Integer, primary_key=True, autoincrement=False),
    Column("until", Integer, nullable=True),
    _ref("label_id", "label.id", cascade=True),
)

learned = Table(
    "learned",
    metadata,
    # Which version a network learned; several may have learned the same.
    Column("network_id", Id, ForeignKey("network.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    _ref("dataset_id", "dataset.id"),
)

reversal = Table(
    "reversal",
    metadata,
    _id(),
    # Many votes taken back at once: to put back a version, or because of who cast them. Its votes have its number in
    # their deeds, and so have those that undo it.
    _ref("classifier_id", "classifier.id"),
    Column("kind", String(16), nullable=False),
    # The version, or the person.
    Column("dataset_number", Integer, nullable=True),
    _ref("of_id", "person.id", null=True, loosen=True),
    _at("created_at"),
    # Without it, it was cut off in the middle, and is gone on with.
    _at("finished_at", null=True),
    _at("undone_at", null=True),
    sqlite_autoincrement=True,
)
