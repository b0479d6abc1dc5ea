from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from storage import NotFound, Store, open_store
from tests.trainer.conftest import draw, teacher
from trainer import cycle
from trainer.cycle import End, Outcome
from trainer.embedding import Embedder
from trainer.errors import Diverged
from trainer.eyes import Eyes, eyes_of, tuned_eyes, tunings_folder
from trainer.head import Head
from trainer.history import History
from trainer.predicting import Predictor
from trainer.recipe import Recipe, TuningRecipe
from trainer.settings import TrainerSettings
from trainer.tuning import story
from trainer.tuning.augmentation import Augmentation
from trainer.tuning.keeping import Learned
from trainer.tuning.order import Order, order_of
from trainer.tuning.steps import Done, Part, Progress
from trainer.tuning.story import tune
from trainer.tunings import Tuned as Pair
from trainer.tunings import Tuning, read_stages, read_tuning, write_stages

pytestmark = pytest.mark.lengthy

TINY = TuningRecipe(updates=4, batch=8, views=2, size=48, least_epochs=2)


@dataclass(frozen=True)
class Tuned:
    """A home whose lessons were tuned on: what was asked for, what was left, and what was told on the way."""

    order: Order
    digest: str
    told: list[Progress]

    @property
    def tuning(self) -> Tuning:
        return read_tuning(tunings_folder(self.order.home), self.digest)


@pytest.fixture(scope="module")
def tuned(
    tmp_path_factory: pytest.TempPathFactory, embedders: Path, embedder: Embedder, settings: TrainerSettings
) -> Tuned:
    """Made once: it takes a while, mostly for writing six embedders."""
    store = open_store(tmp_path_factory.mktemp("tuned") / "home")
    shutil.copytree(embedders, store.home / "embedders")
    for colour in ("red", "green", "blue"):
        teacher(store)(colour, 6)
    order = replace(order_of(store, 1, embedder, settings, Augmentation()), recipe=TINY)
    digest, told = carry_out(order)
    store.close()
    return Tuned(order, digest, told)


@pytest.fixture
def home(tuned: Tuned, tmp_path: Path) -> Iterator[Store]:
    """A copy of that home for one test."""
    opened = open_store(shutil.copytree(tuned.order.home, tmp_path / "home"))
    yield opened
    opened.close()


@pytest.fixture
def quick_keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is exported, which takes most of the time: an embedder's digest is that of the weights that learned."""

    def keep(order: Order, _spec: object, learned: Learned, _fold: int, _exporter: object) -> Pair:
        weights = learned.session.learner.stages.state_dict()
        stages = write_stages(tunings_folder(order.home), {name: value.numpy() for name, value in weights.items()})
        return Pair(stages, learned.session.learner.head(), stages)

    monkeypatch.setattr(story, "keep", keep)


def elsewhere(tuned: Tuned, store: Store) -> Order:
    return replace(tuned.order, home=store.home, work=store.home / "work", read=store.blobs.read)


def carry_out(order: Order) -> tuple[str, list[Progress]]:
    *told, last = tune(order)
    assert isinstance(last, Done)
    return last.digest, [step for step in told if isinstance(step, Progress)]


def test_a_tuning_leaves_a_pair_for_each_fold_and_one_for_all(tuned: Tuned) -> None:
    assert sorted(tuned.tuning.folds) == [0, 1, 2, 3, 4]
    assert len(set(tuned.tuning.embedders)) == 6
    assert sorted({step.done for step in tuned.told if step.part is Part.KEEPING}) == list(range(7))
    assert [step.lasting for step in tuned.told if step.part is Part.KEEPING] == [False, True] * 6
    learning = [step for step in tuned.told if step.part is Part.LEARNING]
    assert [step.done for step in learning] == list(range(1, learning[-1].steps + 1))


def test_a_tuning_tells_how_each_fit_went(tuned: Tuned) -> None:
    histories = {name: History.from_dict(each) for name, each in tuned.tuning.told["histories"].items()}

    assert all(len(each.epochs) == TINY.epochs_for(18 - each.epochs[-1].n) for each in histories.values())
    assert all(each.curve is not None and len(each.curve.rates) > 5 for each in histories.values())
    assert sum(histories[str(fold)].epochs[-1].n for fold in range(5)) == 18
    assert histories["whole"].epochs[-1].n == 0


def test_a_tuned_network_is_published_measured_and_learned_from_further(
    tuned: Tuned, home: Store, embedder: Embedder
) -> None:
    *_, frozen = cycle.run(home, 1, Eyes(embedder), Recipe())

    *_, outcome = cycle.run(home, 1, tuned_eyes(home.home, tuned.digest, threads=1), Recipe())

    assert isinstance(frozen, Outcome)
    assert isinstance(outcome, Outcome)
    assert (outcome.end, outcome.photos) == (End.PUBLISHED, 18)
    assert outcome.network is not None
    assert outcome.network.n == 18
    predictor = Predictor.open(home.home / "networks" / outcome.network.folder, home.home / "embedders", threads=1)
    assert predictor.manifest.tuning == tuned.digest
    assert predictor.guess(draw("blue", 90)).probabilities[0][1] == "blue"

    teacher(home)("yellow", 3)
    eyes = eyes_of(home, outcome.network, embedder, threads=1)
    assert eyes.digest == tuned.digest
    *_, further = cycle.run(home, 1, eyes, Recipe())
    assert isinstance(further, Outcome)
    assert (further.end, further.labels) == (End.PUBLISHED, 4)


