"""Whatever goes wrong with a list has words of its own."""

from __future__ import annotations

from bot.downloading.download import NotAsked
from bot.downloading.errors import LineFlaw, ListFlaw, ListRefused
from bot.downloading.lists import Item, LeftOut
from bot.downloading.words import why_left_out, why_missed, why_not_read
from bot.fetching.errors import Reason


def test_every_reason_has_words_of_its_own() -> None:
    first = Item(3, "https://birds.example/", "owl")
    said = [
        *(why_missed(one) for one in (*Reason, *NotAsked)),
        *(why_left_out(LeftOut(7, "", one, first)) for one in LineFlaw),
        *(why_not_read(ListRefused(one)) for one in ListFlaw),
    ]

    assert len(set(said)) == len(Reason) + len(NotAsked) + len(LineFlaw) + len(ListFlaw)
    assert why_left_out(LeftOut(7, "", LineFlaw.OTHER_LABEL, first)) == "line 3 has the same address as owl"
    assert "more than 100 addresses" in why_not_read(ListRefused(ListFlaw.TOO_MANY, limit=100))
