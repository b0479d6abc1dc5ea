"""What tests of pictures ask again and again."""

import pytest

from pictures import PictureRefused, Refusal, normalise

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
