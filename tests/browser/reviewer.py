"""A reviewer at the chat page, who decides card after card as fast as they come."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from playwright.async_api import Page, expect

from tests.browser.gestures import write

PATIENCE_MS = 60_000
# What she presses, in turn: every one of them settles its card.
HABITS = ("Keep apple", "🔁 leaf", "Set aside")


async def decide(page: Page, count: int) -> AsyncIterator[float]:
    """Open a review of `count` cards and decide about all; yield the seconds until each next card, or the summary.

    Before a press nothing is yielded for it: what its caller does meanwhile happens between press and card.
    """
    await write(page, "/review")
    card = page.locator(".is-theirs").last
    await expect(card).to_contain_text(f"1 of {count}", timeout=PATIENCE_MS)
    for done in range(1, count + 1):
        pressed = time.monotonic()
        await card.get_by_role("button", name=HABITS[done % len(HABITS)]).click()
        shown = f"{done + 1} of {count}" if done < count else f"You decided about {count} cards"
        await expect(card).to_contain_text(shown, timeout=PATIENCE_MS)
        yield time.monotonic() - pressed
