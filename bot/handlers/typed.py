"""Plain text: the name that the bot asked for, or a reply that names a photo."""

from telegram import Message, Update

from bot.access import has_role, permitted
from bot.actions import correcting
from bot.actions.self_service import setting
from bot.actions.teaching import label_in, says
from bot.addressing import Addressed, address
from bot.context import Context, Scene
from bot.handlers.inquiring import is_answer, take_name
from bot.handlers.naming import asked_for, take_words
from bot.handlers.photos import label_problem, name_photo, on_reply_to_photo, rename
from bot.handlers.respelling import ask_what_was_meant
from bot.incoming import file_in
from bot.replies import Said, answer_key, answered_in
from bot.speech import answers, guides, texts
from bot.speech.small_talk import Meant, meant_by
from storage import NotFound, Reason, Role, Unit


@permitted(Role.GUEST)
async def on_text(update: Update, context: Context) -> None:
    """A text that is not a command."""
    message = update.effective_message
    if message is None:
        return
    said = address(message, context.bot)
    if not said.to_us:
        return
    if await is_answer(context, message):
        await _answer_inquiry(context, message, said.text or "")
        return
    if _replies_to_our_picture(message, context):
        # A reply to a photo names it or asks about it, but a report's pictures are of the bot, and teach nothing.
        talks = meant_by(said.text or "") is not None
        await context.act(lambda scene: _say(scene, guides.small_talk() if talks else guides.my_picture()))
        return
    if _asks(message, said) or not await context.look(lambda unit: _has_seen(unit, context, message)):
        await on_reply_to_photo(update, context)
        return
    teaches = await has_role(context, Role.TEACHER)
    await context.act(lambda scene: _take(scene, message, said, teaches=teaches))


async def _answer_inquiry(context: Context, message: Message, text: str) -> None:
    teaches = await has_role(context, Role.TEACHER)
    refusal = texts.not_allowed(Role.TEACHER)
    await context.act(lambda scene: take_name(scene, message, text) if teaches else _say(scene, refusal))


@permitted(Role.GUEST)
async def on_edited_text(update: Update, context: Context) -> None:
    """What the text had named is called what it says now; a text that had named nothing is read anew."""
    message = update.effective_message
    if message is None:
        return
    if await context.look(lambda unit: unit.votes.of_deed(context.here.message_deed)) is None:
        await on_text(update, context)
        return
    said, teaches = address(message, context.bot), await has_role(context, Role.TEACHER)
    await context.act(lambda scene: _say_anew(scene, said.text or "", teaches=teaches))


def _say_anew(scene: Scene, text: str, *, teaches: bool) -> None:
    unit, here = scene.unit, scene.presence
    named = unit.votes.of_deed(scene.visit.message_deed)
    if not teaches:
        _say(scene, texts.not_allowed(Role.TEACHER))
    elif named is not None:
        mine = unit.votes.live_of(named.photo_id, here.person.id)
        corrected_id = unit.predictions.corrected_with(mine.id) if mine is not None else None
        if corrected_id is None or label_in(text) is None or says(unit, here, named.photo_id, text):
            rename(scene, named.photo_id, text)
        else:
            _correct(scene, corrected_id, text, Reason.EDIT)


def _take(scene: Scene, message: Message, said: Addressed, *, teaches: bool) -> None:
    text = said.text or ""
    try:
        if (wish := asked_for(scene, message)) is not None:
            take_words(scene, wish, text)
            return
    except NotFound:
        _say(scene, guides.label_gone())
        return
    photo_id, answered_id = _photo_replied_to(scene, message), _answered_by(scene, message)
    prediction_id = answered_id
    awaited = scene.unit.talks.awaited(scene.presence.chat.id, scene.presence.person.id)
    # What a person replies to outranks what the bot had asked her for.
    if awaited is not None and prediction_id is None and _is_of(scene, awaited.prediction_id, photo_id):
        photo_id, prediction_id = None, awaited.prediction_id
    if prediction_id is None and photo_id is None:
        _say(scene, guides.unknown_photo() if _had_buttons(message) else guides.not_for_me())
    elif not teaches:
        _say(scene, texts.not_allowed(Role.TEACHER))
    elif photo_id is not None:
        name_photo(scene, photo_id, text, Reason.TYPED)
    elif answered_id is not None and (meant := _meant(scene, text)) is not None:
        _judge(scene, answered_id, meant)
    elif prediction_id is not None:
        _correct(scene, prediction_id, text)


