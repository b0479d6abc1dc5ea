"""The newcomer's journey by hand and eye: the real bot, a real trainer and a real browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.browser.gestures import pick, send
from tests.support.bots import World, running_bot
from tests.support.networks import picture

pytestmark = pytest.mark.asyncio(loop_scope="package")
PATIENCE_MS = 30_000


@pytest_asyncio.fixture(loop_scope="package")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_bot(tmp_path) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="package")
async def chat(browser: Browser, world: World) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1200, "height": 800}, locale="en-GB")
    page = await context.new_page()
    await page.goto(world.url)
    await page.wait_for_selector(".welcome")
    yield page
    await context.close()


async def test_a_newcomer_teaches_asks_corrects_and_sees_it_learn(chat: Page, world: World) -> None:
    for thing in ("apple", "leaf"):
        for seed in range(4):
            await show(chat, thing, seed, caption=thing)
    await expect(chat.locator(".is-theirs").last).to_contain_text("leaf, 4 photos now", timeout=PATIENCE_MS)
    await world.settled()

    await world.train()
    await expect(chat.locator("#log")).to_contain_text("I can answer now!", timeout=PATIENCE_MS)

    await show(chat, "leaf", 50)
    answer = chat.locator(".is-theirs").last
    await expect(answer).to_contain_text("I think this is leaf", timeout=PATIENCE_MS)
    await answer.get_by_role("button", name="Wrong").click()
    # Exactly: the menu of the answer is named for its text, in which apple stands too.
    await answer.get_by_role("button", name="apple", exact=True).click(timeout=PATIENCE_MS)
    await expect(answer).to_contain_text("Thanks: this is apple", timeout=PATIENCE_MS)
    await world.settled()

    await world.train()
    told = chat.locator(".is-theirs", has_text=re.compile("[Nn]etwork 2 "))
    await expect(told).to_contain_text("apple", timeout=PATIENCE_MS)
    assert world.counts() == {"apple": 5, "leaf": 4}


async def show(page: Page, thing: str, seed: int, *, caption: str | None = None) -> None:
    """Pick a photo and send it, and wait until it stands in the chat."""
    mine = await page.locator(".is-mine").count()
    photo: FilePayload = {"name": f"{thing}.jpg", "mimeType": "image/jpeg", "buffer": picture(thing, seed)}
    await pick(page, photo)
    await send(page, caption)
    await expect(page.locator(".is-mine")).to_have_count(mine + 1)
