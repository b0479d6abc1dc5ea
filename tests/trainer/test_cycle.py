from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from storage import Reason, Store, VoteKind
from tests.trainer.conftest import Teach, draw
from trainer import artefact, commands, cycle
from trainer.cycle import End, Outcome
from trainer.embedding import Embedder
from trainer.errors import ArtefactError, EmbedderMissing, GoldenDiffers, NothingToExport, PictureUnreadable
from trainer.exported import ExportedNetwork
from trainer.eyes import Eyes
from trainer.gate import Ground
from trainer.predicting import Predictor
from trainer.recipe import Recipe


def learn(store: Store, embedder: Embedder, *, force: bool = False) -> Outcome:
    *told, last = cycle.run(store, 1, Eyes(embedder), Recipe(), force=force)
    assert all(isinstance(step, str) for step in told)
    assert isinstance(last, Outcome)
    return last


def answering(store: Store, outcome: Outcome, embedder: Embedder | None = None) -> Predictor:
    assert outcome.network is not None
    folder = store.home / "networks" / outcome.network.folder
    return Predictor.open(folder, store.home / "embedders", threads=1, embedder=embedder)


def label_ids(store: Store) -> dict[str, int]:
    with store.read() as unit:
        return {label.name: label.id for label in unit.labels.all(1)}


def test_lessons_become_a_network_that_answers(store: Store, teach: Teach, embedder: Embedder) -> None:
    for colour in ("red", "green", "blue"):
        teach(colour, 6)

    outcome = learn(store, embedder)
    predictor = answering(store, outcome)

    assert (outcome.end, outcome.photos, outcome.labels) == (End.PUBLISHED, 18, 3)
    assert outcome.network is not None
    assert outcome.network.verdict["ground"] == Ground.FIRST
    assert predictor.number == 1
    for colour in ("red", "green", "blue"):
        guess = predictor.guess(draw(colour, 99))
        assert guess.probabilities[0][:2] == (label_ids(store)[colour], colour)
        assert sum(share for *_, share in guess.probabilities) == pytest.approx(1)
        assert guess.network == 1


def test_the_store_is_told_what_the_manifest_says(store: Store, teach: Teach, embedder: Embedder) -> None:
    """What watches the answers must not need the files of a network."""
    for colour in ("red", "green"):
        teach(colour, 11)

    outcome = learn(store, embedder)
    manifest, row = answering(store, outcome, embedder).manifest, outcome.network

    assert row is not None
    assert manifest.known is not None
    alarms = manifest.known.false_alarms
    assert (row.alarms, row.alarms_of) == (alarms.wrong, alarms.n)
    assert (row.wrong, row.n) == (manifest.scores.wrong, manifest.scores.n)


def test_each_label_is_scored_as_the_whole_is(store: Store, teach: Teach, embedder: Embedder) -> None:
    for colour in ("red", "green", "blue"):
        teach(colour, 4)

    predictor = answering(store, learn(store, embedder), embedder)

    found = predictor.label_scores
    assert [one.label_id for one in found] == [label_id for label_id, _ in predictor.labels]
    assert [one.photos for one in found] == [4, 4, 4]
    whole = predictor.manifest.scores
    assert (sum(one.score.wrong for one in found), sum(one.score.n for one in found)) == (whole.wrong, whole.n)


def test_photos_of_one_album_do_not_measure_each_other(store: Store, teach: Teach, embedder: Embedder) -> None:
    """An album is one moment: its photos resemble each other too much to tell how others will be answered."""
    for colour in ("red", "green", "blue"):
        teach(colour, 6, album=colour)

    only_albums = learn(store, embedder)
    teach("red", 6, first=50)
    some = learn(store, embedder)

    assert only_albums.network is not None
    assert (only_albums.network.photos, only_albums.network.n, only_albums.network.wrong) == (18, 0, 0)
    assert answering(store, only_albums).guess(draw("red", 99)).label == label_ids(store)["red"]
    assert some.network is not None
    assert (some.network.photos, some.network.n) == (24, 12)


