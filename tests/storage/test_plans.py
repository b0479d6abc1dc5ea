"""What is asked for each message does not read through whole tables, however many photos there are."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import event

from storage import DriftKind, NewSuspect, Quota, RawUpdate, Reason, SuspectKind, Unit, VoteKind
from tests.storage.classroom import Classroom, picture_of

pytestmark = pytest.mark.sqlite_only

# Tables that grow with use. A scan by an index that the query names only part of is as bad as one without.
GROWING = re.compile(
    r"SCAN (photo|vote|blob|inbox|outbox|arrival|prediction|standing|flag)\b(?! USING (COVERING )?INDEX ix_outbox)"
    r"|SCAN (suspect|suspect_photo|decision|decided_photo|card_message|card_photo)\b"
    r"|USING (COVERING )?INDEX ix_photo_classifier_id"
)
# Each is given the transaction, a classifier, a person, a chat, a photo and a label.
ASKED = {
    "inbox.receive": lambda unit, room, photo, label: unit.inbox.receive(1, [RawUpdate(1, 1, "{}")]),
    "inbox.next_offset": lambda unit, room, photo, label: unit.inbox.next_offset(1),
    "inbox.pending": lambda unit, room, photo, label: unit.inbox.pending(1),
    "inbox.done": lambda unit, room, photo, label: unit.inbox.done(1, 1),
    "outbox.owe": lambda unit, room, photo, label: unit.outbox.owe(1, 1, "m", {}, dedupe="d", coalesce="c"),
    "outbox.due": lambda unit, room, photo, label: unit.outbox.due(1, busy=[5]),
    "outbox.sent": lambda unit, room, photo, label: unit.outbox.sent(1, 1),
    "outbox.dedupe_of": lambda unit, room, photo, label: unit.outbox.dedupe_of(1, 1, 1),
    "outbox.message_of": lambda unit, room, photo, label: unit.outbox.message_of("d"),
    "photos.names": lambda unit, room, photo, label: unit.photos.names(photo.digest),
    "photos.add": lambda unit, room, photo, label: unit.photos.add(
        room.classifier.id, photo.digest, picture_of("same"), source="chat", chat_id=room.chat.id, message_id=1
    ),
    "photos.imported": lambda unit, room, photo, label: unit.photos.imported(room.classifier.id, "0" * 64),
    "photos.of_album": lambda unit, room, photo, label: unit.photos.of_album(room.chat.id, "album"),
    "arrivals.count": lambda unit, room, photo, label: unit.arrivals.count(
        room.ann.id, 1, Quota(20, 500, 10**8), photos=1, size=1
    ),
    "arrivals.of_person": lambda unit, room, photo, label: unit.arrivals.of_person(room.ann.id),
    "photos.was_deleted": lambda unit, room, photo, label: unit.photos.was_deleted(room.chat.id, 1),
    "photos.remove": lambda unit, room, photo, label: unit.photos.remove([photo.id]),
    "labels.pictures": lambda unit, room, photo, label: unit.labels.pictures(room.classifier.id, 2),
    "votes.cast": lambda unit, room, photo, label: unit.votes.cast(
        photo.id, room.ann.id, VoteKind.LABEL, label.id, Reason.BUTTON, deed="deed"
    ),
    "votes.of_deed": lambda unit, room, photo, label: unit.votes.of_deed("deed"),
    "votes.last_of": lambda unit, room, photo, label: unit.votes.last_of(room.ann.id, room.chat.id),
    "votes.standing": lambda unit, room, photo, label: unit.votes.standing(photo.id),
    "predictions.corrected_with": lambda unit, room, photo, label: unit.predictions.corrected_with(1),
    "predictions.flag_of": lambda unit, room, photo, label: unit.predictions.flag_of(1, room.ann.id),
    "predictions.unnamed": lambda unit, room, photo, label: unit.predictions.unnamed(room.chat.id, limit=9),
    "predictions.given": lambda unit, room, photo, label: unit.predictions.given(room.classifier.id, limit=400),
    "drifts.untold": lambda unit, room, photo, label: unit.drifts.untold(),
    "drifts.latest": lambda unit, room, photo, label: unit.drifts.latest(room.classifier.id, DriftKind.WRONG),
    "suspects.renew": lambda unit, room, photo, label: unit.suspects.renew(
        room.classifier.id, 1, SuspectKind.LABEL, [NewSuspect((photo.id + 99,), None, None, 0.0)]
    ),
    "suspects.next_for": lambda unit, room, photo, label: unit.suspects.next_for(
        room.classifier.id, room.ann.id, tuple(SuspectKind)
    ),
    "suspects.counts_for": lambda unit, room, photo, label: unit.suspects.counts_for(room.classifier.id, room.ann.id),
    "suspects.lease": lambda unit, room, photo, label: unit.suspects.lease(1, room.ann.id),
    "suspects.release": lambda unit, room, photo, label: unit.suspects.release(room.ann.id),
    "suspects.flagged": lambda unit, room, photo, label: unit.suspects.flagged(room.classifier.id, limit=9),
    "suspects.disputed": lambda unit, room, photo, label: unit.suspects.disputed(room.classifier.id, but=(1,), limit=9),
    "card_messages.at": lambda unit, room, photo, label: unit.card_messages.at(1, 1, 1),
    "card_messages.showing": lambda unit, room, photo, label: unit.card_messages.showing([photo.id]),
    "card_messages.outdated": lambda unit, room, photo, label: unit.card_messages.outdated(1),
    "decisions.of_deed": lambda unit, room, photo, label: unit.decisions.of_deed("deed"),
    "decisions.of_person": lambda unit, room, photo, label: unit.decisions.of_person(room.classifier.id, room.ann.id),
    "predictions.of_photo": lambda unit, room, photo, label: unit.predictions.of_photo(photo.id),
}


@pytest.mark.parametrize("name", ASKED)
def test_no_table_is_read_through(room: Classroom, name: str) -> None:
    photo, label = room.photo("same"), room.label("daisy")
    ask: Callable[[Unit, Classroom, object, object], object] = ASKED[name]
    statements: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    engine = room.store._engine
    event.listen(engine, "before_cursor_execute", note)
    with room.store.write() as unit:
        ask(unit, room, photo, label)
    event.remove(engine, "before_cursor_execute", note)

    asked = [one for one in statements if one[0].startswith(("SELECT", "UPDATE", "DELETE", "INSERT"))]
    assert asked
    with engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
            steps = [str(step[3]) for step in plan]
            assert not [step for step in steps if GROWING.search(step)], (statement, steps)


def test_labels_are_counted_without_looking_at_photos(room: Classroom) -> None:
    room.lesson("daisy")
    statements: list[str] = []
    engine = room.store._engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    with room.store.read() as unit:
        unit.labels.counts(room.classifier.id)

    assert len([one for one in statements if "SELECT" in one]) == 1
    assert "photo." not in "".join(statements)
