"""Colour profiles for tests, made of their numbers: primaries, and one power for the three curves."""

import struct

SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))


def profile(primaries: tuple[tuple[float, ...], ...], description: bytes = b"made for a test") -> bytes:
    """An ICC profile of version 2 with these primaries (XYZ at D50) and a power of 2.2."""
    white = _xyz((0.9642, 1.0, 0.8249))
    curve = struct.pack(">4s4xIH", b"curv", 1, int(2.2 * 256)) + b"\0\0"
    named = b"desc\0\0\0\0" + struct.pack(">I", len(description) + 1) + description + b"\0" * 79
    named += b"\0" * (-len(named) % 4)
    tags = {b"desc": named, b"wtpt": white}
    tags |= {name: _xyz(one) for name, one in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    at, entries, body = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        entries += struct.pack(">4sII", name, at + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"test", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + entries + body


def display_p3(description: bytes = b"made for a test") -> bytes:
    return profile(DISPLAY_P3, description)


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)
