"""Collections for tests: zips as people's programs make them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping

from tests.support.bots import Message, Person, World, picture

PATIENCE = 25.0
Row = dict[str, str]


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return stream.getvalue()


def photos(*labels: str, each: int = 2, first: int = 0) -> dict[str, bytes]:
    """Files in a folder for each label; what a label looks like is told by the same word."""
    return {f"{label}/{n}.jpg": picture(label, n) for label in labels for n in range(first, first + each)}


async def send_zip(
    person: Person, files: Mapping[str, bytes], *, name: str = "birds.zip", caption: str = ""
) -> Message:
    return await person.send_document(zipped(files), name=name, caption=caption)


async def reported(world: World, person: Person, sent: Message) -> tuple[Message, list[Row]]:
    """The report on what a person sent, and its rows."""
    told = await person.wait_for(lambda one: one.document and one.reply_to == sent.id, after=sent, timeout=PATIENCE)
    return told, rows_of(await person.download(told))


def rows_of(report: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(report.decode("utf-8-sig"), newline="")))