def test_a_tuning_that_was_killed_goes_on_to_the_same_networks(tuned: Tuned, home: Store) -> None:
    order = elsewhere(tuned, home)
    steps = tune(order)
    for _ in range(len(tuned.told) // 2):
        next(steps)
    steps.close()

    digest, rest = carry_out(order)

    again = read_tuning(tunings_folder(home.home), digest)
    assert again.embedders == tuned.tuning.embedders
    assert np.array_equal(again.whole.head.weight, tuned.tuning.whole.head.weight)
    assert parts(rest)[Part.LEARNING] < parts(tuned.told)[Part.LEARNING]


def test_a_tuning_that_was_killed_before_its_network_was_published_learns_nothing_again(tuned: Tuned) -> None:
    digest, told = carry_out(tuned.order)

    again = read_tuning(tunings_folder(tuned.order.home), digest)
    assert again.embedders == tuned.tuning.embedders
    assert told == []


def parts(told: list[Progress]) -> Counter[Part]:
    return Counter(step.part for step in told)


def test_folds_never_learn_from_their_own_photos(tuned: Tuned, home: Store, quick_keeping: None) -> None:
    """Turning a label changes every pair but that of the fold which the photo is in."""
    order, before = elsewhere(tuned, home), tuned.tuning
    lesson = order.snapshot.lessons[0]
    others = [label for label in order.labels if label != lesson.label_id]
    turned = replace(lesson, label_id=others[0])
    snapshot = replace(order.snapshot, lessons=(turned, *order.snapshot.lessons[1:]))

    digest, _ = carry_out(replace(order, snapshot=snapshot))

    after = read_tuning(tunings_folder(home.home), digest)
    same = {fold for fold in range(5) if heads_equal(before.folds[fold].head, after.folds[fold].head)}
    assert same == {lesson.fold}
    assert not heads_equal(before.whole.head, after.whole.head)


def heads_equal(one: Head, other: Head) -> bool:
    return np.array_equal(one.weight, other.weight) and np.array_equal(one.bias, other.bias)


def test_an_exploding_fit_is_begun_again_at_a_tenth_of_its_rates(tuned: Tuned, home: Store) -> None:
    wild = replace(TINY, head_rate=1e5, high_rate=1e5, low_rate=1e5, restarts=1)

    with pytest.raises(Diverged) as caught:
        carry_out(replace(elsewhere(tuned, home), recipe=wild))

    assert caught.value.rate <= 1e4


def test_damaged_tunings_are_not_looked_through(
    tuned: Tuned, home: Store, embedder: Embedder, caplog: pytest.LogCaptureFixture
) -> None:
    *_, outcome = cycle.run(home, 1, tuned_eyes(home.home, tuned.digest, threads=1), Recipe())
    assert isinstance(outcome, Outcome)
    (tunings_folder(home.home) / f"{tuned.digest}.safetensors").unlink()

    assert eyes_of(home, outcome.network, embedder).digest == embedder.digest
    assert "cannot be learned from further" in caplog.text


def test_a_photo_that_cannot_be_read_and_a_damaged_checkpoint_end_no_tuning(
    tuned: Tuned, home: Store, quick_keeping: None
) -> None:
    order = elsewhere(tuned, home)
    gone = order.digests[0]

    def read(digest: str) -> bytes:
        if digest == gone:
            raise NotFound("blob", digest)
        return home.blobs.read(digest)

    steps = tune(replace(order, read=read))
    for step in steps:
        if step == Progress(Part.KEEPING, 0, 6):
            break
    steps.close()
    (order.work / "fit-0-0.safetensors").write_bytes(b"cut short")

    digest, _ = carry_out(replace(order, read=read))

    told = read_tuning(tunings_folder(home.home), digest).told
    assert told["photos"] == len(order.digests) - 1
    assert sum(told["histories"][str(fold)]["epochs"][-1]["n"] for fold in range(5)) == len(order.digests) - 1


def test_photos_of_one_group_alone_are_tuned_on_without_a_measurement(tuned: Tuned, home: Store) -> None:
    """All in one fold: no fit can hold them out, so its pair is the untuned one, and all others are the whole one."""
    order = elsewhere(tuned, home)
    lessons = tuple(replace(lesson, fold=2) for lesson in order.snapshot.lessons)

    digest, _ = carry_out(replace(order, snapshot=replace(order.snapshot, lessons=lessons)))

    found = read_tuning(tunings_folder(home.home), digest)
    assert list(found.told["histories"]) == ["whole"]
    assert found.folds[2].embedder == order.base
    assert {found.folds[fold].embedder for fold in (0, 1, 3, 4)} == {found.whole.embedder}


def test_going_on_from_a_tuning_begins_where_each_fold_ended(tuned: Tuned, home: Store, quick_keeping: None) -> None:
    order = elsewhere(tuned, home)
    still = replace(TINY, head_rate=1e-12, high_rate=1e-12, low_rate=1e-12)

    digest, _ = carry_out(replace(order, start=tuned.tuning, recipe=still))

    after = read_tuning(tunings_folder(home.home), digest)
    for name, pair in tuned.tuning.pairs.items():
        assert np.allclose(after.pairs[name].head.weight, pair.head.weight, atol=1e-6)
        then = read_stages(tunings_folder(home.home), str(pair.stages))
        now = read_stages(tunings_folder(home.home), str(after.pairs[name].stages))
        assert all(np.allclose(value, now[key], atol=1e-5) for key, value in then.items())
