"""Bytes become a picture only if they are one, and nothing but its pixels is kept."""

import base64
import struct

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from pictures import PictureRefused, Refusal, normalise
from pictures.colours import as_rgb
from pictures.normalising import MAX_BYTES
from pictures.orientation import orientation
from tests.pictures.judging import is_clean_jpeg, refusal_of
from tests.support.pictures import (
    chunk,
    distance,
    encoded,
    jpeg,
    pixels,
    png_of,
    scene,
    turned,
    with_exif,
)
from tests.support.profiles import display_p3

# The scene of 32 x 24 pixels, coded arithmetically by jpegtran: nothing here writes such files.
ARITHMETIC = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYn"
    "KSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo"
    "KCgoKCgoKCj/yQARCAAYACADASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/AMfBpVMDMMgdyqq0sm2EgEAUUrSN"
    "xG5wH9gususWrOQWABPYXdKNrvhJ7KVT5kpc+j/I+ptDGQ+fORzaGSRLN7EymdBkJzrHEUa79zkHOTL3nYuDkhpYKX7/2Q=="
)
KINDS = ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF"]


@pytest.fixture(autouse=True, scope="module")
def pillow_knows_heic() -> None:
    """So that tests can draw and compare it; what is tested does not need that."""
    pillow_heif.register_heif_opener()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_kept_as_jpeg_of_the_same_pixels(kind: str) -> None:
    received = encoded(scene(), kind)

    picture = normalise(received)

    assert is_clean_jpeg(picture.data)
    assert (picture.width, picture.height) == (96, 64)
    assert distance(picture.data, received) <= 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_every_orientation_is_kept_upright(kind: str, turn: int) -> None:
    upright = scene(96, 64)

    picture = normalise(with_exif(turned(upright, turn), kind, orientation=turn))

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


def test_a_jpeg_that_few_decoders_know_is_kept_as_one_that_all_know() -> None:
    picture = normalise(ARITHMETIC)

    assert b"\xff\xc9" in ARITHMETIC
    assert b"\xff\xc0" in picture.data
    assert distance(picture.data, ARITHMETIC) <= 1


def test_a_jpeg_of_rgb_channels_keeps_its_colours() -> None:
    received = encoded(scene(), "JPEG", keep_rgb=True, quality=95)

    assert distance(normalise(received).data, received) <= 1


@settings(max_examples=500, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    orientation=st.integers(0, 9),
    comment=st.booleans(),
    icc=st.booleans(),
    xmp=st.booleans(),
    trailer=st.binary(max_size=40),
    kind=st.sampled_from(KINDS),
)
def test_nothing_but_pixels_is_kept(
    seed: int, orientation: int, comment: bool, icc: bool, xmp: bool, trailer: bytes, kind: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0)})
    options: dict[str, object] = {"exif": exif.tobytes()}
    if comment and kind in ("JPEG", "GIF"):
        options["comment"] = b"secret comment"
    if comment and kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", "secret comment", zip=True)
        options["pnginfo"] = notes
    if icc:
        options["icc_profile"] = display_p3(b"ICC_PROFILE secret") if seed % 2 else b"ICC_PROFILE secret" * 20
    if xmp and kind not in ("PNG", "GIF"):
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


def test_ycbcr_looks_as_it_did() -> None:
    received = encoded(scene().convert("YCbCr"), "JPEG", quality=95)

    assert distance(normalise(received).data, encoded(scene(), "PNG")) <= 3


def test_a_png_needs_no_more_than_its_pixels() -> None:
    whole = encoded(scene(), "PNG")
    assert whole[-12:-4] == b"\0\0\0\0IEND"

    assert distance(normalise(whole[:-12] + b"\0\0\xff\xffIDAT").data, whole) <= 3


def test_a_wrong_way_up_that_only_the_text_of_a_picture_tells_is_not_believed() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="3"/>')

    assert distance(normalise(encoded(scene(), "PNG", pnginfo=notes)).data, encoded(scene(), "PNG")) <= 3


@pytest.mark.parametrize("exif", [b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff\x01\x12", b"no EXIF"])
def test_odd_exif_is_no_reason_to_refuse(exif: bytes) -> None:
    assert normalise(encoded(scene(), "JPEG", exif=b"Exif\0\0" + exif)).width == 96


def test_only_one_tag_of_exif_is_read_and_only_as_it_should_be() -> None:
    for kind, count, value in ((4, 1, 6), (3, 2, 6), (3, 1, 9), (3, 1, 0)):
        tiff = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x0112, kind, count, value)
        assert orientation(b"Exif\0\0" + tiff) == 1
    assert orientation(b"MM\0*" + struct.pack(">IHHHIHH", 8, 1, 0x0112, 3, 1, 6, 0)) == 6


def test_cmyk_looks_as_it_did() -> None:
    received = encoded(scene().convert("CMYK"), "JPEG", quality=95)

    assert distance(normalise(received).data, received) <= 3


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65_535, 96).astype(np.uint16)

    picture = normalise(encoded(Image.fromarray(np.tile(ramp, (64, 1))), "PNG"))

    assert np.abs(pixels(picture.data)[32, :, 0] - np.round(ramp / 257)).max() <= 3


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF", "AVIF"])
def test_what_is_transparent_becomes_white(kind: str) -> None:
    image = scene().convert("RGBA")
    image.paste((200, 0, 0, 0), (0, 0, 48, 64))

    kept = pixels(normalise(encoded(image, kind, **({"lossless": True} if kind == "WEBP" else {}))).data)

    assert kept[:, :40].min() >= 250
    assert kept[:, 56:].max() < 250


