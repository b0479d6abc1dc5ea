"""The bot itself coming into chats and leaving them, and groups that change their id."""

from telegram import ChatMember, Update

from bot import guides
from bot.access import permitted
from bot.context import Context, Scene
from bot.replies import Said
from storage import Role, Unit

_INSIDE = (ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.RESTRICTED)


@permitted(Role.GUEST)
async def on_my_membership(update: Update, context: Context) -> None:
    """Added to a group: say how to talk here. Blocked or removed: send nothing there any more."""
    change = update.my_chat_member
    if change is None:
        return
    was_inside, is_inside = (member.status in _INSIDE for member in (change.old_chat_member, change.new_chat_member))
    sees_all = bool(context.bot.bot.can_read_all_group_messages) or (
        change.new_chat_member.status == ChatMember.ADMINISTRATOR
    )

    def action(scene: Scene) -> None:
        if not is_inside:
            scene.unit.chats.set_unreachable(scene.visit.chat_id)
        elif not was_inside and not scene.visit.private:
            scene.replies.say(Said(guides.group_welcome(sees_all, context.bot.username)))

    await context.act(action)


@permitted(Role.GUEST)
async def on_migration(update: Update, context: Context) -> None:
    """A group became a supergroup: everything of the old id belongs to the new one."""
    message = update.effective_message
    if message is None:
        return
    if message.migrate_to_chat_id is not None:
        old, new = message.chat_id, message.migrate_to_chat_id
        await context.act(lambda scene: _migrate(scene.unit, scene.visit.bot_id, old, new))
    elif message.migrate_from_chat_id is not None:
        old, new, bot_id = message.migrate_from_chat_id, message.chat_id, context.bot.id
        # First: entering the new chat would make it another one, with nothing of the old.
        await context.act(lambda scene: None, first=lambda unit: _migrate(unit, bot_id, old, new))


def _migrate(unit: Unit, bot_id: int, old: int, new: int) -> None:
    unit.chats.migrate(old, new)
    unit.outbox.migrate(bot_id, old, new)
