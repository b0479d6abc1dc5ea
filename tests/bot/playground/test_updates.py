"""getUpdates and webhooks: offsets, one poller at a time, kinds, deliveries that are tried again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from aiohttp import web

from bot.playground import Playground
from tests.bot.playground.wire import Clock, Json, RawBot
from tests.support.people import People, Person


async def written(person: Person, count: int) -> None:
    for number in range(count):
        await person.send_text(str(number))


def texts(updates: list[Json]) -> list[str]:
    return [update["message"]["text"] for update in updates]


async def test_updates_come_again_until_a_higher_offset_confirms_them(raw: RawBot, ann: Person) -> None:
    await written(ann, 3)
    first = await raw.updates()

    assert await raw.updates() == first
    assert texts(await raw.updates(offset=first[1]["update_id"])) == ["1", "2"]
    assert texts(await raw.updates()) == ["1", "2"]
    assert await raw.updates(offset=first[-1]["update_id"] + 1) == []
    assert await raw.updates() == []


async def test_a_negative_offset_counts_from_the_end_and_forgets_the_rest(raw: RawBot, ann: Person) -> None:
    await written(ann, 4)

    assert texts(await raw.updates(offset=-2)) == ["2", "3"]
    assert texts(await raw.updates()) == ["2", "3"]
    assert texts(await raw.updates(offset=-9)) == ["2", "3"]


async def test_limit_cuts_and_is_kept_between_one_and_a_hundred(raw: RawBot, ann: Person) -> None:
    await written(ann, 3)

    assert texts(await raw.updates(limit=2)) == ["0", "1"]
    assert texts(await raw.updates(limit=0)) == ["0"]
    assert len(await raw.updates(limit=1000)) == 3


async def test_a_long_poll_ends_when_something_arrives(raw: RawBot, ann: Person) -> None:
    poll = asyncio.create_task(raw.updates(timeout=30))
    await ann.send_text("now")

    assert texts(await asyncio.wait_for(poll, 5)) == ["now"]


async def test_a_second_poll_ends_the_first_with_409(raw: RawBot, playground: Playground) -> None:
    first = asyncio.create_task(raw("getUpdates", timeout=30))
    while not playground.updates.is_awaited:  # noqa: ASYNC110 - the server has no reason to announce a poll
        await asyncio.sleep(0)

    assert await raw.updates() == []
    assert await first == {
        "ok": False,
        "error_code": 409,
        "description": (
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        ),
    }


async def test_allowed_updates_are_remembered_and_hold_for_later_updates(raw: RawBot, ann: Person) -> None:
    await raw.updates(allowed_updates=["callback_query"])
    await ann.send_text("unheard")
    assert await raw.updates() == []

    await raw.updates(allowed_updates=[])
    await ann.send_text("heard")
    assert texts(await raw.updates()) == ["heard"]


async def test_updates_are_kept_for_a_day(raw: RawBot, ann: Person, clock: Clock) -> None:
    await ann.send_text("old")
    clock.advance(25 * 3600)
    await ann.send_text("new")

    assert texts(await raw.updates()) == ["new"]


@dataclass
class Hook:
    """A bot's webhook: `answers` are given one after the other, then plain 200s."""

    url: str = ""
    answers: list[web.Response] = field(default_factory=list)
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.seen.append((update["message"]["text"], request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        self.news.set()
        return self.answers.pop(0) if self.answers else web.Response()

    async def until(self, count: int) -> list[tuple[str, str | None]]:
        async with asyncio.timeout(5):
            while len(self.seen) < count:
                self.news.clear()
                await self.news.wait()
        return self.seen


@pytest_asyncio.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


async def test_a_webhook_gets_updates_in_order_with_its_secret(raw: RawBot, ann: Person, hook: Hook) -> None:
    await ann.send_text("before")
    await raw.result("setWebhook", url=hook.url, secret_token="s3-cret_")
    await ann.send_text("after")

    assert await hook.until(2) == [("before", "s3-cret_"), ("after", "s3-cret_")]


async def test_a_webhook_that_fails_is_tried_again(raw: RawBot, ann: Person, hook: Hook) -> None:
    hook.answers = [web.Response(status=500), web.Response(status=429, headers={"Retry-After": "0"})]
    await raw.result("setWebhook", url=hook.url)
    await ann.send_text("persistent")

    assert await hook.until(3) == [("persistent", None)] * 3
    assert "429" in (await raw.result("getWebhookInfo"))["last_error_message"]


async def test_a_webhook_may_answer_with_a_method(raw: RawBot, ann: Person, hook: Hook) -> None:
    hook.answers = [web.json_response({"method": "sendMessage", "chat_id": ann.id, "text": "from the hook"})]
    await raw.result("setWebhook", url=hook.url)
    await ann.send_text("hi")

    assert (await ann.wait_for(lambda m: m.text == "from the hook")).from_bot


async def test_polling_is_refused_while_a_webhook_is_set(raw: RawBot) -> None:
    await raw.result("setWebhook", url="http://127.0.0.1:9/")
    refusal = await raw.refusal("getUpdates")
    await raw.result("deleteWebhook")

    assert refusal == (
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    )
    assert await raw.updates() == []


async def test_set_webhook_twice_in_a_second_is_too_often(raw: RawBot, clock: Clock) -> None:
    await raw.result("setWebhook", url="http://127.0.0.1:9/")
    refusal = await raw("setWebhook", url="http://127.0.0.1:9/")
    clock.advance(1.5)

    assert (refusal["error_code"], refusal["parameters"]) == (429, {"retry_after": 1})
    assert (await raw("setWebhook", url="http://127.0.0.1:9/"))["ok"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"url": "ftp://127.0.0.1/"}, "An HTTPS URL must be provided"),
        ({"url": "https://example.org/"}, "Failed to resolve host"),
        ({"url": "http://127.0.0.1:9/", "secret_token": "with space"}, "secret token contains unallowed characters"),
        ({"url": "http://127.0.0.1:9/", "secret_token": "s" * 257}, "secret token is too long"),
    ],
)
async def test_webhooks_that_cannot_be(raw: RawBot, values: Json, words: str) -> None:
    assert words in await raw.refusal("setWebhook", **values)


