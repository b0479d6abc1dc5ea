"""Tells a chat the outlook that it asked for, and asks it to name the photos that would teach most."""

from bot import outlook_texts
from bot.actions.correcting import Choices
from bot.actions.outlook import ToName, missing_now, to_name, unknown_of
from bot.actions.reporting import TrainingEnded
from bot.buttons import Signer
from bot.keyboards import Keyboards
from bot.replies import Said, message, naming_key
from storage import Unit

# Likely names on buttons; the others are a press or a reply away.
NAMES = 4


def tell_outlook(unit: Unit, bot_id: int, signer: Signer, ended: TrainingEnded, chat_id: int) -> None:
    """Owe the words, then each photo to name as a reply to it; `chat_id` is Telegram's."""
    facts, key = ended.job.result or {}, f"job:{ended.job.id}:{chat_id}"
    wanted = [] if ended.failed else to_name(unit, chat_id, facts)
    words = Said(_in_words(unit, ended, chat_id, len(wanted)))
    unit.outbox.owe(bot_id, chat_id, "sendMessage", message(chat_id, words), dedupe=key)
    for one in wanted:
        said = _question(unit, signer, chat_id, one)
        payload = message(chat_id, said, to_message=one.message_id, quiet=True)
        dedupe = naming_key(one.answer.prediction.id, ended.job.id)
        unit.outbox.owe(bot_id, chat_id, "sendMessage", payload, dedupe=dedupe)


def _in_words(unit: Unit, ended: TrainingEnded, chat_id: int, photos: int) -> str:
    facts = ended.job.result or {}
    if not ended.failed and facts.get("end") == "too_early":
        return outlook_texts.too_early(missing_now(facts, ended.names))
    if ended.failed or facts.get("end") != "outlook":
        return outlook_texts.no_outlook()
    unknown = unknown_of(unit, chat_id, facts)
    return outlook_texts.outlook(facts, ended.names, unknown=unknown, to_name=photos)


def _question(unit: Unit, signer: Signer, chat_id: int, what: ToName) -> Said:
    keyboards = Keyboards(signer, chat_id, what.person.telegram_id, unit.now)
    likely = tuple(label for label, _ in what.answer.ranked[:NAMES])
    return Said(outlook_texts.name_this(what.answer), keyboards.choices(Choices(what.answer, likely), back=False))
