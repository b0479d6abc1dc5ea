"""The message that shows how far a collection is: one, edited in place, with a button to stop or to take all back."""

import time
from dataclasses import dataclass
from datetime import timedelta

from bot.buttons import Signer
from bot.keyboards import Keyboards
from bot.replies import Said
from bot.speech import collection_texts
from storage import Chat, Collection, CollectionState, Store, Unit

# In a group, where Telegram takes 20 messages a minute, others want to say something too.
EDIT_EVERY, EDIT_EVERY_IN_GROUPS = 3.0, 12.0
# A message that was not sent by then will not be.
SENT_WITHIN = timedelta(hours=1)
AT_WORK = (CollectionState.RUNNING, CollectionState.TAKING_BACK)


def progress_key(collection_id: int) -> str:
    """What the message is owed as."""
    return f"collection:{collection_id}"


def said_of(unit: Unit, keyboards: Keyboards, collection: Collection) -> Said:
    """How far a collection is, with the button that goes with it."""
    tally = unit.collections.tally(collection.id)
    if collection.state is CollectionState.RUNNING:
        return Said(collection_texts.at_work(collection, tally), keyboards.collection_at_work(collection.id))
    if collection.state is CollectionState.TAKING_BACK:
        return Said(collection_texts.at_work(collection, tally))
    keyboard = keyboards.collection_ended(collection.id) if tally.learned else None
    return Said(collection_texts.over(collection, tally), keyboard)


@dataclass(slots=True)
class _Shown:
    """What a message says, and from when on (monotonic seconds) it may be edited again."""

    html: str
    again_at: float


class Progress:
    """Looks at collections; `step` blocks: call it from a thread."""

    def __init__(self, store: Store, signer: Signer, bot_id: int) -> None:
        self._store = store
        self._signer = signer
        self._bot_id = bot_id
        self._shown: dict[int, _Shown] = {}

    def step(self) -> bool:
        """Edit what is outdated; True if something is owed."""
        now = time.monotonic()
        with self._store.read() as unit:
            found = unit.collections.untold(self._bot_id)
        due = [one for one in found if one.id not in self._shown or self._is_due(one, now)]
        self._shown = {one.id: self._shown[one.id] for one in found if one.id in self._shown}
        if not due:
            return False
        with self._store.write() as unit:
            return any(self._tell(unit, unit.collections.hold(one.id), now) for one in due)

    def _is_due(self, one: Collection, now: float) -> bool:
        return now >= self._shown[one.id].again_at or one.state not in AT_WORK

    def _tell(self, unit: Unit, one: Collection | None, now: float) -> bool:
        if one is None:
            return False
        chat, key = unit.chats.get(one.chat_id), progress_key(one.id)
        message_id = unit.outbox.message_of(key)
        if one.state in AT_WORK and (message_id is None or not chat.reachable):
            return False
        if message_id is not None:
            said = self._said(unit, one, chat)
            is_new = one.id not in self._shown or self._shown[one.id].html != said.html
            every = EDIT_EVERY if chat.kind == "private" else EDIT_EVERY_IN_GROUPS
            self._shown[one.id] = _Shown(said.html, now + every)
            if is_new:
                self._owe(unit, chat, key, message_id, said)
        elif unit.outbox.is_known(key) and one.ended_at is not None and unit.now - one.ended_at < SENT_WITHIN:
            return False  # It is still on its way, and says the last word once it is there.
        else:
            is_new = False
        if one.state not in AT_WORK:
            unit.collections.told(one.id)
        return is_new

    def _said(self, unit: Unit, one: Collection, chat: Chat) -> Said:
        person = unit.people.get(one.person_id)
        return said_of(unit, Keyboards(self._signer, chat.telegram_id, person.telegram_id, unit.now), one)

    def _owe(self, unit: Unit, chat: Chat, key: str, message_id: int, said: Said) -> None:
        payload = {
            "chat_id": chat.telegram_id,
            "message_id": message_id,
            "text": said.html,
            "parse_mode": "HTML",
            "reply_markup": {"inline_keyboard": said.keyboard or []},
        }
        unit.outbox.owe(self._bot_id, chat.telegram_id, "editMessageText", payload, coalesce=key)
