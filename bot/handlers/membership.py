"""The bot itself coming into chats and leaving them, and groups that change their id."""

import asyncio

from telegram import ChatMember, Update

from bot.access import permitted
from bot.context import Context, Scene
from bot.replies import Said
from bot.speech import guides
from bot.visit import Visit
from storage import Role, Store, Unit

_INSIDE = (ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.RESTRICTED)


@permitted(Role.GUEST)
async def on_my_membership(update: Update, context: Context) -> None:
    """Added to a group: say how to talk here. Blocked or removed: send nothing there any more."""
    change = update.my_chat_member
    if change is None:
        return
    was_inside, is_inside = (member.status in _INSIDE for member in (change.old_chat_member, change.new_chat_member))
    if not is_inside:
        await asyncio.to_thread(_take_leave, context.services.store, context.here)
        return
    sees_all = bool(context.bot.bot.can_read_all_group_messages) or (
        change.new_chat_member.status == ChatMember.ADMINISTRATOR
    )

    def action(scene: Scene) -> None:
        if not was_inside and not scene.visit.private:
            scene.replies.say(Said(guides.group_welcome(sees_all, context.bot.username)))

    await context.act(action)


def _take_leave(store: Store, visit: Visit) -> None:
    """Nobody is met here: who had all deleted and then blocks the bot would be known again, by name."""
    with store.write() as unit:
        unit.chats.set_unreachable(visit.chat_id)
        unit.inbox.done(visit.bot_id, visit.update_id)
        known = unit.people.by_telegram_id(visit.person_id)
        if visit.private and (known is None or not known.name):
            unit.inbox.empty(visit.chat_id)


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
