"""“/review” and the presses below its cards: the next card takes the place of the one before, in the same message.

A card is drawn before the transaction that decides about the one before, and made the reviewer's own in it: killed
anywhere, either both happened or neither. Where another reviewer was faster, the next one is drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from telegram import Update

from bot import review_buttons as keys
from bot.access import permitted
from bot.actions import cards, newcomers, reviewing
from bot.actions.cards import Card
from bot.actions.reviewing import Mode, Review
from bot.actions.shown import CARD, card_key
from bot.actions.teaching import trainer_alive
from bot.buttons import Press
from bot.collage import collage, side_by_side
from bot.context import Context, Scene
from bot.replies import Said
from bot.review_buttons import ReviewButtons, mode_and_value
from bot.speech import guides, review_texts
from storage import CardMessage, Choice, NotFound, Role, StorageError, Store, Unit
from trainer.errors import PictureUnreadable
from trainer.preprocessing import Pixels, decode

# A card is so wide; what stands below is a third of it, and of a group each has a square.
SIDE, BESIDE, TILE = 640, 200, 320
# More reviewers than that do not take each other's card at one moment.
TRIES = 5
NAME = "card.jpg"
# What stands behind an alarm is looked at from its own button.
MODES = {"": Mode.ALL} | {mode.name.lower(): mode for mode in Mode if mode is not Mode.ALARMS}
# What is said of a press as a toast; there may be nothing to say.
Toast = str | None


class CardTaken(Exception):
    """Another reviewer took the card while it was drawn, or it or a photo in it is there no more."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card and its picture."""

    card: Card
    picture: bytes


@permitted(Role.REVIEWER)
async def review(update: Update, context: Context) -> None:
    """Show the first card in a message of its own."""
    mode = MODES.get(" ".join(context.args or []).lower())
    if mode is None or not context.here.private:
        text = review_texts.modes() if context.here.private else review_texts.only_in_private()
        await context.act(lambda scene: scene.replies.say(Said(text), to_message=_asked_in(scene)))
        return
    await begin(context, Review(mode))


async def begin(context: Context, about: Review) -> None:
    """Show the first card of a review."""
    await _with_next(context, about, lambda scene, drawn: _begin(scene, about, drawn))


async def press_review(context: Context, press: Press) -> Toast:
    """Do what a button below a card says, and show what comes next; returns the toast."""
    try:
        mode, value = mode_and_value(press.argument)
        about = Review(mode, await context.look(lambda unit: _alarm_of(unit, context)))
        if press.action == keys.UNDO:
            return await _undo(context, press, about)
        if press.action in (keys.ANOTHER, keys.BACK):
            return await _choose(context, press, about, value if press.action == keys.ANOTHER else None)
        if press.action == keys.STOP:
            return await context.act(lambda scene: _stop(scene, about))
        if press.action == keys.GO_ON:
            return await _with_next(context, about, lambda scene, drawn: _show_then(scene, about, drawn, None))
        if press.action == keys.ALL_RIGHT:
            # Decided before the next card is drawn, which might be one of these: told again, it decides nothing more.
            toast = await context.prepare(lambda scene: _agree_with_all(scene, press, value))
            return await _with_next(context, about, lambda scene, drawn: _show_then(scene, about, drawn, toast))
        choice = _CHOICES[press.action]
        return await _with_next(
            context, about, lambda scene, drawn: _decide(scene, press, choice, value, about, drawn), but=press.thing
        )
    except (ValueError, NotFound):
        return guides.photo_gone()


_CHOICES = {
    keys.KEEP: Choice.KEEP,
    keys.PROPOSED: Choice.RELABEL,
    keys.CHOSEN: Choice.RELABEL,
    keys.ASIDE: Choice.ASIDE,
    keys.CANNOT_TELL: Choice.CANNOT_TELL,
    keys.SKIP: Choice.SKIP,
    keys.BEST: Choice.BEST,
    keys.DIFFERENT: Choice.DIFFERENT,
}


