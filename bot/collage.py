"""One picture out of several: what an answer was given for, and below it the taught photos most alike."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from trainer.heatmap import as_jpeg
from trainer.preprocessing import Pixels

GAP = 8
# A picture may be a strip of a few pixels; Telegram takes no photo whose sides differ more than twenty times.
LEAST_WIDTH, LONGEST_RATIO = 200, 8
# Behind the pictures, and in place of one that is not shown here.
PAPER, HIDDEN = (24, 26, 30), (58, 62, 70)


def collage(shown: Pixels, below: Sequence[Pixels | None], *, columns: int = 3) -> bytes:
    """The JPEG of a picture with a row of squares below it; None stands for one that may not be shown."""
    height, breadth = shown.shape[:2]
    width = max(breadth, LEAST_WIDTH, height // LONGEST_RATIO)
    side = (width - GAP * (columns - 1)) // columns
    height = max(height, width // LONGEST_RATIO)
    total = height + (GAP + side if below else 0)
    page = Image.new("RGB", (width, total), PAPER)
    page.paste(Image.fromarray(shown), ((width - breadth) // 2, (height - shown.shape[0]) // 2))
    for place, pixels in enumerate(below[:columns]):
        tile = Image.new("RGB", (side, side), HIDDEN) if pixels is None else _square(pixels, side)
        page.paste(tile, (place * (side + GAP), height + GAP))
    return as_jpeg(np.asarray(page))


def _square(pixels: Pixels, side: int) -> Image.Image:
    picture = Image.fromarray(pixels)
    edge = min(picture.size)
    left, top = (picture.width - edge) / 2, (picture.height - edge) / 2
    return picture.resize((side, side), Image.Resampling.BILINEAR, box=(left, top, left + edge, top + edge))


def side_by_side(pictures: Sequence[Pixels], *, side: int, columns: int = 3) -> bytes:
    """The JPEG of pictures next to each other in squares, in rows, each shown whole."""
    columns = max(1, min(columns, len(pictures)))
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * (side + GAP) - GAP, rows * (side + GAP) - GAP), PAPER)
    for place, pixels in enumerate(pictures):
        whole = Image.fromarray(pixels)
        whole = whole.resize(_fitting(whole.size, side), Image.Resampling.BILINEAR)
        left, top = place % columns * (side + GAP), place // columns * (side + GAP)
        page.paste(whole, (left + (side - whole.width) // 2, top + (side - whole.height) // 2))
    return as_jpeg(np.asarray(page))


def _fitting(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
