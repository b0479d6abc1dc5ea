"""The picture that explains an answer, drawn of several."""

import io

import numpy as np
import pytest
from PIL import Image

from bot.collage import GAP, HIDDEN, collage
from trainer.preprocessing import Pixels


def plain(colour: tuple[int, int, int], width: int, height: int) -> Pixels:
    return np.full((height, width, 3), colour, dtype=np.uint8)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_what_was_asked_stands_above_what_is_most_alike() -> None:
    page = opened(collage(plain((200, 0, 0), 316, 200), [plain((0, 200, 0), 50, 90), None]))

    side = (316 - 2 * GAP) // 3
    assert page.size == (316, 200 + GAP + side)
    assert _near(page.getpixel((158, 100)), (200, 0, 0))
    assert _near(page.getpixel((side // 2, 200 + GAP + side // 2)), (0, 200, 0))
    assert _near(page.getpixel((side + GAP + side // 2, 200 + GAP + side // 2)), HIDDEN)


@pytest.mark.parametrize(("rows", "columns"), [(slice(0, 10), slice(None)), (slice(None), slice(0, 10))])
def test_what_lies_at_the_edge_of_a_long_photo_is_shown(rows: slice, columns: slice) -> None:
    tall = isinstance(rows.stop, int)
    photo = plain((0, 0, 200), *((30, 90) if tall else (90, 30)))
    photo[rows, columns] = (0, 200, 0)

    page = opened(collage(plain((200, 0, 0), 316, 200), [photo]))

    side = (316 - 2 * GAP) // 3
    at = (side // 2, 5) if tall else (5, side // 2)
    assert _near(page.getpixel((at[0], 200 + GAP + at[1])), (0, 200, 0))


def test_where_nothing_is_alike_the_photo_stands_alone() -> None:
    assert opened(collage(plain((9, 9, 9), 320, 80), [])).size == (320, 80)


@pytest.mark.parametrize(("width", "height"), [(2, 640), (640, 2), (16, 16)])
def test_a_strip_of_a_picture_comes_in_a_shape_that_telegram_takes(width: int, height: int) -> None:
    page = opened(collage(plain((9, 9, 9), width, height), [None, None, None]))

    assert max(page.size) <= 20 * min(page.size)
    assert page.width >= width
    assert page.height >= height


def _near(found: object, wanted: tuple[int, int, int]) -> bool:
    return bool(np.allclose(np.array(found), wanted, atol=6))
