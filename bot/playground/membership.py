"""Coming and going: joins, leaves, promotions, blocks and upgrades, with the updates and service lines they cause."""

from __future__ import annotations

from bot.playground.directory import INSIDE, Directory
from bot.playground.hub import Hub
from bot.playground.ledger import Json, Ledger
from bot.playground.messenger import Messenger
from bot.playground.updates import UpdateQueue

ADMIN_RIGHTS = {
    "can_be_edited": False, "is_anonymous": False, "can_manage_chat": True, "can_delete_messages": True,
    "can_manage_video_chats": True, "can_restrict_members": True, "can_promote_members": False,
    "can_change_info": True, "can_invite_users": True, "can_post_stories": False, "can_edit_stories": False,
    "can_delete_stories": False, "can_pin_messages": True, "can_manage_topics": False,
}  # fmt: skip


def chat_member(user: Json, status: str) -> Json:
    """A ChatMember of the right kind."""
    extra: Json = {}
    if status == "creator":
        extra = {"is_anonymous": False}
    elif status == "administrator":
        extra = dict(ADMIN_RIGHTS)
    elif status == "kicked":
        extra = {"until_date": 0}
    return {"user": user, "status": status, **extra}


class Membership:
    def __init__(
        self, ledger: Ledger, directory: Directory, messenger: Messenger, updates: UpdateQueue, hub: Hub
    ) -> None:
        self._ledger = ledger
        self._directory = directory
        self._messenger = messenger
        self._updates = updates
        self._hub = hub

    def change(self, chat_id: int, user: Json, by: Json, status: str) -> None:
        """Give a user a new status in a chat; nothing happens when it is the old one."""
        old = self._directory.status(chat_id, user["id"])
        if old == status:
            return
        with self._ledger.transaction():
            bot_was_inside = self._directory.is_inside(chat_id, self._directory.bot_id)
            self._directory.set_membership(chat_id, user["id"], status)
            self._tell_bot(chat_id, user, by, (old, status))
            self._leave_a_line(chat_id, user, by, (old, status), bot_was_inside=bot_was_inside)
        self._hub.publish("state")

    def upgrade(self, chat_id: int, by: Json) -> int:
        """Turn a basic group into a supergroup; the old id answers with the new one from now on."""
        title = (self._directory.chat(chat_id) or {})["chat"]["title"]
        members = self._directory.members(chat_id)
        with self._ledger.transaction():
            supergroup = self._directory.create_group(title, [user["id"] for user, _ in members if not user["is_bot"]])
            for user, status in members:
                self._directory.set_membership(supergroup["id"], user["id"], status)
            self._messenger.post(chat_id, by, {"migrate_to_chat_id": supergroup["id"]})
            self._messenger.post(supergroup["id"], by, {"migrate_from_chat_id": chat_id})
            self._directory.change_chat(chat_id, migrated_to=supergroup["id"])
        self._hub.publish("state")
        return int(supergroup["id"])

    def _tell_bot(self, chat_id: int, user: Json, by: Json, change: tuple[str, str]) -> None:
        update = {
            "chat": (self._directory.chat(chat_id) or {})["chat"],
            "from": by,
            "date": self._messenger.now(),
            "old_chat_member": chat_member(user, change[0]),
            "new_chat_member": chat_member(user, change[1]),
        }
        if user["id"] == self._directory.bot_id:
            self._updates.push("my_chat_member", update)
        elif self._directory.status(chat_id, self._directory.bot_id) == "administrator":
            self._updates.push("chat_member", update)

    def _leave_a_line(
        self, chat_id: int, user: Json, by: Json, change: tuple[str, str], *, bot_was_inside: bool
    ) -> None:
        was_inside, is_inside = change[0] in INSIDE, change[1] in INSIDE
        if chat_id > 0 or was_inside == is_inside:
            return
        line = {"new_chat_members": [user]} if is_inside else {"left_chat_member": user}
        # The bot's own removal still reaches it, and so does the line about its own leaving.
        self._messenger.post(chat_id, by, line, tell_bot=bot_was_inside and user["id"] == self._directory.bot_id)
