"""Labels in numbers, and what was done with them: its rows, and what is handed out of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, String, Table

from storage.columns import Words
from storage.columns import identity as _id
from storage.columns import moment as _at
from storage.columns import reference as _ref
from storage.records import Label
from storage.tables import metadata

label_change = Table(
    "label_change",
    metadata,
    # What was done with labels, in order; only ever added to. One without `done_at` was proposed and not confirmed.
    _id(),
    _ref("label_id", "label.id", cascade=True),
    Column("kind", String(16), nullable=False),
    Column("before", Words(300), nullable=True),
    Column("after", Words(300), nullable=True),
    _ref("other_id", "label.id", null=True, cascade=True),
    _ref("undoes_id", "label_change.id", null=True, cascade=True),
    _ref("person_id", "person.id", null=True, loosen=True),
    Column("deed", String(80), nullable=True, unique=True),
    _at("created_at"),
    _at("done_at", null=True),
    sqlite_autoincrement=True,
)


class ChangeKind(StrEnum):
    """What can be done with a label; `PART` undoes a merging."""

    RENAME = "rename"
    MERGE = "merge"
    PART = "part"
    DESCRIBE = "describe"
    RETIRE = "retire"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class LabelChange:
    """What somebody did with a label, or (without `done_at`) proposed.

    `before` and `after` are words, where it has some. `other_id` is the label that it was merged into, or parted
    from. `undoes_id` is the change that it takes back.
    """

    id: int
    label_id: int
    kind: ChangeKind
    before: str
    after: str
    other_id: int | None
    undoes_id: int | None
    person_id: int | None
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label and how many photos are taught as it; `waiting` are not counted, and wait for somebody who agrees."""

    label: Label
    photos: int
    waiting: int = 0
