"""Colours are kept as they were meant: what a wide profile says is done before it goes."""

import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from pictures import normalise
from pictures.profiles import MAX_PROFILE, moves_colours
from tests.pictures.judging import is_clean_jpeg
from tests.support.pictures import chunk, distance, encoded, pixels, scene
from tests.support.profiles import ADOBE_RGB, DISPLAY_P3, SRGB, profile

pillow_heif.register_heif_opener()
COLOURS = ((200, 100, 50), (100, 200, 100), (180, 180, 180))
# From linear Display P3 to linear sRGB, by the standards' primaries.
TO_SRGB = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])


def meant(colour: tuple[int, int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """What numbers of Display P3, here with a power of 2.2, are called in sRGB."""
    linear = np.clip(TO_SRGB @ (np.array(colour) / 255) ** (563 / 256), 0, 1)
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255)


def three_colours() -> Image.Image:
    """Fields so large that no encoder mixes them."""
    seen = np.zeros((64, 192, 3), np.uint8)
    for place, colour in enumerate(COLOURS):
        seen[:, 64 * place : 64 * (place + 1)] = colour
    return Image.fromarray(seen)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_colours_of_a_telephone_are_kept_as_they_were_meant(kind: str) -> None:
    received = encoded(three_colours(), kind, icc_profile=profile(DISPLAY_P3), quality=95)

    picture = normalise(received)

    kept = pixels(picture.data)
    for place, colour in enumerate(COLOURS):
        assert np.abs(kept[32, 64 * place + 32] - meant(colour)).max() <= 6, colour
    assert is_clean_jpeg(picture.data)


@pytest.mark.parametrize("primaries", [SRGB, None])
def test_a_jpeg_of_common_colours_keeps_its_pixels_to_the_bit(primaries: tuple[tuple[float, ...], ...] | None) -> None:
    options = {} if primaries is None else {"icc_profile": profile(primaries)}
    received = encoded(scene(), "JPEG", **options)

    assert np.array_equal(pixels(normalise(received).data), pixels(received))


def test_only_what_moves_colours_moves_them() -> None:
    assert [moves_colours(profile(one)) for one in (SRGB, DISPLAY_P3, ADOBE_RGB)] == [False, True, True]


@pytest.mark.parametrize(
    "unreadable",
    [
        b"",
        b"no profile",
        profile(DISPLAY_P3)[:200],
        profile(DISPLAY_P3).replace(b"RGB ", b"CMYK"),
        b"RGB " * MAX_PROFILE,
    ],
)
def test_a_profile_that_cannot_be_read_is_no_reason_to_refuse(unreadable: bytes) -> None:
    received = encoded(scene(), "PNG", icc_profile=unreadable)

    assert distance(normalise(received).data, encoded(scene(), "PNG")) <= 3


def test_a_profile_that_unpacks_without_end_is_not_unpacked() -> None:
    bomb = chunk(b"iCCP", b"bomb\0\0" + zlib.compress(bytes(64 * MAX_PROFILE)))
    plain = encoded(scene(), "PNG")

    assert distance(normalise(plain[:33] + bomb + plain[33:]).data, plain) <= 3
