"""One name for many photos: until she is done, what a person sends in a chat is called so."""

from datetime import timedelta

from bot.visit import Presence, Visit
from storage import Teaching, Unit, tidy

# Who forgot that she had begun would teach nonsense the next day.
SILENCE = timedelta(hours=1)


def begin(unit: Unit, visit: Visit, presence: Presence, name: str) -> Teaching:
    """Call the person's next photos in this chat so; it ends what she had begun before."""
    return unit.teachings.begin(presence.chat.id, presence.person.id, tidy(name), visit.bot_id)


def current(unit: Unit, presence: Presence) -> Teaching | None:
    """What the person's photos in this chat are called now."""
    return _if_not_silent(unit, unit.teachings.find(presence.chat.id, presence.person.id))


def current_of(unit: Unit, visit: Visit) -> Teaching | None:
    """The same for somebody whom the store may not know yet."""
    chat, person = unit.chats.by_telegram_id(visit.chat_id), unit.people.by_telegram_id(visit.person_id)
    return _if_not_silent(unit, unit.teachings.find(chat.id, person.id)) if chat and person else None


def end(unit: Unit, presence: Presence, teaching_id: int | None = None) -> Teaching | None:
    """End it, if it is the one of that id; returns what ended."""
    found = unit.teachings.find(presence.chat.id, presence.person.id)
    if found is None or teaching_id not in (None, found.id):
        return None
    unit.teachings.end(found.chat_id, found.person_id)
    return found


def _if_not_silent(unit: Unit, found: Teaching | None) -> Teaching | None:
    return found if found is not None and unit.now - found.heard_at < SILENCE else None
