"""What people said is weighed after a fit, counts from then on, and yields to every vote that comes later."""

from __future__ import annotations

import pytest

from storage import Opinion, Reason, Role, Settled, State, Store, VoteKind, normalise
from tests.trainer.conftest import Teach, draw
from trainer import considering, cycle
from trainer.considering import Considered
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.recipe import Recipe
from trainer.second_opinion import Ask


def learn(store: Store, embedder: Embedder) -> None:
    *_, outcome = cycle.run(store, 1, Eyes(embedder), Recipe())
    assert isinstance(outcome, cycle.Outcome)


def consider(store: Store, embedder: Embedder) -> Considered:
    *steps, found = considering.run(store, 1, Eyes(embedder), Recipe())
    assert all(isinstance(step, str) for step in steps)
    assert isinstance(found, Considered)
    return found


def say(store: Store, person: int, photo_id: int, label: str | None, kind: VoteKind = VoteKind.LABEL) -> None:
    with store.write() as unit:
        who = unit.people.meet(person, f"Person {person}", Role.TEACHER)
        named = None if label is None else unit.labels.find_or_create(1, label).id
        unit.votes.cast(photo_id, who.id, kind, named, Reason.TYPED)


def counts_as(store: Store, photo_id: int) -> tuple[str | None, State]:
    with store.read() as unit:
        found = unit.votes.standing(photo_id)
        return None if found.label_id is None else unit.labels.get(found.label_id).name, found.state


def opinion(store: Store, photo_id: int) -> Opinion:
    with store.read() as unit:
        found = unit.opinions.of(photo_id)
    assert found is not None
    return found


GOOD, LAZY, LAZIER, LATE = 1, 2, 3, 4


@pytest.fixture
def outvoted(store: Store, teach: Teach, embedder: Embedder) -> int:
    """A green photo that one person who knows calls green, and two who call everything red call red."""
    photos = {"red": teach("red", 20), "green": teach("green", 20)}
    for colour, ids in photos.items():
        for photo_id in ids:
            say(store, GOOD, photo_id, colour)
    [asked] = teach("green", 1, first=60)
    with store.write() as unit:
        # The import's own voice is not wanted here.
        votes = unit.votes.of_photo(asked)
        unit.votes.withdraw([votes[0].id], Reason.UNDO, "gone")
    for lazy in (LAZY, LAZIER):
        for photo_id in (*photos["red"][:6], *photos["green"][:6], asked):
            say(store, lazy, photo_id, "red")
    say(store, GOOD, asked, "green")
    learn(store, embedder)
    return asked


def test_who_knows_outweighs_two_who_call_everything_the_same(store: Store, embedder: Embedder, outvoted: int) -> None:
    assert counts_as(store, outvoted) == ("red", State.TAUGHT)

    found = consider(store, embedder)

    assert counts_as(store, outvoted) == ("green", State.TAUGHT)
    assert found.changed >= 1
    assert opinion(store, outvoted).settled is not Settled.DISPUTED


def test_a_vote_after_the_consensus_counts_at_once(store: Store, embedder: Embedder, outvoted: int) -> None:
    consider(store, embedder)

    say(store, LATE, outvoted, "red")

    assert counts_as(store, outvoted) == ("red", State.TAUGHT)
    with store.read() as unit:
        assert unit.opinions.of(outvoted) is None


def test_a_vote_during_the_consensus_is_not_overruled_by_it(store: Store, embedder: Embedder, outvoted: int) -> None:
    for step in considering.run(store, 1, Eyes(embedder), Recipe()):
        if isinstance(step, str) and step.startswith("writing"):
            say(store, LATE, outvoted, "red")

    assert counts_as(store, outvoted) == ("red", State.TAUGHT)


def test_what_was_weighed_once_is_not_written_again(store: Store, embedder: Embedder, outvoted: int) -> None:
    first = consider(store, embedder)
    learn(store, embedder)
    consider(store, embedder)

    again = consider(store, embedder)

    assert first.written == first.opinions == 41
    assert (again.written, again.changed) == (0, 0)


def test_counting_anew_keeps_what_was_weighed(store: Store, embedder: Embedder, outvoted: int) -> None:
    consider(store, embedder)
    with store.write() as unit:
        red = unit.labels.find(1, "red")
        assert red is not None
        unit.votes.recount_naming([red.id])

    assert counts_as(store, outvoted) == ("green", State.TAUGHT)


