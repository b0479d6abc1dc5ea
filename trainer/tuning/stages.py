"""A backbone as stages in a row: the first can be kept and asked once, the later ones learn, each at its own rate."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Containers that timm's networks hold their repeated parts in.
ROWS = ("blocks", "stages", "layers", "features")
# The same arithmetic in the same order: anything above rounding means that the stages are not the network.
TOLERANCE = 1e-5


def stages(backbone: nn.Module, example: Tensor) -> list[nn.Module]:
    """Return modules that, one after the other, are the backbone; the last of them returns embeddings (n, d).

    Found by trying: a network whose forward pass is more than its parts in a row (a transformer's class token, say)
    comes back as one single stage. `example` is a batch (n, 3, size, size) for the comparison. Modules are shared with
    the backbone, not copied, and none is without parameters (but for a single stage).
    """
    found = _merged(_parts(backbone))
    was_training = backbone.training
    backbone.eval()
    try:
        same = _equals(backbone, found, example)
    finally:
        backbone.train(was_training)
    return found if same else [backbone]


def in_a_row(modules: list[nn.Module]) -> nn.Sequential:
    """Return the stages as one module."""
    return nn.Sequential(*modules)


def _parts(backbone: nn.Module) -> list[nn.Module]:
    parts: list[nn.Module] = []
    for name, child in backbone.named_children():
        parts += list(child) if name in ROWS and isinstance(child, nn.Sequential) else [child]
    return parts


def _merged(parts: list[nn.Module]) -> list[nn.Module]:
    """Join each part to the next one until it holds a convolution or a linear layer, so that rates mean something."""
    merged: list[nn.Module] = []
    waiting: list[nn.Module] = []
    for part in parts:
        waiting.append(part)
        if any(isinstance(module, (nn.Conv2d, nn.Linear)) for module in part.modules()):
            merged.append(nn.Sequential(*waiting))
            waiting = []
    if waiting:
        last = merged.pop() if merged else nn.Sequential()
        merged.append(nn.Sequential(last, *waiting))
    return merged


@torch.inference_mode()
def _equals(backbone: nn.Module, found: list[nn.Module], example: Tensor) -> bool:
    expected: Tensor = backbone(example)
    try:
        value = in_a_row(found)(example)
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError):
        return False
    return value.shape == expected.shape and bool((value - expected).abs().max() <= TOLERANCE)
