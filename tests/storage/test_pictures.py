"""Bytes become a picture only if they are one, and nothing but its pixels is kept."""

import io
import os
import struct
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from storage import PictureRefused, Refusal, normalise
from storage.pictures import MAX_BYTES
from tests.support.pictures import (
    chunk,
    distance,
    encoded,
    jpeg,
    jpeg_claiming,
    pixels,
    png_header,
    scene,
    turned,
    with_exif,
)

HOSTILE = Path(__file__).parents[3] / "shared" / "data" / "hostile"
TELLTALES = (
    b"Exif",
    b"Secret",
    b"secret",
    b"ns.adobe.com/xap",
    b"ICC_PROFILE",
    b"trailer",
    b"Photoshop",
    b"PK\x03\x04",
)


def refusal_of(data: bytes) -> Refusal:
    with pytest.raises(PictureRefused) as caught:
        normalise(data)
    return caught.value.refusal


def is_clean_jpeg(data: bytes) -> bool:
    starts_and_ends = data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9"
    return starts_and_ends and not any(telltale in data for telltale in TELLTALES)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_kinds_are_kept_as_jpeg_of_the_same_pixels(kind: str) -> None:
    received = encoded(scene(), kind)

    picture = normalise(received)

    assert is_clean_jpeg(picture.data)
    assert (picture.width, picture.height) == (96, 64)
    assert distance(picture.data, received) <= 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_kept_upright(kind: str, orientation: int) -> None:
    upright = scene(96, 64)

    picture = normalise(with_exif(turned(upright, orientation), kind, orientation=orientation))

    assert (picture.width, picture.height) == (96, 64)
    assert distance(picture.data, encoded(upright, "PNG")) <= 3
    assert is_clean_jpeg(picture.data)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}])
def test_an_upright_jpeg_keeps_its_pixels_to_the_bit(options: dict[str, int | bool]) -> None:
    received = jpeg(203, 131, **options)

    assert np.array_equal(pixels(normalise(received).data), pixels(received))


def test_a_grey_jpeg_keeps_its_pixels_to_the_bit() -> None:
    received = encoded(scene().convert("L"))

    assert np.array_equal(pixels(normalise(received).data), pixels(received))


def test_a_jpeg_of_rgb_channels_keeps_its_colours() -> None:
    received = encoded(scene(), "JPEG", keep_rgb=True, quality=95)

    assert distance(normalise(received).data, received) <= 1


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    orientation=st.integers(0, 9),
    comment=st.booleans(),
    icc=st.booleans(),
    xmp=st.booleans(),
    trailer=st.binary(max_size=40),
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
)
def test_nothing_but_pixels_is_kept(
    seed: int, orientation: int, comment: bool, icc: bool, xmp: bool, trailer: bytes, kind: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0)})
    options: dict[str, object] = {"exif": exif}
    if comment and kind == "JPEG":
        options["comment"] = b"secret comment"
    if comment and kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", "secret comment", zip=True)
        options["pnginfo"] = notes
    if icc:
        options["icc_profile"] = b"ICC_PROFILE secret" * 20
    if xmp and kind != "PNG":
        options["xmp"] = b"http://ns.adobe.com/xap/1.0/ secret"
    received = encoded(scene(48, 32, seed), kind, **options) + b"trailer" + trailer

    picture = normalise(received)

    assert is_clean_jpeg(picture.data)
    assert {picture.width, picture.height} == {48, 32}


def test_nothing_hides_in_the_mark_that_tells_how_colours_are_coded() -> None:
    plain = encoded(scene(), "JPEG", keep_rgb=True, quality=95)
    at = plain.index(b"\xff\xee")
    hiding = plain[:at] + b"\xff\xee\x00\x1c" + plain[at + 4 : at + 16] + b"secret payload" + plain[at + 16 :]

    picture = normalise(hiding)

    assert is_clean_jpeg(picture.data)
    assert distance(picture.data, plain) <= 1


def test_nothing_hides_behind_the_last_block_of_a_scan() -> None:
    received = jpeg()

    picture = normalise(received[:-2] + b"secret payload" * 10 + received[-2:])

    assert is_clean_jpeg(picture.data)
    assert distance(picture.data, received) <= 3


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_looks_as_it_did(mode: str) -> None:
    grey = np.asarray(scene().convert("L"))
    image = Image.fromarray(grey.astype(np.uint16) * 257) if mode == "I;16" else scene().convert(mode)
    if mode == "P":
        image = scene().quantize(128, dither=Image.Dither.NONE)
    reference = scene().convert("L") if mode in ("I;16", "LA") else image

    picture = normalise(encoded(image, "PNG"))

    assert distance(picture.data, encoded(reference.convert("RGB"), "PNG")) <= 3


