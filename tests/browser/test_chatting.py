"""What the bot shows: answers, buttons, toasts, edits, keyboards, albums; and what survives a reload or a lost line."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from bot.playground import Playground
from tests.bot.playground.wire import RawBot, picture
from tests.browser.gestures import greet, keyboard, photo, pick, send, write
from tests.support.people import People, Person

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_button_waits_for_its_answer_and_shows_the_toast(page: Page, raw: RawBot, owner: Person) -> None:
    await greet(page)
    await raw.result("sendMessage", chat_id=owner.id, text="daisy?", reply_markup=keyboard(["Right", "Wrong"]))
    wrong = page.get_by_role("button", name="Wrong", exact=True)
    await wrong.click()
    await expect(wrong).to_have_attribute("aria-busy", "true")
    query = (await raw.updates())[-1]["callback_query"]
    await raw.result("answerCallbackQuery", callback_query_id=query["id"], text="Thank you")

    await expect(page.locator(".toast")).to_have_text("Thank you")
    await expect(wrong).not_to_have_attribute("aria-busy", "true")
    assert query["data"] == "v1:Wrong"


async def test_an_alert_stays_until_it_is_closed(page: Page, raw: RawBot, owner: Person) -> None:
    await greet(page)
    await raw.result("sendMessage", chat_id=owner.id, text="daisy?", reply_markup=keyboard(["Wrong"]))
    await page.get_by_role("button", name="Wrong").click()
    await expect(page.get_by_role("button", name="Wrong")).to_have_attribute("aria-busy", "true")
    query = (await raw.updates())[-1]["callback_query"]
    await raw.result("answerCallbackQuery", callback_query_id=query["id"], text="Not you", show_alert=True)

    await expect(page.get_by_role("alertdialog")).to_contain_text("Not you")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("alertdialog")).to_have_count(0)


async def test_edits_of_the_bot_are_shown_in_place(page: Page, raw: RawBot, owner: Person) -> None:
    await greet(page)
    sent = await raw.result("sendMessage", chat_id=owner.id, text="daisy?", reply_markup=keyboard(["Wrong"]))
    await raw.result("editMessageText", chat_id=owner.id, message_id=sent["message_id"], text="rose!")

    await expect(page.locator(".is-theirs .words")).to_have_text("rose!")
    await expect(page.locator(".keyboard")).to_have_count(0)


async def test_html_is_drawn(page: Page, raw: RawBot, owner: Person) -> None:
    await greet(page)
    html = (
        '🌼 <b>bold <i>both</i></b> <tg-spoiler>secret</tg-spoiler> <a href="https://example.org/">link</a>'
        '<pre><code class="language-text">a  b</code></pre><blockquote expandable>long\nquote</blockquote>'
    )
    await raw.result("sendMessage", chat_id=owner.id, text=html, parse_mode="HTML")
    words = page.locator(".is-theirs .words")

    await expect(words.locator("strong em")).to_have_text("both")
    await expect(words.locator("pre")).to_have_text("a  b")
    await expect(words.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer nofollow")
    await words.get_by_role("button", name="Hidden text").click()
    await expect(words.locator(".spoiler.is-open")).to_have_text("secret")
    await words.get_by_role("button", name="Show more").click()
    await expect(words.locator("blockquote")).not_to_have_class("is-folded")


async def test_commands_come_up_with_a_slash_and_with_the_menu(page: Page, raw: RawBot) -> None:
    commands = [{"command": "status", "description": "What I know"}, {"command": "undo", "description": "Take back"}]
    await raw.result("setMyCommands", commands=commands)
    await page.get_by_role("button", name="Commands").click()
    await expect(page.get_by_role("option")).to_have_count(2)
    await page.fill("#composer-input", "/un")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.press("#composer-input", "Enter")

    await expect(page.locator(".message .words")).to_have_text("/undo")
    assert (await raw.updates())[-1]["message"]["text"] == "/undo"


async def test_reply_keyboards_and_forced_replies(page: Page, raw: RawBot, owner: Person) -> None:
    await greet(page)
    await raw.result("sendMessage", chat_id=owner.id, text="?", reply_markup={"keyboard": [["Daisy", "Rose"]]})
    await page.locator(".reply-keyboard").get_by_role("button", name="Rose").click()
    await expect(page.locator(".is-mine .words").last).to_have_text("Rose")

    asked = {"force_reply": True, "input_field_placeholder": "Its name"}
    await raw.result("sendMessage", chat_id=owner.id, text="What is it?", reply_markup=asked)
    await expect(page.locator("#composer-input")).to_have_attribute("placeholder", "Its name")
    await expect(page.locator(".above")).to_contain_text("What is it?")
    await write(page, "tulip")
    await expect(page.locator(".is-mine .quote")).to_contain_text("What is it?")
    assert (await raw.updates())[-1]["message"]["reply_to_message"]["text"] == "What is it?"


async def test_typing_and_reactions_are_shown(page: Page, raw: RawBot, owner: Person) -> None:
    await greet(page)
    await raw.result("sendChatAction", chat_id=owner.id, action="typing")
    await expect(page.locator(".chat-status")).to_contain_text("is typing")
    message = (await owner.history())[0]
    await raw.result(
        "setMessageReaction", chat_id=owner.id, message_id=message.id, reaction=[{"type": "emoji", "emoji": "👀"}]
    )
    await page.get_by_role("button", name="👀, 1. React the same").click()

    await expect(page.locator(".reaction")).to_have_text("👀2")


async def test_pictures_and_files_of_the_bot_arrive(page: Page, raw: RawBot, owner: Person) -> None:
    await greet(page)
    media = [{"type": "photo", "media": f"attach://{name}", "caption": name} for name in ("rose", "tulip")]
    files = {"rose": picture(640, 480, "crimson"), "tulip": picture(640, 480, "gold")}
    await raw.upload("sendMediaGroup", files, chat_id=str(owner.id), media=media)
    await raw.upload("sendDocument", {"document": b"a,b\n"}, chat_id=str(owner.id))
    await expect(page.locator(".tile")).to_have_count(2)
    await expect(page.locator(".document")).to_have_count(1)
    await page.get_by_role("button", name="Open the photo “rose”").click()

    await expect(page.locator(".lightbox-caption")).to_have_text("rose")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(".lightbox-caption")).to_have_text("tulip")
    await page.keyboard.press("Escape")
    await expect(page.locator(".lightbox")).to_have_count(0)


async def test_a_reload_keeps_the_history_the_person_and_the_chat(page: Page, people: People) -> None:
    await page.get_by_role("radio", name="Ann").click()
    await pick(page, photo())
    await send(page, "daisy")
    await page.reload()

    await expect(page.locator(".is-mine .words")).to_have_text("daisy")
    await expect(page.get_by_role("radio", name="Ann")).to_be_checked()


async def test_each_person_has_a_chat_of_their_own_and_sees_what_is_unread(page: Page, raw: RawBot) -> None:
    await write(page, "the owner was here")
    await page.get_by_role("radio", name="Bo").click()
    await page.wait_for_selector(".welcome")
    bo = int(page.url.partition("#")[2].partition("/")[0])
    await write(page, "Bo too")
    await page.get_by_role("radio", name="Owner").click()
    await expect(page.locator(".message .words")).to_have_text("the owner was here")
    await raw.result("sendMessage", chat_id=bo, text="hello Bo")

    await expect(page.get_by_role("radio", name="Bo, 1 unread")).to_be_visible()
    await page.get_by_role("radio", name="Bo").click()
    await expect(page.locator(".message .words").last).to_have_text("hello Bo")
    await expect(page.get_by_role("radio", name="Bo", exact=True)).to_be_visible()


async def test_people_and_groups_can_be_added(page: Page, raw: RawBot) -> None:
    await page.get_by_role("button", name="Add a person").click()
    await page.get_by_label("Name").fill("Cleo")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("radio", name="Cleo")).to_be_checked()
    await page.get_by_role("button", name="New group").click()
    await page.get_by_label("Name of the group").fill("Bird club")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Add Pupil to this group").click()

    await expect(page.locator(".service")).to_have_text("Cleo added Pupil")
    assert [list(update)[1] for update in await raw.updates()] == ["my_chat_member", "message"]


async def test_in_a_group_everybody_sees_who_spoke(page: Page, people: People, owner: Person) -> None:
    group = await people.group()
    await people.person("Ann").send_text("hello all", chat=group)
    await page.get_by_role("button", name="Our group").click()

    await expect(page.locator(".message .sender")).to_have_text("Ann")
    await expect(page.locator(".message .words")).to_have_text("hello all")


async def test_a_lost_line_is_said_and_comes_back_with_what_was_missed(
    page: Page, playground: Playground, url: str, owner: Person, raw: RawBot
) -> None:
    await write(page, "before")
    await page.context.set_offline(True)
    playground.hub.close()
    await expect(page.locator("#banner")).to_contain_text("The connection is lost")
    await raw.result("sendMessage", chat_id=owner.id, text="meanwhile")
    await page.context.set_offline(False)

    await expect(page.locator("#banner")).to_be_hidden(timeout=10_000)
    await expect(page.locator(".is-theirs .words")).to_have_text("meanwhile")


async def test_a_server_that_is_gone_is_said_kindly(page: Page) -> None:
    await page.context.set_offline(True)
    await write(page, "anybody?")

    await expect(page.locator(".toast")).to_contain_text("The server does not answer")
    await expect(page.locator("#composer-input")).to_have_value("anybody?")


async def test_blocking_replaces_the_input_with_a_way_back(page: Page, raw: RawBot) -> None:
    await greet(page)
    await page.get_by_role("button", name="About this chat").click()
    await page.get_by_role("menuitem", name="Block Pupil").click()
    await page.get_by_role("button", name="Restart the chat").click()

    await expect(page.locator(".message .words").last).to_have_text("/start")
    assert [list(update)[1] for update in await raw.updates()] == [
        "message", "my_chat_member", "my_chat_member", "message",
    ]  # fmt: skip