def _asks(message: Message, said: Addressed) -> bool:
    """A reply to a photo that does not name it asks about it."""
    return _replies_to_photo(message) and label_in(said.text) is None


def _has_seen(unit: Unit, context: Context, message: Message) -> bool:
    """False for a reply to a photo that the bot was not shown before."""
    if not _replies_to_photo(message) or message.reply_to_message is None:
        return True
    chat = unit.chats.by_telegram_id(context.here.chat_id)
    return chat is not None and unit.photos.by_message(chat.id, message.reply_to_message.message_id) is not None


def _replies_to_photo(message: Message) -> bool:
    return message.reply_to_message is not None and file_in(message.reply_to_message) is not None


def _replies_to_our_picture(message: Message, context: Context) -> bool:
    replied = message.reply_to_message
    ours = replied is not None and replied.from_user is not None and replied.from_user.id == context.bot.id
    return ours and _replies_to_photo(message)


def _had_buttons(message: Message) -> bool:
    """A reply to an answer of long ago, of which nothing is known any more."""
    return message.reply_to_message is not None and message.reply_to_message.reply_markup is not None


def _is_of(scene: Scene, prediction_id: int, photo_id: int | None) -> bool:
    """Whether a prediction is of this photo; no photo named is as good."""
    try:
        return photo_id is None or scene.unit.predictions.get(prediction_id).photo_id == photo_id
    except NotFound:
        return False


def _meant(scene: Scene, text: str) -> Meant | None:
    """What a reply to an answer says of it; None for a name. Where people teach “ok” and “broken”, “ok” is a name."""
    if label_in(text) is None:
        return Meant.NOTHING
    label = scene.unit.labels.find(scene.presence.classifier_id, text)
    counts = scene.unit.labels.counts(scene.presence.classifier_id) if label else []
    return None if any(one.label == label and one.photos for one in counts) else meant_by(text)


def _judge(scene: Scene, prediction_id: int, meant: Meant) -> None:
    """“Yes” and “no” are as good as the buttons, once: after that they speak of what was said since."""
    unit, me = scene.unit, scene.presence.person.id
    try:
        found = correcting.find(unit, scene.presence, prediction_id)
    except NotFound:
        _say(scene, guides.photo_gone())
        return
    told_in = unit.outbox.message_of(answer_key(prediction_id))
    if meant is Meant.NOTHING or found.label is None or unit.predictions.flag_of(prediction_id, me) is not None:
        _say(scene, guides.small_talk())
    elif meant is Meant.RIGHT and found.between:
        _say(scene, answers.which_one(found))
    elif meant is Meant.RIGHT:
        _tell(
            scene,
            prediction_id,
            answers.confirmed(correcting.confirm(unit, scene.visit, scene.presence, prediction_id)),
        )
    elif found.prediction.asked_by_id == me and told_in is not None:
        choices = correcting.dispute(unit, scene.presence, prediction_id)
        scene.replies.edit(told_in, Said(answers.what_is_it(found), scene.keyboards.choices(choices)))
    else:
        # The buttons below the answer are for the one who asked, and stay hers.
        correcting.ask_for_name(unit, scene.presence, prediction_id)
        _say(scene, answers.type_the_name(), ask_for="name of what it shows")


def _correct(scene: Scene, prediction_id: int, text: str, reason: Reason = Reason.TYPED) -> None:
    problem = answers.type_the_name() if label_in(text) is None else label_problem(text)
    if problem is not None:
        _say(scene, problem)
        return
    try:
        corrected = correcting.correct_by_name(scene.unit, scene.visit, scene.presence, prediction_id, text, reason)
    except NotFound:
        _say(scene, guides.photo_gone())
        return
    tells = setting(scene.presence.chat, "tell")
    _tell(
        scene,
        prediction_id,
        answers.corrected(corrected, tells=False),
        answers.corrected(corrected, tells=tells),
    )
    if corrected.taught is not None:
        photo_id = corrected.answer.prediction.photo_id
        taught = corrected.taught
        ask_what_was_meant(scene, photo_id, taught.label, text, photos=taught.photos, searched=True)


def _tell(scene: Scene, prediction_id: int, html: str, said: str | None = None) -> None:
    """Answer the person, and let the answer itself say the same (`said`: more of it to the person)."""
    _say(scene, said or html)
    told_in = scene.unit.outbox.message_of(answer_key(prediction_id))
    if told_in is not None:
        scene.replies.edit(told_in, Said(html))


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


def _say(scene: Scene, html: str, ask_for: str | None = None) -> None:
    scene.replies.say(Said(html), to_message=scene.visit.message_id, ask_for=ask_for)
