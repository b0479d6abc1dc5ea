"""Whose lessons wait for somebody who agrees, and when somebody is a newcomer no more."""

import random

import pytest
from sqlalchemy import text

from storage import NewAlarm, NotFound, Photo, Reason, Role, Settlement, Store, VoteKind
from storage.engine import open_engine
from tests.storage.classroom import Classroom
from tests.storage.conftest import HandClock
from tests.storage.places import Place
from tests.storage.test_migrating import _at_revision


@pytest.fixture
def guarded(room: Classroom) -> Classroom:
    """A store where newcomers' lessons wait: Ann taught first, and there is an owner."""
    room.store.confirmed_lessons = 2
    with room.store.write() as unit:
        unit.people.meet(1000, "Owner", Role.OWNER)
    room.lesson("apple")
    return room


def waiting(room: Classroom) -> list[int]:
    with room.store.read() as unit:
        return sorted(unit.guard.vouched(room.classifier.id).waiting)


def is_new(room: Classroom, telegram_id: int) -> bool:
    with room.store.read() as unit:
        person = unit.people.by_telegram_id(telegram_id)
        assert person is not None
        return unit.guard.is_newcomer(room.classifier.id, person)


def lesson_of_bo(room: Classroom, name: str = "apple") -> Photo:
    photo = room.photo(owner=room.bo)
    room.vote(photo, room.bo, room.label(name))
    return photo


def test_a_newcomers_lesson_waits_and_that_of_who_taught_first_does_not(guarded: Classroom) -> None:
    photo = lesson_of_bo(guarded)

    assert waiting(guarded) == [photo.id]
    assert (is_new(guarded, 1001), is_new(guarded, 1002), is_new(guarded, 1000)) == (False, True, False)


def test_what_waits_is_the_same_however_it_is_asked_for(guarded: Classroom) -> None:
    """By the votes of all, or only where somebody else spoke: whoever spoke, agreed, contradicted or took it back."""
    rng = random.Random(4)
    guarded.store.confirmed_lessons = 1_000
    with guarded.store.write() as unit:
        cy = unit.people.meet(1003, "Cy", Role.TEACHER)
        rae = unit.people.meet(1004, "Rae", Role.REVIEWER)
        speakers = (guarded.ann, guarded.bo, guarded.bo, cy, cy, rae, None)
    labels = [guarded.label(name) for name in ("apple", "leaf")]
    found: list[list[int]] = []
    for _ in range(20):
        for photo in [guarded.photo(owner=guarded.bo) for _ in range(8)]:
            for _ in range(rng.randint(1, 4)):
                kind = rng.choice((VoteKind.LABEL, VoteKind.LABEL, VoteKind.LABEL, VoteKind.UNSURE, VoteKind.WITHDRAW))
                speaker, label = rng.choice(speakers), rng.choice(labels)
                reason = Reason.REVIEW if kind is VoteKind.LABEL and rng.random() < 0.1 else Reason.TYPED
                with guarded.store.write() as unit:
                    named = label.id if kind is VoteKind.LABEL else None
                    unit.votes.cast(photo.id, None if speaker is None else speaker.id, kind, named, reason)
        with guarded.store.read() as unit:
            found.append(sorted(unit.guard.waiting(guarded.classifier.id)))
        assert found[-1] == waiting(guarded)

    newcomers = {guarded.bo.id, cy.id}
    with guarded.store.read() as unit:
        heard = [{vote.person_id for vote in unit.votes.of_photo(one)} for one in found[-1]]
    assert 20 < len(found[-1]) < 120
    assert any(people - newcomers for people in heard)


def test_who_teaches_alone_waits_for_nobody(room: Classroom) -> None:
    room.store.confirmed_lessons = 2
    with room.store.write() as unit:
        unit.people.meet(1000, "Owner", Role.OWNER)
    assert not is_new(room, 1002)

    lesson_of_bo(room)

    assert not is_new(room, 1002)
    assert waiting(room) == []


