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
    """The JPEG of a picture above a row of squares, each with a whole picture in it.

    None stands for one that may not be shown.
    """
    height, breadth = shown.shape[:2]
    width = max(breadth, LEAST_WIDTH, height // LONGEST_RATIO)
    side = (width - GAP * (columns - 1)) // columns
    height = max(height, width // LONGEST_RATIO)
    total = height + (GAP + side if below else 0)
    page = Image.new("RGB", (width, total), PAPER)
    page.paste(Image.fromarray(shown), ((width - breadth) // 2, (height - shown.shape[0]) // 2))
    for place, pixels in enumerate(below[:columns]):
        tile = Image.new("RGB", (side, side), HIDDEN) if pixels is None else _tile(pixels, side)
        page.paste(tile, (place * (side + GAP), height + GAP))
    return as_jpeg(np.asarray(page))


def side_by_side(pictures: Sequence[Pixels], *, side: int, columns: int = 3) -> bytes:
    """The JPEG of pictures next to each other in squares, in rows, each shown whole."""
    columns = max(1, min(columns, len(pictures)))
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * (side + GAP) - GAP, rows * (side + GAP) - GAP), PAPER)
    for place, pixels in enumerate(pictures):
        page.paste(_tile(pixels, side), (place % columns * (side + GAP), place // columns * (side + GAP)))
    return as_jpeg(np.asarray(page))


def blank(side: int) -> bytes:
    """The JPEG that stands where a photo stood."""
    return as_jpeg(np.asarray(Image.new("RGB", (side, side // 2), HIDDEN)))


def _tile(pixels: Pixels, side: int) -> Image.Image:
    """A square with all of a picture in it: what it was taught for may lie at its edge."""
    picture, tile = Image.fromarray(pixels), Image.new("RGB", (side, side), PAPER)
    scale = side / max(picture.size)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    whole = picture.resize((width, height), Image.Resampling.BILINEAR)
    tile.paste(whole, ((side - width) // 2, (side - height) // 2))
    return tile
