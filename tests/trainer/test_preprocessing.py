from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from storage import PictureRefused, Refusal, normalise
from tests.support.pictures import encoded, scene
from tests.trainer.conftest import draw
from trainer.errors import PictureUnreadable
from trainer.preprocessing import Mode, Preprocessing, decode, prepare


def gradient(width: int, height: int, kind: str = "JPEG") -> bytes:
    across = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    down = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    stream = io.BytesIO()
    Image.fromarray(np.stack([across, down, across], -1).astype(np.uint8)).save(stream, kind, quality=95)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["balanced", "whole", "centre"])
def test_every_kind_of_picture_becomes_a_square(kind: str, mode: Mode) -> None:
    pixels = prepare(gradient(300, 200, kind), Preprocessing(size=64, mode=mode))

    assert pixels.shape == (64, 64, 3)
    assert pixels.dtype == np.uint8


def test_each_mode_keeps_its_share_of_the_longer_side() -> None:
    picture = gradient(400, 100, "PNG")

    def seen(mode: Mode) -> float:
        row = prepare(picture, Preprocessing(size=64, mode=mode))[32, :, 0].astype(float)
        return float(row[-1] - row[0]) / 255

    assert seen("whole") == pytest.approx(1.0, abs=0.03)
    assert seen("balanced") == pytest.approx(0.5, abs=0.03)
    assert seen("centre") == pytest.approx(0.25, abs=0.03)


def test_reduced_scale_decoding_looks_like_full_decoding() -> None:
    data = gradient(1280, 960)
    full = Image.open(io.BytesIO(data)).resize((320, 320), Image.Resampling.BILINEAR)

    pixels = prepare(data, Preprocessing(mode="whole"))

    assert np.abs(pixels.astype(int) - np.asarray(full).astype(int)).mean() < 2
    assert min(decode(data, 320).shape[:2]) < 960


def test_a_greyscale_and_a_cmyk_jpeg_are_pictures_too() -> None:
    for mode in ("L", "CMYK"):
        stream = io.BytesIO()
        Image.new(mode, (80, 60), 128 if mode == "L" else (0, 90, 90, 0)).save(stream, "JPEG")

        assert prepare(stream.getvalue(), Preprocessing(size=32)).shape == (32, 32, 3)


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\xff\xd8\xff nor this", b"GIF89a" + bytes(40)])
def test_what_is_no_picture_is_named_so(data: bytes) -> None:
    with pytest.raises(PictureUnreadable):
        prepare(data, Preprocessing())


def test_a_picture_cut_in_half_is_named_or_answered_but_never_crashes() -> None:
    data = draw("red", 1, kind="PNG")

    with pytest.raises(PictureUnreadable):
        prepare(data[: len(data) // 2], Preprocessing(size=32))


@given(st.integers(16, 1024), st.sampled_from(["balanced", "whole", "centre"]))
def test_a_preprocessing_survives_being_written_down(size: int, mode: Mode) -> None:
    spec = Preprocessing(size=size, mode=mode)

    assert Preprocessing.from_dict(spec.as_dict()) == spec


@pytest.mark.parametrize(
    "change", [{"size": 4}, {"mode": "stretch"}, {"interpolation": "nearest"}, {"std": [1, 1, 0]}, {"mean": [1, 2]}]
)
def test_a_spoilt_preprocessing_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Preprocessing.from_dict(Preprocessing().as_dict() | change)


@pytest.mark.parametrize("side", [48, 96])
def test_what_the_check_decoded_is_handed_on_as_a_decoder_would_give_it(side: int) -> None:
    received = encoded(scene(400, 300), "JPEG", quality=90)

    picture = normalise(received, side=side)

    assert picture == normalise(received)
    assert picture.pixels is not None
    assert np.array_equal(picture.pixels, decode(picture.data, side))


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("JPEG", "CMYK"), ("GIF", "P"), ("WEBP", "RGB")])
def test_what_had_to_be_encoded_anew_hands_on_the_pixels_of_its_copy(kind: str, mode: str) -> None:
    picture = normalise(encoded(scene(640, 480).convert(mode), kind), side=48)

    assert picture.pixels is not None
    assert np.array_equal(picture.pixels, decode(picture.data, 48))


def test_a_flat_picture_is_refused_at_any_side() -> None:
    with pytest.raises(PictureRefused) as caught:
        normalise(encoded(Image.new("RGB", (64, 64), (200, 30, 90)), "JPEG"), side=48)

    assert caught.value.refusal is Refusal.BLANK
