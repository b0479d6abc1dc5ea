"""A list of addresses as a collection: its lines are the things in it, in the order in which they come."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from bot.actions.collecting import Flaw, Turned
from bot.actions.entries import Entry
from bot.collecting.opening import Piece
from bot.downloading.aside import FetcherMaker, download_beside
from bot.downloading.download import CHAT as PACE
from bot.downloading.download import Arrived, Outcome
from bot.downloading.lists import CHAT, AddressList, Item, read_list
from bot.downloading.words import why_left_out, why_missed
from storage import Collection, Store


@dataclass(frozen=True, slots=True)
class Content:
    """What was fetched, in memory."""

    data: bytes

    def size(self) -> int:
        return len(self.data)

    def read(self) -> bytes:
        return self.data


@dataclass(slots=True)
class Listed:
    """What is left of a list: things to fetch, and lines that give nothing to fetch."""

    items: list[Item]
    turned: list[Turned]


def open_list(store: Store, collection: Collection) -> Listed:
    """Read the list of a collection.

    Raises:
        ListRefused, OSError: it is not what it was, or gone.
    """
    with store.read() as unit:
        done = unit.collections.positions(collection.id)
    read = listed_in(store.parcels.path(collection.parcel or "").read_bytes(), collection.label)
    turned = [
        Turned(one.line, _entry(one.text, "", b""), Flaw.NO_ADDRESS, why_left_out(one))
        for one in read.left_out
        if one.line not in done
    ]
    return Listed([one for one in read.items if one.line not in done], turned)


def listed_in(data: bytes, label: str | None) -> AddressList:
    """Raises ListRefused."""
    return read_list(data, CHAT, label=label or "")


async def fetched(listed: Listed, make_fetcher: FetcherMaker) -> AsyncGenerator[Piece, None]:
    """The things of a list as they arrive, each a piece of its own: what is done stays done."""
    if listed.turned:
        yield listed.turned
    async with aclosing(download_beside(listed.items, make_fetcher, PACE)) as outcomes:
        async for outcome in outcomes:
            yield [_thing(outcome)]


def unlooked(items: list[Item]) -> list[tuple[int, Entry]]:
    """Things of which nothing was fetched."""
    return [(one.line, _entry(one.address, one.label, b"")) for one in items]


def _thing(outcome: Outcome) -> tuple[int, Entry] | Turned:
    item = outcome.item
    if isinstance(outcome, Arrived):
        return item.line, _entry(item.address, item.label, outcome.content)
    return Turned(item.line, _entry(item.address, item.label, b""), Flaw.NOT_FETCHED, why_missed(outcome.why))


def _entry(name: str, label: str, data: bytes) -> Entry:
    return Entry(Content(data), name, label)
