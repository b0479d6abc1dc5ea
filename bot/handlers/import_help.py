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

    def action(scene: Scene) -> None:
        ways = import_help.ways()
        if not scene.visit.private:
            told = Said(f"{ways}\n\n{import_help.only_in_private()}")
            scene.replies.say(told, to_message=scene.visit.message_id)
            return
        scene.replies.say(Said(ways))
        snippet = import_help.snippet().encode()
        scene.replies.document(snippet, import_help.SNIPPET_NAME, import_help.how_to_list())

    await context.act(action)