async def _with_next(
    context: Context, about: Review, step: Callable[[Scene, Drawn | None], Toast], *, but: int | None = None
) -> Toast:
    """Draw the next card and take the step that needs it, again where it was taken meanwhile."""
    for _ in range(TRIES):
        drawn = await _draw_next(context, about, but)
        try:
            return await context.act(lambda scene, drawn=drawn: step(scene, drawn))  # type: ignore[misc]
        except CardTaken:
            continue
    return await context.act(lambda scene: step(scene, None))


async def _draw_next(context: Context, about: Review, but: int | None) -> Drawn | None:
    try:
        found = await context.look(lambda unit: cards.next_card(unit, context.here, about, but=but))
    except NotFound:
        return None
    return None if found is None else await _drawn(context, found)


async def _drawn(context: Context, card: Card) -> Drawn:
    store = context.services.store
    return Drawn(card, await context.services.looker.run(lambda: _draw(store, card)))


def _begin(scene: Scene, about: Review, drawn: Drawn | None) -> Toast:
    listing = reviewing.ask_for_lists(scene.unit, scene.presence, tell=drawn is None)
    if drawn is None:
        text = review_texts.looking(trainer_alive(scene.unit)) if listing else review_texts.nothing_yet()
        scene.replies.say(Said(text))
        return None
    said, key = _take(scene, about, drawn), card_key(scene.visit.deed)
    shown = _message(scene, key, about)
    scene.unit.card_messages.show(shown.id, drawn.card.photo_ids)
    scene.replies.photo(drawn.picture, NAME, said.html, dedupe=key, keyboard=said.keyboard)
    return None


def _decide(scene: Scene, press: Press, choice: Choice, value: int, about: Review, drawn: Drawn | None) -> Toast:
    toast = review_texts.decided(choice)
    try:
        label_id = value or None
        if press.action == keys.PROPOSED:
            label_id = scene.unit.suspects.get(press.thing).proposal_id
        reviewing.decide(scene.unit, scene.visit, scene.presence, press.thing, choice, label_id)
    except NotFound:
        toast = review_texts.taken()
    _show(scene, about, drawn)
    return toast


def _show_then(scene: Scene, about: Review, drawn: Drawn | None, toast: Toast) -> Toast:
    _show(scene, about, drawn)
    return toast


def _agree_with_all(scene: Scene, press: Press, until: int) -> Toast:
    try:
        newcomers.agree_with_all(scene.unit, scene.visit, scene.presence, press.thing, until)
    except NotFound:
        return review_texts.taken()
    return review_texts.decided(Choice.KEEP)


async def _undo(context: Context, press: Press, about: Review) -> Toast:
    found = await context.look(lambda unit: reviewing.undone_card(unit, press.thing))
    card = None
    if found is not None:
        again = found
        card = await context.look(lambda unit: cards.card_of(unit, again, about.mode))
    drawn = None if card is None else await _drawn(context, card)

    def action(scene: Scene, follows: Drawn | None) -> Toast:
        again = reviewing.undo(scene.unit, scene.visit, scene.presence, press.thing)
        is_free = again is not None and scene.unit.suspects.lease(again.id, scene.presence.person.id)
        is_whole = drawn is not None and cards.is_whole(scene.unit, drawn.card)
        _show(scene, about, drawn if is_free and is_whole else follows)
        return review_texts.undone()

    return await _with_next(context, about, action)


async def _choose(context: Context, press: Press, about: Review, page: int | None) -> Toast:
    """Show names instead of decisions, or decisions again; the card stays hers meanwhile."""

    def action(scene: Scene) -> Toast:
        if not scene.unit.suspects.lease(press.thing, scene.presence.person.id):
            raise NotFound("suspect", press.thing)
        card = cards.card_of(scene.unit, scene.unit.suspects.get(press.thing), about.mode)
        buttons = ReviewButtons(scene.keyboards)
        if page is None:
            keyboard = buttons.card(card, cards.progress(scene.unit, scene.presence, about))
        else:
            keyboard = buttons.labels(card, cards.labels_to_choose(scene.unit, card), page)
        scene.replies.edit_keyboard(scene.visit.message_id, keyboard)
        return None if page is None else review_texts.choose(card)

    return await context.act(action)


