"""Tells a chat the outlook that it asked for, and asks it to name the photos that would teach most."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.actions.correcting import Choices
from bot.actions.outlook import ToName, missing_now, to_name, unknown_of
from bot.actions.reporting import TrainingEnded
from bot.buttons import Signer
from bot.keyboards import Keyboards
from bot.replies import Said, message, naming_key
from bot.speech import outlook_texts
from storage import Unit

# Likely names on buttons; the others are a press or a reply away.
NAMES = 4


def tell_outlook(unit: Unit, bot_id: int, signer: Signer, ended: TrainingEnded, chat_id: int) -> None:
    """Owe the words, then each photo to name as a reply to it; `chat_id` is Telegram's."""
    key = f"job:{ended.job.id}:{chat_id}"
    wanted = [] if ended.failed else _wanted(unit, chat_id, ended.job.result or {})
    words = Said(_in_words(unit, ended, chat_id, wanted))
    unit.outbox.owe(bot_id, chat_id, "sendMessage", message(chat_id, words), dedupe=key)
    for one in wanted:
        said = _question(unit, signer, chat_id, one)
        payload = message(chat_id, said, to_message=one.message_id, quiet=True)
        unit.outbox.owe(bot_id, chat_id, "sendMessage", payload, dedupe=_key(unit, one))


def _wanted(unit: Unit, chat_id: int, facts: Mapping[str, Any]) -> list[ToName]:
    """The questions to put: the trainer leaves out what it chose within a day, and none is put twice on one."""
    return [one for one in to_name(unit, chat_id, facts) if not unit.outbox.is_known(_key(unit, one))]


def _key(unit: Unit, what: ToName) -> str:
    return naming_key(what.answer.prediction.id, unit.now.date())


def _in_words(unit: Unit, ended: TrainingEnded, chat_id: int, wanted: Sequence[ToName]) -> str:
    facts = ended.job.result or {}
    if not ended.failed and facts.get("end") == "too_early":
        if facts.get("few_occasions"):
            return outlook_texts.few_occasions()
        return outlook_texts.too_early(missing_now(facts, ended.names))
    if ended.failed or facts.get("end") != "outlook":
        return outlook_texts.no_outlook()
    unknown = unknown_of(unit, chat_id, facts)
    here = outlook_texts.Here(
        unknown=unknown.questions,
        to_name=len(wanted),
        unknown_first=bool(wanted) and wanted[0].answer.prediction.id == unknown.first,
        # Telegram numbers groups downwards.
        together=chat_id < 0,
    )
    return outlook_texts.outlook(facts, ended.names, here)


def _question(unit: Unit, signer: Signer, chat_id: int, what: ToName) -> Said:
    keyboards = Keyboards(signer, chat_id, what.person.telegram_id, unit.now)
    likely = tuple(label for label, _ in what.answer.ranked[:NAMES])
    return Said(outlook_texts.name_this(what.answer), keyboards.choices(Choices(what.answer, likely), back=False))
