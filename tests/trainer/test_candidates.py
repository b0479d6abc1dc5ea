"""The short form of `python -m tests.benchmarks.candidates`: bad candidates are refused, equally good ones are not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.benchmarks.candidates import Court, bad_ones, good_ones
from tests.chaos.homes import LABELS, colour_eyes, picture
from trainer.embedders import embedder_path, store_embedder
from trainer.embedding import Embedder

PHOTOS = 40


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    home = tmp_path_factory.mktemp("court")
    embedders = home / "embedders"
    embedder = Embedder.open(embedder_path(embedders, store_embedder(embedders, colour_eyes())), threads=1)
    photos = [picture(label, seed) for label in LABELS for seed in range(PHOTOS)]
    vectors = np.stack([embedder.embed_bytes(photo) for photo in photos])
    opened = Court(home, embedder, vectors, np.repeat(np.arange(len(LABELS)), PHOTOS), seed=0)
    yield opened
    opened.store.close()


def test_every_bad_candidate_is_refused_by_the_line_of_defence_that_is_there_for_it(court: Court) -> None:
    trials = [court.try_one(candidate) for candidate in bad_ones(court)]

    assert [one.refused_by for one in trials] == [
        "the gate: changes_doubted",
        "the gate: changes_doubted",
        "the gate: worse",
        "the gate: not_finite",
        "the gate: constant",
        "the gate: head_astray",
        "opening: GoldenDiffers",
        "opening: GoldenDiffers",
    ]


def test_every_equally_good_candidate_may_answer(court: Court) -> None:
    trials = [court.try_one(candidate) for candidate in good_ones(court)]

    assert len(trials) > 5
    assert [one.candidate.name for one in trials if one.refused_by] == []