def _stop(scene: Scene, about: Review) -> Toast:
    scene.unit.suspects.release(scene.presence.person.id)
    _summarise(scene, about, stopped=True)
    return None


def _show(scene: Scene, about: Review, drawn: Drawn | None) -> None:
    """Put the next card, or the summary, into the message that was pressed."""
    if drawn is None:
        _summarise(scene, about, stopped=False)
    else:
        said, visit = _take(scene, about, drawn), scene.visit
        shown = scene.unit.card_messages.at(visit.bot_id, visit.chat_id, visit.message_id)
        if shown is None:
            # A copy of a message that was sent twice.
            shown = _message(scene, card_key(f"at:{visit.bot_id}:{visit.chat_id}:{visit.message_id}"), about)
        scene.unit.card_messages.show(shown.id, drawn.card.photo_ids, message_id=visit.message_id)
        scene.replies.edit_photo(visit.message_id, drawn.picture, NAME, said)


def _message(scene: Scene, key: str, about: Review) -> CardMessage:
    """Note a message of a review, so that the photos in it are known."""
    visit, mode = scene.visit, int(about.mode)
    return scene.unit.card_messages.begin(visit.bot_id, visit.chat_id, key, mode=mode, alarm_id=about.alarm_id)


def _take(scene: Scene, about: Review, drawn: Drawn) -> Said:
    """Make a drawn card the reviewer's; what is said with it. Raises CardTaken."""
    if not cards.is_whole(scene.unit, drawn.card):
        # Else the picture of a photo that is gone by now would be sent.
        raise CardTaken
    if not scene.unit.suspects.lease(drawn.card.suspect.id, scene.presence.person.id):
        raise CardTaken
    progress = cards.progress(scene.unit, scene.presence, about)
    return Said(review_texts.card(drawn.card, progress), ReviewButtons(scene.keyboards).card(drawn.card, progress))


def _summarise(scene: Scene, about: Review, *, stopped: bool) -> None:
    progress = cards.progress(scene.unit, scene.presence, about)
    buttons = ReviewButtons(scene.keyboards).ended(about.mode, progress)
    said = Said(review_texts.ended(progress, stopped=stopped), buttons)
    scene.replies.edit_caption(scene.visit.message_id, said)


def _alarm_of(unit: Unit, context: Context) -> int | None:
    """The alarm whose photos the message goes through, if it is one.

    Raises:
        NotFound: it is no message of a review. Of one that was sent twice nothing is noted.
    """
    here = context.here
    message = unit.card_messages.at(here.bot_id, here.chat_id, here.message_id)
    if message is None:
        key = unit.outbox.dedupe_of(here.bot_id, here.chat_id, here.message_id)
        if key is not None and not key.startswith(CARD):
            raise NotFound("card", here.message_id)
    return None if message is None else message.alarm_id


def _draw(store: Store, card: Card) -> bytes:
    """The picture of a card. A photo that cannot be read is a blank: who sees that can still set it aside."""
    side = TILE if card.is_group else SIDE
    seen = [_pixels(store, one.digest, side) for one in card.shown]
    shown = [np.zeros((side, side, 3), dtype=np.uint8) if one is None else one for one in seen]
    if card.is_group:
        return side_by_side(shown, side=TILE)
    return collage(shown[0], [_pixels(store, one.digest, BESIDE) for one in card.beside])


def _pixels(store: Store, digest: str, side: int) -> Pixels | None:
    """A picture at about this size; None for one that cannot be read, or was deleted a moment ago."""
    try:
        return decode(store.blobs.read(digest), side)
    except (StorageError, PictureUnreadable):
        return None


def _asked_in(scene: Scene) -> int | None:
    return None if scene.visit.private else scene.visit.message_id
