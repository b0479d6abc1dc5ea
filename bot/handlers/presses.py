"""Pressed buttons. What one may do is looked up at the press, never trusted because the button was shown."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from telegram import CallbackQuery, Update
from telegram.error import TelegramError

from bot import guard_buttons, quarantine_buttons, review_buttons
from bot import keyboards as keys
from bot.access import has_role, permitted
from bot.actions import correcting, self_service
from bot.actions.asking import Answer
from bot.buttons import Press
from bot.context import Context, Scene
from bot.errors import ButtonRefused
from bot.handlers import (
    collections,
    explaining,
    exporting,
    forgetting,
    guarding,
    inquiring,
    lessons,
    naming,
    quarantine,
    respelling,
    reviewing,
    teach_mode,
)
from bot.handlers.photos import answer_said
from bot.replies import Said, answer_key, answered_in
from bot.speech import answers, collection_texts, guard_texts, guides, inquiry_texts, texts
from storage import NotFound, Role

MAX_TOAST = 200
Effect = Callable[[Scene, Press, int], str | None]
# What is said where the thing of a button is gone; of all others, that it was a photo's.
GONE: dict[str, Callable[[], str]] = {
    "alarm": guard_texts.nothing_to_look_at,
    "change": guides.label_gone,
    "collection": collection_texts.gone,
    "inquiry": inquiry_texts.gone,
    "label": guides.label_gone,
    "person": guides.person_gone,
}


@dataclass(frozen=True, slots=True)
class Button:
    """What a button does: `effect(scene, press, message id)` returns the toast, if there is one."""

    permission: Role
    effect: Effect


@dataclass(frozen=True, slots=True)
class SlowButton:
    """One whose work must not be done inside a transaction; `effect` acts by itself and returns the toast."""

    permission: Role
    effect: Callable[[Context, Press], Awaitable[str | None]]


@permitted(Role.GUEST)
async def on_press(update: Update, context: Context) -> None:
    """Check the button, do what it says in one transaction, then stop its clock with a toast."""
    query = update.callback_query
    if query is None:
        return
    try:
        press = _read(query, context)
        button = BUTTONS[press.action]
    except ButtonRefused as error:
        await _toast(query, guides.button_refused(error.reason), alert=True)
        return
    if not await has_role(context, button.permission):
        await _toast(query, texts.not_allowed(button.permission), alert=True)
        return
    if isinstance(button, SlowButton):
        await _toast(query, await button.effect(context, press))
    else:
        await _toast(query, await context.act(lambda scene: _do(scene, button, press)))


def _read(query: CallbackQuery, context: Context) -> Press:
    here = context.here
    press = context.services.signer.read(
        query.data or "", chat_id=here.chat_id, person_id=here.person_id, now=datetime.now(UTC)
    )
    if press.action not in BUTTONS:
        raise ButtonRefused("forged")
    return press


def _do(scene: Scene, button: Button, press: Press) -> str | None:
    try:
        return button.effect(scene, press, scene.visit.message_id)
    except NotFound as error:
        return GONE.get(error.what, guides.photo_gone)()


async def _toast(query: CallbackQuery, text: str | None, *, alert: bool = False) -> None:
    """Best effort: the press has its effect whether or not Telegram still wants to hear of it."""
    try:
        await query.answer(text[:MAX_TOAST] if text else None, show_alert=alert)
    except TelegramError:
        return


def _right(scene: Scene, press: Press, message_id: int) -> str:
    _check_message(scene, press, message_id)
    confirmed = correcting.confirm(scene.unit, scene.visit, scene.presence, press.thing)
    scene.replies.edit(message_id, Said(answers.confirmed(confirmed)))
    return "Thank you!"


def _wrong(scene: Scene, press: Press, message_id: int) -> None:
    _check_message(scene, press, message_id)
    choices = correcting.dispute(scene.unit, scene.presence, press.thing)
    scene.replies.edit(message_id, Said(answers.what_is_it(choices.answer), scene.keyboards.choices(choices)))


def _back(scene: Scene, press: Press, message_id: int) -> None:
    _check_message(scene, press, message_id)
    found = correcting.go_back(scene.unit, scene.presence, press.thing)
    scene.replies.edit(message_id, answer_said(scene.presence.chat, scene.keyboards, found))


def _pick(scene: Scene, press: Press, message_id: int) -> str:
    _check_message(scene, press, message_id)
    corrected = correcting.correct(scene.unit, scene.visit, scene.presence, press.thing, press.argument)
    tells = self_service.setting(scene.presence.chat, "tell")
    scene.replies.edit(message_id, Said(answers.corrected(corrected, tells=tells)))
    return answers.corrected_toast(corrected)


def _other(scene: Scene, press: Press, message_id: int) -> None:
    _check_message(scene, press, message_id)
    found = correcting.ask_for_name(scene.unit, scene.presence, press.thing)
    _show_names(scene, found, 0, message_id)
    photo = scene.unit.photos.get(found.prediction.photo_id)
    scene.replies.say(Said(answers.type_the_name()), to_message=photo.message_id, ask_for="name of what it shows")


def _names(scene: Scene, press: Press, message_id: int) -> None:
    """Another page of the names."""
    _check_message(scene, press, message_id)
    _show_names(scene, correcting.find(scene.unit, scene.presence, press.thing), press.argument, message_id)


def _show_names(scene: Scene, found: Answer, page: int, message_id: int) -> None:
    names = correcting.every_choice(scene.unit, scene.presence, found)
    scene.replies.edit(message_id, Said(answers.pick_or_type(found), scene.keyboards.names(names, page)))


def _none(scene: Scene, press: Press, message_id: int) -> str:
    _check_message(scene, press, message_id)
    corrected = correcting.none_of_these(scene.unit, scene.visit, scene.presence, press.thing)
    scene.replies.edit(message_id, Said(answers.corrected(corrected, tells=False)))
    return "Thank you!"


def _toggle(scene: Scene, press: Press, message_id: int) -> str | None:
    """How a group is treated is for those who teach it; one's own chat is one's own."""
    if not scene.visit.private and scene.presence.person.role < Role.TEACHER:
        return texts.not_allowed(Role.TEACHER)
    if press.thing >= len(keys.SETTING_NAMES):
        raise NotFound("setting", press.thing)
    chat = self_service.toggle(scene.unit, scene.presence, keys.SETTING_NAMES[press.thing])
    scene.replies.edit(message_id, Said(texts.settings(not scene.visit.private), scene.keyboards.settings(chat)))
    return None


def _check_message(scene: Scene, press: Press, message_id: int) -> None:
    """A button belongs to the message that it was sent with, where Telegram told us which that is.

    An answer may stand in the chat twice: killed between sending and noting it, the bot sends it again. Nothing is
    noted of the first copy, and its buttons are as good. So are those below a question for the photo's name.
    """
    key = answer_key(press.thing)
    told_in = scene.unit.outbox.message_of(key)
    if told_in is None or message_id == told_in:
        return
    key_here = scene.unit.outbox.dedupe_of(scene.visit.bot_id, scene.visit.chat_id, message_id)
    if key_here is not None and answered_in(key_here) != press.thing:
        raise NotFound("answer", press.thing)


BUTTONS: dict[str, Button | SlowButton] = {
    keys.RIGHT: Button(Role.TEACHER, _right),
    keys.WRONG: Button(Role.TEACHER, _wrong),
    keys.BACK: Button(Role.TEACHER, _back),
    keys.PICK: Button(Role.TEACHER, _pick),
    keys.OTHER: Button(Role.TEACHER, _other),
    keys.NONE: Button(Role.TEACHER, _none),
    keys.NAMES: Button(Role.TEACHER, _names),
    keys.MEANT: Button(Role.TEACHER, respelling.move),
    keys.KEEP_NAME: Button(Role.TEACHER, respelling.keep),
    keys.LABELS: Button(Role.REVIEWER, naming.show_page),
    keys.LABEL: Button(Role.REVIEWER, naming.show_label),
    keys.RENAME: Button(Role.REVIEWER, naming.ask_name),
    keys.DESCRIBE: Button(Role.REVIEWER, naming.ask_description),
    keys.MERGE: Button(Role.REVIEWER, naming.show_targets),
    keys.MERGE_INTO: Button(Role.REVIEWER, naming.merge_into),
    keys.RETIRE: Button(Role.REVIEWER, naming.retire),
    keys.RESTORE: Button(Role.REVIEWER, naming.restore),
    keys.CHANGE: Button(Role.REVIEWER, naming.do_it),
    keys.CHANGE_NOT: Button(Role.REVIEWER, naming.leave_it),
    keys.CHANGE_UNDO: Button(Role.REVIEWER, naming.undo_it),
    keys.WHY: SlowButton(Role.GUEST, explaining.why),
    keys.DATA_SET: Button(Role.OWNER, exporting.send_data_set),
    keys.DONE: Button(Role.TEACHER, teach_mode.on_done),
    keys.SAME_NAME: Button(Role.TEACHER, lessons.on_rename),
    keys.BOTH_STAY: Button(Role.TEACHER, lessons.on_both_stay),
    keys.STOP: Button(Role.GUEST, collections.stop),
    keys.TAKE_BACK: Button(Role.GUEST, collections.ask_to_take_back),
    keys.TAKE_BACK_REALLY: Button(Role.GUEST, collections.take_back),
    keys.TAKE_BACK_NOT: Button(Role.GUEST, collections.keep),
    keys.SECOND: Button(Role.TEACHER, inquiring.pick),
    keys.SECOND_OTHER: Button(Role.TEACHER, inquiring.another),
    keys.SECOND_NONE: Button(Role.TEACHER, inquiring.none_of_these),
    keys.CANNOT_TELL: Button(Role.TEACHER, inquiring.cannot_tell),
    keys.LATER: Button(Role.GUEST, inquiring.later),
    keys.ASK_NO_MORE: Button(Role.GUEST, inquiring.stop),
    keys.TOGGLE: Button(Role.GUEST, _toggle),
    keys.FORGET: Button(Role.GUEST, forgetting.ask),
    keys.FORGET_REALLY: SlowButton(Role.GUEST, forgetting.forget),
    keys.FORGET_NOT: Button(Role.GUEST, forgetting.leave_it),
    guard_buttons.LOOK: SlowButton(Role.ADMIN, guarding.look),
    guard_buttons.ASK: Button(Role.ADMIN, guarding.ask),
    guard_buttons.REALLY: SlowButton(Role.ADMIN, guarding.really),
    guard_buttons.KEEP: Button(Role.ADMIN, guarding.keep),
    guard_buttons.UNDO: SlowButton(Role.ADMIN, guarding.undo),
    guard_buttons.FINE: Button(Role.ADMIN, guarding.fine),
    **{action: SlowButton(Role.REVIEWER, reviewing.press_review) for action in review_buttons.ACTIONS},
    **{action: SlowButton(Role.REVIEWER, quarantine.press) for action in quarantine_buttons.ACTIONS},
}