def test_a_network_is_as_old_as_its_lessons(store: Store, teach: Teach, embedder: Embedder) -> None:
    """Whoever corrects something while a network is being fitted must not hear that it has learned it."""
    teach("red", 3)
    teach("green", 3)
    steps = cycle.run(store, 1, Eyes(embedder), Recipe())
    next(step for step in steps if isinstance(step, str) and step.startswith("learning"))
    with store.read() as unit:
        corrected_at = unit.now

    outcome = next(step for step in steps if isinstance(step, Outcome))

    assert outcome.network is not None
    assert outcome.network.lessons_at < corrected_at < outcome.network.created_at


def test_nothing_is_learned_twice_unless_forced(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 3)
    teach("green", 3)
    first = learn(store, embedder)

    assert learn(store, embedder).end == End.UNCHANGED
    again = learn(store, embedder, force=True)

    assert (first.network and first.network.number, again.network and again.network.number) == (1, 2)


def test_too_few_lessons_say_what_is_missing(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 3)
    teach("green", 1)

    outcome = learn(store, embedder)

    assert outcome.end == End.NOT_READY
    assert outcome.readiness is not None
    assert [(short.name, short.missing) for short in outcome.readiness.shortages] == [("green", 1)]
    assert outcome.as_dict()["missing"]["labels_missing"] == 0


