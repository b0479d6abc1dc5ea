"""The lines of /import in a real browser: they save the addresses of the whole pictures, as a list that can be read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route

from bot.downloading.lists import COMMAND_LINE, read_list
from bot.speech.import_help import snippet
from tests.bot.playground.wire import picture

pytestmark = pytest.mark.asyncio(loop_scope="package")

SEARCH = "https://search.example/pictures?q=wren"
PAGE = Path(__file__).with_name("search_page.html")


async def opened(browser: Browser, html: str) -> Page:
    """A page at an address of its own; whatever picture it asks for is there, and nothing leaves this machine."""
    page = await browser.new_page()

    async def answer(route: Route) -> None:
        if route.request.url == SEARCH:
            await route.fulfill(body=html, content_type="text/html")
        else:
            await route.fulfill(body=picture(160, 120), content_type="image/jpeg")

    await page.route("**/*", answer)
    await page.goto(SEARCH)
    return page


async def saved(page: Page) -> tuple[str, bytes]:
    """What the console says, and the file that the browser saves."""
    async with page.expect_download() as download:
        said = await page.evaluate(snippet())
    file = await download.value
    assert file.suggested_filename == "pictures.txt"
    return said, await asyncio.to_thread((await file.path()).read_bytes)


async def test_the_whole_pictures_of_a_search_page_become_a_list(browser: Browser) -> None:
    page = await opened(browser, PAGE.read_text(encoding="utf-8"))

    said, content = await saved(page)
    await page.close()

    found = read_list(content, COMMAND_LINE, label="wren")
    assert [one.address for one in found.items] == [
        "https://one.example/wren%20at%20home.jpg?size=2",
        "https://two.example/wren.webp",
        "https://three.example/Wren.JPG",
        "https://four.example/w_800,h_600/l.png",
        "https://search.example/lazy/5.png",
        "https://search.example/own/6.png",
    ]
    assert found.left_out == ()
    assert said == "6 addresses are in pictures.txt"


async def test_a_page_without_pictures_gives_an_empty_list_and_says_so(browser: Browser) -> None:
    page = await opened(browser, "<p>nothing</p><a href='https://one.example/a.jpg'>a</a>")

    said, content = await saved(page)
    await page.close()

    assert (said, content.strip()) == ("0 addresses are in pictures.txt", b"")