def test_where_an_import_came_first_a_stranger_is_new(room: Classroom) -> None:
    room.store.confirmed_lessons = 2
    with room.store.write() as unit:
        unit.people.meet(1000, "Owner", Role.OWNER)
    room.vote(room.photo(), None, room.label("apple"))

    assert is_new(room, 1002)


def test_nothing_waits_where_it_is_off_or_nobody_could_decide(guarded: Classroom) -> None:
    lesson_of_bo(guarded)

    with guarded.store.write() as unit:
        owner = unit.people.by_telegram_id(1000)
        assert owner is not None
        unit.people.set_role(owner.id, Role.TEACHER)
    assert waiting(guarded) == []
    with guarded.store.write() as unit:
        unit.people.set_role(owner.id, Role.REVIEWER)
    assert len(waiting(guarded)) == 1
    guarded.store.confirmed_lessons = 0
    assert waiting(guarded) == []


def test_a_lesson_waits_until_somebody_agrees_who_is_no_newcomer(guarded: Classroom) -> None:
    photo, apple = lesson_of_bo(guarded), guarded.label("apple")

    guarded.vote(photo, guarded.cy, apple)
    assert waiting(guarded) == [photo.id]
    guarded.vote(photo, guarded.ann, apple)
    assert waiting(guarded) == []
    guarded.withdraw(photo, guarded.ann)

    assert waiting(guarded) == [photo.id]


def test_a_reviewers_decision_is_enough_also_when_she_is_none_any_more(guarded: Classroom) -> None:
    photo, apple = lesson_of_bo(guarded), guarded.label("apple")

    with guarded.store.write() as unit:
        unit.votes.cast(photo.id, guarded.cy.id, VoteKind.LABEL, apple.id, Reason.REVIEW)

    assert waiting(guarded) == []


def test_lessons_that_others_bear_out_are_counted_and_end_it_for_good(guarded: Classroom) -> None:
    apple = guarded.label("apple")
    for _ in range(2):
        guarded.vote(lesson_of_bo(guarded), guarded.ann, apple)
    late = lesson_of_bo(guarded)

    with guarded.store.write() as unit:
        found = unit.guard.vouched(guarded.classifier.id)
        assert found.confirmed == {guarded.bo.id: 2}
        assert found.of_person(guarded.bo.id) == [late.id]
        assert unit.guard.welcome(guarded.classifier.id, guarded.bo.id)
        assert not unit.guard.welcome(guarded.classifier.id, guarded.bo.id)

    assert waiting(guarded) == []
    assert not is_new(guarded, 1002)


def test_an_import_bears_out_what_a_newcomer_says(guarded: Classroom) -> None:
    photo = lesson_of_bo(guarded)

    guarded.vote(photo, None, guarded.label("apple"))

    assert waiting(guarded) == []


def test_the_sender_is_the_one_who_says_it_and_nobody_where_several_do(guarded: Classroom) -> None:
    alone, both, apple = lesson_of_bo(guarded), lesson_of_bo(guarded), guarded.label("apple")
    guarded.vote(both, guarded.ann, apple)
    imported = guarded.photo()
    guarded.vote(imported, None, apple)

    with guarded.store.read() as unit:
        said = unit.guard.senders(guarded.classifier.id)
    assert (said[alone.id], said[both.id], said[imported.id]) == (guarded.bo.id, None, None)

    guarded.withdraw(both, guarded.ann)
    with guarded.store.read() as unit:
        assert unit.guard.senders(guarded.classifier.id)[both.id] == guarded.bo.id


def test_whoever_taught_before_the_upgrade_is_no_newcomer(where: Place) -> None:
    _at_revision(where, "0011")
    engine = open_engine(where.url or f"sqlite:///{where.home / 'pupil.db'}")
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO person (id, telegram_id, name, role, created_at) VALUES (4, 44, 'Bo', 10, '2026-01-01')",
            "INSERT INTO blob (digest, size, kind, width, height, created_at)"
            " VALUES ('d', 1, 'jpeg', 1, 1, '2026-01-01')",
            "INSERT INTO photo (id, classifier_id, digest, received_digest, source, name, group_key, fold, created_at)"
            " VALUES (7, 1, 'd', 'r', 'chat', '', 'g', 0, '2026-01-01')",
            "INSERT INTO vote (id, photo_id, person_id, kind, reason, created_at)"
            " VALUES (8, 7, 4, 'none', 'button', '2026-01-01')",
        ):
            connection.execute(text(statement))
    engine.dispose()

    store = where.open()

    store.confirmed_lessons = 2
    with store.write() as unit:
        unit.people.meet(1000, "Owner", Role.OWNER)
        assert not unit.guard.welcome(unit.classifiers.default().id, 4)
    store.close()


