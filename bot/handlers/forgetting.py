"""“Delete all of it”, below /mydata: asked once more, then done, and told in the transaction that ends it."""

import asyncio

from bot.actions import forgetting, self_service
from bot.buttons import Press
from bot.context import Context, Scene
from bot.replies import Said
from bot.speech import texts


def ask(scene: Scene, press: Press, message_id: int) -> None:
    photos = scene.unit.photos.count_of_person(scene.presence.person.id)
    scene.replies.edit(message_id, Said(texts.forget_really(photos), scene.keyboards.forget()))


async def forget(context: Context, press: Press) -> str:
    """Delete all of it, much of it piece by piece; killed in between, the press is handled again."""
    begun = await context.prepare(_begin)
    while await asyncio.to_thread(forgetting.forget_some, context.services.store, begun):
        pass
    return await context.act(lambda scene: _end(scene, begun))


def leave_it(scene: Scene, press: Press, message_id: int) -> str:
    scene.replies.edit(message_id, Said(texts.forget_cancelled()))
    return texts.forget_cancelled()


def _begin(scene: Scene) -> forgetting.Begun:
    begun = forgetting.begin(scene.unit, scene.presence, scene.visit.deed)
    scene.parcels.extend(begun.parcels)
    if begun.key is not None:
        scene.replies.edit(scene.visit.message_id, Said(texts.forgetting(begun.photos)), dedupe=begun.key)
    return begun


def _end(scene: Scene, begun: forgetting.Begun) -> str:
    # Done already, so that its words go with those of the others.
    scene.unit.inbox.done(scene.visit.bot_id, scene.visit.update_id)
    gone = self_service.forget(scene.unit, scene.presence, scene.newcomer)
    scene.orphans.extend(gone.orphans)
    scene.parcels.extend(gone.parcels)
    scene.replies.edit(scene.visit.message_id, Said(texts.forgotten(gone, begun.photos)))
    return "Deleted."
