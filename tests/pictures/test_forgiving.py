"""What was refused can still be looked at, as far as there is anything to see."""

import numpy as np
import pytest
from PIL import Image

from pictures import PictureRefused, Refusal
from pictures.decoders import Decoders
from pictures.forgiving import forgive
from tests.pictures.judging import is_clean_jpeg, refusal_of
from tests.support.pictures import encoded, jpeg, jpeg_claiming, pixels, png_header, scene


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (encoded(scene(12, 9), "PNG"), Refusal.TOO_SMALL),
        (encoded(Image.new("RGB", (64, 64), "navy")), Refusal.BLANK),
        (jpeg(320, 240)[:-900], Refusal.BROKEN),
        (encoded(scene(320, 240), "PNG")[:-900], Refusal.BROKEN),
    ],
)
def test_a_person_may_see_what_there_is(refused: bytes, why: Refusal) -> None:
    assert refusal_of(refused) is why

    with Decoders(processes=1) as decoders:
        picture = decoders.forgive(refused)

    assert picture == forgive(refused)
    assert is_clean_jpeg(picture.data)


def test_what_is_missing_of_a_photo_is_grey_and_the_rest_is_as_it_was() -> None:
    whole = jpeg(320, 240)

    kept = pixels(forgive(whole[: len(whole) * 2 // 3]).data)

    assert np.abs(kept[:80] - pixels(whole)[:80]).mean() <= 3


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", Refusal.EMPTY),
        (b"no picture", Refusal.NOT_A_PICTURE),
        (b"%PDF-1.7", Refusal.KIND_NOT_TAKEN),
        (png_header(9_400, 9_400), Refusal.TOO_LARGE),
        (jpeg_claiming(jpeg(), 9_400, 9_400), Refusal.TOO_LARGE),
        (encoded(scene(1, 1), "PNG"), Refusal.TOO_SMALL),
        (b"\xff\xd8\xff\xe0", Refusal.BROKEN),
    ],
)
def test_what_is_no_picture_is_none_for_a_person_either(data: bytes, why: Refusal) -> None:
    with pytest.raises(PictureRefused) as caught:
        forgive(data)

    assert caught.value.refusal is why
