"""/import: how to bring many photos."""

from telegram import Update

from bot.access import permitted
from bot.context import Context, Scene
from bot.replies import Said
from bot.speech import import_help
from storage import Role


@permitted(Role.TEACHER)
async def import_(update: Update, context: Context) -> None:
    """In a group without the longer part, which would push everything else out of sight."""
    ways = import_help.ways()
    private = [ways, import_help.how_to_list()]
    group = [f"{ways}\n\n{import_help.only_in_private()}"]

    def action(scene: Scene) -> None:
        for text in private if scene.visit.private else group:
            scene.replies.say(Said(text), to_message=None if scene.visit.private else scene.visit.message_id)

    await context.act(action)
