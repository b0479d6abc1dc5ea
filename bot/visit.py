"""Who says something, and where: the facts of an update that actions need, free of Telegram's types."""

from dataclasses import dataclass

from storage import Chat, Person, Role, Unit


@dataclass(frozen=True, slots=True)
class Visit:
    """One update of one person in one chat; ids are Telegram's."""

    bot_id: int
    update_id: int
    chat_id: int
    chat_kind: str
    chat_title: str
    person_id: int
    person_name: str
    message_id: int

    @property
    def private(self) -> bool:
        return self.chat_kind == "private"

    @property
    def deed(self) -> str:
        """A key that is the same whenever this update is handled again."""
        return f"update:{self.bot_id}:{self.update_id}"

    @property
    def message_deed(self) -> str:
        """A key of the message itself: what it did is found again when it is edited."""
        return f"message:{self.bot_id}:{self.chat_id}:{self.message_id}"


@dataclass(frozen=True, slots=True)
class Presence:
    """The same, as the store knows them."""

    person: Person
    chat: Chat

    @property
    def classifier_id(self) -> int:
        return self.chat.classifier_id


def enter(unit: Unit, visit: Visit, newcomer: Role) -> Presence:
    """Meet the person and enter the chat, making both known if they are new."""
    person = unit.people.meet(visit.person_id, visit.person_name, newcomer)
    chat = unit.chats.enter(visit.chat_id, kind=visit.chat_kind, title=visit.chat_title)
    return Presence(person, chat)
