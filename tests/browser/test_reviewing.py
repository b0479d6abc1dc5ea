"""A reviewer decides card after card in a real browser, and the bot is killed meanwhile: nothing is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from storage import State, Store, open_store
from tests.browser.reviewer import decide
from tests.chaos.processes import HURRIED, Victim, bot, playground
from tests.support.networks import picture
from tests.support.people import People
from tests.support.reviews import doubtful_photos

pytestmark = pytest.mark.asyncio(loop_scope="package")
# The long form, with 50 cards and three kills, is `python -m tests.benchmarks.reviewing`.
CARDS, KILLS_AFTER = 12, (4, 8)


async def test_no_decision_is_lost_or_made_twice_by_a_kill(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with playground(tmp_path / "playground") as server:
        async with People(server.url) as people:
            owner = people.person("Owner")
            store = open_store(home)
            ids = doubtful_photos(store, [picture("apple", seed) for seed in range(CARDS)], owner.id)
            async with bot(home, server, tmp_path / "bot.log", **HURRIED) as victim:
                await victim.start()
                await victim.ready()
                page = await browser.new_page(viewport={"width": 1200, "height": 800}, locale="en-GB")
                await page.goto(server.url)
                killer = asyncio.create_task(kill_between(victim, store))
                taken = [seconds async for seconds in decide(page, CARDS)]
                await killer
                await expect(page.locator(".is-theirs")).to_have_count(1)
                await page.close()
        with store.read() as unit:
            decisions = unit.decisions.of_classifier(unit.classifiers.default().id)
            states = Counter(unit.votes.standing(one).state for one in ids)
            reviews = [vote for one in ids for vote in unit.votes.of_photo(one) if vote.person_id is not None]
            unfinished = (unit.inbox.counts().get("pending"), unit.outbox.counts().get("dead"))
        store.close()

    assert len(taken) == CARDS
    assert sorted(photo for one in decisions for photo in one.votes) == sorted(ids)
    assert len(reviews) == CARDS
    assert states == {State.TAUGHT: CARDS * 2 // 3, State.ASIDE: CARDS // 3}
    assert unfinished == (None, None)


async def kill_between(victim: Victim, store: Store) -> None:
    """Kill the bot as soon as so many decisions are committed, while the next card is on its way; start it again."""
    for count in KILLS_AFTER:
        for _ in range(10_000):
            if decided(store) >= count:
                break
            await asyncio.sleep(0.005)
        await victim.kill()
        await victim.start()
        await victim.ready()


def decided(store: Store) -> int:
    with store.read() as unit:
        return len(unit.decisions.of_classifier(unit.classifiers.default().id))
