"""What hands do that Playwright has no single call for."""

from __future__ import annotations

import base64
from typing import Any

from playwright.async_api import FilePayload, Page, expect

from tests.bot.playground.wire import picture

CARRY = """async ([how, files]) => {
  const carried = new DataTransfer();
  for (const {name, type, data, size} of files) {
    const bytes = data === null ? new Uint8Array(size) : Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type }));
  }
  if (how === "paste") {
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true }));
    return;
  }
  for (const kind of ["dragenter", "dragover", "drop"]) {
    document.getElementById("log").dispatchEvent(
      new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
  }
}"""


def photo(name: str = "daisy.jpg", colour: str = "gold") -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": picture(640, 480, colour)}


async def pick(page: Page, *files: FilePayload) -> None:
    await page.set_input_files("#file-input", list(files))
    await page.wait_for_selector(".attachments")


async def carry(page: Page, how: str, *files: FilePayload) -> None:
    """Drop files on the page, or paste them."""
    plain = [
        {"name": each["name"], "type": each["mimeType"], "data": base64.b64encode(each["buffer"]).decode()}
        for each in files
    ]
    await page.evaluate(CARRY, [how, plain])


async def carry_empty_bytes(page: Page, name: str, size: int) -> None:
    await page.evaluate(CARRY, ["drop", [{"name": name, "type": "image/jpeg", "data": None, "size": size}]])


async def send(page: Page, caption: str | None = None) -> None:
    """Send what the preview shows."""
    if caption is not None:
        await page.fill(".attachments textarea", caption)
    await page.click(".attachments .primary")
    await page.wait_for_selector(".attachments", state="detached")


async def write(page: Page, text: str) -> None:
    await page.fill("#composer-input", text)
    await page.press("#composer-input", "Enter")


async def greet(page: Page) -> None:
    """Say hi and wait until it is said: before that a bot may not write to anybody."""
    await write(page, "hi")
    await expect(page.locator(".message.is-mine").last).to_contain_text("hi")


def keyboard(*rows: list[str]) -> dict[str, Any]:
    return {
        "inline_keyboard": [[{"text": label, "callback_data": f"v1:{label}"[:64]} for label in row] for row in rows]
    }