def note(store: Store, room: Classroom, photos: list[Photo]) -> list[int]:
    with store.write() as unit:
        network = unit.networks.latest(room.classifier.id)
        assert network is not None
        found = NewAlarm(room.bo.id, 10, 1.5, tuple(one.id for one in photos))
        return unit.alarms.note(room.classifier.id, network.id, [found])


def test_an_alarm_is_noted_once_until_it_is_settled(guarded: Classroom) -> None:
    photos = [lesson_of_bo(guarded) for _ in range(3)]
    guarded.network()
    [first] = note(guarded.store, guarded, photos)
    assert note(guarded.store, guarded, photos) == []

    with guarded.store.write() as unit:
        assert [one.id for one in unit.alarms.untold()] == [first]
        unit.alarms.told(first)
        assert unit.alarms.untold() == []
        assert unit.alarms.settle(first, Settlement.FINE)
        assert not unit.alarms.settle(first, Settlement.REVERTED)
        assert unit.alarms.get(first).settlement is Settlement.FINE
        assert unit.alarms.called_fine(guarded.classifier.id) == {one.id for one in photos}

    assert len(note(guarded.store, guarded, photos)) == 1


def test_what_was_noted_about_a_person_goes_with_her(guarded: Classroom) -> None:
    guarded.network()
    [noted] = note(guarded.store, guarded, [lesson_of_bo(guarded)])

    with guarded.store.write() as unit:
        unit.alarms.forget_person(guarded.bo.id)
        with pytest.raises(NotFound):
            unit.alarms.get(noted)


def test_whoever_repeats_what_others_called_a_photo_has_shown_nothing(guarded: Classroom) -> None:
    apple = guarded.label("apple")
    for _ in range(3):
        guarded.vote(guarded.lesson("apple"), guarded.bo, apple)

    with guarded.store.read() as unit:
        assert unit.guard.vouched(guarded.classifier.id).confirmed == {}


def test_an_alarm_is_about_who_and_what_is_still_there(guarded: Classroom) -> None:
    guarded.network()
    gone, left = lesson_of_bo(guarded), lesson_of_bo(guarded)
    with guarded.store.write() as unit:
        unit.photos.remove([gone.id])

    [noted] = note(guarded.store, guarded, [gone, left])

    with guarded.store.write() as unit:
        assert unit.alarms.get(noted).photo_ids == (left.id,)
        network = unit.networks.latest(guarded.classifier.id)
        assert network is not None
        assert unit.alarms.note(guarded.classifier.id, network.id, [NewAlarm(999, 5, 1.0, (left.id,))]) == []


def test_a_stranger_is_new_still_when_who_taught_first_has_gone(guarded: Classroom, clock: HandClock) -> None:
    clock.wait(60)
    photo = lesson_of_bo(guarded)
    clock.wait(60)

    with guarded.store.write() as unit:
        unit.networks.note_deletion(guarded.classifier.id, guarded.ann.id)
        unit.photos.remove([one.id for one in unit.photos.of_person(guarded.ann.id)])
        unit.votes.forget_person(guarded.ann.id)

    assert waiting(guarded) == [photo.id]


def test_who_begins_anew_alone_waits_for_nobody(guarded: Classroom, clock: HandClock) -> None:
    clock.wait(60)
    with guarded.store.write() as unit:
        unit.networks.note_deletion(guarded.classifier.id, guarded.ann.id)
        unit.photos.remove([one.id for one in unit.photos.of_person(guarded.ann.id)])
        unit.votes.forget_person(guarded.ann.id)
    clock.wait(60)

    guarded.lesson("apple")

    assert waiting(guarded) == []
