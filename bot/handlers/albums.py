"""Albums in groups: Telegram's privacy mode shows the bot only the photo that mentions it, and hides the rest."""

from telegram import ChatMember, Message
from telegram.error import TelegramError

from bot.context import Context, Scene
from bot.replies import Said
from bot.speech import guides


async def rest_is_hidden(message: Message, context: Context) -> bool:
    """Whether this is a photo of an album whose others the bot is not shown. Asks Telegram where that is likely."""
    if message.media_group_id is None or context.here.private or context.bot.bot.can_read_all_group_messages:
        return False
    try:
        me = await context.bot.get_chat_member(message.chat_id, context.bot.id)
    except TelegramError:
        # Then it may be so or not, and a hint that is wrong is worse than none.
        return False
    return me.status != ChatMember.ADMINISTRATOR


def say_rest_is_hidden(scene: Scene, message: Message) -> None:
    """Say it once for each album."""
    key = f"album:{scene.visit.bot_id}:{scene.visit.chat_id}:{message.media_group_id}"
    scene.replies.say(Said(guides.album_hidden()), to_message=message.message_id, dedupe=key)