def test_lessons_taken_back_end_the_network_and_given_again_make_a_new_one(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    teach("red", 3)
    odd = teach("green", 2)
    learn(store, embedder)
    with store.write() as unit:
        for photo in odd:
            unit.votes.cast(photo, None, VoteKind.WITHDRAW, None, Reason.UNDO)

    assert learn(store, embedder).end == End.NOT_READY
    with store.read() as unit:
        assert unit.networks.active(1) is None

    with store.write() as unit:
        green = unit.labels.find_or_create(1, "green")
        for photo in odd:
            unit.votes.cast(photo, None, VoteKind.LABEL, green.id, Reason.BUTTON)
    assert learn(store, embedder).end == End.PUBLISHED


def test_photos_that_cannot_be_read_for_now_do_not_end_the_network(
    store: Store, teach: Teach, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for colour in ("red", "green"):
        teach(colour, 2)
    network = learn(store, embedder).network
    with store.write() as unit:
        for photo in unit.photos.labelled(1):
            store.blobs.path(photo.digest).unlink()
    monkeypatch.setattr(embedder, "digest", "0" * 64)

    assert learn(store, embedder).end == End.NOT_READY
    with store.read() as unit:
        assert unit.networks.active(1) == network


def test_a_photo_corrected_once_is_answered_rightly_by_the_next_network(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    for colour in ("red", "green", "blue"):
        teach(colour, 10)
    odd = teach("red", 1, label="green", first=50)[0]
    learn(store, embedder)
    with store.write() as unit:
        blue = unit.labels.find_or_create(1, "blue")
        unit.votes.cast(odd, None, VoteKind.LABEL, blue.id, Reason.BUTTON)
        digest = unit.photos.get(odd).digest

    guess = answering(store, learn(store, embedder)).guess(store.blobs.read(digest))

    assert guess.probabilities[0][1] == "blue"


def test_one_picture_of_a_new_label_is_enough_to_know_it(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 4)
    teach("green", 4)
    learn(store, embedder)
    teach("blue", 1)

    outcome = learn(store, embedder)

    assert outcome.network is not None
    assert outcome.network.verdict["gained"] == [label_ids(store)["blue"]]
    assert answering(store, outcome).guess(draw("blue", 70)).probabilities[0][1] == "blue"
    assert (outcome.network.photos, outcome.network.n) == (9, 8)  # it could not be asked out of fold


def test_photos_that_cannot_be_read_do_not_keep_others_from_being_learned(
    store: Store, teach: Teach, embedder: Embedder, caplog: pytest.LogCaptureFixture
) -> None:
    teach("red", 3)
    lost = teach("green", 4)[0]
    with store.read() as unit:
        store.blobs.path(unit.photos.get(lost).digest).unlink()

    with caplog.at_level(logging.WARNING):
        outcome = learn(store, embedder)

    assert (outcome.end, outcome.photos) == (End.PUBLISHED, 6)
    assert len([record for record in caplog.records if "cannot be embedded" in record.message]) == 1


def test_a_worse_candidate_is_held_and_the_old_network_answers_on(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    for colour in ("red", "green"):
        teach(colour, 20)
    learn(store, embedder)
    # The same lessons by a recipe that learns nothing of them.
    *_, held = cycle.run(store, 1, Eyes(embedder), Recipe(strength=1e-9, obeyed=0))

    assert isinstance(held, Outcome)
    assert held.end == End.HELD
    with store.read() as unit:
        active = unit.networks.active(1)
    assert active is not None
    assert active.number == 1


def test_a_damaged_active_network_does_not_stop_learning(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 4)
    teach("green", 4)
    first = learn(store, embedder)
    assert first.network is not None
    (store.home / "networks" / first.network.folder / artefact.ANSWERS).write_bytes(b"")
    teach("red", 1, first=30)

    second = learn(store, embedder)

    assert second.end == End.PUBLISHED
    with pytest.raises(ArtefactError):
        answering(store, first)


def test_a_predictor_refuses_another_embedder_or_golden_answers_that_differ(
    store: Store, teach: Teach, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach("red", 3)
    teach("green", 3)
    outcome = learn(store, embedder)
    predictor = answering(store, outcome)
    folder = store.home / "networks" / (outcome.network.folder if outcome.network else "")

    assert predictor.successor(folder, store.home / "embedders").embedder is predictor.embedder
    with pytest.raises(EmbedderMissing):
        Predictor.open(folder, store.home / "nowhere")
    monkeypatch.setattr(Embedder, "embed_bytes", lambda self, data: np.ones(self.dimension, dtype=np.float32))
    with pytest.raises(GoldenDiffers):
        Predictor.open(folder, store.home / "embedders")


def test_a_predictor_says_when_it_does_not_know_or_cannot_see(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 8)
    teach("green", 8)
    predictor = answering(store, learn(store, embedder))
    between = (predictor.embed(draw("red", 1)) + predictor.embed(draw("green", 1))) / np.float32(2)

    guess = predictor.guess_embedding(between)

    assert guess.confidence == guess.probabilities[0][2] < predictor.manifest.threshold
    assert guess.label is None
    with pytest.raises(PictureUnreadable):
        predictor.guess(b"no picture")


def test_the_exported_file_answers_like_the_predictor(
    store: Store, teach: Teach, exact_embedder: Embedder, tmp_path: Path
) -> None:
    for colour in ("red", "green", "blue"):
        teach(colour, 4)
    outcome = learn(store, exact_embedder)
    predictor = answering(store, outcome, exact_embedder)
    target = tmp_path / "own.onnx"

    told = commands.export(store, target)
    exported = ExportedNetwork.open(target, threads=1)

    assert (told["network"], set(told["labels"]), told["bytes"]) == (1, {"red", "green", "blue"}, target.stat().st_size)
    for seed, colour in enumerate(("red", "green", "blue")):
        photo = draw(colour, 40 + seed)
        expected = {label_id: share for label_id, _, share in predictor.guess(photo).probabilities}
        found = {label_id: share for label_id, _, share in exported.guess(photo).probabilities}
        assert found == pytest.approx(expected, abs=1e-4)


def test_a_network_that_still_knows_a_deleted_name_is_not_exported(
    store: Store, teach: Teach, embedder: Embedder, tmp_path: Path
) -> None:
    taught = [teach(colour, 4) for colour in ("red", "green", "blue")]
    learn(store, embedder)
    with store.write() as unit:
        unit.photos.remove(taught[0])
        unit.labels.remove_unnamed(1)

    with pytest.raises(NothingToExport, match="a name that is gone"):
        commands.export(store, tmp_path / "own.onnx")
    assert not (tmp_path / "own.onnx").exists()
    assert learn(store, embedder).end is End.PUBLISHED
    assert "red" not in commands.export(store, tmp_path / "own.onnx")["labels"]


def test_without_a_network_there_is_nothing_to_export(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NothingToExport):
        commands.export(store, tmp_path / "none.onnx")
