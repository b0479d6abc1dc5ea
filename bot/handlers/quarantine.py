"""“/quarantine” and the presses below its cards: what was refused, one file after the other in the same message.

The next card is made the reviewer's first and drawn then; the decision about the one before is the transaction that
shows it. Killed in between, it is hers still.
"""

from dataclasses import dataclass

import numpy as np
from telegram import Update

from bot import quarantine_buttons as keys
from bot.access import permitted
from bot.actions import quarantining
from bot.actions.quarantining import Refused, Told
from bot.actions.teaching import Received
from bot.buttons import Press
from bot.collage import HIDDEN, collage
from bot.context import Context, Scene
from bot.quarantine_buttons import QuarantineButtons
from bot.replies import Said, message
from bot.speech import quarantine_texts as texts
from storage import NotFound, PictureRefused, Role, StorageError
from trainer.preprocessing import Pixels

# A card is so wide and high where there is nothing to see.
SIDE, BLANK = 640, (240, 320)
KEY, NAME = "quarantine:", "refused.jpg"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card and its picture; whether that shows anything of the file."""

    card: Refused
    picture: bytes
    is_seen: bool


@permitted(Role.REVIEWER)
async def quarantine(update: Update, context: Context) -> None:
    """Show the first card in a message of its own."""
    if not context.here.private:
        await context.act(lambda scene: scene.replies.say(Said(texts.only_in_private()), to_message=_asked_in(scene)))
        return
    drawn = await _next(context, 0)

    def action(scene: Scene) -> None:
        if drawn is None:
            scene.replies.say(Said(texts.nothing()))
            return
        said = _said(scene, drawn, None)
        key = f"{KEY}{scene.visit.deed}"
        scene.replies.photo(drawn.picture, NAME, said.html, dedupe=key, keyboard=said.keyboard)

    await context.act(action)


async def press(context: Context, press: Press) -> str | None:
    """Do what a button below a card says, and show what comes next; returns the toast."""
    try:
        if press.action == keys.STOP:
            return await context.act(_stop)
        if press.action == keys.UNDO:
            return await _undo(context, press)
        if press.action == keys.TAKE:
            return await _take(context, press)
        following = await _next(context, press.thing)
        return await context.act(lambda scene: _drop_or_skip(scene, press, following))
    except NotFound:
        return texts.taken_by_another()


async def _take(context: Context, press: Press) -> str:
    """What is slow comes first: the picture is made, and durable before the row that names it."""
    store, looker = context.services.store, context.services.looker
    about = await context.look(lambda unit: unit.quarantine.get(press.thing))
    try:
        picture = await looker.forgive(store.parcels.read(about.parcel), side=0)
    except (PictureRefused, StorageError):
        return texts.cannot_be_taken()
    digest = await looker.run(lambda: store.blobs.put(picture.data))
    received = Received(digest, picture, about.message_id, likeness=await looker.compare(picture))
    following = await _next(context, press.thing)

    def action(scene: Scene) -> str:
        told = quarantining.restore(scene.unit, scene.presence, press.thing, received)
        _tell(scene, told, texts.was_taken(told.label))
        _show(scene, following, press.thing)
        return texts.restored()

    return await context.act(action)


def _drop_or_skip(scene: Scene, press: Press, following: Drawn | None) -> str | None:
    if press.action == keys.SKIP:
        _show(scene, following, None)
        return None
    quarantining.drop(scene.unit, scene.presence, press.thing)
    _show(scene, following, press.thing)
    return texts.dropped()


async def _undo(context: Context, press: Press) -> str:
    about = await context.look(lambda unit: quarantining.card_of(unit, unit.quarantine.get(press.thing)))
    drawn = await _drawn(context, about)

    def action(scene: Scene) -> str:
        card, told, orphans = quarantining.undo(scene.unit, scene.presence, press.thing)
        scene.orphans += orphans
        if told is not None:
            _tell(scene, told, texts.was_given_back())
        _show(scene, Drawn(card, drawn.picture, drawn.is_seen), None)
        return texts.undone()

    return await context.act(action)


def _stop(scene: Scene) -> None:
    scene.unit.quarantine.release(scene.presence.person.id)
    left = scene.unit.quarantine.count(scene.presence.classifier_id)
    scene.replies.edit_caption(scene.visit.message_id, Said(texts.stopped(left)))


async def _next(context: Context, after: int) -> Drawn | None:
    found = await context.prepare(lambda scene: quarantining.next_card(scene.unit, scene.presence, after))
    return None if found is None else await _drawn(context, found)


async def _drawn(context: Context, card: Refused) -> Drawn:
    store, looker = context.services.store, context.services.looker
    try:
        data = await looker.run(lambda: store.parcels.read(card.about.parcel))
        seen = (await looker.forgive(data, side=SIDE)).pixels
    except (PictureRefused, StorageError):
        seen = None
    shown: Pixels = np.full((*BLANK, 3), HIDDEN, dtype=np.uint8) if seen is None else seen
    return Drawn(card, await looker.run(lambda: collage(shown, ())), seen is not None)


def _show(scene: Scene, drawn: Drawn | None, undoable: int | None) -> None:
    """Put the next card, or the last word, into the message that was pressed."""
    if drawn is not None:
        scene.replies.edit_photo(scene.visit.message_id, drawn.picture, NAME, _said(scene, drawn, undoable))
        return
    left = scene.unit.quarantine.count(scene.presence.classifier_id)
    keyboard = QuarantineButtons(scene.keyboards).over(undoable)
    scene.replies.edit_caption(scene.visit.message_id, Said(texts.over(left), keyboard))


def _said(scene: Scene, drawn: Drawn, undoable: int | None) -> Said:
    keyboard = QuarantineButtons(scene.keyboards).card(drawn.card, is_seen=drawn.is_seen, undoable=undoable)
    return Said(texts.card(drawn.card, is_seen=drawn.is_seen), keyboard)


def _tell(scene: Scene, told: Told, html: str) -> None:
    """Tell who sent it, below her message."""
    about, there = told.about, told.chat.telegram_id
    payload = message(there, Said(html), to_message=about.message_id)
    key = f"{KEY}{about.id}:{scene.visit.deed}"
    scene.unit.outbox.owe(about.bot_id, there, "sendMessage", payload, dedupe=key)


def _asked_in(scene: Scene) -> int | None:
    return None if scene.visit.private else scene.visit.message_id
