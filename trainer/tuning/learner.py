"""What learns: the later stages of a backbone with a head on top, each part with a rate of its own."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from torch import Tensor, nn

from trainer.head import Head
from trainer.tuning.learning_rate import spread

# The square root is infinitely steep at zero, where many channels of a rectified embedding are.
STEEPNESS = 1e-8


class Learner(nn.Module):
    """Features of the kept stages in, (n, ...), logits out, (n, labels)."""

    def __init__(self, stages: list[nn.Module], head: Head) -> None:
        super().__init__()
        self.stages = nn.Sequential(*stages)
        self.weight = nn.Parameter(torch.from_numpy(head.weight.copy()))
        self.bias = nn.Parameter(torch.from_numpy(head.bias.copy()))

    def forward(self, features: Tensor) -> Tensor:
        """Return logits."""
        return torch.nn.functional.linear(scaled(self.stages(features)), self.weight, self.bias)

    def taken(self, features: Tensor) -> Tensor:
        """Return features where the learner is, laid out as its convolutions like it."""
        layout = torch.channels_last if features.ndim == 4 else torch.contiguous_format
        return features.to(self.weight.device, torch.float32, memory_format=layout)

    def precision(self) -> AbstractContextManager[object]:
        """Return the context to compute in: bfloat16 on an accelerator; on a processor that was slower, not better."""
        device = self.weight.device.type
        return nullcontext() if device == "cpu" else torch.autocast(device, dtype=torch.bfloat16)

    def head(self) -> Head:
        """Return the head as it is now."""
        weight, bias = self.weight.detach().cpu().numpy(), self.bias.detach().cpu().numpy()
        return Head(weight.astype(np.float32), bias.astype(np.float32))

    def train(self, mode: bool = True) -> Learner:
        """Begin or end training. BatchNorm goes on as in evaluation: few photos tell worse statistics than ImageNet."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.training = False
        return self


def device() -> torch.device:
    """Return the accelerator if there is one, else the processor."""
    found = torch.accelerator.current_accelerator(check_available=True) if torch.accelerator.is_available() else None
    return found or torch.device("cpu")


def scaled(embeddings: Tensor) -> Tensor:
    """Return embeddings as the head sees them: `trainer.head.scaled`, in torch."""
    rooted = embeddings.sign() * (embeddings.abs() + STEEPNESS).sqrt()
    return torch.nn.functional.normalize(rooted, dim=1)


def groups(learner: Learner, *, head: float, low: float, high: float) -> list[dict[str, object]]:
    """Return parameter groups: stages from `low` to `high`, the head at `head`; `scale` is relative to the head's rate.

    The head is not decayed: it starts as the best one for these photos, and zero is not where it should drift.
    """
    rates = spread(low, high, len(learner.stages))
    made: list[dict[str, object]] = [
        {"params": list(stage.parameters()), "scale": rate / head}
        for stage, rate in zip(learner.stages, rates, strict=True)
        if any(True for _ in stage.parameters())
    ]
    return [*made, {"params": [learner.weight, learner.bias], "scale": 1.0, "weight_decay": 0.0}]