def test_cmyk_looks_as_it_did() -> None:
    received = encoded(scene().convert("CMYK"), "JPEG", quality=95)

    assert distance(normalise(received).data, received) <= 3


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65_535, 96).astype(np.uint16)

    picture = normalise(encoded(Image.fromarray(np.tile(ramp, (64, 1))), "PNG"))

    assert np.abs(pixels(picture.data)[32, :, 0] - np.round(ramp / 257)).max() <= 3


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_becomes_white(kind: str) -> None:
    image = scene().convert("RGBA")
    image.paste((200, 0, 0, 0), (0, 0, 48, 64))

    kept = pixels(normalise(encoded(image, kind, **({"lossless": True} if kind == "WEBP" else {}))).data)

    assert kept[:, :40].min() >= 250
    assert kept[:, 56:].max() < 250


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_transparent_colour_becomes_white(mode: str) -> None:
    colours = {"P": 0, "L": 0, "RGB": (0, 0, 0)}
    image = Image.new("L", (64, 64), 0)
    image.paste(128, (32, 0, 64, 64))

    kept = pixels(normalise(encoded(image.convert(mode), "PNG", transparency=colours[mode])).data)

    assert kept[:, :24].min() >= 250


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", Refusal.EMPTY),
        (b"\0" * 100, Refusal.NOT_A_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refusal.NOT_A_PICTURE),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", Refusal.NOT_A_PICTURE),
        (b"%PDF-1.7\n", Refusal.KIND_NOT_TAKEN),
        (b"PK\x03\x04" + bytes(40), Refusal.KIND_NOT_TAKEN),
        (b"II*\x00" + bytes(40), Refusal.KIND_NOT_TAKEN),
        (b"8BPS" + bytes(40), Refusal.KIND_NOT_TAKEN),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), Refusal.KIND_NOT_TAKEN),
        (encoded(scene(), "GIF"), Refusal.KIND_NOT_TAKEN),
        (encoded(scene(), "BMP"), Refusal.KIND_NOT_TAKEN),
        (b"\xff\xd8\xff", Refusal.BROKEN),
        (b"\x89PNG\r\n\x1a\n", Refusal.TOO_SMALL),
        (jpeg(15, 64), Refusal.TOO_SMALL),
        (encoded(Image.new("RGB", (64, 64), "teal")), Refusal.BLANK),
        (encoded(Image.new("RGB", (64, 64), "teal"), "PNG"), Refusal.BLANK),
        (bytes(MAX_BYTES + 1), Refusal.TOO_MANY_BYTES),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(data: bytes, expected: Refusal) -> None:
    assert refusal_of(data) is expected


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_moves_is_refused(kind: str) -> None:
    moving = encoded(scene(), kind, save_all=True, append_images=[scene(seed=1)], duration=100)

    assert refusal_of(moving) is Refusal.ANIMATED


def test_colours_of_one_lightness_are_a_picture() -> None:
    image = Image.new("RGB", (64, 64), (0, 128, 0))
    image.paste((251, 0, 0), (0, 0, 32, 64))
    assert np.asarray(image.convert("L")).std() < 2

    assert normalise(encoded(image, "JPEG", quality=100)).width == 64


def test_a_pattern_finer_than_eight_pixels_is_a_picture() -> None:
    checks = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)

    assert normalise(encoded(Image.fromarray(checks), "JPEG", quality=95)).width == 64


