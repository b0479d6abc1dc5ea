"""Take a picture of the chat page, as the README shows it.

    python -m tests.browser.screenshot --out chat.png a.jpg=daisy b.jpg=rose c.jpg

Each photo is sent in turn, with what follows its `=` as the caption, and the bot's answer is awaited. Without `--url`
a playground of its own is shown; with it the one that `pupil run` serves, so the real bot answers.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import Page, TimeoutError, async_playwright

from bot.playground import Playground
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.support.people import served


def main() -> None:
    asyncio.run(shoot(_options()))


async def shoot(options: argparse.Namespace) -> None:
    """Drive the page and save the picture."""
    async with AsyncExitStack() as stack:
        url = options.url
        if url is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = await stack.enter_async_context(served(Playground(Path(folder))))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = await browser.new_page(
            viewport={"width": options.width, "height": options.height},
            device_scale_factor=options.scale,
            color_scheme="dark" if options.dark else "light",
            locale="en-GB",
        )
        await page.goto(url)
        await page.wait_for_selector("#log > *")
        for photo in options.photos:
            await _send(page, *photo.partition("=")[::2], seconds=options.patience)
        await page.wait_for_timeout(1000 * options.pause)
        await page.screenshot(path=options.out)
        await browser.close()


async def _send(page: Page, path: str, caption: str, *, seconds: float) -> None:
    answers = await page.locator(".is-theirs").count()
    await page.set_input_files("#file-input", path)
    await page.fill(".attachments textarea", caption)
    await page.click(".attachments .primary")
    await page.wait_for_selector(".attachments", state="detached")
    try:
        await page.wait_for_function(
            "known => document.querySelectorAll('.is-theirs').length > known", arg=answers, timeout=1000 * seconds
        )
    except TimeoutError:
        print(f"no answer to {path}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Take a picture of the chat page.")
    parser.add_argument("photos", nargs="*", metavar="PHOTO[=CAPTION]")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--url", help="a page that is being served; default: an empty playground of its own")
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--scale", type=float, default=1.0, help="2 for sharp screens")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--patience", type=float, default=20.0, help="seconds to wait for each answer")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds before the picture")
    return parser.parse_args()


if __name__ == "__main__":
    main()