async def test_privacy_mode_shows_only_what_is_meant_for_the_bot(
    raw: RawBot, owner: Person, ann: Person, people: People
) -> None:
    group = await people.group()
    await owner.add_to_group(group, await owner.bot_id())
    sent = await raw.result("sendMessage", chat_id=group, text="hello")
    offset = (await raw.updates())[-1]["update_id"] + 1
    spoken = next(each for each in await ann.history(chat=group) if each.id == sent["message_id"])

    await ann.send_text("just chatting", chat=group)
    await ann.send_text("/status", chat=group)
    await ann.send_text("/status@another_bot", chat=group)
    await ann.send_text("look @pupil_playground_bot", chat=group)
    await ann.reply(spoken, "answer")

    heard = texts(await raw.updates(offset=offset))
    assert heard == ["/status", "look @pupil_playground_bot", "answer"]


async def test_privacy_off_holds_from_the_next_time_the_bot_is_added(
    raw: RawBot, owner: Person, people: People
) -> None:
    group, bot_id = await people.group(), await owner.bot_id()
    await owner.add_to_group(group, bot_id)
    await people.set_privacy(reads_all=True)
    await owner.send_text("unheard", chat=group)
    await owner.remove_from_group(group, bot_id)
    await owner.add_to_group(group, bot_id)
    await owner.send_text("heard", chat=group)

    heard = [update["message"].get("text") for update in await raw.updates() if "message" in update]

    assert [text for text in heard if text] == ["heard"]
    assert (await raw.result("getMe"))["can_read_all_group_messages"] is True


async def test_an_admin_bot_reads_everything_at_once(raw: RawBot, owner: Person, people: People) -> None:
    group = await people.group()
    await owner.add_to_group(group, await owner.bot_id())
    await owner.promote(group, await owner.bot_id())
    await owner.send_text("heard", chat=group)

    assert (await raw.updates())[-1]["message"]["text"] == "heard"


async def test_coming_and_going_is_told_in_telegrams_order(raw: RawBot, owner: Person, people: People) -> None:
    group, bot_id = await people.group(), await owner.bot_id()
    await owner.add_to_group(group, bot_id)
    cleo = await people.add("Cleo")
    await cleo.join(group)
    await owner.remove_from_group(group, bot_id)

    kinds = [
        next(name for name in ("new_chat_members", "left_chat_member", "my_chat_member") if name in flat)
        for flat in ({**update, **update.get("message", {})} for update in await raw.updates())
    ]

    assert kinds == ["my_chat_member", "new_chat_members", "new_chat_members", "my_chat_member", "left_chat_member"]
    assert await raw.refusal("sendMessage", chat_id=group, text="x") == (
        "Forbidden: bot was kicked from the supergroup chat"
    )


async def test_chat_member_is_told_to_an_admin_who_asked(raw: RawBot, owner: Person, people: People) -> None:
    group = await people.group()
    await owner.add_to_group(group, await owner.bot_id())
    await owner.promote(group, await owner.bot_id())
    await raw.updates(allowed_updates=["chat_member"])
    await (await people.add("Cleo")).join(group)

    change = (await raw.updates())[-1]["chat_member"]

    assert (change["old_chat_member"]["status"], change["new_chat_member"]["status"]) == ("left", "member")