def test_the_transparent_one_of_sixteen_bit_greys_becomes_white() -> None:
    levels = np.full((64, 64), 30_000, np.uint16)
    levels[:, 32:] = 10_000
    plain = encoded(Image.fromarray(levels), "PNG")
    clear = plain[:33] + chunk(b"tRNS", struct.pack(">H", 10_000)) + plain[33:]

    kept = pixels(normalise(clear).data)

    assert kept[:, 40:].min() >= 250
    assert np.abs(kept[:, :24] - round(30_000 / 257)).max() <= 3


@pytest.mark.parametrize("colour_type", [2, 4, 6])
def test_sixteen_bits_of_colour_are_scaled_and_not_clipped(colour_type: int) -> None:
    channels = {2: 3, 4: 2, 6: 4}[colour_type]
    ramp = np.linspace(0, 65_535, 96).astype(">u2")
    levels = np.repeat(np.tile(ramp, (64, 1))[:, :, None], channels, axis=2)
    if colour_type in (4, 6):
        levels[:, :, -1] = 65_535

    picture = normalise(png_of(levels, colour_type))

    assert np.abs(pixels(picture.data)[32, :, 0] - np.round(ramp / 257)).max() <= 3


@pytest.mark.parametrize("levels", [np.float32, np.int32])
def test_more_than_sixteen_bits_are_refused_by_name(levels: type) -> None:
    tiff = encoded(Image.fromarray(np.arange(64 * 64).reshape(64, 64).astype(levels)), "TIFF")

    with pytest.raises(PictureRefused) as caught:
        normalise(tiff)

    assert (caught.value.refusal, caught.value.given) == (Refusal.KIND_NOT_TAKEN, "TIFF")


def test_numbers_without_a_white_are_refused_by_name_and_never_clipped() -> None:
    for image in (Image.new("F", (20, 20), 0.5), Image.new("I", (20, 20), 70_000), Image.new("I", (20, 20), -1)):
        with pytest.raises(PictureRefused) as caught:
            as_rgb(image)
        assert caught.value.refusal is Refusal.KIND_NOT_TAKEN


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
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refusal.KIND_NOT_TAKEN),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", Refusal.KIND_NOT_TAKEN),
        (b"%PDF-1.7\n", Refusal.KIND_NOT_TAKEN),
        (b"PK\x03\x04" + bytes(40), Refusal.KIND_NOT_TAKEN),
        (b"II*\x00" + bytes(40), Refusal.KIND_NOT_TAKEN),
        (b"8BPS" + bytes(40), Refusal.KIND_NOT_TAKEN),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), Refusal.BROKEN),
        (b"\x00\x00\x00\x18ftypavif" + bytes(40), Refusal.BROKEN),
        (b"\x00\x00\x00\x18ftypisom" + bytes(40), Refusal.KIND_NOT_TAKEN),
        (encoded(scene(), "BMP"), Refusal.KIND_NOT_TAKEN),
        (b"\xff\xd8\xff", Refusal.BROKEN),
        (b"\x89PNG\r\n\x1a\n", Refusal.BROKEN),
        (jpeg(15, 64), Refusal.TOO_SMALL),
        (encoded(Image.new("RGB", (64, 64), "teal")), Refusal.BLANK),
        (encoded(Image.new("RGB", (64, 64), "teal"), "PNG"), Refusal.BLANK),
        (bytes(MAX_BYTES + 1), Refusal.TOO_MANY_BYTES),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(data: bytes, expected: Refusal) -> None:
    assert refusal_of(data) is expected


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "AVIF"])
def test_of_what_moves_the_first_picture_is_kept(kind: str) -> None:
    first, second = scene(), scene(seed=1).transpose(Image.Transpose.ROTATE_180)
    moving = encoded(first, kind, save_all=True, append_images=[second], duration=100)
    assert distance(moving, encoded(second, "PNG")) > 30

    picture = normalise(moving)

    assert distance(picture.data, moving) <= 3
    assert distance(picture.data, encoded(first, "PNG")) <= 9  # a GIF has 256 colours


def test_colours_of_one_lightness_are_a_picture() -> None:
    image = Image.new("RGB", (64, 64), (0, 128, 0))
    image.paste((251, 0, 0), (0, 0, 32, 64))
    assert np.asarray(image.convert("L")).std() < 2

    assert normalise(encoded(image, "JPEG", quality=100)).width == 64


def test_a_pattern_finer_than_eight_pixels_is_a_picture() -> None:
    checks = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)

    assert normalise(encoded(Image.fromarray(checks), "JPEG", quality=95)).width == 64
