"""Photos: a caption makes a lesson, none makes a question, an edited caption corrects."""

from collections.abc import Callable

from telegram import Message, MessageOriginUser, Update

from bot.access import permitted
from bot.actions import quarantining, teach_mode, teaching
from bot.actions.asking import Answer, NotYet, ask
from bot.actions.self_service import setting
from bot.addressing import address
from bot.context import Context, Scene
from bot.errors import FileNotTaken, PictureNotTaken
from bot.handlers.albums import rest_is_hidden, say_rest_is_hidden
from bot.handlers.arriving import act_on_photo, may_come
from bot.handlers.lessons import Remark, remark
from bot.handlers.respelling import ask_what_was_meant
from bot.incoming import Question, claims_to_be_picture, file_in, receive, receive_question
from bot.keyboards import Keyboards
from bot.replies import Said, answer_key
from bot.speech import answers, guides, quarantine_texts, texts
from storage import MAX_LABEL, Chat, Reason, Role, Source, Teaching, Unit, key_of, tidy


@permitted(Role.GUEST)
async def on_photo(update: Update, context: Context) -> None:
    """A photo, or a picture sent as a file."""
    message = _message(update)
    said = address(message, context.bot)
    mode = await context.look(lambda unit: teach_mode.current_of(unit, context.here))
    to_us = said.to_us or mode is not None
    if not to_us and not await context.look(lambda unit: _watches(unit, context, message)):
        return
    words = said.text if mode is None or _is_hers(message) else None
    if to_us and teaching.is_command(words):
        await context.act(lambda scene: _say(scene, guides.commands_go_alone()))
        return
    label = teaching.label_in(words if to_us else None)
    if label is None and not words and message.media_group_id is not None:
        label = await context.look(lambda unit: _album_label(unit, context, message))
    if label is None and not words and mode is not None:
        label = mode.name
    if label is None:
        await _question(update, context)
    else:
        await _lesson(update, context)


@permitted(Role.GUEST)
async def on_document(update: Update, context: Context) -> None:
    """A file: a picture is a photo like any other, the rest is not for us.

    What does not say that it is a picture may be one all the same, and is looked at where it was sent to us.
    """
    message = _message(update)
    to_us = address(message, context.bot).to_us
    if claims_to_be_picture(message) or (to_us and file_in(message) is not None):
        await on_photo(update, context)
    elif to_us:
        await context.act(lambda scene: _say(scene, guides.not_a_picture()))


@permitted(Role.GUEST)
async def on_edited_caption(update: Update, context: Context) -> None:
    """The label of a photo is what its caption says now, where the caption is meant for the bot.

    An edit may bring another picture too: that one is a new photo.
    """
    message = _message(update)
    said = address(message, context.bot)
    if not await context.look(lambda unit: _known(unit, context, message)):
        await on_document(update, context)
    elif said.to_us or await context.look(lambda unit: _named_by_caption(unit, context)):
        await _corrected_caption(update, context)


@permitted(Role.TEACHER)
async def _corrected_caption(update: Update, context: Context) -> None:
    message = _message(update)
    said = address(message, context.bot)

    def action(scene: Scene) -> None:
        photo = scene.unit.photos.by_message(scene.presence.chat.id, scene.visit.message_id)
        if photo is not None:
            rename(scene, photo.id, said.text, message.media_group_id)

    await context.act(action)


async def on_reply_to_photo(update: Update, context: Context) -> None:
    """A text that replies to a photo: its name, or a question about it. Groups hide photos from bots until then."""
    message = _message(update)
    if teaching.label_in(address(message, context.bot).text) is None:
        await _question(update, context)
    else:
        await _lesson(update, context)


@permitted(Role.TEACHER)
async def _lesson(update: Update, context: Context) -> None:
    shown = _shown(update)
    if not await may_come(context, shown):
        return
    text = teaching.label_in(address(_message(update), context.bot).text)
    try:
        received = await receive(shown, context.bot, context.services)
    except (PictureNotTaken, FileNotTaken) as error:
        await _refuse(context, shown, error, lambda scene: _name_of_refused(scene, shown, text))
        return
    reason = Reason.CAPTION if shown is _message(update) else Reason.TYPED
    alone = shown is _message(update) and await rest_is_hidden(shown, context)

    def action(scene: Scene) -> None:
        mode = teach_mode.current(scene.unit, scene.presence) if shown is _message(update) else None
        words = text if mode is None or _is_hers(shown) else None
        _teach(scene, received, words, reason, _owner(scene, context, shown), mode)
        if alone:
            say_rest_is_hidden(scene, shown)

    await act_on_photo(context, shown, action, size=received.size)


