"""Presses below “What is this?” about somebody else's photo, and the name that is typed in answer."""

from telegram import Message

from bot.actions import inquiring
from bot.actions.shown import inquiry_key
from bot.actions.teaching import label_in
from bot.buttons import Press
from bot.context import Context, Scene
from bot.handlers.photos import label_problem
from bot.handlers.respelling import ask_what_was_meant
from bot.replies import Said
from bot.speech import answers, inquiry_texts
from storage import NotFound, Reply


def pick(scene: Scene, press: Press, message_id: int) -> str:
    return _take(scene, press, message_id, Reply.LABEL, press.argument)


def none_of_these(scene: Scene, press: Press, message_id: int) -> str:
    return _take(scene, press, message_id, Reply.NONE)


def cannot_tell(scene: Scene, press: Press, message_id: int) -> str:
    return _take(scene, press, message_id, Reply.UNSURE)


def another(scene: Scene, press: Press, message_id: int) -> None:
    """Ask for a name in a message of its own: by what that is owed as, the reply to it is known."""
    _check_message(scene, press, message_id)
    found = inquiring.find(scene.unit, scene.presence, press.thing)
    key = inquiring.naming_key(found.id, scene.visit.deed)
    scene.replies.say(Said(inquiry_texts.type_the_name()), dedupe=key, ask_for="name of what it shows")


def later(scene: Scene, press: Press, message_id: int) -> str:
    _check_message(scene, press, message_id)
    inquiring.put_off(scene.unit, scene.presence, press.thing)
    scene.replies.edit_caption(message_id, Said(inquiry_texts.put_off()))
    return inquiry_texts.put_off()


def stop(scene: Scene, press: Press, message_id: int) -> str:
    _check_message(scene, press, message_id)
    inquiring.stop(scene.unit, scene.presence, press.thing)
    scene.replies.edit_caption(message_id, Said(inquiry_texts.stopped()))
    return inquiry_texts.stopped()


async def is_answer(context: Context, message: Message) -> bool:
    """Whether a text replies to such a question, or to the request to type its name."""
    replied = message.reply_to_message
    if replied is None:
        return False
    here, number = context.here, replied.message_id
    key = await context.look(lambda unit: unit.outbox.dedupe_of(here.bot_id, here.chat_id, number))
    return inquiring.asked_in(key) is not None


def take_name(scene: Scene, message: Message, text: str) -> None:
    """The typed name is the answer; the question says so too."""
    replied = message.reply_to_message
    key = scene.unit.outbox.dedupe_of(scene.visit.bot_id, scene.visit.chat_id, replied.message_id if replied else 0)
    problem = answers.type_the_name() if label_in(text) is None else label_problem(text)
    inquiry_id = inquiring.asked_in(key)
    made = None
    try:
        if inquiry_id is None:
            raise NotFound("inquiry", 0)
        inquiring.find(scene.unit, scene.presence, inquiry_id)
        if problem is None:
            label = scene.unit.labels.find_or_create(scene.presence.classifier_id, label_in(text) or text)
            made = inquiring.answer(scene.unit, scene.visit, scene.presence, inquiry_id, Reply.LABEL, label)
            problem = inquiry_texts.answered(made)
            told_in = scene.unit.outbox.message_of(inquiry_key(inquiry_id))
            if told_in is not None:
                scene.replies.edit_caption(told_in, Said(problem))
    except NotFound:
        problem = inquiry_texts.gone()
    scene.replies.say(Said(problem), to_message=scene.visit.message_id)
    if made is not None and made.label is not None:
        ask_what_was_meant(scene, made.photo_id, made.label, text, photos=made.photos, searched=True)


def _take(scene: Scene, press: Press, message_id: int, reply: Reply, label_id: int | None = None) -> str:
    _check_message(scene, press, message_id)
    label = None if label_id is None else scene.unit.labels.get(label_id)
    made = inquiring.answer(scene.unit, scene.visit, scene.presence, press.thing, reply, label)
    scene.replies.edit_caption(message_id, Said(inquiry_texts.answered(made)))
    return inquiry_texts.thanks()


def _check_message(scene: Scene, press: Press, message_id: int) -> None:
    """A button belongs to its question; of a message that was sent twice nothing is noted."""
    key = scene.unit.outbox.dedupe_of(scene.visit.bot_id, scene.visit.chat_id, message_id)
    if key is not None and inquiring.asked_in(key) != press.thing:
        raise NotFound("inquiry", press.thing)
