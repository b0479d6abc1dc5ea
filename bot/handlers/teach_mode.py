"""/teach NAME and /done: one name for many photos, of one person in one chat."""

from telegram import Update

from bot.access import permitted
from bot.actions import teach_mode
from bot.actions.teaching import label_in
from bot.addressing import address
from bot.buttons import Press
from bot.context import Context, Scene
from bot.handlers.photos import label_problem, on_reply_to_photo
from bot.incoming import file_in
from bot.replies import Said
from bot.speech import guides, teach_mode_texts
from storage import Role


@permitted(Role.TEACHER)
async def teach(update: Update, context: Context) -> None:
    """Begin. As a reply to a photo it names that one alone, as it does in a caption."""
    message = update.effective_message
    if message is None:
        return
    name = label_in(address(message, context.bot).text)
    replied = message.reply_to_message
    if name is not None and replied is not None and file_in(replied) is not None:
        await on_reply_to_photo(update, context)
        return
    await context.act(lambda scene: _begin(scene, context, name))


@permitted(Role.TEACHER)
async def done(update: Update, context: Context) -> None:
    def action(scene: Scene) -> None:
        ended = teach_mode.end(scene.unit, scene.presence)
        _say(scene, Said(teach_mode_texts.ended(ended) if ended else teach_mode_texts.nothing_to_end()))

    await context.act(action)


def _begin(scene: Scene, context: Context, name: str | None) -> None:
    before = teach_mode.current(scene.unit, scene.presence)
    if name is None:
        keyboard = scene.keyboards.teaching(before.id) if before else None
        _say(scene, Said(teach_mode_texts.how(before), keyboard))
        return
    problem = label_problem(name)
    if problem is not None:
        _say(scene, Said(problem))
        return
    begun = teach_mode.begin(scene.unit, scene.visit, scene.presence, name)
    text = teach_mode_texts.begun(begun, before)
    if not (scene.visit.private or context.bot.bot.can_read_all_group_messages):
        text += f"\n{guides.photos_hidden()}"
    _say(scene, Said(text, scene.keyboards.teaching(begun.id)))


def on_done(scene: Scene, press: Press, message_id: int) -> str | None:
    """The button below the first answer."""
    ended = teach_mode.end(scene.unit, scene.presence, press.thing)
    if ended is None:
        scene.replies.edit(message_id, Said(teach_mode_texts.over_already()))
        return teach_mode_texts.over_already()
    scene.replies.edit(message_id, Said(teach_mode_texts.ended(ended)))
    return None


def _say(scene: Scene, said: Said) -> None:
    scene.replies.say(said, to_message=None if scene.visit.private else scene.visit.message_id)
