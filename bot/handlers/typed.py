"""Plain text: the name that the bot asked for, or a reply that names a photo."""

from telegram import Message, Update

from bot import guides, texts
from bot.access import has_role, permitted
from bot.actions import correcting
from bot.addressing import Addressed, address
from bot.context import Context, Scene
from bot.handlers.photos import label_problem, name_photo
from bot.replies import Said, answer_key, answered_in
from storage import NotFound, Reason, Role


@permitted(Role.GUEST)
async def on_text(update: Update, context: Context) -> None:
    """A text that is not a command."""
    message = update.effective_message
    if message is None:
        return
    said = address(message, context.bot)
    if not said.to_us:
        return
    teaches = await has_role(context, Role.TEACHER)
    await context.act(lambda scene: _take(scene, message, said, teaches=teaches))


def _take(scene: Scene, message: Message, said: Addressed, *, teaches: bool) -> None:
    text = said.text or ""
    awaited = scene.unit.talks.awaited(scene.presence.chat.id, scene.presence.person.id)
    prediction_id = awaited.prediction_id if awaited is not None else _answered_by(scene, message)
    photo_id = _photo_replied_to(scene, message)
    if prediction_id is None and photo_id is None:
        _say(scene, guides.not_for_me() if message.reply_to_message is None else guides.unknown_photo())
    elif not teaches:
        _say(scene, texts.not_allowed(Role.TEACHER))
    elif photo_id is not None:
        name_photo(scene, photo_id, text, Reason.TYPED)
    elif prediction_id is not None:
        _correct(scene, prediction_id, text)


def _correct(scene: Scene, prediction_id: int, text: str) -> None:
    problem = label_problem(text)
    if problem is not None:
        _say(scene, problem)
        return
    try:
        corrected = correcting.correct_by_name(scene.unit, scene.visit, scene.presence, prediction_id, text)
    except NotFound:
        _say(scene, guides.photo_gone())
        return
    _say(scene, texts.corrected(corrected, tells=True))
    told_in = scene.unit.outbox.message_of(answer_key(prediction_id))
    if told_in is not None:
        scene.replies.edit(told_in, Said(texts.corrected(corrected, tells=False)))


def _answered_by(scene: Scene, message: Message) -> int | None:
    """The prediction that the bot's message, replied to, had told."""
    if message.reply_to_message is None:
        return None
    told = scene.unit.outbox.dedupe_of(scene.visit.bot_id, scene.visit.chat_id, message.reply_to_message.message_id)
    return answered_in(told)


def _photo_replied_to(scene: Scene, message: Message) -> int | None:
    if message.reply_to_message is None:
        return None
    photo = scene.unit.photos.by_message(scene.presence.chat.id, message.reply_to_message.message_id)
    return photo.id if photo else None


def _say(scene: Scene, html: str) -> None:
    scene.replies.say(Said(html), to_message=scene.visit.message_id)
