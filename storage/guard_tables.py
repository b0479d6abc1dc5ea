"""The tables of the guard against poison: who is no newcomer any more, and whose lessons nobody else's bear out."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table

from storage.columns import Id
from storage.columns import identity as _id
from storage.columns import moment as _at
from storage.columns import reference as _ref
from storage.tables import metadata

regular = Table(
    "regular",
    metadata,
    # People whose lessons need nobody's word. Who has a role, or taught first, is one without a row.
    Column("classifier_id", Id, ForeignKey("classifier.id"), primary_key=True),
    Column("person_id", Id, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    _at("created_at"),
)

alarm = Table(
    "alarm",
    metadata,
    _id(),
    _ref("classifier_id", "classifier.id", index=False),
    _ref("network_id", "network.id"),
    _ref("person_id", "person.id", cascade=True),
    # Others' lessons contradict so many of so many of her photos, where so many were to be expected.
    Column("contradicted", Integer, nullable=False),
    Column("judged", Integer, nullable=False),
    Column("expected", Float, nullable=False),
    _at("created_at"),
    _at("told_at", null=True),
    # Settled: all is fine, or her lessons were taken back.
    Column("settlement", String(16), nullable=True),
    _at("settled_at", null=True),
    Index("ix_alarm_classifier_id", "classifier_id", "settled_at"),
    sqlite_autoincrement=True,
)

alarm_photo = Table(
    "alarm_photo",
    metadata,
    # The evidence: the photos of which others' lessons say something else.
    Column("alarm_id", Id, ForeignKey("alarm.id", ondelete="CASCADE"), primary_key=True),
    Column("photo_id", Id, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_alarm_photo_photo_id", "photo_id"),
)
