"""What is odd about photos is noticed, and of good ones nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from trainer.preprocessing import Pixels
from trainer.quality import SIDE, Flaw, flaws, sharpness


def scene(seed: int, *, width: int = 640, height: int = 480) -> Image.Image:
    """Shapes with edges before a soft ground, as photos have them."""
    rng = np.random.default_rng(seed)
    ground = Image.fromarray(rng.integers(40, 216, (4, 5, 3), dtype=np.uint8))
    picture = ground.resize((width, height), Image.Resampling.BICUBIC)
    for _ in range(60):
        w, h = (int(one) for one in rng.integers(8, 90, 2))
        x, y = int(rng.integers(0, width - 8)), int(rng.integers(0, height - 8))
        picture.paste(tuple(int(one) for one in rng.integers(10, 246, 3)), (x, y, x + w, y + h))
    return picture


def odd(picture: Image.Image) -> tuple[Flaw, ...]:
    return flaws(np.asarray(picture), *picture.size)


def lit(picture: Image.Image, factor: float) -> Pixels:
    made: Pixels = np.clip(np.asarray(picture, dtype=np.float32) * factor, 0, 255).astype(np.uint8)
    return made


@pytest.mark.parametrize("number", range(10))
def test_a_good_photo_has_no_flaw(number: int) -> None:
    assert odd(scene(number)) == ()


@pytest.mark.parametrize("number", range(10))
def test_a_blurred_photo_is_noticed_and_blur_that_shrinking_hides_is_not(number: int) -> None:
    large = scene(number, width=2560, height=1920)

    assert odd(scene(number).filter(ImageFilter.GaussianBlur(4))) == (Flaw.BLURRED,)
    assert odd(large.filter(ImageFilter.GaussianBlur(1.5))) == ()


def test_a_sharp_thing_before_a_blurred_background_is_sharp() -> None:
    picture = scene(1)
    blurred = picture.filter(ImageFilter.GaussianBlur(8))
    blurred.paste(picture.crop((200, 100, 440, 340)), (200, 100))

    assert odd(blurred) == ()


def test_dark_and_overexposed_photos_are_noticed() -> None:
    picture = scene(2)

    assert flaws(lit(picture, 0.2), 640, 480) == (Flaw.DARK,)
    assert flaws(lit(picture, 20), 640, 480) == (Flaw.OVEREXPOSED,)


def test_size_and_shape_are_noticed() -> None:
    assert Flaw.TINY in odd(scene(3, width=90, height=120))
    assert Flaw.ODD_SHAPE in odd(scene(3, width=1600, height=400))


@pytest.mark.parametrize(("width", "height"), [(16, 16), (1, 5000), (5000, 1), (16, 900)])
def test_any_size_can_be_judged(width: int, height: int) -> None:
    rng = np.random.default_rng(0)

    assert Flaw.TINY in flaws(rng.integers(0, 256, (height, width, 3), dtype=np.uint8), width, height)


def test_more_blur_is_less_sharp() -> None:
    picture = scene(4).convert("L").resize((SIDE, SIDE))
    found = [sharpness(picture.filter(ImageFilter.GaussianBlur(radius))) for radius in (0, 1, 2, 4)]

    assert found == sorted(found, reverse=True)
