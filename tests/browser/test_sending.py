"""Lessons and questions on their way: picked, dropped, pasted, in albums and as files."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.bot.playground.wire import RawBot
from tests.browser.gestures import carry, carry_empty_bytes, photo, pick, send, write
from tests.support.people import Person

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_newcomer_is_told_what_to_do_in_three_steps(page: Page) -> None:
    await expect(page.locator(".step")).to_have_count(3)
    await expect(page.get_by_role("button", name="Choose photos")).to_be_visible()


async def test_a_picked_photo_with_its_name_is_a_lesson(page: Page, raw: RawBot) -> None:
    await pick(page, photo())
    await expect(page.locator(".attachments .hint")).to_have_text("Without a caption this is a question.")
    await send(page, "daisy")

    await expect(page.locator(".message.is-mine .words")).to_have_text("daisy")
    message = (await raw.updates())[0]["message"]
    assert (message["caption"], message["photo"][-1]["width"]) == ("daisy", 640)


@pytest.mark.parametrize("how", ["drop", "paste"])
async def test_a_dropped_or_pasted_photo_is_shown_before_it_is_sent(page: Page, raw: RawBot, how: str) -> None:
    await carry(page, how, photo())
    await expect(page.locator(".preview-tile img")).to_be_visible()
    await page.keyboard.type("tulip")
    await page.keyboard.press("Enter")

    await expect(page.locator(".message .words")).to_have_text("tulip")
    assert (await raw.updates())[0]["message"]["caption"] == "tulip"


async def test_an_album_can_have_a_caption_for_each(page: Page, raw: RawBot) -> None:
    await pick(page, photo("a.jpg"), photo("b.jpg", "crimson"), photo("c.jpg", "teal"))
    await page.get_by_label("A caption for each").check()
    for name, label in (("a.jpg", "rose"), ("b.jpg", "tulip")):
        await page.get_by_label(f"Caption for {name}").fill(label)
    await send(page)

    await expect(page.locator(".album .tile")).to_have_count(3)
    messages = [update["message"] for update in await raw.updates()]
    assert [message.get("caption") for message in messages] == ["rose", "tulip", None]
    assert len({message["media_group_id"] for message in messages}) == 1


async def test_one_caption_of_an_album_hangs_on_its_first_photo(page: Page, raw: RawBot) -> None:
    await carry(page, "drop", photo("a.jpg"), photo("b.jpg"))
    await send(page, "roses")

    await expect(page.locator(".message .words")).to_have_text("roses")
    assert [update["message"].get("caption") for update in await raw.updates()] == ["roses", None]


async def test_more_than_ten_photos_become_several_albums(page: Page, raw: RawBot) -> None:
    await pick(page, *(photo(f"{number}.jpg") for number in range(12)))
    await expect(page.locator(".attachments .hint")).to_contain_text("2 albums")
    await send(page)

    await expect(page.locator(".album")).to_have_count(2)
    groups = [update["message"]["media_group_id"] for update in await raw.updates()]
    assert [groups.count(group) for group in dict.fromkeys(groups)] == [10, 2]


async def test_a_photo_can_go_as_a_file_and_come_back(page: Page, raw: RawBot) -> None:
    await pick(page, photo("big daisy.jpg"))
    await page.get_by_label("Send as file").check()
    await send(page, "daisy")

    async with page.expect_download() as download:
        await page.get_by_role("link", name="Save the file big daisy.jpg").click()
    assert (await download.value).suggested_filename == "big daisy.jpg"
    assert (await raw.updates())[0]["message"]["document"]["file_name"] == "big daisy.jpg"


async def test_what_is_no_photo_goes_as_a_file(page: Page, raw: RawBot) -> None:
    await pick(page, {"name": "labels.csv", "mimeType": "text/csv", "buffer": b"a,b\n"})
    await send(page)

    await expect(page.locator(".document")).to_contain_text("labels.csv")
    assert (await raw.updates())[0]["message"]["document"]["mime_type"] == "text/csv"


async def test_files_can_be_left_out_again(page: Page) -> None:
    await pick(page, photo("a.jpg"), photo("b.jpg"))
    await page.get_by_role("button", name="Leave out a.jpg").click()
    await expect(page.locator(".preview-tile")).to_have_count(1)
    await page.keyboard.press("Escape")

    await expect(page.locator(".attachments")).to_have_count(0)
    await expect(page.locator(".message")).to_have_count(0)


async def test_a_file_that_is_too_big_is_named_and_left_out(page: Page) -> None:
    await carry_empty_bytes(page, "whale.jpg", 51 * 1024 * 1024)

    await expect(page.locator(".toast")).to_have_text("whale.jpg is too big: 50 MB is the most. Send a smaller copy.")
    await expect(page.locator(".attachments")).to_have_count(0)


async def test_a_broken_photo_is_refused_with_a_way_out(page: Page) -> None:
    await pick(page, {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    await page.click(".attachments .primary")

    await expect(page.locator(".toast")).to_have_text("broken.jpg cannot be read as a photo. Send it as a file.")
    await expect(page.locator(".attachments .primary")).to_be_enabled()


async def test_texts_replies_and_deletions(page: Page, raw: RawBot, owner: Person) -> None:
    await write(page, "first")
    await page.locator(".message").hover()
    await page.get_by_role("button", name="Actions for: first").click()
    await page.get_by_role("menuitem", name="Reply").click()
    await write(page, "second")

    await expect(page.locator(".message .quote")).to_contain_text("first")
    assert (await raw.updates())[-1]["message"]["reply_to_message"]["text"] == "first"

    await page.get_by_role("button", name="Actions for: second").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("button", name="Delete").click()
    await expect(page.locator(".message")).to_have_count(1)
    assert [message.text for message in await owner.history()] == ["first"]


async def test_a_caption_can_be_corrected(page: Page, raw: RawBot) -> None:
    await pick(page, photo())
    await send(page, "tulip")
    await page.locator(".message").hover()
    await page.get_by_role("button", name="Actions for").click()
    await page.get_by_role("menuitem", name="Edit caption").click()
    await write(page, "rose")

    await expect(page.locator(".message .words")).to_have_text("rose")
    await expect(page.locator(".message .meta")).to_contain_text("edited")
    assert (await raw.updates())[-1]["edited_message"]["caption"] == "rose"


async def test_without_a_camera_the_page_says_what_to_do(page: Page) -> None:
    await page.get_by_role("button", name="Take a photo").click()

    await expect(page.locator("dialog .hint")).to_contain_text("attach a photo instead")


async def test_whoever_types_on_while_a_message_is_on_its_way_loses_no_letter(page: Page, raw: RawBot) -> None:
    goes_on = asyncio.Event()

    async def hold(route: Route) -> None:
        await goes_on.wait()
        await route.continue_()

    await page.route("**/api/say", hold)
    await write(page, "first")
    await page.keyboard.type("second")
    await page.keyboard.press("Enter")
    await page.keyboard.type("third, unf")
    await expect(page.locator("#composer-input")).to_have_value("third, unf")
    goes_on.set()

    await expect(page.locator(".message.is-mine .words")).to_have_text(["first", "second"])
    await expect(page.locator("#composer-input")).to_have_value("third, unf")
    assert [update["message"]["text"] for update in await raw.updates()] == ["first", "second"]


async def test_a_message_that_could_not_be_sent_comes_back_before_what_was_typed_since(page: Page) -> None:
    arrived: list[Route] = []

    async def hold(route: Route) -> None:
        arrived.append(route)

    await page.route("**/api/say", hold)
    await write(page, "first")
    await page.keyboard.type("since")
    await expect(page.locator("#composer-input")).to_have_value("since")
    await arrived[0].abort()

    await expect(page.locator("#composer-input")).to_have_value("first\nsince")
    await expect(page.locator(".toast")).to_be_visible()
