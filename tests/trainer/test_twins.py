from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance

from trainer.preprocessing import Pixels, decode
from trainer.references import Neighbour
from trainer.twins import MOST_DIFFERENCE, SIDE, are_twins, glance, may_be_alike, may_be_twin, sketch


def photo(seed: int) -> Image.Image:
    """A picture with large shapes and fine grain, as photos have them."""
    rng = np.random.default_rng(seed)
    shapes = Image.fromarray(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)).resize(
        (420, 300), Image.Resampling.BICUBIC
    )
    grain = rng.integers(-6, 7, (300, 420, 3))
    return Image.fromarray(np.clip(np.asarray(shapes) + grain, 0, 255).astype(np.uint8))


def seen(picture: Image.Image, quality: int = 90) -> Pixels:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return decode(stream.getvalue(), SIDE)


def test_copies_of_a_photo_are_its_twins() -> None:
    for seed in range(20):
        original = glance(seen(photo(seed)))
        copies = {
            "poor": seen(photo(seed), quality=30),
            "small": seen(photo(seed).resize((210, 150))),
            "bright": seen(ImageEnhance.Brightness(photo(seed)).enhance(1.04)),
            "grey": seen(photo(seed).convert("L").convert("RGB")),
        }
        assert {name: are_twins(original, glance(copy)) for name, copy in copies.items()} == dict.fromkeys(copies, True)


def test_other_photos_are_not() -> None:
    glances = [glance(seen(photo(seed))) for seed in range(30)]

    assert not any(are_twins(one, other) for place, one in enumerate(glances) for other in glances[:place])


def test_a_photo_in_which_something_small_is_missing_is_another_one() -> None:
    for seed in range(20):
        whole, lacking = photo(seed), photo(seed)
        screw = (200, 140, 224, 164)
        dark = np.asarray(whole.convert("L").crop(screw)).mean() > 110
        ImageDraw.Draw(lacking).ellipse(screw, fill=(20, 20, 20) if dark else (235, 235, 235))

        assert not are_twins(glance(seen(whole)), glance(seen(lacking)))


def test_a_photo_without_shades_is_nobodys_twin() -> None:
    flat = glance(np.full((40, 40, 3), 128, dtype=np.uint8))

    assert not are_twins(flat, flat)


def test_only_photos_that_are_much_alike_are_looked_at_twice() -> None:
    assert may_be_twin(Neighbour("d", 1, 0.8))
    assert not may_be_twin(Neighbour("d", 1, 0.7))


def test_the_sketches_of_copies_are_found_among_many() -> None:
    originals = [glance(seen(photo(seed))) for seed in range(40)]
    sketches = np.stack([sketch(one) for one in originals], axis=1)

    for seed in range(20):
        for copy in (seen(photo(seed), quality=30), seen(photo(seed).resize((210, 150)))):
            found = may_be_alike(sketches, sketch(glance(copy)))
            assert seed in found
            assert len(found) < 4


def test_a_sketch_never_hides_a_twin() -> None:
    """Whatever differs by no more than the bound in every square is looked at."""
    rng = np.random.default_rng(5)
    for _ in range(200):
        one = rng.normal(size=(SIDE, SIDE)).astype(np.float32)
        other = one + rng.uniform(-1, 1) * MOST_DIFFERENCE * np.ones_like(one)
        assert are_twins(one, other)
        assert len(may_be_alike(sketch(one)[:, None], sketch(other))) == 1