@pytest.mark.parametrize(
    "bomb",
    [
        png_header(9_400, 9_400),
        png_header(1, 170_000_000),
        png_header(2**31 - 1, 2**31 - 1),
        png_header(0, 64),
        jpeg_claiming(jpeg(), 13_000, 13_000),
        jpeg_claiming(jpeg(), 65_500, 16),
        # The size that is looked at first, and the size that the decoder goes by.
        png_header(9_400, 9_400, before=chunk(b"tEXt", struct.pack(">II", 64, 64) + b"\0")),
        jpeg()[:-2] + jpeg_claiming(jpeg(), 13_000, 13_000)[2:],
        jpeg_claiming(jpeg(), 13_000, 13_000)[:-2] + jpeg()[2:],
        b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + b"\xff\x3f\x00\xff\x3f\x00",
        b"RIFF\x00\x00\x00\x00WEBPVP8L\x0a\x00\x00\x00\x2f\xff\xff\xff\x0f",
    ],
)
def test_a_header_bomb_is_refused_before_it_is_decoded(bomb: bytes) -> None:
    tracemalloc.start()
    try:
        refusal = refusal_of(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert refusal in (Refusal.TOO_LARGE, Refusal.TOO_SMALL, Refusal.BROKEN)
    assert peak < 5_000_000


def test_a_thousand_scans_are_refused_at_once() -> None:
    received = jpeg(800, 600, progressive=True)
    last = received.rindex(b"\xff\xda")
    bomb = received[:last] + received[last:-2] * 1_000 + b"\xff\xd9"

    started = time.perf_counter()

    assert refusal_of(bomb) is Refusal.BROKEN
    assert time.perf_counter() - started < 0.5


def test_a_million_empty_comments_are_refused_at_once() -> None:
    received = jpeg()

    started = time.perf_counter()

    assert refusal_of(received[:2] + b"\xff\xfe\x00\x02" * 1_000_000 + received[2:]) is Refusal.BROKEN
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize("kind", ["JPEG", "progressive", "PNG", "WEBP"])
def test_a_file_that_was_cut_is_refused_or_whole(kind: str) -> None:
    whole = jpeg(progressive=True) if kind == "progressive" else encoded(scene(), kind)
    refused = 0

    for length in range(1, len(whole), max(1, len(whole) // 200)):
        try:
            picture = normalise(whole[:length])
        except PictureRefused:
            refused += 1
        else:
            assert distance(picture.data, whole) <= 3

    assert refused >= 190


@pytest.mark.parametrize("progressive", [False, True])
def test_a_cut_jpeg_with_an_end_mark_pasted_on_is_refused(progressive: bool) -> None:
    whole = jpeg(320, 240, progressive=progressive)
    first_scan = whole.index(b"\xff\xda")

    for length in range(first_scan + 40, len(whole) - 40, (len(whole) - first_scan) // 40):
        try:
            picture = normalise(whole[:length] + b"\xff\xd9")
        except PictureRefused:
            continue
        # Between two scans of a progressive file the picture is whole, only coarser.
        assert progressive
        assert distance(picture.data, whole) <= 12


def test_a_jpeg_that_lacks_only_its_end_mark_is_kept() -> None:
    received = jpeg()

    assert np.array_equal(pixels(normalise(received[:-2]).data), pixels(received))


def test_padding_between_segments_is_no_reason_to_refuse() -> None:
    received = jpeg()
    at = received.index(b"\xff\xdb")

    picture = normalise(received[:at] + b"\0" * 7 + received[at:])

    assert np.array_equal(pixels(picture.data), pixels(received))


@pytest.mark.parametrize("tail", [b"PK\x03\x04 a zip trailer", b"<script>secret</script>", b"\xff\xd8\xff\xe1 secret"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_other_half_of_a_polyglot_is_gone(kind: str, tail: bytes) -> None:
    assert is_clean_jpeg(normalise(encoded(scene(), kind) + tail).data)


def test_the_same_bytes_give_the_same_picture() -> None:
    received = with_exif(turned(scene(), 6), "JPEG", orientation=6)

    assert normalise(received) == normalise(received)


def test_what_was_kept_is_kept_as_it_is() -> None:
    for received in (jpeg(), encoded(scene(), "PNG"), with_exif(turned(scene(), 6), "JPEG", orientation=6)):
        kept = normalise(received).data
        assert normalise(kept).data == kept


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bytes_never_raise_anything_but_a_refusal(data: st.DataObject) -> None:
    whole = bytearray(encoded(scene(48, 32), data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))

    try:
        picture = normalise(bytes(whole))
    except PictureRefused:
        return
    assert is_clean_jpeg(picture.data)


@pytest.mark.skipif(not (HOSTILE / "MANIFEST.csv").exists(), reason="the hostile files are not here")
@pytest.mark.filterwarnings("ignore")
def test_no_hostile_file_does_more_than_be_refused() -> None:
    files = [Path(folder, name) for folder, _, names in os.walk(HOSTILE) for name in names]
    assert len(files) > 500

    for file in files:
        started = time.perf_counter()
        try:
            picture = normalise(file.read_bytes())
        except PictureRefused:
            pass
        else:
            with Image.open(io.BytesIO(picture.data)) as image:
                assert image.size == (picture.width, picture.height)
        assert time.perf_counter() - started < 6, file.name
