"""Votes add up to one standing, whatever order people say things in."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import NotFound, Reason, Standing, State, Verdict, Vote, VoteKind, utc_now
from storage.tallying import tally
from tests.storage.classroom import Classroom

PEOPLE, LABELS = 3, 3
# What one person says in one message: a label's number, None for "none of these", "undo", or the last message again.
SAYINGS = st.lists(
    st.tuples(
        st.integers(0, PEOPLE - 1),
        st.one_of(st.integers(0, LABELS - 1), st.none(), st.just("undo"), st.just("again")),
    ),
    max_size=14,
)


class Remembered:
    """The plain account of the same: each person's stack of opinions, of which the top one counts."""

    def __init__(self) -> None:
        self._opinions: dict[int, list[int | None]] = {}

    def say(self, person: int, label: int | None) -> None:
        self._opinions.setdefault(person, []).append(label)

    def undo(self, person: int) -> None:
        if self._opinions.get(person):
            self._opinions[person].pop()

    def standing(self) -> tuple[int | None, State, int]:
        counted = Counter(stack[-1] for stack in self._opinions.values() if stack)
        if not counted:
            return None, State.UNLABELLED, 0
        voters = counted.total()
        most = max(counted.values())
        winners = [label for label, votes in counted.items() if votes == most]
        if len(winners) > 1:
            return None, State.DISPUTED, voters
        return winners[0], State.NONE if winners[0] is None else State.TAUGHT, voters


@settings(max_examples=300, deadline=None)
@given(SAYINGS)
def test_the_tally_is_what_a_plain_account_of_opinions_says(sayings: list[tuple[int, int | str | None]]) -> None:
    votes: list[Vote] = []
    remembered = Remembered()
    stacks: dict[int, list[int]] = {}

    for person, said in sayings:
        if said == "again":
            continue
        stack = stacks.setdefault(person, [])
        replaces = stack[-1] if stack else None
        if said == "undo":
            remembered.undo(person)
            votes.append(_vote(len(votes) + 1, person, VoteKind.WITHDRAW, None, replaces))
            del stack[-1:]
        else:
            label = said if isinstance(said, int) else None
            remembered.say(person, label)
            kind = VoteKind.NONE if label is None else VoteKind.LABEL
            votes.append(_vote(len(votes) + 1, person, kind, label, replaces))
            stack.append(len(votes))

    actual = tally(1, votes)
    assert (actual.label_id, actual.state, actual.voters) == remembered.standing()


@settings(max_examples=40, deadline=None)
@given(sayings=SAYINGS)
def test_the_stored_standing_is_what_a_plain_account_says_with_redeliveries(
    module_room: Classroom, sayings: list[tuple[int, int | str | None]]
) -> None:
    room, remembered = module_room, Remembered()
    labels = [room.label(name) for name in ("daisy", "rose", "tulip")]
    people = [room.ann, room.bo, room.cy]
    photo = room.photo()
    last: dict[int, tuple[str, int | str | None]] = {}

    for number, (who, said) in enumerate(sayings):
        deed = f"{photo.id}:{number}"
        if said == "again":
            if who not in last:
                continue
            deed, said = last[who]
        else:
            last[who] = (deed, said)
            remembered.undo(who) if said == "undo" else remembered.say(who, said if isinstance(said, int) else None)
        if said == "undo":
            room.withdraw(photo, people[who], deed=deed)
        else:
            room.vote(photo, people[who], labels[said] if isinstance(said, int) else None, deed=deed)

    with room.store.read() as unit:
        actual = unit.votes.standing(photo.id)
        assert actual == tally(photo.id, unit.votes.of_photo(photo.id))
    label, state, voters = remembered.standing()
    assert actual == Standing(photo.id, labels[label].id if label is not None else None, state, voters)


def test_the_same_deed_told_twice_is_one_vote(room: Classroom) -> None:
    photo, daisy = room.photo(), room.label("daisy")

    first = room.vote(photo, room.ann, daisy, deed="press:7")
    again = room.vote(photo, room.ann, daisy, deed="press:7")

    assert again == first


def test_a_new_vote_names_the_one_that_it_replaces(room: Classroom) -> None:
    photo = room.photo()

    first = room.vote(photo, room.ann, room.label("daisy"))
    second = room.vote(photo, room.ann, room.label("rose"))

    assert second.replaces_id == first.id


def test_two_people_who_disagree_leave_no_label(room: Classroom) -> None:
    photo = room.photo()

    room.vote(photo, room.ann, room.label("daisy"))
    room.vote(photo, room.bo, room.label("rose"))

    with room.store.read() as unit:
        assert unit.votes.standing(photo.id) == Standing(photo.id, None, State.DISPUTED, 2)


