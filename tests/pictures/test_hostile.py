"""Files that were made to harm, and files that were damaged: refused by their reason, at little cost."""

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
from PIL import Image

from pictures import PictureRefused, Refusal, normalise
from tests.pictures.judging import is_clean_jpeg, refusal_of
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


@pytest.fixture
def never_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def decoded(*_: object, **__: object) -> None:
        pytest.fail("it came to a decoder")

    monkeypatch.setattr("pictures.normalising.simplejpeg.decode_jpeg", decoded)


@pytest.mark.usefixtures("never_decoded")
def test_a_thousand_scans_are_refused_at_once() -> None:
    received = jpeg(800, 600, progressive=True)
    last = received.rindex(b"\xff\xda")
    bomb = received[:last] + received[last:-2] * 1_000 + b"\xff\xd9"

    assert refusal_of(bomb) is Refusal.BROKEN


@pytest.mark.usefixtures("never_decoded")
def test_a_million_empty_comments_are_refused_at_once() -> None:
    received = jpeg()

    assert refusal_of(received[:2] + b"\xff\xfe\x00\x02" * 1_000_000 + received[2:]) is Refusal.BROKEN


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


def test_a_sequential_jpeg_that_states_odd_numbers_for_its_only_scan_is_whole() -> None:
    received = bytearray(jpeg())
    scan = received.index(b"\xff\xda")
    length = int.from_bytes(received[scan + 2 : scan + 4], "big")
    received[scan + 2 + length - 2] = 7

    assert np.array_equal(pixels(normalise(bytes(received)).data), pixels(jpeg()))


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
