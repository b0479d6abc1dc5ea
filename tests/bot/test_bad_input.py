"""Whatever people send: a clear sentence back, nothing lost, nothing broken, and the next good photo is a lesson."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.playground import Fault
from tests.support.bots import World, picture

Send = Callable[[World], Awaitable[Any]]


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def tiny() -> bytes:
    return encoded(Image.new("RGB", (1, 1)), "PNG")


def cut() -> bytes:
    whole = picture("apple", side=400)
    return whole[: len(whole) // 2]


def document(data: Callable[[], bytes], name: str, caption: str = "apple") -> Send:
    return lambda world: world.ann.send_document(data(), name=name, caption=caption)


def content(**fields: Any) -> Send:
    """A kind of message that the chat page does not offer, as Telegram would tell of it."""

    async def send(world: World) -> None:
        playground = world.playground
        await world.ann.start()
        await world.settled()
        person = playground.people.present(world.ann.id, world.ann.id)
        playground.messenger.post(world.ann.id, person, fields)

    return send


FILE = {"file_id": "x", "file_unique_id": "y", "file_size": 10}
NOT_A_PICTURE = "That file is not a picture."
ONLY_PICTURES = "I can only look at pictures."
REFUSED: dict[str, tuple[Send, str]] = {
    "text as photo": (document(lambda: b"hello, this is no photo", "photo.jpg"), NOT_A_PICTURE),
    "one pixel": (document(tiny, "dot.png"), "That picture is too small (1x1): I need at least"),
    "cut short": (document(cut, "cut.jpg"), "That picture is damaged or cut short"),
    "a bitmap": (
        document(lambda: encoded(Image.new("RGB", (64, 64)), "BMP"), "cat.bmp"),
        "I can't read BMP files yet. Please send it as a photo, or as JPEG, PNG, WebP, GIF, HEIC or AVIF.",
    ),
    "one even colour": (document(lambda: encoded(Image.new("RGB", (64, 64)), "PNG"), "b.png"), "one even colour"),
    "pdf": (document(lambda: b"%PDF-1.7 ...", "paper.pdf"), "I can't read PDF files yet."),
    "pdf that claims to be a picture": (document(lambda: b"%PDF-1.7 ...", "paper.jpg"), "I can't read PDF files yet."),
    "21 MB": (document(lambda: os.urandom(21 * 1024 * 1024), "big.jpg"), "That file is too big: at most 20 MB."),
    "sticker": (content(sticker=FILE | {
        "type": "regular", "width": 5, "height": 5, "is_animated": False, "is_video": False,
    }), ONLY_PICTURES),
    "voice": (content(voice=FILE | {"duration": 3}), ONLY_PICTURES),
    "video": (content(video=FILE | {"width": 5, "height": 5, "duration": 3}), ONLY_PICTURES),
    "location": (content(location={"latitude": 1.0, "longitude": 2.0}), ONLY_PICTURES),
    "a gif of Telegram's": (content(
        animation=FILE | {"width": 5, "height": 5, "duration": 3},
        document=FILE | {"file_name": "cat.mp4", "mime_type": "video/mp4"},
    ), ONLY_PICTURES),
    "a file that Telegram lost": (
        content(photo=[FILE | {"width": 90, "height": 90}], caption="apple"), "no longer has that file",
    ),
    "chatter": (lambda world: world.ann.send_text("hello there"), "I only understand photos and commands."),
    "a command that is none": (lambda world: world.ann.send_text("/dance"), "I don't know that command."),
    "a reply to nothing known": (content(
        text="apple", reply_to_message={
            "message_id": 77_000, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "gone",
        },
    ), "I only understand photos and commands."),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_a_lesson_is_refused_in_plain_words(world: World, name: str) -> None:
    send, sentence = REFUSED[name]

    await send(world)

    await world.hears(world.ann, sentence)
    await world.teach(world.ann, "leaf", 1)
    assert world.counts() == {"leaf": 1}
    assert "dead" not in world.look(lambda unit: unit.inbox.counts() | unit.outbox.counts())


LABELS = {
    "emoji": ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
    "right to left": ("תפוח אדום", "תפוח אדום"),
    "overridden direction": ("\u202eapple", "apple"),
    "html": ("<b>apple</b> & <script>", "<b>apple</b> & <script>"),
    "formula": ("=cmd()|' /C calc'!A0", "=cmd()|' /C calc'!A0"),
    "looks like a path": ("/start/here", "/start/here"),
    "many lines": ("red\n\n  apple", "red apple"),
    "64 characters": ("a" * 64, "a" * 64),
}


@pytest.mark.parametrize("name", LABELS)
async def test_any_name_is_taken_as_it_is_and_said_as_it_is(world: World, name: str) -> None:
    caption, label = LABELS[name]

    await world.ann.send_photo(picture("apple"), caption=caption)

    answer = await world.hears(world.ann, f"Learned: {label}, 1 photo now.")
    assert {one["type"] for one in answer.entities} <= {"bold", "bot_command"}  # Telegram finds commands by itself
    assert list(world.counts()) == [label]


async def test_a_caption_of_a_thousand_characters_is_no_name_but_the_photo_is_kept(world: World) -> None:
    sent = await world.ann.send_photo(picture("apple"), caption="so " * 341)
    await world.hears(world.ann, "I kept the photo, but that is too long for a name: at most 64 characters.")

    await world.ann.reply(sent, "apple")

    await world.hears(world.ann, "Learned: apple, 1 photo now.")


async def test_a_photo_whose_caption_was_no_name_is_no_question_for_the_next_network(world: World) -> None:
    sent = await world.ann.send_photo(picture("apple", 50), caption="so " * 341)
    await world.hears(world.ann, "I kept the photo")

    await world.knows_apples_and_leaves(world.bo)

    answers = [one for one in await world.ann.history() if one.from_bot and one.reply_to == sent.id]
    assert [one.text[:16] for one in answers] == ["I kept the photo"]


@pytest.mark.parametrize("command", ["/undo", "/start@some_bot"])
async def test_a_caption_that_is_a_command_is_neither_obeyed_nor_a_name(world: World, command: str) -> None:
    await world.teach(world.ann, "leaf", 1)
    sent = await world.ann.send_photo(picture("apple"), caption=command)
    await world.hears(world.ann, "Commands go without a photo")
    assert world.counts() == {"leaf": 1}

    await world.ann.edit_caption(sent, "apple")
    await world.hears(world.ann, "Learned: apple, 1 photo now.")
    await world.ann.edit_caption(sent, command)

    await world.settled()
    assert world.counts() == {"leaf": 1, "apple": 1}


async def test_a_caption_that_nobody_sees_is_none(world: World) -> None:
    await world.ann.send_photo(picture("apple"), caption="\u200b\u200d\u2060\ufeff")

    await world.hears(world.ann, "I can't answer yet.")
    assert world.counts() == {}


async def test_many_long_names_still_fit_into_one_message(world: World) -> None:
    with world.store.write() as unit:
        classifier = unit.classifiers.default()
        names = [f"{'&<>' * 20}{number:03}" for number in range(70)]
        for name in names:
            unit.labels.find_or_create(classifier.id, name)
    for seed in range(3):
        await world.ann.send_photo(picture("apple", seed), caption=names[seed])
    await world.settled()
    with world.store.write() as unit:
        photos = unit.photos.of_person(unit.people.by_telegram_id(world.ann.id).id)  # type: ignore[union-attr]
        _name_everything(unit, photos[0], names)

    for command in ("/labels", "/status"):
        sent = await world.ann.send_text(command)
        await world.hears(world.ann, "I know 70 labels of ", "more", after=sent)
    assert "dead" not in world.look(lambda unit: unit.outbox.counts())


def _name_everything(unit: Any, like: Any, names: list[str]) -> None:
    from storage import Picture, Reason, VoteKind

    made = Picture(b"", 96, 96, "0" * 64)
    for name in names:
        label = unit.labels.find_or_create(like.classifier_id, name)
        photo = unit.photos.add(like.classifier_id, like.digest, made, source="import")
        unit.votes.cast(photo.id, None, VoteKind.LABEL, label.id, Reason.IMPORT)


async def test_two_people_at_once_each_get_their_own_answer(world: World) -> None:
    await asyncio.gather(
        world.ann.send_photo(picture("apple"), caption="apple"),
        world.bo.send_document(b"no picture", name="x.jpg", caption="leaf"),
    )

    await world.hears(world.ann, "Learned: apple")
    await world.hears(world.bo, NOT_A_PICTURE)


async def test_an_answer_to_a_message_that_was_deleted_arrives_all_the_same(still_world: World) -> None:
    sent = await still_world.ann.send_photo(picture("apple"), caption="apple")
    await still_world.ann.delete(sent)

    await still_world.start_bot()

    answer = await still_world.hears(still_world.ann, "Learned: apple, 1 photo now.")
    assert answer.reply_to is None


async def test_who_blocked_the_bot_is_left_in_peace_and_may_come_back(world: World) -> None:
    await world.teach(world.ann, "apple", 1)
    await world.ann.block()
    await world.settled()
    assert not world.look(lambda unit: unit.chats.by_telegram_id(world.ann.id)).reachable

    await world.ann.start()

    await world.hears(world.ann, "Hello Ann!")
    assert world.look(lambda unit: unit.chats.by_telegram_id(world.ann.id)).reachable


async def test_a_damaged_network_does_not_answer_and_the_owner_is_told(world: World) -> None:
    await world.owner.start()
    world.give_role(world.owner, _owner_role())
    await world.knows_apples_and_leaves()
    await world.teach(world.ann, "lemon", 3)
    from tests.support.networks import trainer_running

    damaged: list[Path] = []
    await world.stop_bot()
    world.time.advance(seconds=2)
    async with trainer_running(world.store):
        await world.until(lambda: _active(world) == 2, "the trainer published")
    for file in (world.home / "networks" / _folder(world)).iterdir():
        file.write_bytes(file.read_bytes()[:-8])
        damaged.append(file)

    await world.start_bot()

    assert damaged
    await world.hears(world.owner, "Network 2 failed its check and does not answer, and there is no other.")
    await world.ann.send_photo(picture("leaf", 7))
    await world.hears(world.ann, "I can't answer at this moment. I kept the photo")
    await world.teach(world.ann, "lemon", 1, first=9)
    assert await world.train() == 3
    await world.hears(world.ann, "I think this is leaf", "Network 3.")


async def test_a_network_damaged_while_the_bot_runs_leaves_the_old_one_answering(world: World) -> None:
    await world.owner.start()
    world.give_role(world.owner, _owner_role())
    await world.knows_apples_and_leaves()
    with world.store.write() as unit:
        active = unit.networks.active(unit.classifiers.default().id)
        assert active is not None
        from storage import NewNetwork

        unit.networks.publish(
            NewNetwork(
                active.classifier_id,
                2,
                "nowhere",
                active.embedder,
                "0" * 64,
                active.labels,
                8,
                8,
                0,
                0.0,
                0.3,
                {},
                active.created_at,
            ),
            activate=True,
        )

    await world.hears(world.owner, "Network 2 failed its check and does not answer; the one before goes on.")
    await world.ann.send_photo(picture("leaf", 7))
    await world.hears(world.ann, "I think this is leaf", "Network 1.")


async def test_a_damaged_photo_keeps_nobody_from_hearing_the_news(world: World) -> None:
    """One file that rots on the disk must not end the bot when the next network looks at it again."""
    await world.knows_apples_and_leaves()
    await world.ann.send_photo(picture("leaf", 7))
    answer = await world.hears(world.ann, "I think this is leaf")
    await world.ann.reply(answer, "clover")
    await world.settled()
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    photo = world.look(lambda unit: unit.photos.of_person(ann.id))[-1]
    world.store.blobs.path(photo.digest).write_bytes(b"rotten")

    await world.teach(world.bo, "lemon", 3)
    assert await world.train() == 2

    await world.ann.send_photo(picture("apple", 7))
    await world.hears(world.ann, "I think this is apple", "Network 2.")


async def test_without_a_trainer_lessons_wait_and_say_so(world: World) -> None:
    await world.teach(world.ann, "apple", 2)
    await world.teach(world.ann, "leaf", 2)

    await world.ann.send_text("/status")

    await world.hears(world.ann, "Trainer: not running, never seen. New lessons wait for it.", "pupil trainer")


async def test_an_empty_file_is_said_to_be_empty(world: World) -> None:
    sent = await world.ann.send_document(b"x", name="photo.jpg", caption="apple")
    await world.hears(world.ann, NOT_A_PICTURE)
    file = world.playground.files.find((sent.document or {})["file_id"])
    assert file is not None
    world.playground.files.location(file).write_bytes(b"")

    again = await world.ann.forward(sent)

    await world.hears(world.ann, "That file is empty.", after=again)


async def test_a_download_that_breaks_off_is_tried_again(world: World) -> None:
    world.playground.faults.plan("download", Fault.dropped(), times=2)

    await world.ann.send_photo(picture("apple"), caption="apple")

    await world.hears(world.ann, "Learned: apple, 1 photo now.")


def _owner_role() -> Any:
    from storage import Role

    return Role.OWNER


def _active(world: World) -> int | None:
    found = world.look(lambda unit: unit.networks.active(unit.classifiers.default().id))
    return found.number if found else None


def _folder(world: World) -> str:
    folder: str = world.look(lambda unit: unit.networks.active(unit.classifiers.default().id)).folder
    return folder
