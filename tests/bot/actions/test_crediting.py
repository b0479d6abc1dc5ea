"""What one did is told as it counts, and of others only who agreed."""

from __future__ import annotations

from dataclasses import replace

from bot.actions import correcting, crediting, self_service, telling
from bot.actions.teaching import teach
from bot.actions.telling import Learned
from bot.speech import credit_texts, texts
from bot.visit import Presence
from storage import Label, Network, Photo, Prediction, Reason, Unit, VoteKind
from tests.bot.actions.classroom import Classroom
from tests.storage.classroom import new_network
from tests.support.bots import Time

ANN, BO = 1, 2


def publish(unit: Unit, here: Presence, number: int) -> Network:
    return unit.networks.publish(replace(new_network(here.classifier_id, number), lessons_at=unit.now), activate=True)


def answer(unit: Unit, here: Presence, photo: Photo, network: Network, name: str) -> Prediction:
    label = unit.labels.find_or_create(here.classifier_id, name)
    return unit.predictions.add(
        photo.id, network.id, label.id, [(label.id, 0.8)], asked_by_id=here.person.id, milliseconds=1.0
    )


def flagged(room: Classroom, seed: int, named: str | None, by: tuple[int, ...] = (BO,)) -> Photo:
    """Ann asks, hears leaf, and presses Wrong; others name the photo."""
    photo = room.photo(seed)
    with room.visit(ANN) as (unit, _, here):
        network = unit.networks.latest(here.classifier_id) or publish(unit, here, 1)
        correcting.dispute(unit, here, answer(unit, here, photo, network, "leaf").id)
    for person in by if named else ():
        with room.visit(person, chat=person) as (unit, visit, here):
            teach(unit, visit, here, photo.id, named or "")
    return photo


def test_flags_are_counted_by_what_others_say(room: Classroom) -> None:
    flagged(room, 1, "apple")
    flagged(room, 2, "leaf")
    flagged(room, 3, None)
    flagged(room, 4, "pear", by=(ANN,))

    with room.visit(ANN) as (unit, _, here):
        found = crediting.credit(unit, here)

    assert (found.flagged, found.confirmed, found.alone, found.refuted, found.open) == (4, 1, 1, 1, 1)
    assert (found.taught, found.labels) == (1, 1)
    told = credit_texts.me(found, private=True)
    assert "You flagged 4 answers: 1 confirmed by others, 1 learned on your word alone, 1 right after all" in told


def test_champions_are_those_who_let_their_name_be_seen(room: Classroom) -> None:
    for seed in range(3):
        photo = room.photo(seed, person=BO, chat=BO)
        with room.visit(BO, chat=BO) as (unit, visit, here):
            teach(unit, visit, here, photo.id, "apple")
    with room.visit(ANN) as (unit, _, here):
        assert crediting.credit(unit, here).champions == ()

    with room.visit(BO, chat=BO) as (unit, _, here):
        self_service.toggle(unit, here, "credit")

    with room.visit(ANN) as (unit, _, here):
        [champion] = crediting.credit(unit, here).champions
    assert (champion.name, champion.photos, champion.is_you) == ("Person 2", 3, False)


def told(room: Classroom, photo: Photo, guess: str) -> Learned:
    """What the next network tells of a bare flag."""
    with room.visit(ANN) as (unit, _, here):
        network = publish(unit, here, 2)
        [(flag, found)] = telling.corrections_to_tell(unit, network)
        assert found.id == photo.id
        label = unit.labels.find_or_create(here.classifier_id, guess)
        learned = telling.learned(unit, network, flag, photo, (label.id, 0.9))
        assert telling.corrections_to_tell(unit, network) == []
    assert learned is not None
    return learned


def test_who_only_flagged_hears_that_others_agree_and_what_the_network_says_now(room: Classroom) -> None:
    room.store._clock = time = Time()
    photo = flagged(room, 1, "apple")
    time.advance(seconds=1)

    said = texts.learned(told(room, photo, "apple"))

    assert said == (
        "You were right to flag this: 1 person says that it is <b>apple</b>. "
        "Network 2 now says <b>apple</b> (90 %). Thank you!"
    )


def test_who_flagged_a_right_answer_hears_that_kindly(room: Classroom) -> None:
    room.store._clock = time = Time()
    photo = flagged(room, 1, "leaf", by=(BO, 3))
    time.advance(seconds=1)

    said = texts.learned(told(room, photo, "leaf"))

    assert "2 people say that it is <b>leaf</b> all the same." in said


def test_a_reviewers_word_is_told_as_such(room: Classroom) -> None:
    room.store._clock = time = Time()
    photo = flagged(room, 1, None)
    with room.visit(BO, chat=BO) as (unit, _, here):
        label: Label = unit.labels.find_or_create(here.classifier_id, "pear")
        unit.votes.cast(photo.id, here.person.id, VoteKind.LABEL, label.id, Reason.REVIEW, deed="review")
    time.advance(seconds=1)

    said = texts.learned(told(room, photo, "leaf"))

    assert "A reviewer says that it is <b>pear</b>. Network 2 now says <b>leaf</b> (90 %). A few more photos" in said


def test_a_flag_waits_until_a_network_has_read_the_name(room: Classroom) -> None:
    room.store._clock = time = Time()
    flagged(room, 1, None)
    with room.visit(ANN) as (unit, _, here):
        network = publish(unit, here, 2)
    time.advance(seconds=1)
    flagged(room, 2, "apple")

    with room.visit(ANN) as (unit, _, here):
        assert telling.corrections_to_tell(unit, network) == []
