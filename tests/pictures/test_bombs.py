"""Files that cost minutes or gigabytes elsewhere, through the processes that decode: the right verdict, soon."""

import functools
import io
import random
import resource
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageDraw

from pictures import PictureRefused, Refusal
from pictures.decoders import Decoders
from tests.support.pictures import chunk, encoded, jpeg, jpeg_claiming, png_header, scene

KEPT = "kept"
WIDE = Image.new("L", (12_100, 64))
# By the clock of an overloaded machine; what a test must never do is wait for ever.
PATIENCE = 20.0
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    with Decoders() as made:
        made.normalise(jpeg())
        yield made


def png_with(*chunks: bytes) -> bytes:
    whole = encoded(scene(), "PNG")
    return whole[:33] + b"".join(chunks) + whole[33:]


@functools.cache
def packed(unpacked: int) -> bytes:
    """Zeros, packed by a thousandth."""
    packing = zlib.compressobj(9)
    pieces = [packing.compress(bytes(1_000_000)) for _ in range(unpacked // 1_000_000)]
    return b"".join([*pieces, packing.flush()])


def text_bomb(kind: bytes) -> bytes:
    head = {b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0", b"iCCP": b"a\0\0"}[kind]
    return png_with(chunk(kind, head + packed(1_000_000_000)))


def scans(count: int) -> bytes:
    received = jpeg(400, 300, progressive=True)
    last = received.rindex(b"\xff\xda")
    return received[:last] + received[last:-2] * count + b"\xff\xd9"


def moving(kind: str, frames: int) -> bytes:
    pictures = [scene(64, 64, seed) for seed in range(frames)]
    return encoded(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=20)


def huge(kind: str, side: int) -> bytes:
    return encoded(Image.new("L", (side, side)), kind)


def real_png(width: int, height: int) -> bytes:
    """Every pixel is there, packed: 170 MB of rows in a file of 165 KB."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = packed(height * (width + 1) // 1_000_000 * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def noisy(width: int, height: int, kind: str, **options: object) -> bytes:
    levels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return encoded(Image.fromarray(levels), kind, **options)


def heic(image: Image.Image) -> bytes:
    pillow_heif.register_heif_opener()
    return encoded(image, "HEIF")


def gif_screen(width: int, height: int) -> bytes:
    small = encoded(scene(16, 16).convert("P"), "GIF")
    return small[:6] + struct.pack("<HH", width, height) + small[10:]


def vp8x(width: int, height: int) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x64\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" + sizes + bytes(60)


def isobmff_nest(brand: bytes) -> bytes:
    """Boxes in boxes in boxes, each claiming to hold the rest."""
    inner = b""
    for _ in range(2_000):
        inner = struct.pack(">I", len(inner) + 8) + b"meta" + inner
    return b"\0\0\0\x14ftyp" + brand + bytes(4) + brand + inner


def drawn() -> Image.Image:
    """A picture that is no square of noise: a truck of lines."""
    image = Image.new("RGB", (120, 90), "white")
    ImageDraw.Draw(image).ellipse((10, 10, 100, 80), fill="navy", outline="red")
    return image


REFUSED_AS: dict[str, tuple[Callable[[], bytes], Refusal | str]] = {
    "header bomb, png": (lambda: png_header(9_400, 9_400), Refusal.TOO_LARGE),
    "header bomb, the largest png": (lambda: png_header(2**31 - 1, 2**31 - 1), Refusal.TOO_LARGE),
    "jpeg of 13k x 13k": (lambda: jpeg_claiming(jpeg(), 13_000, 13_000), Refusal.TOO_LARGE),
    "jpeg of 65k x 65k": (lambda: jpeg_claiming(jpeg(), 65_500, 65_500), Refusal.TOO_LARGE),
    "png of 1 x 170M": (lambda: real_png(1, 170_000_000), Refusal.TOO_SMALL),
    "png of 16 x 10M": (lambda: real_png(16, 10_000_000), Refusal.TOO_LARGE),
    "88 megapixels, jpeg": (lambda: huge("JPEG", 9_400), Refusal.TOO_LARGE),
    "too wide, webp": (lambda: encoded(WIDE, "WEBP"), Refusal.TOO_LARGE),
    "too wide, avif": (lambda: encoded(WIDE, "AVIF", speed=10), Refusal.TOO_LARGE),
    "too wide, heic": (lambda: heic(WIDE), Refusal.TOO_LARGE),
    "a webp that claims a canvas": (lambda: vp8x(16_383, 16_383), Refusal.TOO_LARGE),
    "a gif with a screen of 4 gigapixels": (lambda: gif_screen(65_535, 65_535), Refusal.TOO_LARGE),
    "a gif with a screen of 30 megapixels": (lambda: gif_screen(6_000, 5_000), Refusal.BLANK),
    "zTXt of 1 GB": (lambda: text_bomb(b"zTXt"), KEPT),
    "iTXt of 1 GB": (lambda: text_bomb(b"iTXt"), KEPT),
    "iCCP of 1 GB": (lambda: text_bomb(b"iCCP"), KEPT),
    "a million empty chunks": (lambda: png_with(chunk(b"teXt", b"") * 1_000_000), Refusal.BROKEN),
    "more pixels packed than there is room": (
        lambda: png_header(64, 64)[:33] + chunk(b"IDAT", packed(500_000_000)) + chunk(b"IEND", b""), Refusal.BLANK,
    ),
    "1,000 scans": (lambda: scans(1_000), Refusal.BROKEN),
    "a scan 50 times": (lambda: scans(50), Refusal.BROKEN),
    "a million comments": (lambda: jpeg()[:2] + b"\xff\xfe\0\2" * 1_000_000 + jpeg()[2:], Refusal.BROKEN),
    "200 frames, gif": (lambda: moving("GIF", 200), KEPT),
    "200 frames, png": (lambda: moving("PNG", 200), KEPT),
    "200 frames, webp": (lambda: moving("WEBP", 200), KEPT),
    "12 megapixels of noise, webp": (lambda: noisy(4_000, 3_000, "WEBP", quality=10, method=0), KEPT),
    "boxes in boxes, heic": (lambda: isobmff_nest(b"heic"), Refusal.BROKEN),
    "boxes in boxes, avif": (lambda: isobmff_nest(b"avif"), Refusal.BROKEN),
    "eps": (lambda: encoded(scene(), "EPS"), Refusal.KIND_NOT_TAKEN),
    "pdf": (lambda: encoded(scene(), "PDF"), Refusal.KIND_NOT_TAKEN),
    "tiff": (lambda: encoded(scene(), "TIFF"), Refusal.KIND_NOT_TAKEN),
    "bmp": (lambda: encoded(scene(), "BMP"), Refusal.KIND_NOT_TAKEN),
    "ico": (lambda: encoded(scene(), "ICO"), Refusal.KIND_NOT_TAKEN),
    "jpeg 2000": (lambda: encoded(scene(), "JPEG2000"), Refusal.KIND_NOT_TAKEN),
    "sgi": (lambda: encoded(scene(), "SGI"), Refusal.KIND_NOT_TAKEN),
    "svg": (lambda: b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", Refusal.KIND_NOT_TAKEN),
    "svg with entities": (lambda: b"<!DOCTYPE x [<!ENTITY a 'aa'>]><svg>&a;</svg>", Refusal.KIND_NOT_TAKEN),
    "psd": (lambda: b"8BPS\0\1" + bytes(100), Refusal.KIND_NOT_TAKEN),
    "mp4": (lambda: b"\0\0\0\x18ftypisom" + bytes(100), Refusal.KIND_NOT_TAKEN),
    "fits, that unpacks": (lambda: b"SIMPLE  =                    T" + bytes(3_000), Refusal.NOT_A_PICTURE),
    "html": (lambda: b"<!DOCTYPE html><html>Not found</html>", Refusal.NOT_A_PICTURE),
    "a program": (lambda: b"\x7fELF" + bytes(200), Refusal.NOT_A_PICTURE),
    "NUL": (lambda: bytes(5_000), Refusal.NOT_A_PICTURE),
    "empty": (lambda: b"", Refusal.EMPTY),
    "21 MB": (lambda: bytes(21 * 1024 * 1024), Refusal.TOO_MANY_BYTES),
    "jpeg with a zip behind it": (lambda: encoded(drawn()) + b"PK\3\4" + bytes(1_000), KEPT),
    "gif that is a script": (lambda: encoded(drawn().convert("P"), "GIF") + b";alert(1)/*", KEPT),
    "jpeg within a jpeg": (lambda: jpeg()[:2] + b"\xff\xe1" + struct.pack(">H", 902) + jpeg()[:900] + jpeg()[2:], KEPT),
}  # fmt: skip


def verdict_of(decoders: Decoders, data: bytes) -> Refusal | str:
    try:
        decoders.normalise(data, side=64)
    except PictureRefused as error:
        return error.refusal
    return KEPT


def test_there_are_many_files_that_harm() -> None:
    assert len(REFUSED_AS) >= 40


@pytest.mark.parametrize("name", REFUSED_AS)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_is_made_to_harm_meets_its_verdict(decoders: Decoders, name: str) -> None:
    make, expected = REFUSED_AS[name]
    data, before = make(), decoders.process_ids
    started = time.perf_counter()

    verdict = verdict_of(decoders, data)

    assert (verdict, time.perf_counter() - started < PATIENCE) == (expected, True)
    assert decoders.process_ids >= before
    assert verdict_of(decoders, jpeg()) == KEPT


HUNGRY = """
import sys
from pictures import PictureRefused, confining, normalise
received = sys.stdin.buffer.read()
confining.limit(memory=30_000_000)
try: normalise(received)
except PictureRefused as error: print(error.refusal)
"""


def test_what_wants_more_memory_than_there_is_is_refused() -> None:
    data = encoded(scene(4_000, 4_000), "PNG", compress_level=1)

    done = subprocess.run([sys.executable, "-c", HUNGRY], input=data, cwd=ROOT, capture_output=True, check=False)

    assert done.stdout.strip() == b"too_hard", done.stderr


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_files_that_were_cut_anywhere_never_hurt(decoders: Decoders, kind: str) -> None:
    whole, before = encoded(drawn(), kind), decoders.process_ids

    verdicts = [verdict_of(decoders, whole[:length]) for length in range(1, len(whole), max(1, len(whole) // 40))]

    assert len(verdicts) >= 40
    assert set(verdicts) <= {KEPT, Refusal.BROKEN, Refusal.BLANK, Refusal.NOT_A_PICTURE, Refusal.TOO_SMALL}
    assert verdicts.count(KEPT) <= len(verdicts) / 4
    assert decoders.process_ids >= before


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_files_with_flipped_bytes_never_hurt(decoders: Decoders, kind: str) -> None:
    whole, chance = encoded(drawn(), kind), random.Random(kind)
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        assert verdict_of(decoders, bytes(data)) is not Refusal.TOO_HARD


def test_this_process_hardly_grows(decoders: Decoders) -> None:
    """What a file unpacks to is unpacked elsewhere."""
    data = noisy(5_000, 4_000, "JPEG", quality=60)
    verdict_of(decoders, data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for _ in range(5):
        verdict_of(decoders, data)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    assert io.BytesIO(data).getbuffer().nbytes > 5_000_000
