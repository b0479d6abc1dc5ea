"""Photos: a caption makes a lesson, none makes a question, an edited caption corrects."""

from telegram import Message, Update

from bot import guides, texts
from bot.access import permitted
from bot.actions import teaching
from bot.actions.asking import Answer, NotYet, ask
from bot.actions.self_service import setting
from bot.addressing import Addressed, address
from bot.context import Context, Scene
from bot.errors import FileNotTaken
from bot.incoming import Question, file_in, receive, receive_question
from bot.keyboards import Keyboards
from bot.replies import Said, answer_key
from storage import MAX_LABEL, Chat, PictureRefused, Reason, Role, Unit, key_of, tidy


@permitted(Role.GUEST)
async def on_photo(update: Update, context: Context) -> None:
    """A photo, or a picture sent as a file."""
    message = _message(update)
    said = address(message, context.bot)
    if not said.to_us and not await context.look(lambda unit: _watches(unit, context)):
        return
    label = teaching.label_in(said.text if said.to_us else None)
    if label is None and not said.text:
        label = await context.look(lambda unit: _album_label(unit, context, message))
    if label is None:
        await _question(update, context)
    else:
        await _lesson(update, context)


@permitted(Role.GUEST)
async def on_document(update: Update, context: Context) -> None:
    """A file: a picture is a photo like any other, the rest is not for us."""
    message = _message(update)
    if file_in(message) is not None:
        await on_photo(update, context)
    elif address(message, context.bot).to_us:
        await context.act(lambda scene: _say(scene, guides.not_a_picture()))


@permitted(Role.TEACHER)
async def on_edited_caption(update: Update, context: Context) -> None:
    """The label of a photo is what its caption says now."""
    message = _message(update)
    said = address(message, context.bot)
    known = await context.look(lambda unit: _known(unit, context))
    if not known:
        await on_photo(update, context)
        return
    await context.act(lambda scene: _relabel(scene, said))


@permitted(Role.TEACHER)
async def _lesson(update: Update, context: Context) -> None:
    message = _message(update)
    try:
        received = await receive(message, context.bot, context.services)
    except (PictureRefused, FileNotTaken) as error:
        await _refuse(context, error)
        return
    text = teaching.label_in(address(message, context.bot).text)
    await context.act(lambda scene: _teach(scene, received, text))


@permitted(Role.GUEST)
async def _question(update: Update, context: Context) -> None:
    try:
        question = await receive_question(_message(update), context.bot, context.services)
    except (PictureRefused, FileNotTaken) as error:
        await _refuse(context, error)
        return
    await context.act(lambda scene: _answer(scene, question))


def _teach(scene: Scene, received: teaching.Received, text: str | None) -> None:
    here = scene.presence
    text = text or teaching.label_of_album(scene.unit, here.chat.id, here.person.id, received.album)
    photo = teaching.keep(scene.unit, scene.visit, scene.presence, received)
    name_photo(scene, photo.id, text or "", Reason.CAPTION)


def name_photo(scene: Scene, photo_id: int, text: str, reason: Reason) -> None:
    """Teach a kept photo by a text, or say what is wrong with the text."""
    problem = label_problem(text)
    if problem is not None:
        _say(scene, problem)
        return
    taught = teaching.teach(scene.unit, scene.visit, scene.presence, photo_id, text, reason)
    scene.replies.react(scene.visit.message_id, texts.TAUGHT_REACTION)
    # Of a burst of lessons only the newest count is worth a message; each photo has its reaction.
    special = taught.before is not None or teaching.is_disputed(taught.standing)
    _say(scene, texts.taught(taught), coalesce=None if special else "lesson")


def label_problem(text: str) -> str | None:
    """What to say of a text that cannot be a label; None if it can."""
    if len(" ".join(text.split())) > MAX_LABEL:
        return texts.label_too_long()
    return None if tidy(text) and key_of(text) else texts.no_label_in(text)


def _answer(scene: Scene, question: Question) -> None:
    network_id = question.network.id if question.network else None
    found = ask(scene.unit, scene.visit, scene.presence, question.received, question.guess, network_id)
    to_message = question.received.message_id
    if isinstance(found, NotYet):
        scene.replies.say(Said(texts.not_yet(found)), to_message=to_message, coalesce="not yet")
        return
    said = answer_said(scene.presence.chat, scene.keyboards, found)
    scene.replies.say(said, to_message=to_message, dedupe=answer_key(found.prediction.id))


def answer_said(chat: Chat, keyboards: Keyboards, found: Answer) -> Said:
    """An answer with its buttons."""
    return Said(texts.answered(found, details=setting(chat, "details")), keyboards.answer(found))


def _relabel(scene: Scene, said: Addressed) -> None:
    photo = scene.unit.photos.by_message(scene.presence.chat.id, scene.visit.message_id)
    if photo is None:
        return
    text = teaching.label_in(said.text)
    if text is not None:
        name_photo(scene, photo.id, text, Reason.EDIT)
    elif teaching.take_back(scene.unit, scene.visit, scene.presence, photo.id, Reason.EDIT) is not None:
        _say(scene, texts.photo_kept_unnamed())


async def _refuse(context: Context, error: PictureRefused | FileNotTaken) -> None:
    if isinstance(error, PictureRefused):
        sentence = guides.refused(error)
    else:
        sentence = guides.too_big_file() if error.reason == "too_big" else guides.file_gone()
    await context.act(lambda scene: _say(scene, sentence))


def _say(scene: Scene, html: str, coalesce: str | None = None) -> None:
    scene.replies.say(Said(html), to_message=scene.visit.message_id, coalesce=coalesce)


def _watches(unit: Unit, context: Context) -> bool:
    chat = unit.chats.by_telegram_id(context.here.chat_id)
    return chat is not None and setting(chat, "every_photo")


def _known(unit: Unit, context: Context) -> bool:
    chat = unit.chats.by_telegram_id(context.here.chat_id)
    return chat is not None and unit.photos.by_message(chat.id, context.here.message_id) is not None


def _album_label(unit: Unit, context: Context, message: Message) -> str | None:
    chat = unit.chats.by_telegram_id(context.here.chat_id)
    person = unit.people.by_telegram_id(context.here.person_id)
    if chat is None or person is None or message.media_group_id is None:
        return None
    return teaching.label_of_album(unit, chat.id, person.id, message.media_group_id)


def _message(update: Update) -> Message:
    message = update.effective_message
    if message is None:
        raise LookupError("this update has no message")
    return message
