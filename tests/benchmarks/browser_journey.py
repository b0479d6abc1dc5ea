"""The newcomer's journey, timed in a real browser with real photos against `pupil run`.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.browser_journey [--set flowers5] [--out chat.png]

Three labels of ten photos are taught by caption, then a bare photo is asked: how long until its answer? An answer is
corrected by button: how long until the same photo, asked again, is answered with the new label by a new network?
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
from playwright.async_api import Locator, Page, async_playwright

from tests.benchmarks.data import data_folder, photos
from tests.browser.chromium import ARGUMENTS, find_chromium

LABELS, PHOTOS = 3, 10
PATIENCE_MS = 60_000
START_SECONDS = 300.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", default="flowers5")
    parser.add_argument("--out", type=Path, help="save a picture of the page at the end")
    parser.add_argument("--home", type=Path, help="a home folder to keep; default: a new one")
    asyncio.run(measure(parser.parse_args()))


async def measure(options: argparse.Namespace) -> None:
    lessons, questions = _choose(data_folder() / options.set)
    async with AsyncExitStack() as stack:
        home = options.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = await stack.enter_async_context(_pupil(home))
        page = await stack.enter_async_context(_browser(url))
        # The embedder is made once per home, and is no part of what is timed here.
        await _until_trainer_is_ready(home)
        for path, label in lessons:
            await _send(page, path, label)
        taught = time.monotonic()
        print(f"{len(lessons)} lessons sent")
        answer = await _ask(page, questions[0])
        print(f"answer after the last lesson    {time.monotonic() - taught:.2f} s: {await _words(answer)}")
        await _correct(page, questions[1])
        if options.out:
            await page.screenshot(path=options.out)


async def _correct(page: Page, question: Path) -> None:
    """Say Wrong to an answer, name another label, and ask again once the person was told."""
    answer = await _ask(page, question)
    number = _network(await _words(answer))
    if await answer.get_by_role("button", name="Wrong").count():
        await answer.get_by_role("button", name="Wrong").click()
    choice = answer.locator("button.key").first
    await answer.get_by_role("button", name="None of these").wait_for(timeout=PATIENCE_MS)
    label = (await choice.inner_text()).strip()
    await choice.click()
    pressed = time.monotonic()
    await page.locator(".is-theirs", has_text=re.compile(f"network {number + 1} ")).last.wait_for(timeout=PATIENCE_MS)
    print(f"told of the new network after   {time.monotonic() - pressed:.2f} s")
    again = await _words(await _ask(page, question))
    verdict = "right" if label in again and _network(again) > number else "WRONG"
    print(
        f"asked again, answered after     {time.monotonic() - pressed:.2f} s: {again} ({verdict}: told it is {label})"
    )


def _choose(folder: Path) -> tuple[list[tuple[Path, str]], list[Path]]:
    by_label: dict[str, list[Path]] = {}
    for path, label in photos(folder):
        by_label.setdefault(label, []).append(path)
    chosen = dict(list(by_label.items())[:LABELS])
    lessons = [(chosen[label][turn], label) for turn in range(PHOTOS) for label in chosen]
    return lessons, [paths[PHOTOS + 5] for paths in chosen.values()]


async def _send(page: Page, path: Path, caption: str) -> None:
    await page.set_input_files("#file-input", path)
    await page.fill(".attachments textarea", caption)
    await page.click(".attachments .primary")
    await page.wait_for_selector(".attachments", state="detached")


async def _ask(page: Page, path: Path) -> Locator:
    """Send a bare photo and wait for the answer with its buttons."""
    answers = page.locator(".is-theirs", has=page.get_by_role("button", name="Why?"))
    known = await answers.count()
    await _send(page, path, "")
    answer = answers.nth(known)
    await answer.wait_for(timeout=PATIENCE_MS)
    # By its place among all messages: its buttons change, and what it was found by with them.
    key = await answer.evaluate("element => [...document.querySelectorAll('.is-theirs')].indexOf(element)")
    return page.locator(".is-theirs").nth(key)


async def _words(answer: Locator) -> str:
    return " ".join((await answer.inner_text()).split())


def _network(words: str) -> int:
    found = re.search(r"[Nn]etwork (\d+)", words)
    return int(found.group(1)) if found else 0


@asynccontextmanager
async def _pupil(home: Path) -> AsyncIterator[str]:
    """`pupil run` in a process of its own; yields its address once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"PUPIL_HOME": str(home), "PUPIL_PORT": str(port), "PUPIL_LOG_LEVEL": "WARNING"}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", "run", env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        started = time.monotonic()
        await _until_healthy(url)
        print(f"page answers after start        {time.monotonic() - started:.2f} s")
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def _until_healthy(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with aiohttp.ClientSession() as http:
        while time.monotonic() < deadline:
            try:
                async with http.get(f"{url}/health") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
    raise SystemExit("pupil run did not answer")


async def _until_trainer_is_ready(home: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not list((home / "embedders").glob("*.json")):
        if time.monotonic() > deadline:
            raise SystemExit("the trainer made no embedder")
        await asyncio.sleep(0.2)


@asynccontextmanager
async def _browser(url: str) -> AsyncIterator[Page]:
    executable = find_chromium()
    if executable is None:
        raise SystemExit("No Chromium here: install it, or name it in PUPIL_CHROMIUM.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1200, "height": 800}, locale="en-GB")
        await page.goto(url)
        await page.wait_for_selector("#log > *")
        yield page
        await browser.close()


if __name__ == "__main__":
    main()
