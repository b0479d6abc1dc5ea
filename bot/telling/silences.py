"""Says to people that what they had begun to teach has ended by itself."""

from bot.actions.teach_mode import SILENCE
from bot.replies import Said, message
from bot.speech import teach_mode_texts
from storage import Store


def end_the_silent(store: Store, bot_id: int) -> bool:
    """End what nobody was heard of in for long; True if somebody is owed a message."""
    with store.read() as unit:
        if not unit.teachings.silent_since(bot_id, unit.now - SILENCE):
            return False
    with store.write() as unit:
        # Read anew: a photo may have come in between.
        silent = unit.teachings.silent_since(bot_id, unit.now - SILENCE)
        for one in silent:
            unit.teachings.end(one.chat_id, one.person_id)
            lane = unit.chats.get(one.chat_id).telegram_id
            payload = message(lane, Said(teach_mode_texts.ended_by_silence(one)), quiet=True)
            unit.outbox.owe(bot_id, lane, "sendMessage", payload, dedupe=f"teaching:{one.id}:silent")
        return bool(silent)
