"""For everybody and against mischief: narrow screens, keyboards, screen readers, hostile texts."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.bot.playground.wire import RawBot, picture
from tests.browser.gestures import greet, keyboard, photo, pick, send
from tests.support.people import People, Person

pytestmark = pytest.mark.asyncio(loop_scope="package")

ATTACK = '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'

TOO_WIDE = """() => [document.documentElement, document.getElementById("scroller")]
  .some((e) => e.scrollWidth > e.clientWidth)"""

# Every control says what it is, every picture has a text, ids are unique, dialogs are named.
COMPLAINTS = """() => {
  const visible = (e) => e.checkVisibility() && e.getBoundingClientRect().width > 0;
  const name = (e) => (e.getAttribute("aria-label") || e.textContent || "").trim()
    || (e.labels && [...e.labels].map((l) => l.textContent).join("")) || "";
  const found = [];
  for (const e of document.querySelectorAll("button, a[href], input, textarea, [role=button], [role=option]"))
    if (visible(e) && !name(e)) found.push(`no name: ${e.outerHTML.slice(0, 120)}`);
  for (const e of document.querySelectorAll("img"))
    if (!e.hasAttribute("alt")) found.push(`no alt: ${e.outerHTML.slice(0, 120)}`);
  for (const e of document.querySelectorAll("dialog[open]"))
    if (!e.hasAttribute("aria-label") && !document.getElementById(e.getAttribute("aria-labelledby")))
      found.push("a dialog without a name");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`twice: ${id}`);
  for (const e of document.querySelectorAll("button"))
    if (visible(e) && Math.min(e.offsetHeight, e.offsetWidth) < 24 && !e.closest(".words, .code-block"))
      found.push(`too small: ${e.outerHTML.slice(0, 120)}`);
  if (document.documentElement.lang !== "en" || !document.querySelector("main") || !document.querySelector("h1"))
    found.push("no language, main or heading");
  return found;
}"""

CONTRAST = """() => {
  const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = (c) => { const n = c.match(/[\\d.]+/g).map(Number); return c.startsWith("color(srgb")
    ? [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1] : [n[0], n[1], n[2], n[3] ?? 1]; };
  const ground = (e) => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0.9) return c; } return [255, 255, 255]; };
  const found = [];
  for (const e of document.querySelectorAll("p, strong, span, time, button, h1, h2, .words, .meta")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest(".avatar, .unseen, .is-bare, figcaption, [disabled]")) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${e.className} ${e.textContent.slice(0, 30)}`);
  }
  return found;
}"""


async def lively_chat(page: Page, raw: RawBot, owner: Person) -> None:
    await raw.result("setMyCommands", commands=[{"command": "status", "description": "What I know"}])
    await pick(page, photo())
    await send(page, "daisy")
    await raw.result("sendMessage", chat_id=owner.id, text="A daisy? " + "x" * 300, reply_markup=keyboard(["Wrong"]))
    await raw.upload("sendDocument", {"document": b"a,b\n"}, chat_id=str(owner.id), caption="Your <dataset>")
    await raw.result("sendMessage", chat_id=owner.id, text="<pre>" + "wide " * 60 + "</pre>", parse_mode="HTML")
    await expect(page.locator(".code-block")).to_be_visible()


@pytest.mark.parametrize("width", [360, 390, 1200])
async def test_nothing_is_wider_than_the_screen(page: Page, raw: RawBot, owner: Person, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 740})
    assert not await page.evaluate(TOO_WIDE)
    await lively_chat(page, raw, owner)

    assert not await page.evaluate(TOO_WIDE)
    if width < 760:
        await page.get_by_role("button", name="Back to people and chats").click()
        await expect(page.get_by_role("radio", name="Ann")).to_be_visible()
        assert not await page.evaluate(TOO_WIDE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_controls_have_names_and_texts_have_contrast(page: Page, raw: RawBot, owner: Person, scheme: str) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    assert await page.evaluate(COMPLAINTS) == []
    assert await page.evaluate(CONTRAST) == []
    await lively_chat(page, raw, owner)
    assert await page.evaluate(COMPLAINTS) == []
    assert await page.evaluate(CONTRAST) == []
    await pick(page, photo("a.jpg"), photo("b.jpg"))
    await page.get_by_label("A caption for each").check()

    assert await page.evaluate(COMPLAINTS) == []
    assert await page.locator("#log").get_attribute("role") == "log"
    assert await page.locator("#log").get_attribute("aria-live") == "polite"


async def test_a_whole_lesson_by_keyboard_alone(page: Page, raw: RawBot, owner: Person) -> None:
    await page.reload()
    await expect(page.locator("#composer-input")).to_be_focused()
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await expect(page.locator(".is-mine .words")).to_have_text("hello")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#composer-input")).to_have_value("hello")
    await page.keyboard.type(" again")
    await page.keyboard.press("Enter")
    await expect(page.locator(".is-mine .words")).to_have_text("hello again")

    await raw.result("sendMessage", chat_id=owner.id, text="daisy?", reply_markup=keyboard(["Right", "Wrong"]))
    await expect(page.locator(".key")).to_have_count(2)
    await tab_until(page, "Wrong", backwards=True)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Wrong", exact=True)).to_have_attribute("aria-busy", "true")
    await tab_until(page, "Actions for: daisy?", backwards=True)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menu")).to_have_count(0)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Reply")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.type("a rose")
    await page.keyboard.press("Enter")
    await expect(page.locator(".is-mine .quote")).to_contain_text("daisy?")


async def test_persons_are_switched_with_the_arrow_keys(page: Page) -> None:
    await page.get_by_role("radio", name="Owner").focus()
    await page.keyboard.press("ArrowRight")

    await expect(page.get_by_role("radio", name="Ann")).to_be_checked()
    await expect(page.get_by_role("radio", name="Ann")).to_be_focused()


async def tab_until(page: Page, label: str, *, backwards: bool = False) -> None:
    for _ in range(40):
        await page.keyboard.press("Shift+Tab" if backwards else "Tab")
        focused = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
        if (await page.evaluate(focused)).strip() == label:
            return
    raise AssertionError(f"{label} cannot be reached with Tab")


async def test_hostile_names_captions_files_and_labels_stay_text(
    page: Page, raw: RawBot, people: People, owner: Person
) -> None:
    eve = await people.add(ATTACK[:64])
    group = await eve.create_group(ATTACK[:64])
    await owner.join(group)
    await eve.send_text(ATTACK, chat=group)
    await eve.send_photo(picture(), caption=ATTACK, chat=group)
    await eve.send_document(b"x", name=ATTACK, caption=ATTACK, chat=group)
    await eve.add_to_group(group, await owner.bot_id())
    await raw.result(
        "sendMessage",
        chat_id=group,
        text=ATTACK.replace("<", "&lt;"),
        parse_mode="HTML",
        reply_markup=keyboard([ATTACK]),
    )
    await raw.result("setMyDescription", description=ATTACK)
    for script in ("javascript:alert(1)", "javascript://x.org/%0aalert(1)"):
        entities = [{"type": "text_link", "offset": 0, "length": 1, "url": script}]
        await raw.result("sendMessage", chat_id=group, text="x", entities=entities)
    await page.goto(f"{page.url.partition('#')[0]}#{owner.id}/{group}")

    await expect(page.locator(".message")).to_have_count(6)
    await expect(page.locator(".key")).to_have_text(ATTACK)
    assert await page.evaluate("window.pwned") is None
    assert await page.locator("#app img[src=x]").count() == 0
    assert await page.locator("a[href^=javascript]").count() == 0


async def test_a_message_that_arrives_does_not_steal_the_focus(page: Page, raw: RawBot, owner: Person) -> None:
    await greet(page)
    await page.focus("#composer-input")
    await page.keyboard.type("half a sen")
    await raw.result("sendMessage", chat_id=owner.id, text="interrupting")
    await expect(page.locator(".is-theirs .words")).to_have_text("interrupting")
    await page.keyboard.type("tence")

    await expect(page.locator("#composer-input")).to_have_value("half a sentence")
