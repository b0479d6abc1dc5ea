"""What is done with labels: other names, one out of two, rest. Each step is noted, and nothing of it is lost.

Votes stay as they were cast. A label that was merged into another lives on in that; what the votes add up to is counted
anew in the same transaction, so taking a change back only needs counting once more.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, Select, select, update

from storage.errors import NotFound, StoreConflict
from storage.inserting import insert_row, insert_unless_there
from storage.label_changes import ChangeKind, LabelChange, label_change
from storage.labels import key_of, tidy
from storage.moment import Moment
from storage.records import Label
from storage.tables import label, vote
from storage.votes import Votes

# No text has such a key: it keeps a place free while two keys change places.
_NO_KEY = "\n"


class Naming:
    def __init__(self, connection: Connection, moment: Moment, votes: Votes) -> None:
        self._connection = connection
        self._moment = moment
        self._votes = votes

    # What is done. ----------------------------------------------------------------------------------------------------

    def rename(self, of: Label, name: str) -> None:
        """Call a label otherwise. Its former name still means it, and comes back when it is renamed so.

        Raises:
            StoreConflict: another label is called so, and photos are named by it.
        """
        self._lock([of.id])
        taken = self._row_of(of.classifier_id, name)
        if taken is not None and of.id not in (taken.id, taken.root_id) and self.is_named(taken.root_id or taken.id):
            raise StoreConflict("another label has this name")
        self._connection.execute(update(label).where(label.c.id == of.id).values(name=tidy(name)))
        if key_of(name) == of.key:
            return
        former = {"key": of.key, "name": of.name, "merged_into_id": of.id}
        if taken is not None:
            self._connection.execute(update(label).where(label.c.id == taken.id).values(key=_NO_KEY))
        self._connection.execute(update(label).where(label.c.id == of.id).values(key=key_of(name)))
        if taken is not None:
            self._connection.execute(update(label).where(label.c.id == taken.id).values(**former))
        else:
            values = {"classifier_id": of.classifier_id, "created_at": self._moment.now} | former
            insert_unless_there(self._connection, label, **values)
        self._settle(of.classifier_id)

    def free(self, of: Label, name: str) -> None:
        """Let a former name of a label mean nothing any more: whoever teaches it begins a label of its own."""
        row = self._row_of(of.classifier_id, name)
        if row is not None and row.merged_into_id == of.id and not self.is_named(row.id):
            self._connection.execute(update(label).where(label.c.id == row.id).values(merged_into_id=None))
            self._settle(of.classifier_id)

    def merge(self, of: Label, into: Label) -> int:
        """Let a label live on in another; returns how many photos were counted anew."""
        return self._set_merged(of, into.id)

    def part(self, label_id: int) -> int:
        """Let a merged label stand for itself again, with all that was taught by its name before it was merged."""
        row = self._connection.execute(select(label).where(label.c.id == label_id)).one()
        return self._set_merged(Label(row.id, row.classifier_id, row.key, row.name), None)

    def describe(self, of: Label, description: str) -> None:
        self._connection.execute(update(label).where(label.c.id == of.id).values(description=description or None))

    def rest(self, of: Label, *, retired: bool) -> int:
        """Let a label rest, or wake it; returns how many photos were counted anew."""
        family = self._family(of.id)
        self._lock(family)
        at = self._moment.now if retired else None
        self._connection.execute(update(label).where(label.c.id == of.id).values(retired_at=at))
        return self._votes.recount_naming(family)

    def is_named(self, label_id: int) -> bool:
        """Whether any vote was ever cast for the label, or for what was merged into it."""
        query = select(vote.c.id).where(vote.c.label_id.in_(self._family(label_id))).limit(1)
        return self._connection.execute(query).first() is not None

    def merged_into(self, label_id: int) -> int | None:
        """What the label itself was merged into, if it was."""
        query = select(label.c.merged_into_id).where(label.c.id == label_id)
        found: int | None = self._connection.execute(query).scalar_one_or_none()
        return found

    # What is noted. ---------------------------------------------------------------------------------------------------

    def note(
        self,
        kind: ChangeKind,
        label_id: int,
        person_id: int | None,
        *,
        before: str = "",
        after: str = "",
        other_id: int | None = None,
        undoes_id: int | None = None,
        deed: str | None = None,
    ) -> LabelChange:
        """Note a change as proposed; the same `deed` again returns the first."""
        known = self.of_deed(deed)
        if known is not None:
            return known
        row = insert_row(
            self._connection,
            label_change,
            label_id=label_id,
            kind=kind,
            before=before or None,
            after=after or None,
            other_id=other_id,
            undoes_id=undoes_id,
            person_id=person_id,
            deed=deed,
            created_at=self._moment.now,
            done_at=None,
        )
        return _record(row)

    def done(self, change_id: int) -> None:
        """Note that a proposed change was carried out now."""
        self._connection.execute(
            update(label_change).where(label_change.c.id == change_id).values(done_at=self._moment.now)
        )

    def get(self, change_id: int) -> LabelChange:
        """Raises NotFound."""
        found = self._changes(select(label_change).where(label_change.c.id == change_id))
        if not found:
            raise NotFound("change", change_id)
        return found[0]

    def of_deed(self, deed: str | None) -> LabelChange | None:
        found = self._changes(select(label_change).where(label_change.c.deed == deed)) if deed is not None else []
        return found[0] if found else None

    def undone_by(self, change_id: int) -> LabelChange | None:
        """The change that took this one back."""
        undone = select(label_change).where(label_change.c.undoes_id == change_id, label_change.c.done_at.is_not(None))
        found = self._changes(undone)
        return found[0] if found else None

    def last_of(self, person_id: int) -> LabelChange | None:
        """The newest thing that the person did with a label and that was not taken back."""
        later = label_change.alias()
        undone = select(later.c.id).where(later.c.undoes_id == label_change.c.id, later.c.done_at.is_not(None))
        query = (
            select(label_change)
            .where(label_change.c.person_id == person_id, label_change.c.done_at.is_not(None))
            .where(label_change.c.undoes_id.is_(None), ~undone.exists())
            .order_by(label_change.c.id.desc())
            .limit(1)
        )
        found = self._changes(query)
        return found[0] if found else None

    def history(self, classifier_id: int) -> list[LabelChange]:
        """All that was done with labels, oldest first."""
        query = select(label_change).join(label, label.c.id == label_change.c.label_id)
        done = query.where(label.c.classifier_id == classifier_id, label_change.c.done_at.is_not(None))
        return self._changes(done.order_by(label_change.c.id))

    def of_person(self, person_id: int) -> list[LabelChange]:
        query = select(label_change).where(label_change.c.person_id == person_id)
        return self._changes(query.order_by(label_change.c.id))

    def forget_person(self, person_id: int) -> None:
        """Keep what a person did with labels, and not that it was she."""
        mine = label_change.c.person_id == person_id
        self._connection.execute(update(label_change).where(mine).values(person_id=None, deed=None))

    # How it is done. --------------------------------------------------------------------------------------------------

    def _set_merged(self, of: Label, into_id: int | None) -> int:
        family = self._family(of.id)
        self._lock(family)
        self._connection.execute(update(label).where(label.c.id == of.id).values(merged_into_id=into_id))
        self._settle(of.classifier_id)
        return self._votes.recount_naming(family)

    def _family(self, label_id: int) -> list[int]:
        """A label and all that lives on in it, however many steps away."""
        rows = self._connection.execute(select(label.c.id, label.c.merged_into_id)).all()
        family, grew = {label_id}, True
        while grew:
            below = {row.id for row in rows if row.merged_into_id in family} - family
            family, grew = family | below, bool(below)
        return sorted(family)

    def _settle(self, classifier_id: int) -> None:
        """Write where each chain of mergings ends."""
        mine = label.c.classifier_id == classifier_id
        rows = self._connection.execute(select(label.c.id, label.c.merged_into_id, label.c.root_id).where(mine)).all()
        into = {row.id: row.merged_into_id for row in rows}
        for row in rows:
            root = row.id
            while (further := into.get(root)) is not None:
                root = further
            if row.root_id != (wanted := None if root == row.id else root):
                self._connection.execute(update(label).where(label.c.id == row.id).values(root_id=wanted))

    def _row_of(self, classifier_id: int, name: str) -> Row[tuple[object, ...]] | None:
        query = select(label).where(label.c.classifier_id == classifier_id, label.c.key == key_of(name))
        return self._connection.execute(query).one_or_none()

    def _lock(self, label_ids: Sequence[int]) -> None:
        """On PostgreSQL a vote for a label holds its row; so it is cast before this change and counted, or after it."""
        held = select(label.c.id).where(label.c.id.in_(label_ids)).order_by(label.c.id).with_for_update()
        self._connection.execute(held).all()

    def _changes(self, query: "Select[tuple[object, ...]]") -> list[LabelChange]:
        return [_record(row) for row in self._connection.execute(query)]


def _record(row: Row[tuple[object, ...]]) -> LabelChange:
    return LabelChange(
        id=row.id,
        label_id=row.label_id,
        kind=ChangeKind(row.kind),
        before=row.before or "",
        after=row.after or "",
        other_id=row.other_id,
        undoes_id=row.undoes_id,
        person_id=row.person_id,
        created_at=row.created_at,
        done_at=row.done_at,
    )
