"""What a picture's numbers mean: telephones write colours of Display P3, cameras of Adobe RGB, and say so in a profile.

Networks know nothing of profiles, and the kept picture has none. So the colours are made those of sRGB before it goes.
"""

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

# Those of cameras and telephones have half a kilobyte to ten, those made of tables some hundreds.
MAX_PROFILE = 1024 * 1024
# A colour that moves by less, of 255, is the same: so no picture of sRGB, by whatever profile, is encoded anew.
_SAME = 4
Colours = NDArray[np.uint8]


def moves_colours(profile: bytes) -> bool:
    """Whether the numbers of RGB pixels with this profile are not those of sRGB."""
    return _transform(profile) is not None


def as_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The same colours in the numbers of sRGB. A profile that cannot be read, or is of no RGB, is as good as none."""
    transform = _transform(profile)
    return image if transform is None else ImageCms.applyTransform(image, transform) or image


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB; None where that changes next to nothing. Made once for all pictures of one camera."""
    if not profile or len(profile) > MAX_PROFILE or profile[16:20] != b"RGB ":
        return None
    samples = _samples()
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), "RGB", "RGB")
        seen = ImageCms.applyTransform(Image.fromarray(samples), transform)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None
    moved = np.abs(np.asarray(seen).astype(np.int16) - samples)
    return transform if int(moved.max()) > _SAME else None


def _samples() -> Colours:
    """Colours from everywhere in the cube, as a picture."""
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    cube: Colours = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(6, -1, 3)
    return cube