def test_an_import_has_one_voice(room: Classroom) -> None:
    photo = room.photo()

    room.vote(photo, None, room.label("daisy"))
    room.vote(photo, None, room.label("rose"))

    with room.store.read() as unit:
        assert unit.votes.standing(photo.id).label_id == room.label("rose").id
        assert unit.votes.standing(photo.id).voters == 1


def test_undo_takes_back_the_newest_vote_in_this_chat_only(room: Classroom) -> None:
    here = room.photo()
    vote = room.vote(here, room.ann, room.label("daisy"))

    with room.store.write() as unit:
        elsewhere = unit.chats.enter(-200, kind="group", title="Other")
        assert unit.votes.last_of(room.ann.id, room.chat.id) == vote
        assert unit.votes.last_of(room.ann.id, elsewhere.id) is None


def test_a_withdrawn_vote_is_not_taken_back_again(room: Classroom) -> None:
    photo = room.photo()
    first = room.vote(photo, room.ann, room.label("daisy"))
    room.vote(photo, room.ann, room.label("rose"))

    room.withdraw(photo, room.ann)

    with room.store.read() as unit:
        assert unit.votes.last_of(room.ann.id, room.chat.id) == first


def test_a_vote_on_a_photo_that_is_gone_is_not_found(room: Classroom) -> None:
    photo = room.photo()
    with room.store.write() as unit:
        unit.photos.remove([photo.id])

    with pytest.raises(NotFound), room.store.write() as unit:
        unit.votes.cast(photo.id, room.ann.id, VoteKind.NONE, None, Reason.BUTTON)


def test_forgetting_a_person_counts_the_votes_of_the_others_anew(room: Classroom) -> None:
    photo, daisy, rose = room.photo(), room.label("daisy"), room.label("rose")
    room.vote(photo, room.ann, daisy)
    room.vote(photo, room.bo, rose)

    with room.store.write() as unit:
        unit.votes.forget_person(room.ann.id)

    with room.store.read() as unit:
        assert unit.votes.standing(photo.id) == Standing(photo.id, rose.id, State.TAUGHT, 1)


def test_forgetting_a_person_leaves_her_flag_without_its_vote(room: Classroom) -> None:
    photo, daisy = room.photo(owner=room.bo), room.label("daisy")
    guess = room.prediction(photo, room.network(), daisy)
    vote = room.vote(photo, room.ann, daisy)

    with room.store.write() as unit:
        unit.predictions.flag(guess.id, room.ann.id, Verdict.WRONG, vote.id)
        unit.votes.forget_person(room.ann.id)
        flags = unit.predictions.flags_of_person(room.ann.id)

    assert [flag.vote_id for flag in flags] == [None]


def _vote(number: int, person: int, kind: VoteKind, label: int | None, replaces: int | None) -> Vote:
    return Vote(number, 1, person, kind, label, Reason.BUTTON, replaces, utc_now())


def review(room: Classroom, photo_id: int, person_id: int, kind: VoteKind, label_id: int | None, deed: str) -> None:
    with room.store.write() as unit:
        unit.votes.cast(photo_id, person_id, kind, label_id, Reason.REVIEW, deed=deed)


def standing_of(room: Classroom, photo_id: int) -> Standing:
    with room.store.read() as unit:
        return unit.votes.standing(photo_id)


def test_what_a_reviewer_decides_settles_it_against_any_number(room: Classroom) -> None:
    photo, daisy, tulip = room.photo(), room.label("daisy"), room.label("tulip")
    room.vote(photo, room.ann, daisy)
    room.vote(photo, room.bo, daisy)

    review(room, photo.id, room.cy.id, VoteKind.LABEL, tulip.id, "review")

    assert standing_of(room, photo.id) == Standing(photo.id, tulip.id, State.TAUGHT, 3)


def test_of_two_reviewers_the_later_one_decides(room: Classroom) -> None:
    photo, daisy, tulip = room.photo(), room.label("daisy"), room.label("tulip")
    review(room, photo.id, room.cy.id, VoteKind.LABEL, tulip.id, "first")

    review(room, photo.id, room.bo.id, VoteKind.LABEL, daisy.id, "second")

    assert standing_of(room, photo.id).label_id == daisy.id


def test_a_photo_set_aside_counts_as_nothing_until_that_is_taken_back(room: Classroom) -> None:
    photo, daisy = room.photo(), room.label("daisy")
    room.vote(photo, room.ann, daisy)

    review(room, photo.id, room.cy.id, VoteKind.ASIDE, None, "aside")
    room.vote(photo, room.bo, daisy)
    assert standing_of(room, photo.id) == Standing(photo.id, None, State.ASIDE, 3)
    room.withdraw(photo, room.cy)

    assert standing_of(room, photo.id) == Standing(photo.id, daisy.id, State.TAUGHT, 2)
