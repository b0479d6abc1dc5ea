"""Labels: what people call things, one label for all its spellings."""

import re
import unicodedata

from sqlalchemy import Connection, Row, func, select

from storage.errors import NotFound
from storage.inserting import insert_unless_there
from storage.moment import Moment
from storage.records import Label, LabelCount, State
from storage.tables import label, standing

MAX_LABEL = 64
# Characters that change how text is shown but not what it says: direction marks, joiners, variation selectors, BOM.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0e\U000e0000-\U000e007f]")


def tidy(text: str) -> str:
    """A label as it is shown: NFC, on one line, without invisible characters; at most 64 characters, may be empty.

    The zero-width joiner stays inside emoji, where it holds a family together.
    """
    text = unicodedata.normalize("NFC", text)
    kept = "".join(
        character
        for index, character in enumerate(text)
        if not _INVISIBLE.match(character) or (character == "\u200d" and _joins_emoji(text, index))
    )
    printable = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Zs") else c for c in kept)
    return " ".join(printable.split())[:MAX_LABEL].strip()


def key_of(text: str) -> str:
    """What makes two spellings one label: compatibility form, case folded, single spaces, no end punctuation."""
    folded = unicodedata.normalize("NFKC", tidy(text)).casefold()
    folded = " ".join(re.sub(r"[\s_]+", " ", folded).split())
    return (folded.strip(" .,;:!?\"'“”„«»") or folded)[:MAX_LABEL]


def _joins_emoji(text: str, index: int) -> bool:
    return 0 < index < len(text) - 1 and ord(text[index - 1]) > 0x2000 and ord(text[index + 1]) > 0x2000


class Labels:
    """The labels of classifiers."""

    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def all(self, classifier_id: int) -> list[Label]:
        query = select(label).where(label.c.classifier_id == classifier_id).order_by(label.c.key)
        return [_record(row) for row in self._connection.execute(query)]

    def get(self, label_id: int) -> Label:
        """Raises NotFound."""
        row = self._connection.execute(select(label).where(label.c.id == label_id)).one_or_none()
        if row is None:
            raise NotFound("label", label_id)
        return _record(row)

    def find(self, classifier_id: int, text: str) -> Label | None:
        """The label of any of its spellings."""
        query = select(label).where(label.c.classifier_id == classifier_id, label.c.key == key_of(text))
        row = self._connection.execute(query).one_or_none()
        return _record(row) if row else None

    def find_or_create(self, classifier_id: int, text: str) -> Label:
        """The label for a spelling; a new one keeps this spelling as its name. `text` must not tidy to nothing."""
        insert_unless_there(
            self._connection,
            label,
            classifier_id=classifier_id,
            key=key_of(text),
            name=tidy(text),
            created_at=self._moment.now,
        )
        found = self.find(classifier_id, text)
        if found is None:
            raise NotFound("label", key_of(text))
        return found

    def counts(self, classifier_id: int) -> list[LabelCount]:
        """Every label with the number of photos taught as it, most first."""
        photos = func.count(standing.c.photo_id)
        query = (
            select(label, photos.label("photos"))
            .outerjoin(standing, (standing.c.label_id == label.c.id) & (standing.c.state == State.TAUGHT))
            .where(label.c.classifier_id == classifier_id)
            .group_by(label.c.id)
            .order_by(photos.desc(), label.c.key)
        )
        return [LabelCount(_record(row), row.photos) for row in self._connection.execute(query)]


def _record(row: Row[tuple[object, ...]]) -> Label:
    return Label(id=row.id, classifier_id=row.classifier_id, key=row.key, name=row.name)