@permitted(Role.GUEST)
async def _question(update: Update, context: Context) -> None:
    shown = _shown(update)
    if not await may_come(context, shown):
        return
    try:
        question = await receive_question(shown, context.bot, context.services)
    except (PictureNotTaken, FileNotTaken) as error:
        await _refuse(context, shown, error, lambda scene: None)
        return
    alone = shown is _message(update) and await rest_is_hidden(shown, context)

    def action(scene: Scene) -> None:
        _answer(scene, question, _owner(scene, context, shown))
        if alone:
            say_rest_is_hidden(scene, shown)

    await act_on_photo(context, shown, action, size=question.received.size)


def _teach(
    scene: Scene,
    received: teaching.Received,
    text: str | None,
    reason: Reason,
    owner_id: int,
    mode: Teaching | None,
) -> None:
    here = scene.presence
    scene.orphans += teaching.drop_replaced(scene.unit, here, received)
    text = text or teaching.label_of_album(scene.unit, here.chat.id, here.person.id, received.album)
    if not text and mode is not None:
        text = mode.name
        if scene.unit.photos.by_message(here.chat.id, received.message_id) is None:
            scene.unit.teachings.note_photo(mode.id)
    text = text or ""
    source = Source.CHAT if label_problem(text) is None else Source.MISNAMED
    photo = teaching.keep(scene.unit, scene.visit, scene.presence, received, owner_id, source)
    name_photo(scene, photo.id, text, reason, lambda taught: remark(scene, photo, received, taught))


def _owner(scene: Scene, context: Context, shown: Message) -> int:
    """A photo belongs to whoever sent it, also where somebody else taught it: its sender may take it away again.

    What its sender had deleted is of the one who shows it anew: nothing comes back as hers.
    """
    author, here = shown.from_user, scene.presence
    if author is None or author.is_bot or shown.sender_chat is not None:
        return here.person.id
    if scene.unit.photos.was_deleted(here.chat.id, shown.message_id):
        return here.person.id
    if author.id == scene.visit.person_id:
        return here.person.id
    return scene.unit.people.meet(author.id, author.full_name, context.services.settings.newcomer_role()).id


def name_photo(
    scene: Scene,
    photo_id: int,
    text: str,
    reason: Reason,
    remarked: Callable[[teaching.Taught], Remark | None] = lambda taught: None,
) -> None:
    """Teach a kept photo by a text, or say what is wrong with the text."""
    problem = label_problem(text)
    if problem is not None:
        _say(scene, problem)
        return
    taught = teaching.teach(scene.unit, scene.visit, scene.presence, photo_id, text, reason)
    scene.replies.react(scene.visit.message_id, texts.TAUGHT_REACTION)
    # Of a burst of lessons only the newest count is worth a message; each photo has its reaction.
    special = taught.before is not None or not (taught.is_learned or taught.waits)
    extra = remarked(taught)
    if extra is None:
        _say(scene, texts.taught(taught), coalesce=None if special else "lesson")
    else:
        said = Said(f"{texts.taught(taught)}\n{extra.html}".rstrip(), extra.keyboard)
        scene.replies.say(said, to_message=scene.visit.message_id, dedupe=extra.key)
    ask_what_was_meant(scene, photo_id, taught.label, text, photos=taught.photos)


def label_problem(text: str) -> str | None:
    """What to say of a text that cannot be a label; None if it can."""
    if len(" ".join(text.split())) > MAX_LABEL:
        return texts.label_too_long()
    return None if tidy(text) and key_of(text) else texts.no_label_in(text)


def _answer(scene: Scene, question: Question, owner_id: int) -> None:
    scene.orphans += teaching.drop_replaced(scene.unit, scene.presence, question.received)
    found = ask(scene.unit, scene.visit, scene.presence, question.received, question.guess, question.network, owner_id)
    to_message = question.received.message_id
    if isinstance(found, NotYet):
        scene.replies.say(Said(answers.not_yet(found)), to_message=to_message, coalesce="not yet")
        return
    said = answer_said(scene.presence.chat, scene.keyboards, found)
    scene.replies.say(said, to_message=to_message, dedupe=answer_key(found.prediction.id))


def answer_said(chat: Chat, keyboards: Keyboards, found: Answer) -> Said:
    """An answer with its buttons."""
    return Said(answers.answered(found, details=setting(chat, "details")), keyboards.answer(found))


