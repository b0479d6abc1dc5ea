"""Tells reviewers whose lessons wait, newcomers when they are none any more, and admins of alarms; each thing once.

What is told follows from what is stored, so a kill at any moment costs nothing: it is found again.
"""

import time
from collections.abc import Mapping

import numpy as np

from bot.actions import alarms, newcomers
from bot.actions.remembering import agrees
from bot.actions.shown import alarm_key, newcomer_key
from bot.actions.teaching import request_fit
from bot.buttons import Signer
from bot.collage import side_by_side
from bot.guard_buttons import GuardButtons
from bot.keyboards import Keyboards
from bot.replies import Said, message
from bot.speech import guard_texts
from storage import Alarm, Role, StorageError, Store, Unit, Vouched
from trainer.errors import PictureUnreadable
from trainer.preprocessing import Pixels, decode

LOOK_EVERY = 2.0
# What waits is worked out anew so often where nobody voted.
HEAR_EVERY = 30.0
# So many photos of an alarm are shown, each so wide.
SHOWN, TILE = 6, 320


class Guarding:
    """Looks now and then; `step` blocks: call it from a thread."""

    def __init__(self, store: Store, signer: Signer, bot_id: int) -> None:
        self._store = store
        self._signer = signer
        self._bot_id = bot_id
        self._look_at = 0.0
        self._listed: Mapping[int, frozenset[int]] | None = None
        self._heard: tuple[int, frozenset[int]] | None = None
        self._hear_at = 0.0

    def step(self) -> bool:
        """Look; True if somebody is owed a message."""
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOK_EVERY
        with self._store.read() as unit:
            classifier_id = unit.classifiers.default().id
            # Nothing is drawn as long as there is nobody to show it to.
            untold = unit.alarms.untold() if alarms.reachable(unit, Role.ADMIN) else []
        told = self._see_to_newcomers(classifier_id)
        for one in untold:
            told = (bool(one.photo_ids) and self._tell_alarm(one)) or told
        return told

    def _see_to_newcomers(self, classifier_id: int) -> bool:
        """Welcome who is none any more, and list what waits, where somebody voted since that was done.

        It takes all votes on all that newcomers teach, so it is not done for nothing; what changes without a vote or
        another newcomer is seen somewhat later.
        """
        with self._store.read() as unit:
            heard = (unit.votes.newest(), unit.guard.newcomers(classifier_id))
            if heard == self._heard and time.monotonic() < self._hear_at:
                return False
            vouched, needed = unit.guard.vouched(classifier_id), unit.guard.needed
        told = self._welcome(classifier_id) if newcomers.settled(vouched, needed) else False
        if vouched.waiting != (self._listed or {}):
            told = self._list(classifier_id, vouched) or told
        self._heard, self._hear_at = heard, time.monotonic() + HEAR_EVERY
        return told

    def _welcome(self, classifier_id: int) -> bool:
        told = False
        with self._store.write() as unit:
            found = newcomers.settled(unit.guard.vouched(classifier_id), unit.guard.needed)
            for person in (unit.people.get(one) for one in found):
                if newcomers.welcome(unit, classifier_id, person):
                    chat = unit.chats.by_telegram_id(person.telegram_id)
                    if chat is not None and chat.reachable:
                        said, key = Said(guard_texts.counts_at_once()), f"welcome:{classifier_id}:{person.id}"
                        told = self._owe(unit, person.telegram_id, said, key) or told
        return told

    def _list(self, classifier_id: int, vouched: Vouched) -> bool:
        """List what waits, and tell reviewers of each newcomer, once a day and without a sound."""
        with self._store.write() as unit:
            newcomers.list_waiting(unit, classifier_id, vouched.waiting)
            if set(self._listed or ()) - set(vouched.waiting):
                # A role may have changed, which asks for nothing by itself.
                request_fit(unit, classifier_id)
            told, reviewers, today = False, alarms.reachable(unit, Role.REVIEWER), unit.now.date().isoformat()
            for person in newcomers.who_wait(unit, vouched.waiting):
                text = guard_texts.newcomer_waits(person.name if agrees(unit, person) else "")
                for reviewer in reviewers:
                    key = newcomer_key(person.id, reviewer.id, today)
                    told = self._owe(unit, reviewer.telegram_id, Said(text), key, quiet=True) or told
        self._listed = dict(vouched.waiting)
        return told

    def _tell_alarm(self, found: Alarm) -> bool:
        """Owe all admins the photos with the figures; nothing is noted as told while there is none to tell."""
        picture = self._evidence(found)
        with self._store.write() as unit:
            admins = alarms.reachable(unit, Role.ADMIN)
            # A photo that was drawn may have been deleted meanwhile: then it is drawn anew.
            if not admins or found not in unit.alarms.untold():
                return False
            text = guard_texts.alarm(found, unit.people.get(found.person_id))
            for admin in admins:
                keyboards = Keyboards(self._signer, admin.telegram_id, admin.telegram_id, unit.now)
                payload = {"chat_id": admin.telegram_id, "caption": text, "parse_mode": "HTML"}
                payload["reply_markup"] = {"inline_keyboard": GuardButtons(keyboards).alarm(found)}
                key = alarm_key(found.id, len(found.photo_ids), admin.id)
                unit.outbox.owe(
                    self._bot_id,
                    admin.telegram_id,
                    "sendPhoto",
                    payload,
                    dedupe=key,
                    attachment=picture,
                    attachment_name="alarm.jpg",
                )
            unit.alarms.told(found.id)
        return True

    def _evidence(self, found: Alarm) -> bytes:
        with self._store.read() as unit:
            photos = unit.photos.those(found.photo_ids[:SHOWN])
        seen = [self._pixels(one.digest) for one in photos.values()]
        return side_by_side(seen or [np.zeros((TILE, TILE, 3), dtype=np.uint8)], side=TILE)

    def _pixels(self, digest: str) -> Pixels:
        """A picture; a blank for one that cannot be read, or was deleted a moment ago."""
        try:
            return decode(self._store.blobs.read(digest), TILE)
        except (StorageError, PictureUnreadable):
            return np.zeros((TILE, TILE, 3), dtype=np.uint8)

    def _owe(self, unit: Unit, chat_id: int, said: Said, dedupe: str, *, quiet: bool = False) -> bool:
        payload = message(chat_id, said, quiet=quiet)
        return unit.outbox.owe(self._bot_id, chat_id, "sendMessage", payload, dedupe=dedupe)
