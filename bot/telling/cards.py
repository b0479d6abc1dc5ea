"""Replaces review cards that show a photo which was deleted: its picture goes from the chat, and the review goes on.

Edited and not deleted: a bot may delete a message for two days only, and the reviewer would be left with nothing. What
is to be replaced is a row, so a kill at any moment costs nothing.
"""

from bot.actions.reviewing import Mode
from bot.actions.shown import no_card_key, picture_word
from bot.buttons import Signer
from bot.collage import blank
from bot.keyboards import Keyboards
from bot.replies import Said, captioned
from bot.review_buttons import ReviewButtons
from bot.speech import review_texts
from storage import CardMessage, Store, Unit

SIDE, NAME = 640, "card.jpg"


def replace_cards(store: Store, signer: Signer, bot_id: int) -> bool:
    """Replace the cards that are outdated; True if somebody is owed a message."""
    with store.read() as unit:
        if not unit.card_messages.outdated(bot_id):
            return False
    picture = blank(SIDE)
    with store.write() as unit:
        # Read anew: the next card may have taken its place in between.
        outdated = unit.card_messages.outdated(bot_id)
        for one in outdated:
            _replace(unit, signer, one, picture)
    return bool(outdated)


def _replace(unit: Unit, signer: Signer, card: CardMessage, picture: bytes) -> None:
    # Reviews are held in private chats, whose number is the person's.
    buttons = ReviewButtons(Keyboards(signer, card.lane, card.lane, unit.now))
    said, key = Said(review_texts.photo_deleted(), buttons.deleted(Mode(card.mode), card.id)), no_card_key(card)
    if card.message_id is None:
        # It never came, so there is nothing to edit.
        payload = {"chat_id": card.lane, "caption": said.html, "parse_mode": "HTML"}
        method, payload["reply_markup"], word = "sendPhoto", {"inline_keyboard": said.keyboard}, None
    else:
        method, payload = "editMessageMedia", captioned(card.lane, card.message_id, said)
        word = picture_word(card.message_id)
    unit.outbox.owe(
        card.bot_id, card.lane, method, payload, dedupe=key, coalesce=word, attachment=picture, attachment_name=NAME
    )
    unit.card_messages.replaced(card.id, key if card.message_id is None else card.key)
