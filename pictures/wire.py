"""What the bot and a process that decodes say to each other: short messages beside the shared region.

The bot trusts no number that comes back: who broke a decoder may say anything.
"""

import json
import socket
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pictures.errors import PictureRefused, Refusal
from pictures.formats import TAKEN
from pictures.normalising import MAX_SIDE, Picture, Pixels
from pictures.region import Region

_LENGTH = 256
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Order:
    """Decode `length` bytes at the beginning of the region; hand on pixels of at least `side`, if it is not 0.

    With `forgiving`, whatever can be made of them.
    """

    length: int
    side: int
    forgiving: bool = False


class WireBroken(Exception):
    """The other is gone, or says what it should not."""


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    connection.sendall(json.dumps(message).encode().ljust(_LENGTH))


def receive(connection: socket.socket) -> dict[str, Any]:
    """Raises WireBroken, or TimeoutError where the socket has a limit of time."""
    got = b""
    while len(got) < _LENGTH:
        try:
            some = connection.recv(_LENGTH - len(got))
        except ConnectionError as error:
            raise WireBroken("gone") from error
        if not some:
            raise WireBroken("gone")
        got += some
    try:
        message = json.loads(got)
    except ValueError as error:
        raise WireBroken("no message") from error
    if not isinstance(message, dict):
        raise WireBroken("no message")
    return message


def order_message(order: Order) -> dict[str, Any]:
    return asdict(order)


def put_picture(region: Region, picture: Picture) -> dict[str, Any]:
    """Lay a picture into the region; the message tells where."""
    shape = picture.pixels.shape[:2] if picture.pixels is not None else (0, 0)
    end = region.write(0, picture.data)
    if picture.pixels is not None:
        region.write(end, np.ascontiguousarray(picture.pixels).data.cast("B"))
    return {"size": [picture.width, picture.height], "length": len(picture.data), "pixels": shape} | {
        "kind": picture.kind,
        "channels": picture.channels,
    }


def refusal_message(error: PictureRefused) -> dict[str, Any]:
    return {"refusal": error.refusal, "given": error.given, "limit": error.limit}


def take_picture(region: Region, answer: dict[str, Any], received_digest: str) -> Picture:
    """The picture that an answer tells of.

    Raises:
        PictureRefused: that is what it tells.
        WireBroken: it is no answer.
    """
    try:
        if "refusal" in answer:
            words = (str(answer[name])[:_LONGEST_WORD] for name in ("given", "limit"))
            given, limit = ("".join(c for c in word if c.isprintable()) for word in words)
            raise PictureRefused(Refusal(answer["refusal"]), given=given, limit=limit)
        (width, height), (rows, columns) = answer["size"], answer["pixels"]
        length, kind, channels = answer["length"], answer["kind"], answer["channels"]
        if not all(type(n) is int and 0 <= n <= MAX_SIDE for n in (width, height, rows, columns, channels)):
            raise WireBroken("no size")
        if kind not in TAKEN:
            raise WireBroken("no kind")
        data = region.read(0, length)
        pixels = _pixels(region, length, rows, columns) if rows else None
    except (KeyError, TypeError, ValueError) as error:
        raise WireBroken("no answer") from error
    if not data.startswith(b"\xff\xd8\xff"):
        raise WireBroken("no JPEG")
    return Picture(data, width, height, received_digest, pixels, kind, channels)


def _pixels(region: Region, at: int, rows: int, columns: int) -> Pixels:
    return np.frombuffer(region.read(at, rows * columns * 3), np.uint8).reshape(rows, columns, 3)
