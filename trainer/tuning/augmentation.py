"""The same photo as it might have been taken otherwise: cut, turned, mirrored, warped, in another light."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import nn
from torchvision.transforms import v2

from trainer.preprocessing import Pixels


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far a view may stray from the photo.

    Attributes:
        least_area: Smallest share of the photo's area that is cut out (random resized crop).
        stretch: Largest factor between width and height of what is cut out.
        turn: Degrees to either side.
        warp: Largest share of a side by which a corner moves (perspective).
        light: Largest relative change of brightness, contrast and saturation.
        upside_down: Whether up and down are the same (things seen from above).
        likely: How often turn and warp happen at all, 0..1.
    """

    least_area: float = 0.5
    stretch: float = 1.25
    turn: float = 10.0
    warp: float = 0.1
    light: float = 0.2
    upside_down: bool = False
    likely: float = 0.5

    def transform(self, size: int) -> nn.Module:
        """Return the transform of uint8 pictures (3, height, width) to (3, size, size)."""
        steps: list[nn.Module] = [
            v2.RandomApply([v2.RandomRotation(self.turn, interpolation=v2.InterpolationMode.BILINEAR)], p=self.likely),
            v2.RandomPerspective(self.warp, p=self.likely) if self.warp else v2.Identity(),
            v2.RandomResizedCrop(
                size, scale=(self.least_area, 1.0), ratio=(1 / self.stretch, self.stretch), antialias=True
            ),
            v2.RandomHorizontalFlip(),
            v2.RandomVerticalFlip() if self.upside_down else v2.Identity(),
            v2.ColorJitter(self.light, self.light, self.light),
        ]
        composed: nn.Module = v2.Compose(steps)
        return composed


def augmented(pixels: Pixels, transform: nn.Module, *, digest: str, view: int) -> Pixels:
    """Return a view of pixels (height, width, 3); a photo's view of this number is always the same.

    torchvision draws from the process's own generator, which is given back as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int.from_bytes(hashlib.sha256(f"{digest} {view}".encode()).digest()[:8], "big") % 2**63)
        made: torch.Tensor = transform(torch.from_numpy(pixels.copy()).permute(2, 0, 1))
    seen: Pixels = made.permute(1, 2, 0).contiguous().numpy()
    return seen
