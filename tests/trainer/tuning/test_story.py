from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from storage import Store
from tests.trainer.conftest import Teach, draw
from trainer import cycle
from trainer.cycle import End, Outcome
from trainer.embedding import Embedder
from trainer.eyes import Eyes, eyes_of, tuned_eyes, tunings_folder
from trainer.head import Head
from trainer.history import History
from trainer.predicting import Predictor
from trainer.recipe import Recipe, TuningRecipe
from trainer.settings import TrainerSettings
from trainer.tuning.augmentation import Augmentation
from trainer.tuning.ordering import order_of
from trainer.tuning.story import Done, Order, Part, Progress, tune
from trainer.tuning.training import Diverged
from trainer.tunings import Tuning, read_tuning

TINY = TuningRecipe(updates=4, batch=8, views=2, size=48, least_epochs=2)


@pytest.fixture
def order(store: Store, teach: Teach, embedder: Embedder, settings: TrainerSettings) -> Order:
    for colour in ("red", "green", "blue"):
        teach(colour, 6)
    return order_of(store, 1, embedder, settings, TINY, Augmentation())


def carry_out(order: Order) -> tuple[Tuning, list[Progress]]:
    *told, last = tune(order)
    assert isinstance(last, Done)
    return read_tuning(tunings_folder(order.home), last.digest), [step for step in told if isinstance(step, Progress)]


def test_a_tuning_leaves_a_pair_for_each_fold_and_one_for_all(order: Order) -> None:
    tuning, told = carry_out(order)

    assert sorted(tuning.folds) == [0, 1, 2, 3, 4]
    assert len(set(tuning.embedders)) == 6
    assert [step.part for step in told].count(Part.KEEPING) == 6
    learning = [step for step in told if step.part is Part.LEARNING]
    assert [step.done for step in learning] == list(range(1, learning[-1].steps + 1))
    histories = {name: History.from_dict(each) for name, each in tuning.told["histories"].items()}
    assert all(len(each.epochs) == TINY.epochs_for(18 - each.epochs[-1].n) for each in histories.values())
    assert all(history.curve is not None and len(history.curve.rates) > 5 for history in histories.values())
    assert sum(histories[str(fold)].epochs[-1].n for fold in range(5)) == 18
    assert histories["whole"].epochs[-1].n == 0
    assert not order.work.exists()


def test_a_tuned_network_is_published_measured_and_learned_from_further(
    store: Store, teach: Teach, embedder: Embedder, order: Order
) -> None:
    *_, frozen = cycle.run(store, 1, Eyes(embedder), Recipe())
    *_, done = tune(order)
    assert isinstance(done, Done)

    *_, outcome = cycle.run(store, 1, tuned_eyes(store.home, done.digest, threads=1), Recipe())

    assert isinstance(frozen, Outcome)
    assert isinstance(outcome, Outcome)
    assert (outcome.end, outcome.photos) == (End.PUBLISHED, 18)
    assert outcome.network is not None
    assert outcome.network.n == 18
    predictor = Predictor.open(store.home / "networks" / outcome.network.folder, store.home / "embedders", threads=1)
    assert predictor.manifest.tuning == done.digest
    assert predictor.guess(draw("blue", 90)).probabilities[0][1] == "blue"

    teach("yellow", 3)
    eyes = eyes_of(store, outcome.network, embedder, threads=1)
    assert eyes.digest == done.digest
    *_, further = cycle.run(store, 1, eyes, Recipe())
    assert isinstance(further, Outcome)
    assert (further.end, further.labels) == (End.PUBLISHED, 4)


def test_a_tuning_that_was_killed_goes_on_to_the_same_networks(order: Order) -> None:
    whole, told = carry_out(order)
    steps = tune(order)
    for _ in range(len(told) // 2):
        next(steps)
    steps.close()

    again, rest = carry_out(order)

    assert again.embedders == whole.embedders
    assert np.array_equal(again.whole.head.weight, whole.whole.head.weight)
    assert len([step for step in rest if step.part is Part.LEARNING]) < len(
        [step for step in told if step.part is Part.LEARNING]
    )


def test_folds_never_learn_from_their_own_photos(order: Order) -> None:
    """Turning a label changes every pair but that of the fold which the photo is in."""
    lesson = order.snapshot.lessons[0]
    others = [label for label in order.labels if label != lesson.label_id]
    turned = replace(lesson, label_id=others[0])
    snapshot = replace(order.snapshot, lessons=(turned, *order.snapshot.lessons[1:]))

    before, _ = carry_out(order)
    after, _ = carry_out(replace(order, snapshot=snapshot))

    same = {fold for fold in range(5) if heads_equal(before.folds[fold].head, after.folds[fold].head)}
    assert same == {lesson.fold}


def heads_equal(one: Head, other: Head) -> bool:
    return np.array_equal(one.weight, other.weight) and np.array_equal(one.bias, other.bias)


def test_an_exploding_fit_is_begun_again_at_a_tenth_of_its_rates(order: Order) -> None:
    wild = replace(TINY, head_rate=1e5, high_rate=1e5, low_rate=1e5, restarts=1)

    with pytest.raises(Diverged) as caught:
        carry_out(replace(order, recipe=wild))

    assert caught.value.rate <= 1e4


def test_damaged_tunings_are_not_looked_through(
    store: Store, embedder: Embedder, order: Order, caplog: pytest.LogCaptureFixture
) -> None:
    *_, done = tune(order)
    assert isinstance(done, Done)
    *_, outcome = cycle.run(store, 1, tuned_eyes(store.home, done.digest, threads=1), Recipe())
    assert isinstance(outcome, Outcome)
    (tunings_folder(store.home) / f"{done.digest}.safetensors").unlink()

    assert eyes_of(store, outcome.network, embedder).digest == embedder.digest
    assert "cannot be learned from further" in caplog.text
