"""A fine-tuning on a version of the data set, from the command to the network: that version and nothing since."""

from __future__ import annotations

from typing import Any

import pytest

from storage import Store
from tests.trainer.conftest import Teach
from tests.trainer.test_cycle import learn
from tests.trainer.tuning.test_story import TINY
from trainer import commands
from trainer.artefact import verify
from trainer.embedding import Embedder
from trainer.errors import DatasetUnknown
from trainer.eyes import tunings_folder
from trainer.settings import TrainerSettings
from trainer.tunings import read_tuning

pytestmark = pytest.mark.lengthy


def test_a_version_is_tuned_on_and_what_came_since_is_neither_learned_nor_answers(
    store: Store, teach: Teach, embedder: Embedder, settings: TrainerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrainerSettings, "tuning_recipe", lambda _self: TINY)
    teach("red", 6)
    teach("green", 6)
    learn(store, embedder)
    teach("red", 2, first=20)
    teach("blue", 6)
    now = learn(store, embedder).network
    assert now is not None

    *_, result = commands.tune(store, settings, dataset=1)

    assert isinstance(result, dict)
    assert (result["end"], result["photos"], result["labels"], result["dataset"]) == ("held", 12, 2, 1)
    with store.read() as unit:
        made = max(unit.networks.all(1), key=lambda one: one.number)
        assert unit.networks.active(1) == now
        assert unit.datasets.of_network(made.id) == 1
        learned = {one.digest for one in unit.datasets.photos(1, 1)}
        assert [one.number for one in unit.datasets.all(1)] == [2, 1]
    assert set(read_tuning(tunings_folder(store.home), result["tuning"]).lessons) == learned
    artefact = verify(store.home / "networks" / made.folder)
    assert artefact.manifest.tuning == result["tuning"]
    assert set(artefact.answers.digests) == learned


def test_a_version_that_there_is_not_is_said_before_anything_is_tuned(
    store: Store, teach: Teach, embedder: Embedder, settings: TrainerSettings
) -> None:
    teach("red", 4)
    teach("green", 4)
    learn(store, embedder)
    told: list[Any] = []

    with pytest.raises(DatasetUnknown):
        told.extend(commands.tune(store, settings, dataset=9))

    assert told == []
