"""People, chats, the classifier they share, and how one becomes the owner."""

import pytest

from storage import JobKind, NotFound, Role, Store, StoreConflict, Verdict
from storage.people import CODE_LIFETIME, CODE_TRIES
from tests.storage.classroom import Classroom
from tests.storage.conftest import HandClock


def claim(store: Store, person_id: int, code: str) -> bool:
    with store.write() as unit:
        return unit.people.claim_ownership(person_id, code)


def new_code(store: Store, code: str) -> None:
    with store.write() as unit:
        unit.people.new_owner_code(code)


def test_somebody_met_again_keeps_her_role_and_gets_her_new_name(store: Store) -> None:
    with store.write() as unit:
        first = unit.people.meet(1, "Ann", Role.GUEST)
        unit.people.set_role(first.id, Role.REVIEWER)
        again = unit.people.meet(1, "Ann Lee", Role.GUEST)
        stored = unit.people.get(first.id)

    assert again == stored
    assert (again.id, again.name, again.role) == (first.id, "Ann Lee", Role.REVIEWER)


@pytest.mark.parametrize("name", ["", "x" * 1_000, "A\x00nn", "A\ud800nn", "👩‍🚀", "<b>Ann</b>"])
def test_any_name_that_telegram_gives_can_be_kept(store: Store, name: str) -> None:
    with store.write() as unit:
        person = unit.people.meet(1, name, Role.GUEST)
        chat = unit.chats.enter(1, kind="private", title=name)

    with store.read() as unit:
        assert len(unit.people.get(person.id).name) <= 256
        assert len(unit.chats.get(chat.id).title) <= 256


def test_an_owner_is_made_by_the_code_once(room: Classroom) -> None:
    new_code(room.store, "abcd-EFGH")

    assert claim(room.store, room.ann.id, " ABCD-efgh ")
    assert not claim(room.store, room.bo.id, "abcd-efgh")

    with room.store.read() as unit:
        assert [person.id for person in unit.people.with_role(Role.OWNER)] == [room.ann.id]


def test_without_a_code_nobody_becomes_an_owner(room: Classroom) -> None:
    assert not claim(room.store, room.ann.id, "")


def test_wrong_codes_end_the_right_one(room: Classroom) -> None:
    new_code(room.store, "right")

    for number in range(CODE_TRIES):
        assert not claim(room.store, room.ann.id, f"wrong {number}")

    assert not claim(room.store, room.bo.id, "right")


def test_a_code_ends_after_a_while(room: Classroom, clock: HandClock) -> None:
    new_code(room.store, "right")
    clock.wait(CODE_LIFETIME.total_seconds())

    assert not claim(room.store, room.ann.id, "right")


def test_a_new_code_ends_the_one_before(room: Classroom) -> None:
    new_code(room.store, "old")
    new_code(room.store, "new")

    assert not claim(room.store, room.ann.id, "old")
    assert claim(room.store, room.ann.id, "new")


def test_hearing_from_a_chat_makes_it_reachable_again(room: Classroom) -> None:
    with room.store.write() as unit:
        unit.chats.set_unreachable(room.chat.telegram_id)
        assert not unit.chats.get(room.chat.id).reachable
        found = unit.chats.enter(room.chat.telegram_id, kind="group", title="New title")
        assert found == unit.chats.get(room.chat.id)

    assert (found.id, found.reachable, found.title) == (room.chat.id, True, "New title")


def test_a_group_that_became_a_supergroup_is_the_same_chat(room: Classroom) -> None:
    with room.store.write() as unit:
        unit.chats.set_settings(room.chat.id, {"quiet": True})
        for _ in range(2):
            unit.chats.migrate(room.chat.telegram_id, -1_000_000_000_123)
        found = unit.chats.by_telegram_id(-1_000_000_000_123)
        assert unit.chats.by_telegram_id(room.chat.telegram_id) is None

    assert found is not None
    assert (found.id, found.settings) == (room.chat.id, {"quiet": True})


def test_a_message_whose_photo_was_deleted_is_remembered_until_its_group_counts_anew(room: Classroom) -> None:
    photo = room.photo(message=5)
    with room.store.write() as unit:
        unit.photos.note_deleted([photo, photo])
        assert unit.photos.was_deleted(room.chat.id, 5)
        assert not unit.photos.was_deleted(room.chat.id, 6)

        unit.chats.migrate(room.chat.telegram_id, -1_000_000_000_123)

        assert not unit.photos.was_deleted(room.chat.id, 5)