def test_what_a_person_who_is_gone_had_said_is_weighed_no_more(store: Store, embedder: Embedder, outvoted: int) -> None:
    consider(store, embedder)
    with store.write() as unit:
        unit.votes.forget_person(unit.people.meet(GOOD, "Person 1", Role.TEACHER).id)

    assert counts_as(store, outvoted) == ("red", State.TAUGHT)


def test_words_that_are_deleted_while_they_are_weighed_count_no_more(
    store: Store, embedder: Embedder, outvoted: int
) -> None:
    say(store, LATE, outvoted, None, VoteKind.NONE)
    with store.read() as unit:
        good = unit.people.by_telegram_id(GOOD)
    assert good is not None

    for step in considering.run(store, 1, Eyes(embedder), Recipe()):
        if isinstance(step, str) and step.startswith("writing"):
            with store.write() as unit:
                unit.votes.forget_person(good.id)

    assert counts_as(store, outvoted) == ("red", State.TAUGHT)


def test_nothing_is_weighed_where_there_is_no_label_any_more(store: Store, embedder: Embedder) -> None:
    picture = normalise(draw("red", 1))
    digest = store.blobs.put(picture.data)
    with store.write() as unit:
        photo = unit.photos.add(1, digest, picture, source="chat")
    say(store, GOOD, photo.id, None, VoteKind.NONE)

    assert consider(store, embedder) == Considered(0, 0, 0, proven=False)


def test_a_reviewer_is_never_overruled(store: Store, embedder: Embedder, outvoted: int) -> None:
    with store.write() as unit:
        rae = unit.people.meet(9, "Rae", Role.REVIEWER)
        red = unit.labels.find_or_create(1, "red")
        unit.votes.cast(outvoted, rae.id, VoteKind.LABEL, red.id, Reason.REVIEW)

    consider(store, embedder)

    assert counts_as(store, outvoted) == ("red", State.TAUGHT)
    assert (opinion(store, outvoted).settled, opinion(store, outvoted).ask) == (Settled.CONFIRMED, None)


def test_what_all_say_stays_taught_whatever_the_network_thinks(
    store: Store, embedder: Embedder, outvoted: int, teach: Teach
) -> None:
    [wrong] = teach("green", 1, label="red", first=90)
    learn(store, embedder)

    consider(store, embedder)

    assert counts_as(store, wrong) == ("red", State.TAUGHT)
    assert opinion(store, wrong).probability < 0.5


def test_a_proven_network_has_others_asked_only_where_it_contradicts(
    store: Store, embedder: Embedder, teach: Teach
) -> None:
    for colour in ("red", "green"):
        for photo_id in teach(colour, 25):
            say(store, GOOD, photo_id, colour)
    [right] = teach("red", 1, first=90)
    [wrong] = teach("green", 1, label="red", first=91)
    learn(store, embedder)

    assert consider(store, embedder).proven

    assert opinion(store, right).ask is None
    assert opinion(store, wrong).ask == Ask.CONTRADICTED
    assert len(opinion(store, wrong).likely) == 2


def test_until_then_two_people_must_agree(store: Store, embedder: Embedder, teach: Teach) -> None:
    [once, *others] = teach("red", 8)
    teach("green", 8)
    say(store, GOOD, others[0], "red")
    learn(store, embedder)

    assert not consider(store, embedder).proven

    assert (opinion(store, once).ask, opinion(store, others[0]).ask) == (Ask.UNPROVEN, None)


def test_who_cannot_tell_leaves_a_photo_aside_where_they_are_most(
    store: Store, embedder: Embedder, teach: Teach
) -> None:
    [puzzling, *_] = teach("red", 8)
    teach("green", 8)
    say(store, LAZY, puzzling, None, VoteKind.UNSURE)
    assert counts_as(store, puzzling) == ("red", State.TAUGHT)
    say(store, LAZIER, puzzling, None, VoteKind.UNSURE)
    assert counts_as(store, puzzling) == (None, State.ASIDE)
    learn(store, embedder)

    consider(store, embedder)

    assert counts_as(store, puzzling) == (None, State.ASIDE)
    assert opinion(store, puzzling).ask is None
