"""What every handler is given: the visit, and one way to act in the store."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from telegram import Bot, Chat, Update
from telegram.ext import Application, CallbackContext, ExtBot

from bot.buttons import Signer
from bot.keyboards import Keyboards
from bot.looking.guesser import Guesser
from bot.looking.looker import Looker
from bot.replies import Replies
from bot.settings import BotSettings
from bot.visit import Presence, Visit, enter
from storage import Role, Store, Unit

T = TypeVar("T")
NoData = dict[Any, Any]


@dataclass(slots=True)
class Services:
    """What handlers use, made once by app.build()."""

    store: Store
    settings: BotSettings
    signer: Signer
    guesser: Guesser
    looker: Looker
    # Set after each transaction, so that what it owes is sent at once.
    mail_waits: asyncio.Event = field(default_factory=asyncio.Event)
    # Handlers' errors by update id: PTB reports them to an error handler, the drain asks for them here.
    failures: dict[int, BaseException] = field(default_factory=dict)
    # Updates that were acted on, and so marked as handled, until the drain has seen that.
    handled: set[int] = field(default_factory=set)
    # Who lately sent more than she may (Telegram id), and until when her photos are not fetched before that is asked.
    turned_away: dict[int, datetime] = field(default_factory=dict)
    # Collections of which the sender was told that they wait for the disk.
    told_of_outage: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Scene:
    """Inside one transaction: who is there, and how to reply."""

    unit: Unit
    visit: Visit
    presence: Presence
    replies: Replies
    keyboards: Keyboards
    # What people are at first.
    newcomer: Role
    # Blobs that no photo needs once this is committed.
    orphans: list[str] = field(default_factory=list)
    # Files of collections that are learned from no more, once this is committed.
    parcels: list[str] = field(default_factory=list)


class Context(CallbackContext[ExtBot[None], NoData, NoData, NoData]):
    """PTB's context with our services, typed; nothing is kept in PTB's own dictionaries."""

    services: Services
    visit: Visit | None

    @classmethod
    def from_update(cls, update: object, application: "App") -> "Context":
        context = super().from_update(update, application)
        if isinstance(update, Update):
            context.visit = visit_of(update, application.bot)
        return context

    async def act(self, action: Callable[[Scene], T], *, first: Callable[[Unit], None] | None = None) -> T:
        """Run an action in one transaction that also owes its replies and marks the update as handled.

        Killed before the commit, all of it happens again; after it, none of it, and so with whatever fails later (the
        drain sees to that). A handler acts once. `first` is done before the chat is entered.
        """
        result = await asyncio.to_thread(self._act, action, first)
        self.services.handled.add(self.here.update_id)
        self.services.mail_waits.set()
        return result

    async def prepare(self, action: Callable[[Scene], T]) -> T:
        """The same before a handler acts, or where it puts off its update: nothing is marked as handled."""
        result = await asyncio.to_thread(self._act, action, None, is_last=False)
        self.services.mail_waits.set()
        return result

    async def look(self, question: Callable[[Unit], T]) -> T:
        """Ask the store something in a transaction that writes nothing."""

        def ask() -> T:
            with self.services.store.read() as unit:
                return question(unit)

        return await asyncio.to_thread(ask)

    def _act(self, action: Callable[[Scene], T], first: Callable[[Unit], None] | None, *, is_last: bool = True) -> T:
        visit = self.here
        with self.services.store.write() as unit:
            if first is not None:
                first(unit)
            scene = self._scene(unit, visit)
            result = action(scene)
            if is_last:
                unit.inbox.done(visit.bot_id, visit.update_id)
        if scene.orphans:
            self.services.store.discard(scene.orphans)
        self.services.store.let_go(scene.parcels)
        return result

    def _scene(self, unit: Unit, visit: Visit) -> Scene:
        newcomer = self.services.settings.newcomer_role()
        presence = enter(unit, visit, newcomer)
        keyboards = Keyboards(self.services.signer, visit.chat_id, visit.person_id, unit.now)
        return Scene(unit, visit, presence, Replies(unit, visit), keyboards, newcomer)

    @property
    def here(self) -> Visit:
        """The visit of an update that has a person and a chat; handlers are only called for such."""
        if self.visit is None:
            raise LookupError("this update has no person or no chat")
        return self.visit


App = Application[ExtBot[None], Context, NoData, NoData, NoData, Any]


def visit_of(update: Update, bot: Bot) -> Visit | None:
    """Who says something where; None for channels, anonymous admins and other updates without a person.

    An anonymous admin comes as a user whom all such admins share: she is nobody whose votes could be told apart.
    """
    person, chat = update.effective_user, update.effective_chat
    written = update.message or update.edited_message
    if written is not None and written.sender_chat is not None:
        return None  # A channel's post in its group comes from a user whom all channels share.
    if person is None or chat is None or person.is_bot or chat.type == Chat.CHANNEL:
        return None
    return Visit(
        bot_id=bot.id,
        update_id=update.update_id,
        chat_id=chat.id,
        chat_kind=chat.type,
        chat_title=chat.title or person.full_name,
        person_id=person.id,
        person_name=person.full_name,
        message_id=_message_id(update),
    )


def _message_id(update: Update) -> int:
    """The message of an update; 0 for none.

    Of the message below a pressed button only chat and number are left once it is old, and PTB does not count such a
    one as the update's message.
    """
    message = update.callback_query.message if update.callback_query else update.effective_message
    return message.message_id if message else 0
