"""`python -m pictures.process DESCRIPTOR`: decodes what it is told to, and can do nothing else.

Its standard input is the connection to whoever started it, and the descriptor a region of memory that both see. It
takes orders until the connection closes. An order that goes beyond the limits ends it.
"""

import importlib
import socket
import sys

from pictures import confining, wire
from pictures.errors import PictureRefused
from pictures.forgiving import forgive
from pictures.normalising import normalise
from pictures.region import Region

MEMORY = 1024 * 1024 * 1024
SECONDS = 4
# Nothing can be imported once the process is confined.
_DECODERS = (
    "pillow_heif", "PIL.AvifImagePlugin", "PIL.GifImagePlugin", "PIL.ImageStat", "PIL.JpegImagePlugin",
    "PIL.MpoImagePlugin", "PIL.PngImagePlugin", "PIL.WebPImagePlugin", "encodings.utf_16", "encodings.latin_1",
)  # fmt: skip


def main(descriptor: int) -> None:
    connection, region = socket.socket(fileno=0), Region(descriptor)
    for name in _DECODERS:
        importlib.import_module(name)
    confining.limit(memory=MEMORY)
    wire.send(connection, {"confined": confining.confine()})
    while True:
        try:
            order = wire.Order(**wire.receive(connection))
        except wire.WireBroken:
            return
        confining.allow_seconds(SECONDS)
        try:
            make = forgive if order.forgiving else normalise
            answer = wire.put_picture(region, make(region.read(0, order.length), side=order.side))
        except PictureRefused as error:
            answer = wire.refusal_message(error)
        wire.send(connection, answer)


if __name__ == "__main__":
    main(int(sys.argv[1]))
