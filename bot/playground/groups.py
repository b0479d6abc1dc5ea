"""What people do with groups: create one, let others and the bot in, give and take rights, upgrade it."""

from __future__ import annotations

from bot.playground.directory import Directory
from bot.playground.errors import PersonError
from bot.playground.hub import Hub
from bot.playground.ledger import Json
from bot.playground.membership import Membership
from bot.playground.people import People

MAX_NAME = 64


class Groups:
    def __init__(self, directory: Directory, people: People, membership: Membership, hub: Hub) -> None:
        self._directory = directory
        self._people = people
        self._membership = membership
        self._hub = hub

    def add_person(self, name: str) -> Json:
        person = self._directory.add_person(_named(name))
        self._hub.publish("state")
        return person

    def create(self, person_id: int, title: str, *, basic: bool = False) -> Json:
        creator = self._people.known(person_id)
        chat = self._directory.create_group(_named(title), [creator["id"]], basic=basic)
        self._hub.publish("state")
        return chat

    def add(self, person_id: int, chat_id: int, user_id: int) -> None:
        self._change(person_id, chat_id, user_id, "member")

    def join(self, person_id: int, chat_id: int) -> None:
        """Come in by oneself, as over an invitation link."""
        person = self._people.known(person_id)
        if chat_id > 0 or self._directory.chat(chat_id) is None:
            raise PersonError("There is no such group.", status=404)
        self._membership.change(chat_id, person, person, "member")

    def remove(self, person_id: int, chat_id: int, user_id: int) -> None:
        """Leave by oneself, or put somebody (or the bot) out."""
        self._change(person_id, chat_id, user_id, "left" if person_id == user_id else "kicked")

    def promote(self, person_id: int, chat_id: int, user_id: int, *, admin: bool) -> None:
        if self._directory.status(chat_id, person_id) not in ("creator", "administrator"):
            raise PersonError("Only the group's creator can do this.", status=403)
        self._change(person_id, chat_id, user_id, "administrator" if admin else "member")

    def upgrade(self, person_id: int, chat_id: int) -> int:
        person = self._people.present(person_id, chat_id)
        if (self._directory.chat(chat_id) or {})["chat"]["type"] != "group":
            raise PersonError("This is a supergroup already.")
        return self._membership.upgrade(chat_id, person)

    def set_privacy(self, *, reads_all: bool) -> None:
        """What @BotFather's /setprivacy does; groups feel it when the bot is added again."""
        self._directory.set_setting("reads_all", reads_all)
        self._hub.publish("state")

    def _change(self, person_id: int, chat_id: int, user_id: int, status: str) -> None:
        if chat_id > 0:
            raise PersonError("This is not a group.")
        person = self._people.present(person_id, chat_id)
        user = self._directory.user(user_id)
        if user is None:
            raise PersonError("This person is not here any more. Reload the page.", status=404)
        self._membership.change(chat_id, user, person, status)


def _named(name: str) -> str:
    bare = name.strip()
    if not bare or len(bare) > MAX_NAME:
        raise PersonError(f"A name has 1 to {MAX_NAME} characters.")
    return bare
