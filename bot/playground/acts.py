"""Acts of a person as the page sends them: one small form each, and what it sets in motion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bot.playground.playground import Playground
from bot.playground.texts import MAX_NUMBER

Number = Annotated[int, Field(gt=-MAX_NUMBER, lt=MAX_NUMBER)]
Position = Annotated[int, Field(ge=0, lt=100)]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(Form):
    name: str


class Privacy(Form):
    reads_all: bool


class ByPerson(Form):
    me: Number


class Start(ByPerson):
    payload: str = ""


class NewGroup(ByPerson):
    title: str
    basic: bool = False


class InChat(ByPerson):
    chat_id: Number


class Say(InChat):
    text: str
    reply_to: Number | None = None


class OnMessage(InChat):
    message_id: Number


class Edit(OnMessage):
    text: str


class Forward(OnMessage):
    to_chat_id: Number


class React(OnMessage):
    emoji: str | None


class Press(OnMessage):
    row: Position
    column: Position


class Delete(InChat):
    message_ids: list[Number]


class OnUser(InChat):
    user_id: Number


class Promote(OnUser):
    admin: bool = True


FormT = TypeVar("FormT", bound=Form)


@dataclass(frozen=True, slots=True)
class Act(Generic[FormT]):
    form: type[FormT]
    work: Callable[[Playground, FormT], Any]

    def perform(self, playground: Playground, body: bytes) -> Any:
        """Raises pydantic.ValidationError for a strange body and PersonError for a strange wish."""
        return self.work(playground, self.form.model_validate_json(body))


ACTS: Mapping[str, Act[Any]] = MappingProxyType(
    {
        "say": Act(Say, lambda p, f: p.people.say(f.me, f.chat_id, f.text, reply_to=f.reply_to)),
        "start": Act(Start, lambda p, f: p.people.start(f.me, f.payload)),
        "edit": Act(Edit, lambda p, f: p.people.edit(f.me, f.chat_id, f.message_id, f.text)),
        "delete": Act(Delete, lambda p, f: p.people.delete(f.me, f.chat_id, f.message_ids)),
        "forward": Act(Forward, lambda p, f: p.people.forward(f.me, f.chat_id, f.message_id, f.to_chat_id)),
        "react": Act(React, lambda p, f: p.people.react(f.me, f.chat_id, f.message_id, f.emoji)),
        "press": Act(Press, lambda p, f: p.people.press(f.me, f.chat_id, f.message_id, f.row, f.column)),
        "read": Act(OnMessage, lambda p, f: p.people.read(f.me, f.chat_id, f.message_id)),
        "block": Act(ByPerson, lambda p, f: p.people.block(f.me)),
        "unblock": Act(ByPerson, lambda p, f: p.people.unblock(f.me)),
        "people": Act(Named, lambda p, f: p.groups.add_person(f.name)),
        "groups": Act(NewGroup, lambda p, f: p.groups.create(f.me, f.title, basic=f.basic)),
        "join": Act(InChat, lambda p, f: p.groups.join(f.me, f.chat_id)),
        "add": Act(OnUser, lambda p, f: p.groups.add(f.me, f.chat_id, f.user_id)),
        "remove": Act(OnUser, lambda p, f: p.groups.remove(f.me, f.chat_id, f.user_id)),
        "promote": Act(Promote, lambda p, f: p.groups.promote(f.me, f.chat_id, f.user_id, admin=f.admin)),
        "upgrade": Act(InChat, lambda p, f: p.groups.upgrade(f.me, f.chat_id)),
        "privacy": Act(Privacy, lambda p, f: p.groups.set_privacy(reads_all=f.reads_all)),
    }
)
