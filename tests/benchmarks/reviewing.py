"""A reviewer's 50 decisions in a real browser, timed from press to the next card; three times the bot is killed.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.reviewing [--set flowers5] [--cards 50] [--hurried]

The bot keeps Telegram's pace (one message a second to a chat), as it does in earnest; `--hurried` takes that away and
shows what it does itself. Afterwards the decisions in the store are counted against the presses.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright, expect

from storage import Store, open_store
from tests.benchmarks.data import data_folder, photos
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.reviewer import decide
from tests.chaos.processes import HURRIED, Victim, bot, playground
from tests.support.people import People
from tests.support.reviews import doubtful_photos

KILLS = 3
# The bar: a card is there after so many seconds.
MOST_SECONDS = 1.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", default="flowers5")
    parser.add_argument("--cards", type=int, default=50)
    parser.add_argument("--hurried", action="store_true", help="without Telegram's pace")
    asyncio.run(measure(parser.parse_args()))


async def measure(options: argparse.Namespace) -> None:
    chosen = [path.read_bytes() for path, _ in photos(data_folder() / options.set)][: options.cards]
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "home")
        taken, killed = await _review(Path(folder), store, chosen, HURRIED if options.hurried else {})
        _count(store, len(chosen))
        store.close()
    calm = [seconds for card, seconds in enumerate(taken) if card not in killed]
    print(f"{len(taken)} cards, {len(killed)} kills: median {statistics.median(calm):.2f} s a card between kills")
    print(
        f"slowest between kills {max(calm):.2f} s; over a kill {', '.join(f'{taken[card]:.2f}' for card in killed)} s"
    )
    print(f"{sum(one <= MOST_SECONDS for one in calm)} of {len(calm)} within {MOST_SECONDS} s")


async def _review(
    folder: Path, store: Store, chosen: list[bytes], settings: dict[str, int]
) -> tuple[list[float], list[int]]:
    """The seconds for each card, and the cards that the bot was killed over."""
    taken: list[float] = []
    async with playground(folder / "playground") as server, async_playwright() as playwright:
        async with People(server.url) as people:
            doubtful_photos(store, chosen, people.person("Owner").id)
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1200, "height": 800}, locale="en-GB")
        await page.goto(server.url)
        async with bot(folder / "home", server, folder / "bot.log", **settings) as victim:
            await victim.start()
            await victim.ready()
            killed = [len(chosen) * turn // (KILLS + 1) for turn in range(1, KILLS + 1)]
            async for seconds in decide(page, len(chosen)):
                taken.append(seconds)
                if len(taken) in killed:
                    killing = asyncio.create_task(_kill(victim))
            await killing
            await expect(page.locator(".is-theirs")).to_have_count(1)
        await browser.close()
    return taken, killed


async def _kill(victim: Victim) -> None:
    """Kill the bot a moment after the next press has begun, and start it again."""
    await asyncio.sleep(0.05)
    await victim.kill()
    await victim.start()
    await victim.ready()


def _count(store: Store, cards: int) -> None:
    with store.read() as unit:
        decisions = unit.decisions.of_classifier(unit.classifiers.default().id)
    subjects = {one.subject for one in decisions}
    print(f"{len(decisions)} decisions about {len(subjects)} of {cards} photos in the store")
    if not len(decisions) == len(subjects) == cards:
        raise SystemExit("a decision was lost, or made twice")


if __name__ == "__main__":
    main()
