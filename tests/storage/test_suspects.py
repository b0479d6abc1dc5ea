"""Suspects are lists that two reviewers share, and decisions about them are kept for ever."""

from storage import (
    Choice,
    NewSuspect,
    Photo,
    Reason,
    Role,
    State,
    Suspect,
    SuspectKind,
    Verdict,
    VoteKind,
)
from tests.storage.classroom import Classroom
from tests.storage.conftest import HandClock

LABEL, PAIR = SuspectKind.LABEL, SuspectKind.DUPLICATE


def doubted(room: Classroom, *photos: Photo, proposal: str | None = None) -> NewSuspect:
    with room.store.read() as unit:
        given = unit.votes.standing(photos[0].id).label_id
    other = room.label(proposal).id if proposal else None
    return NewSuspect(tuple(one.id for one in photos), given, other, 0.9, {"given": 0.1})


def renew(room: Classroom, *found: NewSuspect, kind: SuspectKind = LABEL) -> None:
    network = next(iter(_networks(room)), None) or room.network().id
    with room.store.write() as unit:
        unit.suspects.renew(room.classifier.id, network, kind, found)


def _networks(room: Classroom) -> list[int]:
    with room.store.read() as unit:
        return [one.id for one in unit.networks.all(room.classifier.id)]


def ranked(room: Classroom, kind: SuspectKind = LABEL) -> list[Suspect]:
    with room.store.read() as unit:
        return unit.suspects.ranked(room.classifier.id, kind)


def card_of(room: Classroom, person_id: int, *kinds: SuspectKind) -> Suspect | None:
    """The next card for a reviewer, made hers."""
    with room.store.write() as unit:
        found = unit.suspects.next_for(room.classifier.id, person_id, kinds or (LABEL,))
        if found is not None:
            assert unit.suspects.lease(found.id, person_id)
        return found


def decide(room: Classroom, about: Suspect, person_id: int, choice: Choice, *, deed: str = "press") -> int:
    with room.store.write() as unit:
        votes = {}
        if choice is Choice.ASIDE:
            cast = unit.votes.cast(about.photo_id, person_id, VoteKind.ASIDE, None, Reason.REVIEW, deed=f"{deed}:vote")
            votes[about.photo_id] = cast.id
        return unit.decisions.add(about, person_id, choice, votes=votes, deed=deed).id


def test_a_list_is_kept_in_its_order_with_its_facts(room: Classroom) -> None:
    worst, other = room.lesson("daisy"), room.lesson("tulip")

    renew(room, doubted(room, worst, proposal="tulip"), doubted(room, other))

    found = ranked(room)
    assert [one.photo_id for one in found] == [worst.id, other.id]
    assert (found[0].proposal_id, found[0].reason, found[0].score) == (room.label("tulip").id, {"given": 0.1}, 0.9)


def test_what_a_later_run_finds_again_keeps_its_number_and_the_rest_goes(room: Classroom) -> None:
    first, second = room.lesson("daisy"), room.lesson("daisy")
    renew(room, doubted(room, first), doubted(room, second))
    number = ranked(room)[1].id

    renew(room, doubted(room, second))

    assert [(one.id, one.photo_id, one.place) for one in ranked(room)] == [(number, second.id, 0)]


def test_two_reviewers_never_get_the_same_card(room: Classroom) -> None:
    renew(room, doubted(room, room.lesson("daisy")), doubted(room, room.lesson("daisy")))

    hers, his = card_of(room, room.ann.id), card_of(room, room.bo.id)

    assert hers is not None
    assert his is not None
    assert hers.id != his.id
    assert card_of(room, room.cy.id) is None
    with room.store.write() as unit:
        assert not unit.suspects.lease(hers.id, room.bo.id)


def test_a_card_that_was_left_lying_goes_to_another(room: Classroom, clock: HandClock) -> None:
    renew(room, doubted(room, room.lesson("daisy")))
    card_of(room, room.ann.id)
    clock.wait(599)
    assert card_of(room, room.bo.id) is None

    clock.wait(2)

    assert card_of(room, room.bo.id) is not None


def test_a_card_stays_in_the_hand_that_holds_it_whatever_a_run_finds(room: Classroom) -> None:
    renew(room, doubted(room, room.lesson("daisy")), doubted(room, room.lesson("daisy")))
    hers = card_of(room, room.ann.id)

    renew(room)

    assert [one.id for one in ranked(room)] == [hers.id if hers else 0]


def test_what_is_decided_is_not_shown_again_by_any_list(room: Classroom) -> None:
    photo = room.lesson("daisy")
    renew(room, doubted(room, photo))
    renew(room, doubted(room, photo), kind=SuspectKind.OUTLIER)
    card = card_of(room, room.ann.id)
    assert card is not None

    decide(room, card, room.ann.id, Choice.KEEP)
    renew(room, doubted(room, photo))

    assert ranked(room) == ranked(room, SuspectKind.OUTLIER) == []


def test_what_people_voted_on_since_is_shown_again(room: Classroom) -> None:
    photo = room.lesson("daisy")
    renew(room, doubted(room, photo))
    card = card_of(room, room.ann.id)
    assert card is not None
    decide(room, card, room.ann.id, Choice.KEEP)

    room.vote(photo, room.bo, room.label("daisy"))
    renew(room, doubted(room, photo))

    assert [one.photo_id for one in ranked(room)] == [photo.id]


def test_a_doubt_about_a_name_that_changed_since_is_no_doubt(room: Classroom) -> None:
    photo = room.lesson("daisy")
    renew(room, doubted(room, photo))

    room.vote(photo, room.ann, room.label("tulip"))

    assert ranked(room) == []


