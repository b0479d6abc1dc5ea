"""A photo keeps its group and fold for ever, and goes with all that hangs off it."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from storage import FOLDS, TEST_FOLD, NotFound, Photo, State, Verdict
from storage.photos import fold_of
from tests.storage.classroom import Classroom, picture_of
from tests.storage.places import Place


class Arrivals(RuleBasedStateMachine):
    """Photos come, some alone, some in albums, some as twins of others, and leave again."""

    room: Classroom

    def __init__(self) -> None:
        super().__init__()
        self.present: dict[int, Photo] = {}
        # Examples share a store: words of this one make its pictures and albums its own.
        with self.room.store.read() as unit:
            self.word = f"run {unit.photos.count(self.room.classifier.id)} {id(self)}"

    @rule(content=st.integers(0, 6), album=st.one_of(st.none(), st.integers(0, 2)))
    def arrive(self, content: int, album: int | None) -> None:
        photo = self.room.photo(f"{self.word} {content}", album=f"{self.word} {album}"[-60:] if album else None)
        self.present[photo.id] = photo

    @rule(which=st.integers(0, 100))
    def leave(self, which: int) -> None:
        if self.present:
            photo = list(self.present.values())[which % len(self.present)]
            with self.room.store.write() as unit:
                orphans = unit.photos.remove([photo.id])
            self.room.store.discard(orphans)
            del self.present[photo.id]

    @invariant()
    def group_and_fold_are_as_on_arrival(self) -> None:
        with self.room.store.read() as unit:
            assert [unit.photos.get(key) for key in self.present] == list(self.present.values())

    @invariant()
    def no_group_and_no_picture_straddles_folds(self) -> None:
        folds: dict[str, set[int]] = {}
        for photo in self.present.values():
            folds.setdefault(f"group {photo.group_key}", set()).add(photo.fold)
            folds.setdefault(f"picture {photo.digest}", set()).add(photo.fold)
        assert all(len(found) == 1 for found in folds.values())

    @invariant()
    def every_photo_has_its_file(self) -> None:
        assert all(self.room.store.blobs.has(photo.digest) for photo in self.present.values())


def test_groups_and_folds_stay_as_photos_come_and_go(module_room: Classroom) -> None:
    machine = type("ArrivalsHere", (Arrivals,), {"room": module_room})

    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=15, deadline=None))


def test_folds_share_groups_out_evenly() -> None:
    folds = [fold_of(f"group {number}") for number in range(5_000)]

    assert all(900 < folds.count(fold) < 1_100 for fold in range(FOLDS))


def test_a_fold_is_the_same_on_every_machine_and_in_every_version() -> None:
    assert [fold_of(key) for key in ("a", "album:1:2", "0" * 64)] == [0, 0, 3]


def test_a_message_that_comes_twice_adds_one_photo(room: Classroom) -> None:
    first = room.photo("one", message=7)
    again = room.photo("another", message=7)

    assert again == first
    with room.store.read() as unit:
        assert unit.photos.count(room.classifier.id) == 1
        assert unit.photos.by_message(room.chat.id, 7) == first


def test_a_twin_joins_the_group_of_the_first_whoever_sends_it(room: Classroom) -> None:
    first = room.photo("same", album="holiday")
    twin = room.photo("same", owner=room.bo)

    assert (twin.group_key, twin.fold) == (first.group_key, first.fold)
    assert twin.id != first.id


def test_an_album_is_one_group(room: Classroom) -> None:
    photos = [room.photo(album="holiday") for _ in range(3)]

    assert len({photo.group_key for photo in photos}) == 1
    with room.store.read() as unit:
        assert unit.photos.of_album(room.chat.id, "holiday") == photos


def test_a_photo_without_its_file_is_not_added(room: Classroom) -> None:
    picture = picture_of("never stored")

    with pytest.raises(NotFound), room.store.write() as unit:
        unit.photos.add(room.classifier.id, "0" * 64, picture, source="chat")

    with room.store.read() as unit:
        assert unit.photos.count(room.classifier.id) == 0


def test_removing_a_photo_takes_all_that_hangs_off_it(room: Classroom) -> None:
    photo, daisy = room.photo(), room.label("daisy")
    vote = room.vote(photo, room.bo, daisy)
    room.vote(photo, room.bo, room.label("rose"))
    guess = room.prediction(photo, room.network(), daisy)
    with room.store.write() as unit:
        unit.predictions.flag(guess.id, room.bo.id, Verdict.WRONG, vote.id)
        unit.embeddings.add("tiny-1", {photo.digest: b"\0" * 8})
        unit.talks.await_text(room.chat.id, room.bo.id, "label", guess.id)

    with room.store.write() as unit:
        orphans = unit.photos.remove([photo.id])

    assert orphans == [photo.digest]
    with room.store.read() as unit:
        assert unit.votes.of_person(room.bo.id) == []
        assert unit.predictions.flags_of_person(room.bo.id) == []
        assert unit.embeddings.load("tiny-1", [photo.digest]) == {}
        assert unit.talks.awaited(room.chat.id, room.bo.id) is None
        assert not unit.photos.names(photo.digest)
    room.store.check()


def test_a_shared_picture_stays_for_its_other_owner(room: Classroom) -> None:
    mine = room.photo("same")
    theirs = room.photo("same", owner=room.bo)

    with room.store.write() as unit:
        assert unit.photos.remove([mine.id]) == []

    assert room.store.blobs.has(theirs.digest)


def test_removing_what_is_gone_is_not_found(room: Classroom) -> None:
    with pytest.raises(NotFound), room.store.write() as unit:
        unit.photos.remove([4711])


def test_photos_are_counted_by_what_is_said_of_them(room: Classroom) -> None:
    room.lesson("daisy")
    room.photo()
    none = room.photo()
    room.vote(none, room.ann, None)

    with room.store.read() as unit:
        counts = [unit.photos.count(room.classifier.id, state) for state in (None, State.TAUGHT, State.NONE)]

    assert counts == [3, 1, 1]


def test_of_some_pictures_those_that_came_from_a_chat_are_known(room: Classroom) -> None:
    here, shared = room.photo("here"), room.photo("shared")
    elsewhere = kept_for_test(room, "elsewhere")
    room.photo("not asked for")
    with room.store.write() as unit:
        other = unit.chats.enter(-200, kind="group", title="Other")
        picture = picture_of("shared")
        unit.photos.add(room.classifier.id, shared.digest, picture, source="chat", chat_id=other.id, message_id=1)
    asked = [here.digest, shared.digest, elsewhere.digest, "0" * 64]

    with room.store.read() as unit:
        assert unit.photos.sent_in(room.chat.id, asked) == {here.digest, shared.digest}
        assert unit.photos.sent_in(other.id, asked) == {shared.digest}
        assert unit.photos.sent_in(room.chat.id, []) == frozenset()


def test_the_trainer_gets_taught_photos_only(room: Classroom) -> None:
    taught = room.lesson("daisy")
    disputed = room.lesson("daisy")
    room.vote(disputed, room.bo, room.label("rose"))
    room.photo()

    with room.store.read() as unit:
        found = unit.photos.labelled(room.classifier.id)

    assert [(one.photo_id, one.digest, one.group, one.fold) for one in found] == [
        (taught.id, taught.digest, taught.group_key, taught.fold)
    ]


def test_photos_and_folds_survive_a_restart(where: Place) -> None:
    before = where.open()
    photo = Classroom(before).photo()
    before.close()

    after = where.open()
    with after.read() as unit:
        assert unit.photos.get(photo.id) == photo
    after.close()


def test_folds_may_be_narrowed_and_then_share_groups_out_too() -> None:
    folds = [fold_of(f"group {number}", (1, 2, 3, 4)) for number in range(4_000)]

    assert all(900 < folds.count(fold) < 1_100 for fold in (1, 2, 3, 4))
    assert fold_of("any", (0,)) == 0


def kept_for_test(room: Classroom, content: str) -> Photo:
    picture = picture_of(content)
    digest = room.store.blobs.put(picture.data)
    with room.store.write() as unit:
        return unit.photos.add(room.classifier.id, digest, picture, source="import", folds=(TEST_FOLD,))


def test_a_test_photo_is_labelled_and_not_taught(room: Classroom) -> None:
    photo, daisy = kept_for_test(room, "exam"), room.label("daisy")
    room.vote(photo, None, daisy)

    with room.store.read() as unit:
        assert unit.votes.standing(photo.id).state is State.TEST
        assert [one.photo_id for one in unit.photos.for_test(room.classifier.id)] == [photo.id]
        assert unit.photos.labelled(room.classifier.id) == []
        assert unit.embeddings.missing(room.classifier.id, "eyes") == []
        assert [one.photos for one in unit.labels.counts(room.classifier.id)] == [0]
        assert unit.votes.since(room.classifier.id, 0, 10) == 0


def test_twins_of_a_test_photo_stay_out_of_the_test_and_taught_take_it_out(room: Classroom) -> None:
    photo, daisy = kept_for_test(room, "exam"), room.label("daisy")
    room.vote(photo, None, daisy)

    twin = room.photo("exam")
    asked = kept_tests(room)
    room.vote(twin, room.ann, daisy)
    taught = kept_tests(room)
    room.withdraw(twin, room.ann)

    assert twin.fold == fold_of(twin.group_key)
    assert (asked, taught) == ([photo.id], [])
    assert kept_tests(room) == [], "what may have been learned once is no test again"


def test_a_twin_of_a_narrowed_fold_joins_it(room: Classroom) -> None:
    content = next(f"n{n}" for n in range(100) if fold_of(room.store.blobs.put(picture_of(f"n{n}").data)) != 0)
    digest = room.store.blobs.put(picture_of(content).data)
    with room.store.write() as unit:
        unit.photos.add(room.classifier.id, digest, picture_of(content), source="import", folds=(0,))

    assert room.photo(content).fold == 0


def kept_tests(room: Classroom) -> list[int]:
    with room.store.read() as unit:
        return [one.photo_id for one in unit.photos.for_test(room.classifier.id)]


def test_messages_of_deleted_photos_are_remembered_once(room: Classroom) -> None:
    photos = [room.photo(), room.photo()]

    with room.store.write() as unit:
        unit.photos.note_deleted(photos[:1])
        unit.photos.note_deleted(photos)
        unit.photos.note_deleted([])

        assert all(unit.photos.was_deleted(room.chat.id, one.message_id or 0) for one in photos)


def test_of_photos_one_of_which_is_gone_none_is_removed(room: Classroom) -> None:
    photo, gone = room.photo(), room.photo()
    with room.store.write() as unit:
        unit.photos.remove([gone.id])

    with pytest.raises(NotFound), room.store.write() as unit:
        unit.photos.remove([photo.id, gone.id])

    with room.store.read() as unit:
        assert unit.photos.count_of_person(room.ann.id) == 1


def test_a_person_s_votes_go_a_few_photos_at_a_time(room: Classroom) -> None:
    leaf = room.label("leaf")
    photos = [room.photo(owner=room.bo) for _ in range(3)]
    for photo in photos:
        room.vote(photo, room.ann, leaf)
    room.vote(photos[0], room.bo, leaf)

    with room.store.write() as unit:
        first = unit.votes.forget_person(room.ann.id, limit=2)
        left = unit.votes.count_spoken_of(room.ann.id)
        second = unit.votes.forget_person(room.ann.id)
        standings = unit.votes.standings([one.id for one in photos])

    assert (first, left, second) == (2, 1, 1)
    assert [standings[one.id].voters for one in photos] == [1, 0, 0]


def test_a_message_is_known_by_how_its_key_begins(room: Classroom) -> None:
    with room.store.write() as unit:
        unit.outbox.owe(1, 1, "sendMessage", {}, dedupe="forgetting:update:1:5:40")

        assert unit.outbox.known_as("forgetting:update:1:5:") == "forgetting:update:1:5:40"
        assert unit.outbox.known_as("forgetting:update:1:6:") is None
