"""A real browser on the chat page; skipped where no Chromium is installed (PUPIL_CHROMIUM names another one)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.playground import Playground
from tests.bot.playground.wire import RawBot
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.support.people import People, Person, served

LOOP: Final = "package"
# Longer than any step takes on two busy cores; a step that works is not waited for.
PATIENCE_MS = 20_000


@pytest_asyncio.fixture(scope="package", loop_scope=LOOP)
async def browser() -> AsyncIterator[Browser]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("no Chromium here")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        await _warm_up(browser)
        yield browser
        await browser.close()


async def _warm_up(browser: Browser) -> None:
    """The first page and the first emoji of a machine that was just set up take longer than a test waits for them."""
    expect.set_options(timeout=PATIENCE_MS)
    page = await browser.new_page()
    await page.set_content("<p style='font-size: 40px'>ready 👀 ✅</p>")
    await page.screenshot()
    await page.close()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    playground = Playground(tmp_path / "playground")
    yield playground
    playground.quiet()


@pytest_asyncio.fixture(loop_scope=LOOP)
async def url(playground: Playground) -> AsyncIterator[str]:
    async with served(playground) as address:
        yield address


@pytest_asyncio.fixture(loop_scope=LOOP)
async def people(url: str) -> AsyncIterator[People]:
    async with People(url) as people:
        yield people


@pytest_asyncio.fixture(loop_scope=LOOP)
async def raw(url: str, playground: Playground) -> AsyncIterator[RawBot]:
    async with aiohttp.ClientSession() as http:
        yield RawBot(url, playground.token, http)


@pytest.fixture
def owner(people: People) -> Person:
    return people.person("Owner")


@pytest_asyncio.fixture(loop_scope=LOOP)
async def page(browser: Browser, url: str, people: People) -> AsyncIterator[Page]:
    """The page as the owner, empty; anything wrong in its console fails the test."""
    context = await browser.new_context(viewport={"width": 1200, "height": 800}, locale="en-GB")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.goto(url)
    await page.wait_for_selector(".welcome")
    yield page
    await context.close()
    # What the network or a refusal prints by itself is what some tests are about.
    serious = [each for each in complaints if "Failed to load resource" not in each and "WebSocket" not in each]
    assert serious == []
