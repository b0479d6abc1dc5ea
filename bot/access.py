"""Who may do what: every handler declares the role it needs, and is refused to whoever has less."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any

from telegram import Update

from bot.context import Context, Scene
from bot.replies import Said
from bot.speech import texts
from storage import Role

Callback = Callable[[Update, Context], Coroutine[Any, Any, None]]
PERMISSION = "permission"


def permitted(role: Role) -> Callable[[Callback], Callback]:
    """Declare the least role that a handler's callback needs; it is looked up at every update, by numeric id."""

    def decorate(callback: Callback) -> Callback:
        @functools.wraps(callback)
        async def guarded(update: Update, context: Context) -> None:
            if context.visit is None:
                return
            if await has_role(context, role):
                await callback(update, context)
            else:
                await context.act(lambda scene: _refuse(scene, role))

        setattr(guarded, PERMISSION, role)
        return guarded

    return decorate


def open_to_all(callback: Callback) -> Callback:
    """Declare a handler for those who are nobody: it must not act in anybody's name."""
    setattr(callback, PERMISSION, Role.GUEST)
    return callback


async def has_role(context: Context, role: Role) -> bool:
    """Whether the person of this update has at least a role."""
    if role is Role.GUEST:
        return True
    person_id, newcomer = context.here.person_id, context.services.settings.newcomer_role()
    person = await context.look(lambda unit: unit.people.by_telegram_id(person_id))
    return (person.role if person else newcomer) >= role


def _refuse(scene: Scene, role: Role) -> None:
    scene.replies.say(Said(texts.not_allowed(role)), to_message=scene.visit.message_id or None)
