from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from trainer.errors import CheckpointDamaged, Diverged
from trainer.head import Head, scaled
from trainer.recipe import TuningRecipe
from trainer.tuning.checkpoints import load_session, save_session
from trainer.tuning.learner import Learner, groups
from trainer.tuning.learner import scaled as scaled_in_torch
from trainer.tuning.learning_rate import one_cycle
from trainer.tuning.lessons import Lessons
from trainer.tuning.training import Session, fit, judge, smoothed_loss

# A network drawn at random learns slowly at the rates of one that has seen ImageNet.
RECIPE = TuningRecipe(updates=12, batch=8, least_epochs=3, head_rate=0.1, high_rate=0.01, low_rate=0.005)


def lessons(photos: int = 24, labels: int = 3, *, noise: float = 0.5) -> Lessons:
    """Features of which each label fills channels of its own."""
    rng = np.random.default_rng(0)
    truth = np.arange(photos) % labels
    middle = np.eye(6)[truth][:, :, None, None]
    whole = (middle + noise * rng.standard_normal((photos, 6, 4, 4))).astype(np.float16)
    views = (middle[:, None] + noise * rng.standard_normal((photos, 3, 6, 4, 4))).astype(np.float16)
    return Lessons(views, whole, np.arange(photos), truth)


def learner(labels: int = 3) -> Learner:
    torch.manual_seed(0)
    first = nn.Sequential(nn.Conv2d(6, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
    second = nn.Sequential(nn.Conv2d(8, 10, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Learner([first, second], Head(np.zeros((labels, 10), np.float32), np.zeros(labels, np.float32)))


def begin(recipe: TuningRecipe = RECIPE) -> Session:
    return Session.begin(learner(), recipe, seed=1)


def weights(session: Session) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in session.learner.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_fit_learns_and_tells_of_every_epoch() -> None:
    session, known = begin(replace(RECIPE, updates=60)), lessons()
    held_out = lessons(30)
    before = judge(session.learner, held_out).loss

    told = list(fit(session, known, held_out, replace(RECIPE, updates=60)))

    assert [epoch.epoch for epoch in told] == list(range(1, 21))
    assert told == session.epochs
    assert told[-1].held_out_loss < before / 2
    assert (told[-1].wrong, told[-1].n) == (0, 30)
    assert max(epoch.rate for epoch in told) == pytest.approx(RECIPE.head_rate, rel=0.01)


def test_an_epoch_is_the_steps_that_one_would_make_by_hand() -> None:
    session, known = begin(), lessons(16)
    recipe = replace(RECIPE, updates=2, least_epochs=1)
    by_hand = learner()
    optimiser = torch.optim.AdamW(
        groups(by_hand, head=recipe.head_rate, low=recipe.low_rate, high=recipe.high_rate),
        weight_decay=recipe.decay,
        betas=(0.9, 0.99),
    )
    by_hand.train()
    generator = torch.Generator().manual_seed(1)
    torch.randint(2**62, (1,), generator=generator)  # the seed of what the network draws for itself
    for step, (features, truth) in enumerate(known.batches(8, generator)):
        for group, peak in zip(
            optimiser.param_groups, (recipe.low_rate, recipe.high_rate, recipe.head_rate), strict=True
        ):
            group["lr"] = peak * one_cycle(step / 2)
        loss = smoothed_loss(by_hand, features, truth, smoothing=recipe.smoothing)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()

    assert len(list(fit(session, known, known, recipe))) == 1

    found = weights(session)
    assert all(torch.allclose(value, found[name], atol=1e-6) for name, value in by_hand.state_dict().items())


def test_a_fit_that_was_cut_off_goes_on_to_the_same_weights_bit_for_bit(tmp_path: Path) -> None:
    known, path = lessons(), tmp_path / "fit.safetensors"
    whole = begin()
    told = [replace(epoch, seconds=0) for epoch in fit(whole, known, known, RECIPE)]
    assert len(told) == 4
    cut_off = begin()
    for _ in fit(cut_off, known, known, RECIPE):
        save_session(cut_off, path, recipe=RECIPE.as_dict())
        if len(cut_off.epochs) == 2:
            break

    resumed = begin()
    assert load_session(resumed, path, recipe=RECIPE.as_dict())
    list(fit(resumed, known, known, RECIPE))

    assert [replace(epoch, seconds=0) for epoch in resumed.epochs] == told
    assert same(weights(resumed), weights(whole))


def test_a_session_of_another_recipe_is_begun_anew_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "fit.safetensors"
    session = begin()
    next(fit(session, lessons(), lessons(), RECIPE))
    save_session(session, path, recipe=RECIPE.as_dict())

    fresh = begin()
    before = weights(fresh)
    assert not load_session(fresh, path, recipe=RECIPE.slower().as_dict())
    assert not load_session(fresh, tmp_path / "none.safetensors", recipe=RECIPE.as_dict())
    assert same(weights(fresh), before)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointDamaged):
        load_session(fresh, path, recipe=RECIPE.as_dict())


def test_too_high_a_rate_is_noticed_within_an_epoch() -> None:
    wild = replace(RECIPE, head_rate=1e4, high_rate=1e4, low_rate=1e4)

    with pytest.raises(Diverged) as caught:
        list(fit(begin(wild), lessons(), lessons(), wild))

    assert caught.value.epoch <= 2
    assert wild.slower().high_rate == 1e3


@pytest.mark.parametrize(("photos", "labels"), [(4, 2), (5, 2), (33, 3)])
def test_any_number_of_photos_is_learned_from_whatever_the_batch(photos: int, labels: int) -> None:
    known = lessons(photos, labels)
    session = Session.begin(learner(labels), RECIPE, seed=1)

    told = list(fit(session, known, known, RECIPE))

    assert len(told) == RECIPE.epochs_for(photos) >= RECIPE.least_epochs
    sizes = [len(truth) for _, truth in known.batches(8, torch.Generator().manual_seed(0))]
    assert sum(sizes) == photos
    assert min(sizes) >= min(photos, 4)


def test_the_same_seed_draws_the_same_batches_and_another_does_not() -> None:
    known = lessons()

    def drawn(seed: int) -> torch.Tensor:
        return torch.cat([features for features, _ in known.batches(8, torch.Generator().manual_seed(seed))])

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


def test_running_statistics_stay_as_imagenet_left_them() -> None:
    session = begin()
    before = session.learner.stages[0][1].running_mean.clone()  # type: ignore[index]

    list(fit(session, lessons(), lessons(), RECIPE))

    assert torch.equal(session.learner.stages[0][1].running_mean, before)  # type: ignore[index]


def test_the_learner_sees_embeddings_as_the_head_does() -> None:
    embeddings = np.random.default_rng(0).standard_normal((5, 10)).astype(np.float32)

    assert scaled_in_torch(torch.from_numpy(embeddings)).numpy() == pytest.approx(scaled(embeddings), abs=1e-5)


def test_embeddings_and_head_together_are_the_learner() -> None:
    session, known = begin(), lessons()
    list(fit(session, known, known, RECIPE))

    with torch.inference_mode():
        embedded = session.learner.stages(torch.from_numpy(known.whole.astype(np.float32))).numpy()
    logits = session.learner.head().logits(embedded)

    assert int((logits.argmax(axis=1) != known.truth).sum()) == judge(session.learner, known).wrong


def test_a_sample_is_spread_over_all_lessons() -> None:
    assert lessons(24).sample(4).rows.tolist() == [0, 8, 15, 23]
    assert lessons(24).sample(100).rows.tolist() == list(range(24))
