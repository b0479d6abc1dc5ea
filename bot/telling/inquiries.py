"""Asks people, now and then, what a photo of somebody else's shows, where that is worth their time."""

import logging
import time

from bot.actions import inquiring
from bot.actions.inquiring import Wanted
from bot.actions.shown import inquiry_key
from bot.buttons import Signer
from bot.collage import collage
from bot.keyboards import Keyboards
from bot.speech import inquiry_texts
from storage import Photo, StorageError, Store, Unit, WriteNotDurable
from trainer.errors import PictureUnreadable
from trainer.preprocessing import decode

log = logging.getLogger(__name__)
LOOK_EVERY = 30.0
SIDE, NAME = 640, "photo.jpg"
# So many photos are tried for one that can be read.
TRIES = 3


class Inquiries:
    """Looks for somebody to ask every half minute."""

    def __init__(self, store: Store, signer: Signer, bot_id: int) -> None:
        self._store, self._signer, self._bot_id = store, signer, bot_id
        self._look_at = 0.0

    def step(self) -> bool:
        """Look once, if it is time to; True if somebody is asked."""
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOK_EVERY
        return ask_around(self._store, self._signer, self._bot_id)


def ask_around(store: Store, signer: Signer, bot_id: int) -> bool:
    """Put a question to each who may be asked just now; True if somebody is asked.

    The picture is made outside of transactions; whom it may go to is asked again in the one that owes it.
    """
    with store.read() as unit:
        waiting = list(inquiring.wanted(unit, bot_id))
    asked = False
    for one in waiting:
        for photo in one.photos[:TRIES]:
            picture = _picture(store, photo)
            if picture is not None:
                with store.write() as unit:
                    asked = _put(unit, signer, bot_id, one, photo, picture) or asked
                break
    return asked


def _put(unit: Unit, signer: Signer, bot_id: int, whom: Wanted, photo: Photo, picture: bytes) -> bool:
    question = inquiring.put(unit, whom.presence, photo.id)
    if question is None:
        return False
    lane = whom.presence.chat.telegram_id
    keyboards = Keyboards(signer, lane, whom.presence.person.telegram_id, unit.now)
    payload = {
        "chat_id": lane,
        "caption": inquiry_texts.question(),
        "parse_mode": "HTML",
        "disable_notification": True,
        "reply_markup": {"inline_keyboard": keyboards.inquiry(question.inquiry.id, question.labels)},
    }
    key = inquiry_key(question.inquiry.id)
    unit.outbox.owe(bot_id, lane, "sendPhoto", payload, dedupe=key, attachment=picture, attachment_name=NAME)
    return True


def _picture(store: Store, photo: Photo) -> bytes | None:
    """The photo at the size of a chat; None, and a line in the log, if it cannot be read."""
    try:
        return collage(decode(store.blobs.read(photo.digest), SIDE), [])
    except WriteNotDurable:
        raise
    except (StorageError, PictureUnreadable) as error:
        log.warning("photo %s cannot be asked about: %s", photo.id, type(error).__name__)
        return None