def test_a_private_chat_goes_with_its_person_unless_photos_are_left_in_it(room: Classroom) -> None:
    with room.store.write() as unit:
        for telegram_id in (1001, 1002):
            unit.chats.enter(telegram_id, kind="private", title="a name")
        full = unit.chats.by_telegram_id(1002)
        assert full is not None
        job = unit.jobs.request(JobKind.FIT, room.classifier.id, due_at=unit.now, asked_in_id=full.id)
    room.chat = full
    room.photo()

    with room.store.write() as unit:
        for telegram_id in (1001, 1002, -100):
            unit.chats.forget_private(telegram_id)
        kept, group = unit.chats.by_telegram_id(1002), unit.chats.by_telegram_id(-100)
        assert unit.chats.by_telegram_id(1001) is None
        assert kept is not None
        assert group is not None
        assert (kept.title, group.title) == ("", "Class")
        assert unit.jobs.askers(job.id) == []


def test_a_person_goes_only_when_nothing_else_of_hers_is_left(room: Classroom) -> None:
    photo, daisy = room.photo(owner=room.bo), room.label("daisy")
    guess = room.prediction(photo, room.network(), daisy)
    with room.store.write() as unit:
        unit.predictions.flag(guess.id, room.ann.id, Verdict.RIGHT)

    with pytest.raises(StoreConflict), room.store.write() as unit:
        unit.people.remove(room.ann.id)
    with room.store.write() as unit:
        unit.predictions.forget_person(room.ann.id)
        unit.people.remove(room.ann.id)

        assert unit.people.by_telegram_id(room.ann.telegram_id) is None
        assert unit.predictions.get(guess.id).asked_by_id is None


def test_there_is_one_default_classifier(store: Store) -> None:
    with store.write() as unit:
        assert unit.classifiers.default() == unit.classifiers.default()
        assert unit.classifiers.get(unit.classifiers.default().id) == unit.classifiers.default()


def test_what_is_not_there_is_not_found(store: Store) -> None:
    with store.read() as unit:
        for get in (
            unit.people.get,
            unit.chats.get,
            unit.classifiers.get,
            unit.labels.get,
            unit.photos.get,
            unit.predictions.get,
            unit.networks.get,
            unit.jobs.get,
        ):
            with pytest.raises(NotFound):
                get(4711)


def test_the_newest_question_to_a_person_is_the_one_that_waits(room: Classroom, clock: HandClock) -> None:
    network, daisy = room.network(), room.label("daisy")
    first, second = (room.prediction(room.photo(), network, daisy) for _ in range(2))

    with room.store.write() as unit:
        for guess in (first, second):
            unit.talks.await_text(room.chat.id, room.ann.id, "label", guess.id)
        awaited = unit.talks.awaited(room.chat.id, room.ann.id)
        assert unit.talks.awaited(room.chat.id, room.bo.id) is None
    assert awaited is not None
    assert awaited.prediction_id == second.id

    clock.wait(24 * 3600)
    with room.store.read() as unit:
        assert unit.talks.awaited(room.chat.id, room.ann.id) is None


def test_a_flag_pressed_twice_counts_once(room: Classroom) -> None:
    photo, daisy = room.photo(), room.label("daisy")
    guess = room.prediction(photo, room.network(), daisy)

    with room.store.write() as unit:
        first = unit.predictions.flag(guess.id, room.ann.id, Verdict.RIGHT)
        second = unit.predictions.flag(guess.id, room.ann.id, Verdict.WRONG)
        flags = unit.predictions.flags_of_person(room.ann.id)

    assert flags == [second]
    assert (first.id, second.verdict) == (second.id, Verdict.WRONG)


def test_who_corrected_a_guess_is_told_once_what_became_of_it(room: Classroom) -> None:
    photo, daisy, network = room.photo(), room.label("daisy"), room.network()
    guess = room.prediction(photo, network, daisy)
    vote = room.vote(photo, room.ann, room.label("rose"))

    with room.store.write() as unit:
        flag = unit.predictions.flag(guess.id, room.ann.id, Verdict.WRONG, vote.id)
        assert unit.predictions.untold(room.classifier.id) == [flag]
        unit.predictions.told(flag.id, network.id)
        assert unit.predictions.untold(room.classifier.id) == []
        again = unit.predictions.flag(guess.id, room.ann.id, Verdict.WRONG, vote.id)
        assert unit.predictions.untold(room.classifier.id) == [again]


def test_a_guess_comes_back_as_it_was_given(room: Classroom) -> None:
    photo, daisy = room.photo(), room.label("daisy")
    guess = room.prediction(photo, room.network(), daisy)

    with room.store.read() as unit:
        assert unit.predictions.of_photo(photo.id) == [guess]
    assert guess.probabilities == ((daisy.id, 0.75),)
