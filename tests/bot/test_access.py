"""Who may do what: as declared, in every cell of roles and handlers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.access import PERMISSION
from bot.app import handlers
from bot.buttons import Press
from bot.handlers.commands import COMMANDS
from bot.handlers.presses import BUTTONS
from bot.speech import texts
from storage import Role, utc_now
from tests.bot.handlers.test_presses import answer_to_ann, prediction_of, push_press
from tests.support.bots import Person, World, picture, running_bot

pytestmark = pytest.mark.lengthy

NEEDED = {
    "start": Role.GUEST, "help": Role.GUEST, "labels": Role.GUEST, "status": Role.GUEST, "train": Role.TEACHER,
    "report": Role.TEACHER, "progress": Role.GUEST,
    "undo": Role.TEACHER, "mydata": Role.GUEST, "settings": Role.GUEST, "owner": Role.GUEST,
    "teacher": Role.ADMIN, "export": Role.TEACHER, "models": Role.GUEST, "rollback": Role.ADMIN,
    "card": Role.GUEST, "teach": Role.TEACHER, "done": Role.TEACHER, "review": Role.REVIEWER, "me": Role.GUEST,
    "import": Role.TEACHER, "quarantine": Role.REVIEWER, "revert": Role.ADMIN,
}  # fmt: skip
BUTTONS_NEED = {
    "r": Role.TEACHER, "w": Role.TEACHER, "b": Role.TEACHER, "p": Role.TEACHER, "o": Role.TEACHER, "n": Role.TEACHER,
    "m": Role.TEACHER, "k": Role.TEACHER, "q": Role.TEACHER,
    "lp": Role.REVIEWER, "la": Role.REVIEWER, "ln": Role.REVIEWER, "ld": Role.REVIEWER, "lm": Role.REVIEWER,
    "li": Role.REVIEWER, "lr": Role.REVIEWER, "ls": Role.REVIEWER, "ly": Role.REVIEWER, "lx": Role.REVIEWER,
    "lu": Role.REVIEWER, "xd": Role.OWNER,
    "d": Role.TEACHER, "c": Role.TEACHER, "ck": Role.TEACHER,
    "cs": Role.GUEST, "cb": Role.GUEST, "cy": Role.GUEST, "cn": Role.GUEST,
    "ip": Role.TEACHER, "io": Role.TEACHER, "in": Role.TEACHER, "it": Role.TEACHER, "il": Role.GUEST, "is": Role.GUEST,
    "y": Role.GUEST, "t": Role.GUEST, "f": Role.GUEST, "fy": Role.GUEST, "fn": Role.GUEST,
    "vk": Role.REVIEWER, "vp": Role.REVIEWER, "vc": Role.REVIEWER, "vo": Role.REVIEWER, "va": Role.REVIEWER,
    "vt": Role.REVIEWER, "vs": Role.REVIEWER, "vb": Role.REVIEWER, "vd": Role.REVIEWER, "vu": Role.REVIEWER,
    "vq": Role.REVIEWER, "vr": Role.REVIEWER, "vn": Role.REVIEWER,
    "vg": Role.REVIEWER,
    "zt": Role.REVIEWER, "zd": Role.REVIEWER, "zs": Role.REVIEWER, "zu": Role.REVIEWER, "zq": Role.REVIEWER,
    "gl": Role.ADMIN, "gr": Role.ADMIN, "gy": Role.ADMIN, "gn": Role.ADMIN, "gb": Role.ADMIN, "gf": Role.ADMIN,
}  # fmt: skip


def undeclared(found: Iterator[Any]) -> list[str]:
    return [one.callback.__name__ for one in found if not isinstance(getattr(one.callback, PERMISSION, None), Role)]


def test_every_handler_declares_its_permission() -> None:
    assert len(list(handlers())) > 10
    assert undeclared(handlers()) == []


def test_a_handler_without_a_declaration_is_found() -> None:
    class Careless:
        @staticmethod
        def callback() -> None:
            """Anybody may."""

    assert undeclared(iter([Careless()])) == ["callback"]


async def test_the_running_bot_has_no_handler_beside_those(world: World) -> None:
    app = world.service.app
    assert list(app.handlers) == [0]
    assert undeclared(iter(app.handlers[0])) == []


def test_commands_need_what_is_declared() -> None:
    assert {command.name: command.permission for command in COMMANDS} == NEEDED


def test_buttons_need_what_is_declared() -> None:
    assert {action: button.permission for action, button in BUTTONS.items()} == BUTTONS_NEED


@pytest.mark.parametrize("role", list(Role))
async def test_commands_are_answered_to_those_who_may_and_refused_to_the_rest(tmp_path: Path, role: Role) -> None:
    async with running_bot(tmp_path) as world:
        world.give_role(world.ann, role)
        for name, needed in NEEDED.items():
            sent = await world.ann.send_text(f"/{name}")
            refused = any("That is for" in one for one in await said_after(world, world.ann, sent.id))
            assert refused == (role < needed), name


@pytest.mark.parametrize("role", list(Role))
async def test_photos_and_buttons_are_for_those_who_may(tmp_path: Path, role: Role) -> None:
    async with running_bot(tmp_path) as world:
        await world.knows_apples_and_leaves(world.bo)
        world.give_role(world.ann, role)
        may = role >= Role.TEACHER

        lesson = await world.ann.send_photo(picture("leaf", 20), caption="leaf")
        await world.settled()
        assert (world.counts()["leaf"] == 5) == may
        await world.ann.edit_caption(lesson, "tree")
        await world.settled()
        assert ("tree" in world.counts()) == may
        answer = await answer_to_ann(world)
        await world.ann.reply(answer, "clover")
        await world.settled()
        assert ("clover" in world.counts()) == may
        await check_buttons(world, role)


async def check_buttons(world: World, role: Role) -> None:
    """Press every button there is, each fresh and genuine: refused exactly to those who may not."""
    signer = world.service.services.signer
    for number, (action, needed) in enumerate(BUTTONS_NEED.items()):
        # A photo of its own for each: one that was named before is answered with that name.
        answer = await answer_to_ann(world, 30 + number)
        thing = prediction_of(world, answer) if action in set("rwbponyq") else 0
        label = world.look(lambda unit: unit.labels.all(unit.classifiers.default().id))[0].id
        press = Press(action, thing, label if action == "p" else 0)
        data = signer.sign(press, chat_id=world.ann.id, person_id=world.ann.id, now=utc_now())
        query = push_press(world, world.ann, answer, data)
        toast = (await asked(world, query)).get("text", "")
        assert (toast == texts.not_allowed(needed)) == (role < needed), action


async def asked(world: World, query: str) -> dict[str, str]:
    def answered() -> list[Any]:
        return world.playground.faults.calls_of(
            "answerCallbackQuery", lambda call: call.values["callback_query_id"] == query
        )

    found = await world.until(answered, "the press is answered")
    values: dict[str, str] = found[0].values
    return values


async def said_after(world: World, person: Person, message_id: int) -> list[str]:
    await world.settled()
    return [one.text for one in await person.history() if one.from_bot and one.id > message_id]


@pytest.mark.parametrize(("newcomers", "learns"), [("teacher", True), ("guest", False)])
async def test_a_newcomer_may_what_the_owner_set(tmp_path: Path, newcomers: str, learns: bool) -> None:
    async with running_bot(tmp_path, newcomers=newcomers) as world:
        await world.ann.send_photo(picture("apple"), caption="apple")
        await world.settled()
        assert (world.counts() == {"apple": 1}) == learns
        if not learns:
            await world.hears(world.ann, "That is for people who may teach. Ask the owner")


async def test_a_guest_who_edits_a_caption_among_people_is_left_in_peace(tmp_path: Path) -> None:
    async with running_bot(tmp_path, newcomers="guest") as world:
        group = await world.group()
        await world.owner.promote(group, world.service.app.bot.id)
        photo = await world.ann.send_photo(picture("apple"), caption="lunch", chat=group)
        await world.ann.edit_caption(photo, "our lunch")

        assert len(await world.said_to(world.ann, chat=group)) == 1


async def test_a_channel_that_posts_in_its_group_is_nobody(world: World) -> None:
    group = await world.group()
    channel = {"id": -1_007_777, "type": "channel", "title": "News"}
    post = {
        "message_id": 4_000, "date": 1, "chat": {"id": group, "type": "supergroup", "title": "Our group"},
        "from": {"id": 777_000, "is_bot": False, "first_name": "Telegram"}, "sender_chat": channel,
        "is_automatic_forward": True, "text": f"/train{world.mention}",
        "entities": [{"type": "bot_command", "offset": 0, "length": len(f"/train{world.mention}")}],
    }  # fmt: skip
    world.playground.updates.push("message", post)
    await world.settled()

    assert world.look(lambda unit: unit.people.by_telegram_id(777_000)) is None


def new_code(world: World, code: str) -> None:
    with world.store.write() as unit:
        unit.people.new_owner_code(code)


def owners(world: World) -> list[int]:
    return [one.telegram_id for one in world.look(lambda unit: unit.people.with_role(Role.OWNER))]


async def test_the_code_makes_an_owner_once(world: World) -> None:
    new_code(world, "GOOD2345")

    await world.ann.send_text("/owner good2345")
    await world.hears(world.ann, "You are the owner now.")
    await world.bo.send_text("/owner GOOD2345")
    await world.hears(world.bo, "That code is not right, or no longer.", "pupil owner-code")

    assert owners(world) == [world.ann.id]


async def test_the_code_ends_after_fifteen_minutes(world: World) -> None:
    new_code(world, "GOOD2345")
    world.time.advance(minutes=15)

    await world.ann.send_text("/owner GOOD2345")

    await world.hears(world.ann, "That code is not right, or no longer.")
    assert owners(world) == []


async def test_the_code_ends_after_five_wrong_tries_by_whomever(world: World) -> None:
    new_code(world, "GOOD2345")
    for number in range(5):
        await (world.ann, world.bo)[number % 2].send_text(f"/owner WRONG{number}")
        await world.settled()

    await world.ann.send_text("/owner GOOD2345")
    await world.settled()

    assert owners(world) == []


async def test_no_code_is_no_wrong_code_and_costs_no_try(world: World) -> None:
    new_code(world, "GOOD2345")
    for _ in range(6):
        await world.ann.send_text("/owner")
    await world.hears(world.ann, "To become my owner, run pupil owner-code", "send me /owner CODE")
    await world.settled()

    await world.ann.send_text("/owner GOOD2345")

    await world.hears(world.ann, "You are the owner now.")


async def test_the_code_does_nothing_in_a_group(world: World) -> None:
    group = await world.group()
    new_code(world, "GOOD2345")

    await world.ann.send_text(f"/owner{world.mention} GOOD2345", chat=group)

    await world.hears(world.ann, "in our private chat", "make another with pupil owner-code", chat=group)
    assert owners(world) == []


async def test_of_a_hundred_people_with_the_code_one_becomes_owner(still_world: World) -> None:
    new_code(still_world, "GOOD2345")
    crowd = await asyncio.gather(*(still_world.people.add(f"Guest {number}") for number in range(100)))
    await asyncio.gather(*(one.send_text("/owner GOOD2345") for one in crowd))

    await still_world.start_bot()
    await still_world.settled()

    assert len(owners(still_world)) == 1


async def test_a_thousand_guesses_make_nobody_owner(world: World) -> None:
    new_code(world, "GOOD2345")
    with world.store.write() as unit:
        guesser = unit.people.meet(99, "Guesser", Role.GUEST)
    tries = [f"GUESS{number}" for number in range(1000)] + ["GOOD2345"]

    def claim() -> list[bool]:
        claimed = []
        for start in range(0, len(tries), 100):
            with world.store.write() as unit:
                claimed += [unit.people.claim_ownership(guesser.id, code) for code in tries[start : start + 100]]
        return claimed

    assert not any(await asyncio.to_thread(claim))
    assert owners(world) == []
