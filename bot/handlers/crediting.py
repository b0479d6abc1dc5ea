"""“/me”: what one did for the bot, and what became of it."""

from telegram import Update

from bot.access import permitted
from bot.actions import crediting
from bot.context import Context, Scene
from bot.replies import Said
from bot.speech import credit_texts
from storage import Role


@permitted(Role.GUEST)
async def me(update: Update, context: Context) -> None:
    """Tell what the person taught and flagged, and who knows which label best."""

    def action(scene: Scene) -> None:
        private = scene.visit.private
        text = credit_texts.me(crediting.credit(scene.unit, scene.presence), private=private)
        # In a group an answer shows whom it is for.
        scene.replies.say(Said(text), to_message=None if private else scene.visit.message_id)

    await context.act(action)