def test_undoing_opens_the_card_and_keeps_what_was_decided(room: Classroom) -> None:
    photo = room.lesson("daisy")
    renew(room, doubted(room, photo))
    card = card_of(room, room.ann.id)
    assert card is not None
    decision_id = decide(room, card, room.ann.id, Choice.ASIDE)
    with room.store.read() as unit:
        assert unit.votes.standing(photo.id).state is State.ASIDE

    with room.store.write() as unit:
        unit.votes.cast(photo.id, room.ann.id, VoteKind.WITHDRAW, None, Reason.UNDO, deed="undo:vote")
        unit.decisions.undo(decision_id, room.ann.id, deed="undo")
        again = unit.decisions.undo(decision_id, room.ann.id, deed="undo again")

    assert [one.photo_id for one in ranked(room)] == [photo.id]
    with room.store.read() as unit:
        kept = unit.decisions.of_classifier(room.classifier.id)
        assert unit.votes.standing(photo.id).label_id == room.label("daisy").id
    assert [(one.choice, one.undone_by_id) for one in kept] == [(Choice.ASIDE, room.ann.id)]
    assert again == kept[0]


def test_a_press_told_twice_decides_once(room: Classroom) -> None:
    renew(room, doubted(room, room.lesson("daisy")))
    card = card_of(room, room.ann.id)
    assert card is not None

    first, again = (decide(room, card, room.ann.id, Choice.KEEP) for _ in range(2))

    assert first == again


def test_who_cannot_tell_is_not_asked_again_but_another_is(room: Classroom) -> None:
    photo = room.lesson("daisy")
    renew(room, doubted(room, photo))
    card = card_of(room, room.ann.id)
    assert card is not None

    decide(room, card, room.ann.id, Choice.CANNOT_TELL)

    assert card_of(room, room.ann.id) is None
    assert card_of(room, room.bo.id) is not None


def test_a_skipped_card_comes_again_another_day(room: Classroom, clock: HandClock) -> None:
    renew(room, doubted(room, room.lesson("daisy")))
    card = card_of(room, room.ann.id)
    assert card is not None
    decide(room, card, room.ann.id, Choice.SKIP)
    assert card_of(room, room.ann.id) is None

    clock.wait(12 * 3600 + 1)

    assert card_of(room, room.ann.id) is not None


def test_counts_are_of_what_is_left_for_a_reviewer(room: Classroom) -> None:
    renew(room, *(doubted(room, room.lesson("daisy")) for _ in range(3)))
    card_of(room, room.bo.id)
    card = card_of(room, room.ann.id)
    assert card is not None
    decide(room, card, room.ann.id, Choice.KEEP)

    with room.store.read() as unit:
        left = unit.suspects.counts_for(room.classifier.id, room.ann.id)

    assert left == {LABEL: 1}


def test_a_group_is_one_card_and_needs_two_photos_that_count(room: Classroom) -> None:
    best, copy, third = (room.lesson("daisy") for _ in range(3))
    renew(room, doubted(room, best, copy, third), kind=PAIR)
    assert [one.photo_ids for one in ranked(room, PAIR)] == [(best.id, copy.id, third.id)]

    for number, one in enumerate((copy, third)):
        with room.store.write() as unit:
            unit.votes.cast(one.id, room.ann.id, VoteKind.ASIDE, None, Reason.REVIEW, deed=f"aside:{number}")

    assert ranked(room, PAIR) == []


def test_what_is_not_the_same_is_asked_no_more_in_either_order(room: Classroom) -> None:
    one, two = room.lesson("daisy"), room.lesson("daisy")
    renew(room, doubted(room, one, two), kind=PAIR)
    card = card_of(room, room.ann.id, PAIR)
    assert card is not None
    decide(room, card, room.ann.id, Choice.DIFFERENT)

    renew(room, doubted(room, two, one), kind=SuspectKind.SIMILAR)

    assert ranked(room, SuspectKind.SIMILAR) == []


def test_a_deleted_photo_takes_its_cards_along(room: Classroom) -> None:
    photo, other = room.lesson("daisy"), room.lesson("daisy")
    found = [doubted(room, photo), doubted(room, other, photo)]
    renew(room, found[0])
    renew(room, found[1], kind=PAIR)
    with room.store.write() as unit:
        unit.photos.remove([photo.id])

    assert ranked(room) == ranked(room, PAIR) == []
    renew(room, found[0])
    assert ranked(room) == []


def test_forgetting_a_reviewer_opens_what_she_decided(room: Classroom) -> None:
    photo = room.lesson("daisy")
    renew(room, doubted(room, photo))
    with room.store.write() as unit:
        reviewer = unit.people.meet(77, "Rae", Role.REVIEWER)
    card = card_of(room, reviewer.id)
    assert card is not None
    decide(room, card, reviewer.id, Choice.ASIDE)

    with room.store.write() as unit:
        unit.decisions.forget_person(reviewer.id)
        unit.votes.forget_person(reviewer.id)
        unit.people.remove(reviewer.id)

    assert [one.photo_id for one in ranked(room)] == [photo.id]


def test_flagged_photos_without_an_agreed_name_are_found(room: Classroom) -> None:
    network, daisy = room.network(), room.label("daisy")
    unnamed, named = room.photo(), room.photo()
    answers = [room.prediction(one, network, daisy) for one in (unnamed, named)]
    with room.store.write() as unit:
        for answer in answers:
            unit.predictions.flag(answer.id, room.bo.id, Verdict.WRONG)
        unit.predictions.flag(answers[0].id, room.cy.id, Verdict.WRONG)
    room.vote(named, room.bo, room.label("tulip"))

    with room.store.read() as unit:
        found = unit.suspects.flagged(room.classifier.id, limit=9)

    assert found == [(unnamed.id, answers[0].id, 2)]