def rename(scene: Scene, photo_id: int, words: str | None, album: str | None = None) -> None:
    """A photo is called what its edited caption (or reply) says now, as is the rest of an album that had its name."""
    unit, visit, here = scene.unit, scene.visit, scene.presence
    text, problem = teaching.label_in(words), None
    others = teaching.named_alike(unit, here, photo_id, album)
    if teaching.is_command(words):
        problem = guides.commands_go_alone()
    elif text is not None:
        problem = label_problem(text)
    if problem is not None:
        _say(scene, problem)
    elif text is None:
        unnamed = [teaching.unname(unit, visit, here, one, Reason.EDIT) for one in (*others, photo_id)]
        if any(unnamed):
            _say(scene, texts.photos_kept_unnamed(sum(unnamed)))
    elif teaching.says(unit, here, photo_id, text):
        # Telegram tells of edits that change nothing one can see, too.
        scene.replies.react(visit.message_id, texts.TAUGHT_REACTION)
    else:
        for other in others:
            teaching.teach(unit, visit, here, other, text, Reason.EDIT)
        name_photo(scene, photo_id, text, Reason.EDIT)


def _name_of_refused(scene: Scene, shown: Message, text: str | None) -> str | None:
    """What a photo that cannot be kept was called. The caption of an album is the name of all, also of that one."""
    album, here = shown.media_group_id, scene.presence
    if text is None or label_problem(text) is not None:
        mode = teach_mode.current(scene.unit, here)
        return None if text is not None or mode is None else mode.name
    if album is not None:
        scene.unit.albums.call(here.chat.id, here.person.id, album, tidy(text))
    return tidy(text)


async def _refuse(
    context: Context, shown: Message, error: PictureNotTaken | FileNotTaken, called: Callable[[Scene], str | None]
) -> None:
    """Say why, and keep what was refused aside for a reviewer, with what it was `called`."""
    if isinstance(error, FileNotTaken):
        sentence = guides.too_big_file() if error.reason == "too_big" else guides.file_gone()
    else:
        sentence = f"{guides.refused(error.why)}{quarantine_texts.set_aside(error)}"

    def action(scene: Scene) -> None:
        _say(scene, sentence)
        label = called(scene)
        if isinstance(error, PictureNotTaken):
            scene.parcels += quarantining.set_aside(
                scene.unit, scene.visit, scene.presence, shown.message_id, error, label
            )

    # It counts as what it would have been: else files that break could be sent without end.
    await act_on_photo(context, shown, action)


def _say(scene: Scene, html: str, coalesce: str | None = None) -> None:
    scene.replies.say(Said(html), to_message=scene.visit.message_id, coalesce=coalesce)


def _watches(unit: Unit, context: Context, message: Message) -> bool:
    """Whether a photo that does not address the bot is for it: by the chat's setting, or as part of an album."""
    chat = unit.chats.by_telegram_id(context.here.chat_id)
    if chat is None:
        return False
    album = message.media_group_id
    begun = album is not None and bool(unit.photos.of_album(chat.id, album))
    return setting(chat, "every_photo") or begun or _album_label(unit, context, message) is not None


def _known(unit: Unit, context: Context, message: Message) -> bool:
    """Whether the picture that the message shows is kept."""
    chat, file = unit.chats.by_telegram_id(context.here.chat_id), file_in(message)
    photo = unit.photos.by_message(chat.id, message.message_id) if chat is not None else None
    return photo is not None and (photo.file is None or (file is not None and file.file_unique_id == photo.file))


def _named_by_caption(unit: Unit, context: Context) -> bool:
    """Whether the caption is the person's lesson: in a group it may as well be talk among people."""
    chat = unit.chats.by_telegram_id(context.here.chat_id)
    person = unit.people.by_telegram_id(context.here.person_id)
    photo = unit.photos.by_message(chat.id, context.here.message_id) if chat else None
    mine = unit.votes.live_of(photo.id, person.id) if photo and person else None
    return mine is not None and mine.reason in (Reason.CAPTION, Reason.EDIT)


def _is_hers(message: Message) -> bool:
    """Whether its sender wrote a message: what is forwarded has the words of somebody else, who named nothing here."""
    origin = message.forward_origin
    if origin is None or message.from_user is None:
        return origin is None
    return isinstance(origin, MessageOriginUser) and origin.sender_user.id == message.from_user.id


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


def _shown(update: Update) -> Message:
    """The message with the photo: the one that came, or the one that it replies to."""
    message = _message(update)
    if file_in(message) is None and message.reply_to_message is not None:
        return message.reply_to_message
    return message
