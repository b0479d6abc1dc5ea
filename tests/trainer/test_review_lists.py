"""The lists of suspects from a real store: what was planted is found, worst first, and decisions are kept out."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
import pytest
from PIL import Image

from storage import Choice, JobKind, Reason, Role, Store, Suspect, SuspectKind, Verdict, VoteKind, normalise
from tests.trainer.conftest import Teach, draw
from trainer import cycle, review_lists
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.recipe import Recipe
from trainer.review_lists import Listed
from trainer.service import Service
from trainer.settings import TrainerSettings


def learned(store: Store, embedder: Embedder) -> None:
    *_, outcome = cycle.run(store, 1, Eyes(embedder), Recipe())
    assert isinstance(outcome, cycle.Outcome)
    assert outcome.network is not None


def listed(store: Store, embedder: Embedder, kind: SuspectKind) -> list[Suspect]:
    *steps, found = review_lists.run(store, 1, Eyes(embedder), Recipe(), set())
    assert all(isinstance(step, str) for step in steps)
    assert isinstance(found, Listed)
    with store.read() as unit:
        return unit.suspects.ranked(1, kind)


def label_id(store: Store, name: str) -> int:
    with store.read() as unit:
        found = unit.labels.find(1, name)
    assert found is not None
    return found.id


@pytest.fixture
def mistaught(store: Store, teach: Teach, embedder: Embedder) -> int:
    """Two labels, and one green photo that is taught as red: its id."""
    teach("red", 10)
    teach("green", 10)
    [wrong] = teach("green", 1, label="red", first=50)
    learned(store, embedder)
    return wrong


def test_a_wrong_label_is_first_with_what_to_call_it_and_what_is_alike(
    store: Store, embedder: Embedder, mistaught: int
) -> None:
    found = listed(store, embedder, SuspectKind.LABEL)

    assert found[0].photo_ids == (mistaught,)
    assert (found[0].given_id, found[0].proposal_id) == (label_id(store, "red"), label_id(store, "green"))
    assert len(found[0].reason["beside"]) == 3
    assert mistaught not in found[0].reason["beside"]
    assert found[0].reason["given"] < found[0].reason["proposed"]


def test_what_a_reviewer_kept_is_not_listed_again(store: Store, embedder: Embedder, mistaught: int) -> None:
    card = listed(store, embedder, SuspectKind.LABEL)[0]
    with store.write() as unit:
        rae = unit.people.meet(9, "Rae", Role.REVIEWER)
        vote = unit.votes.cast(mistaught, rae.id, VoteKind.LABEL, card.given_id, Reason.REVIEW, deed="keep:vote")
        unit.decisions.add(card, rae.id, Choice.KEEP, votes={mistaught: vote.id}, deed="keep")

    assert mistaught not in [one.photo_id for one in listed(store, embedder, SuspectKind.LABEL)]


def test_a_picture_under_two_names_is_listed(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 4)
    teach("green", 4)
    [other] = teach("red", 1, label="green", first=0)
    learned(store, embedder)

    first = listed(store, embedder, SuspectKind.LABEL)[0]

    assert (first.photo_ids, first.reason["cause"]) == ((other,), "two_names")


def test_a_smaller_copy_is_a_duplicate_and_the_larger_one_is_the_best(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    teach("red", 6)
    teach("green", 6)
    whole = blocks()
    small, large = add(store, shrunk(whole, 72), "red"), add(store, whole, "red")
    learned(store, embedder)

    found = listed(store, embedder, SuspectKind.DUPLICATE)

    assert [one.photo_ids for one in found] == [(large, small)]


def blocks() -> bytes:
    """A picture of large squares, which stay what they are at any size."""
    shades = np.random.default_rng(5).integers(0, 256, (4, 4, 3)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(shades).resize((96, 96), Image.Resampling.NEAREST).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def shrunk(data: bytes, side: int) -> bytes:
    stream = io.BytesIO()
    Image.open(io.BytesIO(data)).resize((side, side)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def add(store: Store, data: bytes, name: str) -> int:
    picture = normalise(data)
    digest = store.blobs.put(picture.data)
    with store.write() as unit:
        photo = unit.photos.add(1, digest, picture, source="import")
        unit.votes.cast(photo.id, None, VoteKind.LABEL, unit.labels.find_or_create(1, name).id, Reason.IMPORT)
    return photo.id


def test_a_flagged_answer_without_an_agreed_name_is_listed(store: Store, embedder: Embedder, mistaught: int) -> None:
    picture = normalise(draw("blue", 1))
    digest = store.blobs.put(picture.data)
    red, green = label_id(store, "red"), label_id(store, "green")
    with store.write() as unit:
        ann = unit.people.meet(9, "Ann", Role.TEACHER)
        network = unit.networks.active(1)
        assert network is not None
        photo = unit.photos.add(1, digest, picture, source="chat", owner_id=ann.id)
        answer = unit.predictions.add(
            photo.id, network.id, red, [(red, 0.7), (green, 0.3)], asked_by_id=ann.id, milliseconds=1.0
        )
        unit.predictions.flag(answer.id, ann.id, Verdict.WRONG)

    [found] = listed(store, embedder, SuspectKind.FLAGGED)

    assert (found.photo_id, found.given_id, found.proposal_id) == (photo.id, None, green)
    assert found.reason["people"] == 1


def test_what_people_disagree_on_is_listed_once_the_newest_dispute_first(
    store: Store, embedder: Embedder, teach: Teach, mistaught: int
) -> None:
    quarrels = [*teach("red", 3, first=80), *teach("green", 1, first=80)]
    green = label_id(store, "green")
    red = label_id(store, "red")
    with store.write() as unit:
        ann, network = unit.people.meet(9, "Ann", Role.TEACHER), unit.networks.active(1)
        assert network is not None
        for photo_id in (quarrels[1], quarrels[0], quarrels[2]):
            unit.votes.cast(photo_id, ann.id, VoteKind.LABEL, green, Reason.TYPED)
        unit.votes.cast(quarrels[3], ann.id, VoteKind.LABEL, red, Reason.TYPED)
        # One of them is in the list of flagged answers already.
        answer = unit.predictions.add(
            quarrels[2], network.id, red, [(red, 0.7), (green, 0.3)], asked_by_id=ann.id, milliseconds=1.0
        )
        unit.predictions.flag(answer.id, ann.id, Verdict.WRONG)

    found = listed(store, embedder, SuspectKind.DISPUTED)

    assert [one.photo_ids for one in found] == [(quarrels[3],), (quarrels[0],), (quarrels[1],)]
    with store.write() as unit:
        assert [one.photo_id for one in unit.suspects.ranked(1, SuspectKind.FLAGGED)] == [quarrels[2]]
        # Nothing is disputed where nobody says anything any more, or where others settled it.
        unit.votes.cast(quarrels[3], ann.id, VoteKind.WITHDRAW, None, Reason.UNDO)
        unit.votes.cast(quarrels[0], ann.id, VoteKind.WITHDRAW, None, Reason.UNDO)
        unit.votes.cast(quarrels[0], None, VoteKind.WITHDRAW, None, Reason.UNDO)
    with store.read() as unit:
        assert [one.photo_id for one in unit.suspects.ranked(1, SuspectKind.DISPUTED)] == [quarrels[1]]


def test_the_trainer_lists_suspects_after_a_fit(store: Store, teach: Teach, settings: TrainerSettings) -> None:
    teach("red", 10)
    teach("green", 10)
    [wrong] = teach("green", 1, label="red", first=50)
    stop = threading.Event()
    service = Service(store, settings, Recipe(), stop)
    with store.write() as unit:
        unit.jobs.request(JobKind.FIT, 1, due_at=unit.now)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        assert result_of(store, JobKind.FIT, stop)["end"] == "published"
        with store.write() as unit:
            assert [one.kind for one in unit.jobs.unfinished(1)] == [JobKind.SUSPECTS]
            unit.jobs.request(JobKind.SUSPECTS, 1, due_at=unit.now)
        done = result_of(store, JobKind.SUSPECTS, stop)
    finally:
        stop.set()
        thread.join(timeout=30)

    assert done["counts"]["label"] >= 1
    with store.read() as unit:
        assert unit.suspects.ranked(1, SuspectKind.LABEL)[0].photo_id == wrong


def result_of(store: Store, kind: JobKind, stop: threading.Event) -> dict[str, Any]:
    for _ in range(300):
        with store.read() as unit:
            job = unit.jobs.latest(kind, 1)
        if job is not None and job.result is not None:
            return job.result
        stop.wait(0.1)
    raise AssertionError(f"nothing came of {kind}")
