"""The chat page in place of Telegram. Apart from running.py, so that a bot on Telegram starts without it."""

from aiohttp import web

from bot.errors import CannotStart
from bot.playground import FolderInUse, Playground, create_app
from bot.playground.identities import FIRST_PERSON_ID
from storage import Role, Store


def open_chat_page(store: Store) -> tuple[str, web.Application]:
    """The token of the bot that the page stands for, and the server to serve.

    Raises:
        CannotStart: another Pupil has the folder open.
    """
    try:
        playground = Playground(store.home / "playground")
    except FolderInUse:
        raise CannotStart("Pupil is running already for this folder.") from None
    _make_owner(store, FIRST_PERSON_ID)
    return playground.token, create_app(playground)


def _make_owner(store: Store, telegram_id: int) -> None:
    """On the chat page whoever sits at this computer is the owner; no number there is one of Telegram's."""
    with store.write() as unit:
        person = unit.people.meet(telegram_id, "Owner", Role.OWNER)
        unit.people.set_role(person.id, Role.OWNER)
