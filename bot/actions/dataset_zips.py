"""The data set as zips that a chat can take: each is whole by itself, and made when it is sent.

Which pictures a zip holds hangs on their digests alone, so that one made after a restart, or while people go on
teaching, neither repeats nor misses what stood in another.
"""

import io
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from bot.actions.dataset import DataSet, data_set, exact_labels, tables
from bot.actions.packing import LARGEST
from bot.actions.safe_names import NOTES
from bot.errors import FileNotMade
from storage import NotFound, Store, StoreDamaged, Unit

# Pictures fall into zips by chance, so these are aimed well below what Telegram takes.
AIMED_AT = 40_000_000
# More is no longer a thing to download one by one.
MOST_ZIPS = 10
# When zips began; so the same data set is the same bytes whenever it is packed.
_ANY_DAY = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Offer:
    """A data set that can be had: how many pictures, in how many zips."""

    pictures: int
    zips: int


def offer(unit: Unit, classifier_id: int) -> Offer:
    """How the data set would come.

    Raises:
        FileNotMade: there is nothing in it (`none`), or too much for a chat (`too_big`).
    """
    pictures, size = unit.photos.weight(classifier_id)
    if not pictures:
        raise FileNotMade("none")
    zips = math.ceil(size / AIMED_AT)
    if zips > MOST_ZIPS:
        raise FileNotMade("too_big")
    return Offer(pictures, zips)


def pack(store: Store, classifier_id: int, number: int, of: int, key: bytes, notes: Callable[[DataSet], str]) -> bytes:
    """The zip of that number, from 0. It takes a second and twice its size in memory: not for the event loop.

    `notes` words the file on licences and sources.

    Raises:
        FileNotMade: it became too big.
    """
    whole = data_set(store, classifier_id, key).share(number, of)
    out, missing = io.BytesIO(), set[str]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for one in whole.items:
            try:
                archive.writestr(zipfile.ZipInfo(one.name, _ANY_DAY), store.blobs.read(one.digest))
            except (NotFound, StoreDamaged):
                missing.add(one.name)
            if out.tell() > LARGEST:
                raise FileNotMade("too_big")
        _write_texts(store, archive, whole.without(missing), notes)
    if out.tell() > LARGEST:
        raise FileNotMade("too_big")
    return out.getvalue()


def _write_texts(store: Store, archive: zipfile.ZipFile, what: DataSet, notes: Callable[[DataSet], str]) -> None:
    texts = [*((name, iter([text])) for name, text in exact_labels(what)), *tables(store, what)]
    for name, text in (*texts, (NOTES, iter([notes(what)]))):
        entry = zipfile.ZipInfo(name, _ANY_DAY)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w") as file:
            for piece in text:
                file.write(piece.encode())
