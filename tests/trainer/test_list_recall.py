"""The list of doubtful labels says what it finds, after it is written, and nothing that people said is touched."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from bot.actions.list_recall import missed_by_list
from storage import Job, JobKind, JobState, Reason, Standing, Store, SuspectKind, Vote, VoteKind, open_store
from tests.trainer.conftest import Teach
from tests.trainer.test_fitting import clouds
from trainer import cycle, list_recall, review_lists
from trainer.doubting import doubt
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.learning import Sights
from trainer.list_recall import Evidence, Stated
from trainer.planting import Judged
from trainer.recipe import Recipe
from trainer.review_lists import Listed
from trainer.service import PATIENCE, Service
from trainer.settings import TrainerSettings
from trainer.suspects import find_suspects, together

RECIPE = Recipe()


def evidence(n: int = 120, *, apart: float = 3.0, places: int = 300, wrong: int = 6) -> Evidence:
    embeddings, given = clouds(n, 3, 16, apart=apart)
    given = given.copy()
    given[:wrong] = (given[:wrong] + 1) % 3
    sights, folds = Sights.untuned(embeddings).folds, np.random.default_rng(5).integers(0, 5, n)
    doubts = doubt(sights, given, folds, 3, RECIPE)
    return Evidence(Judged(sights, given, folds, 3, RECIPE, doubts), "5eed" * 16, places, 0.0)


def stated(what: Evidence) -> Stated:
    *_, found = list_recall.run(what)
    assert isinstance(found, Stated)
    return found


def test_labels_that_lie_far_apart_are_all_found_when_they_are_wrong() -> None:
    assert stated(evidence()) == Stated("5eed" * 16, 40, 40)


def test_a_list_without_a_place_states_that_it_finds_none() -> None:
    assert stated(evidence(places=0)) == Stated("5eed" * 16, 40, 0)


@pytest.mark.parametrize(("places", "least"), [(4, 0.0), (150, 2.5)], ids=["few places", "only grave doubts"])
def test_what_is_stated_is_what_the_list_holds_of_labels_that_are_wrong_one_at_a_time(
    places: int, least: float
) -> None:
    """Each of many photos gets a wrong label by itself, and the list is made as it is made for people."""
    what = replace(evidence(150, apart=0.6, places=places, wrong=0), least=least)
    score = 1 / (1 + math.exp(-least))
    judged, listed, tried = what.judged, 0, 0
    joint = together(judged.doubts)
    before = {one.row for one in find_suspects(judged.doubts, judged.given, most=places) if one.score > score}
    for row in range(0, 150, 2):
        if row in before:
            continue
        given = judged.given.copy()
        others = np.delete(np.arange(3), given[row])
        given[row] = others[joint[row, others].argmax()] if tried % 2 else others[row // 4 % 2]
        after = find_suspects(doubt(judged.sights, given, judged.folds, 3, RECIPE), given, most=places)
        listed += row in {one.row for one in after if one.score > score}
        tried += 1

    found = stated(what)

    assert 0.1 < listed / tried < 0.9
    assert abs(found.found / found.planted - listed / tried) < 0.15


def test_the_same_lessons_state_the_same_and_others_are_tried_out_with_other_labels() -> None:
    what = evidence(150, apart=0.4, places=12)

    assert stated(what) == stated(what)
    others = {stated(replace(what, digest=f"{one:064x}"[::-1])).found for one in range(4)}
    assert len(others) > 1


def test_too_few_photos_state_nothing() -> None:
    assert stated(evidence(36, wrong=2)) == Stated("5eed" * 16, 0, 0)


@pytest.fixture
def mistaught(store: Store, teach: Teach) -> list[int]:
    """Two labels, and two green photos that are taught as red: all ids, those two last."""
    return [*teach("red", 24), *teach("green", 24), *teach("green", 2, label="red", first=50)]


@contextmanager
def trainer_running(store: Store, settings: TrainerSettings) -> Iterator[threading.Event]:
    stop = threading.Event()
    thread = threading.Thread(target=Service(store, settings, RECIPE, stop).run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(timeout=30)


def listing(store: Store, stop: threading.Event, *, after: int = 0) -> Job:
    """The next list that has said what it finds."""
    for _ in range(300):
        with store.write() as unit:
            done = unit.jobs.latest(JobKind.SUSPECTS, 1)
            if done is not None and done.id > after and "recall" in (done.result or {}):
                return done
            if not unit.jobs.is_due(JobKind.SUSPECTS, 1) and unit.networks.latest(1) is not None:
                unit.jobs.request(JobKind.SUSPECTS, 1, due_at=unit.now - timedelta(seconds=1))
        stop.wait(0.1)
    raise AssertionError("no list said what it finds")


def said(store: Store, photo_ids: list[int]) -> tuple[dict[int, list[Vote]], list[Standing]]:
    with store.read() as unit:
        votes: dict[int, Any] = dict(unit.votes.of_photos(photo_ids))
        return votes, [unit.votes.standing(one) for one in photo_ids]


def test_the_trainer_keeps_what_the_list_finds_and_touches_no_vote(
    store: Store, settings: TrainerSettings, embedder: Embedder, mistaught: list[int]
) -> None:
    with store.write() as unit:
        unit.jobs.request(JobKind.FIT, 1, due_at=unit.now)
    before = said(store, mistaught)

    with trainer_running(store, settings) as stop:
        told = listing(store, stop).result["recall"]  # type: ignore[index]

    *_, listed = review_lists.run(store, 1, Eyes(embedder), RECIPE, set())
    assert isinstance(listed, Listed)
    assert listed.evidence is not None
    assert told == stated(listed.evidence).as_dict()
    assert told["planted"] == 40
    assert said(store, mistaught) == before
    with store.read() as unit:
        missed = missed_by_list(unit, 1)
    assert missed is not None
    assert (missed.n, missed.n - missed.wrong) == (40, told["found"])


def test_the_same_lessons_are_not_tried_out_again(
    store: Store, settings: TrainerSettings, mistaught: list[int]
) -> None:
    with store.write() as unit:
        unit.jobs.request(JobKind.FIT, 1, due_at=unit.now)
    with trainer_running(store, settings) as stop:
        first = listing(store, stop)
        # No count of the trainer's gives this: whoever tells it has not counted again.
        marked = {"of": first.result["recall"]["of"], "planted": 1_000, "found": 7}  # type: ignore[index]
        with store.write() as unit:
            unit.jobs.add_to_result(unit.jobs.latest(JobKind.SUSPECTS, 1).id, {"recall": marked})  # type: ignore[union-attr]

        assert listing(store, stop, after=first.id).result["recall"] == marked  # type: ignore[index]


def test_people_hear_of_the_lists_first_and_a_lesson_that_is_due_is_not_kept_waiting(
    store: Store, settings: TrainerSettings
) -> None:
    service = Service(store, settings, RECIPE, threading.Event())
    made = Listed(1, {SuspectKind.LABEL: 6}, evidence())

    def finished() -> dict[str, Any]:
        with store.write() as unit:
            unit.classifiers.default()
            unit.jobs.request(JobKind.SUSPECTS, 1, due_at=unit.now)
            job = unit.jobs.claim([JobKind.SUSPECTS], service._worker, 60)
        assert job is not None
        service._finish_listing(job, made)
        with store.read() as unit:
            done = unit.jobs.get(job.id)
        assert done.state is JobState.DONE
        return done.result or {}

    with store.write() as unit:
        unit.classifiers.default()
        unit.jobs.request(JobKind.FIT, 1, due_at=unit.now)
    assert "recall" not in finished()

    with store.write() as unit:
        fit = unit.jobs.claim([JobKind.FIT], "test", 60)
        assert fit is not None
        unit.jobs.finish(fit.id, "test", {})
    assert finished()["recall"] == {"of": "5eed" * 16, "planted": 40, "found": 40}


def test_lists_are_made_however_long_lessons_keep_coming(
    store: Store, settings: TrainerSettings, teach: Teach, embedder: Embedder
) -> None:
    teach("red", 4)
    asked_at = datetime.now(UTC)

    def claimed_after(wait: timedelta) -> tuple[JobKind, JobState]:
        """What the trainer takes up first, lessons being due all the time, and what becomes of the lists."""
        with closing(open_store(store.home, clock=lambda: asked_at + wait)) as later:
            service = Service(later, settings, RECIPE, threading.Event())
            with later.write() as unit:
                unit.jobs.request(JobKind.SUSPECTS, 1, due_at=asked_at)
                unit.jobs.request(JobKind.FIT, 1, due_at=asked_at)
                first = service._claim(unit)
                assert first is not None
                unit.jobs.release(first.id, service._worker)
                listing = unit.jobs.claim([JobKind.SUSPECTS], service._worker, 60)
            assert listing is not None
            service._list_suspects(listing, Eyes(embedder))
            with later.write() as unit:
                unit.jobs.release_all()
                return JobKind(first.kind), unit.jobs.get(listing.id).state

    with store.write() as unit:
        unit.classifiers.default()

    assert claimed_after(timedelta()) == (JobKind.FIT, JobState.QUEUED)
    assert claimed_after(PATIENCE + timedelta(seconds=1)) == (JobKind.SUSPECTS, JobState.DONE)


def test_nothing_is_tried_out_where_all_lessons_have_one_name(
    store: Store, teach: Teach, embedder: Embedder, mistaught: list[int]
) -> None:
    assert list(cycle.run(store, 1, Eyes(embedder), RECIPE))
    # Of the greens one stays, and is the picture of a red one too.
    teach("red", 1, label="green")
    with store.write() as unit:
        for photo_id in mistaught[24:48]:
            unit.votes.cast(photo_id, None, VoteKind.WITHDRAW, None, Reason.UNDO)

    *_, listed = review_lists.run(store, 1, Eyes(embedder), RECIPE, set())

    assert isinstance(listed, Listed)
    assert (listed.counts[SuspectKind.LABEL], listed.evidence) == (1, None)


def test_nothing_is_tried_out_where_no_label_is_in_doubt(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 24)
    teach("green", 24)
    assert list(cycle.run(store, 1, Eyes(embedder), RECIPE))

    *_, listed = review_lists.run(store, 1, Eyes(embedder), RECIPE, set())

    assert isinstance(listed, Listed)
    assert (sum(kind == "label" and count > 0 for kind, count in listed.counts.items()), listed.evidence) == (0, None)
