"""Labels: what people call things, one label for all its spellings."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Row, Select, delete, func, select, update

from storage.errors import NotFound
from storage.inserting import insert_unless_there
from storage.label_changes import ChangeKind, LabelCount, label_change
from storage.moment import Moment
from storage.prepared import prepared
from storage.records import Label, State
from storage.tables import label, photo, prediction, standing, vote

MAX_LABEL = 64
_CHUNK = 5_000
# What Unicode calls default ignorable: it changes how text is shown, or nothing, but not what it says (direction
# marks, joiners, variation selectors, fillers, tags); and lone surrogates, which no database takes.
_INVISIBLE = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Of those, what holds a picture or a word together is shown. Joiners stand between letters of scripts that join, and
# in emoji families; the emoji selector follows a symbol or a keycap's digit; tags make the flags of Scotland or Wales.
_JOINING = "\u0590-\ud7ff\uf900-\ufdff\U00010000-\U0001ffff"
_FLAG = "(?<=\U0001f3f4)[\U000e0020-\U000e007e]{1,8}\U000e007f"
_SHOWN = (
    f"(?<=[{_JOINING}\ufe0f])[\u200c\u200d](?=[{_JOINING}])"
    "|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    "|(?<=[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff])\ufe0f"
    f"|{_FLAG}"
)
_ALL_BUT_SHOWN = re.compile(f"(?P<kept>{_SHOWN})|{_INVISIBLE}")
_ALL_BUT_FLAGS = re.compile(f"(?P<kept>{_FLAG})|{_INVISIBLE}")


def tidy(text: str) -> str:
    """A label as it is shown: NFC, on one line, without invisible characters; at most 64 characters, may be empty.

    Tidying what is tidy changes nothing.
    """
    while (tidied := _tidied_once(text)) != text:
        text = tidied
    return text


def key_of(text: str) -> str:
    """What makes two spellings one label: compatibility form, case folded, single spaces, no end punctuation.

    Empty only where `tidy` leaves nothing; the key of a key is itself.
    """
    key = tidy(text)
    while (folded := _folded_once(key)) != key:
        key = folded
    return key


def _tidied_once(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    visible = _ALL_BUT_SHOWN.sub(lambda found: found["kept"] or "", text)
    printable = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Zs") else c for c in visible)
    return " ".join(printable.split())[:MAX_LABEL].strip()


def _folded_once(key: str) -> str:
    # Family and selector joiners go too: the same emoji comes with and without them from different keyboards.
    bare = _ALL_BUT_FLAGS.sub(lambda found: found["kept"] or "", key) or key
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", bare).casefold())
    spaced = " ".join(re.sub(r"[\s_]+", " ", folded).split()) or folded
    return (spaced.strip(" .,;:!?\"'“”„«»") or spaced)[:MAX_LABEL].strip() or key


# Merged labels are no labels of their own any more.
_STANDS = label.c.merged_into_id.is_(None)
_IN_USE = _STANDS & label.c.retired_at.is_(None)


class Labels:
    """The labels of classifiers. Asked for one that was merged, they hand out what it became."""

    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def all(self, classifier_id: int, *, retired: bool = False) -> list[Label]:
        """The labels in use; with `retired` those at rest too."""
        found = self._connection.execute(*(_standing_labels if retired else _labels_in_use)(classifier_id))
        return [_record(row) for row in found]

    def named(self, classifier_id: int) -> dict[int, Label]:
        """What every label that there ever was is now, by its id: what a network knows may have been merged since."""
        rows = self._connection.execute(select(label).where(label.c.classifier_id == classifier_id)).all()
        stand = {row.id: _record(row) for row in rows if row.merged_into_id is None}
        return {row.id: stand[row.root_id or row.id] for row in rows}

    def answerable(self, classifier_id: int) -> dict[int, Label]:
        """The same, without what is at rest: what may be said in an answer."""
        return {key: one for key, one in self.named(classifier_id).items() if not one.is_retired}

    def get(self, label_id: int) -> Label:
        """Raises NotFound."""
        row = self._connection.execute(*_label_with(label_id)).one_or_none()
        if row is None:
            raise NotFound("label", label_id)
        return _record(row)

    def known(self, label_id: int | None) -> Label | None:
        """The same, or None where no label is named, or it is gone."""
        row = None if label_id is None else self._connection.execute(*_label_with(label_id)).one_or_none()
        return None if row is None else _record(row)

    def find(self, classifier_id: int, text: str) -> Label | None:
        """The label of any of its spellings, and of the names that it had."""
        row = self._connection.execute(*_label_spelt(classifier_id, key_of(text))).one_or_none()
        return _record(row) if row else None

    def former(self, classifier_id: int, text: str) -> str | None:
        """The name that a label had before it was renamed or merged, where `text` spells that."""
        query = select(label.c.name).where(
            label.c.classifier_id == classifier_id, label.c.key == key_of(text), label.c.merged_into_id.is_not(None)
        )
        found: str | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def former_names(self, label_id: int) -> list[str]:
        """Every name that means this label by now, besides its own."""
        query = select(label.c.name).where(label.c.root_id == label_id).order_by(label.c.key)
        return list(self._connection.execute(query).scalars())

    def find_or_create(self, classifier_id: int, text: str) -> Label:
        """The label for a spelling; a new one keeps this spelling as its name. `text` must not tidy to nothing."""
        if not tidy(text):
            raise ValueError("a label without anything to see")
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

    def counts(self, classifier_id: int, *, waiting: Collection[int] = ()) -> list[LabelCount]:
        """Every label with the number of photos taught as it, most first; those that are `waiting` count apart."""
        taught = (
            select(standing.c.label_id, func.count().label("photos"))
            .where(standing.c.state == State.TAUGHT)
            .group_by(standing.c.label_id)
            .subquery()
        )
        photos = func.coalesce(taught.c.photos, 0)
        query = (
            select(label, photos.label("photos"))
            .outerjoin(taught, taught.c.label_id == label.c.id)
            .where(label.c.classifier_id == classifier_id, _IN_USE)
            .order_by(photos.desc(), label.c.key)
        )
        wait = self._taught_as(waiting)
        found = [
            LabelCount(_record(row), row.photos - wait[row.id], wait[row.id]) for row in self._connection.execute(query)
        ]
        return sorted(found, key=lambda one: -one.photos) if wait else found

    def pictures(self, classifier_id: int, at_most: int, *, waiting: Collection[int] = ()) -> list[tuple[Label, int]]:
        """Every label with the number of different pictures taught as it; no more than `at_most` are looked at each.

        A picture that was sent twice is two photos, but teaches once. Photos that are `waiting` teach nothing.
        """
        some = (
            select(photo.c.digest)
            .join_from(standing, photo, photo.c.id == standing.c.photo_id)
            .where(standing.c.label_id == label.c.id, standing.c.state == State.TAUGHT)
            .correlate(label)
            .distinct()
            .limit(at_most)
            .subquery()
        )
        counted = select(func.count()).select_from(some).scalar_subquery().label("pictures")
        query = select(label, counted).where(label.c.classifier_id == classifier_id, _IN_USE).order_by(label.c.key)
        found = [(_record(row), row.pictures) for row in self._connection.execute(query)]
        wait = self._taught_as(waiting)
        return [(one, self._teaching(one, at_most, waiting) if wait[one.id] else n) for one, n in found]

    def _taught_as(self, photo_ids: Collection[int]) -> Counter[int]:
        """How many of some photos are taught as each label, by its id."""
        asked, found = sorted(photo_ids), Counter[int]()
        for start in range(0, len(asked), _CHUNK):
            some = standing.c.photo_id.in_(asked[start : start + _CHUNK]) & (standing.c.state == State.TAUGHT)
            query = select(standing.c.label_id, func.count()).where(some).group_by(standing.c.label_id)
            found.update({label_id: n for label_id, n in self._connection.execute(query)})
        return found

    def _teaching(self, one: Label, at_most: int, waiting: Collection[int]) -> int:
        """How many different pictures of a label do not only wait, as far as `at_most`."""
        query = (
            select(photo.c.id, photo.c.digest)
            .join_from(standing, photo, photo.c.id == standing.c.photo_id)
            .where(standing.c.label_id == one.id, standing.c.state == State.TAUGHT)
        )
        apart, digests = frozenset(waiting), set[str]()
        for photo_id, digest in self._connection.execute(query):
            if photo_id not in apart:
                digests.add(digest)
            if len(digests) == at_most:
                break
        return len(digests)

    def at_rest(self, classifier_id: int) -> list[LabelCount]:
        """The labels at rest with the photos that wait below them, in order."""
        waiting = select(func.count()).where(standing.c.label_id == label.c.id, standing.c.state == State.RETIRED)
        query = select(label, waiting.scalar_subquery().label("photos")).where(
            label.c.classifier_id == classifier_id, _STANDS, label.c.retired_at.is_not(None)
        )
        return [LabelCount(_record(row), row.photos) for row in self._connection.execute(query.order_by(label.c.key))]

    def remove_unnamed(self, classifier_id: int) -> None:
        """Remove the labels that no vote names; a guess that named one knows nothing any more.

        A label that others were merged into is named by their votes too, and its former names stay with it; but what
        was merged, and was named by nobody else, goes.
        """
        kin, merged = label.alias(), label_change.alias()
        same = func.coalesce(kin.c.root_id, kin.c.id) == func.coalesce(label.c.root_id, label.c.id)
        tree_named = select(vote.c.id).join(kin, kin.c.id == vote.c.label_id).where(same)
        named = select(vote.c.id).where(vote.c.label_id == label.c.id)
        was_merged = select(merged.c.id).where(
            merged.c.label_id == label.c.id, merged.c.kind == ChangeKind.MERGE, label.c.merged_into_id.is_not(None)
        )
        unnamed = (label.c.classifier_id == classifier_id) & (
            ~tree_named.exists() | (was_merged.exists() & ~named.exists())
        )
        gone = list(self._connection.execute(select(label.c.id).where(unnamed)).scalars())
        if gone:
            self._connection.execute(update(prediction).where(prediction.c.label_id.in_(gone)).values(label_id=None))
            self._connection.execute(delete(label).where(label.c.id.in_(gone)))


def _standing_for(which: ColumnElement[bool]) -> Select[Any]:
    """The labels that some labels became."""
    roots = select(func.coalesce(label.c.root_id, label.c.id)).where(which)
    return select(label).where(label.c.id.in_(roots))


def _record(row: Row[Any]) -> Label:
    return Label(
        id=row.id,
        classifier_id=row.classifier_id,
        key=row.key,
        name=row.name,
        description=row.description or "",
        is_retired=row.retired_at is not None,
    )


@prepared
def _labels_in_use(classifier_id: int) -> Executable:
    return select(label).where(label.c.classifier_id == classifier_id, _IN_USE).order_by(label.c.key)


@prepared
def _standing_labels(classifier_id: int) -> Executable:
    return select(label).where(label.c.classifier_id == classifier_id, _STANDS).order_by(label.c.key)


@prepared
def _label_with(label_id: int) -> Executable:
    return _standing_for(label.c.id == label_id)


@prepared
def _label_spelt(classifier_id: int, key: str) -> Executable:
    return _standing_for((label.c.classifier_id == classifier_id) & (label.c.key == key))
