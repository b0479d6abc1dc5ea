"""The door for photos: each is counted where it is acted on, and what is too much is put off or turned away.

Nothing is asked of the store before a photo is fetched, unless its sender was turned away a moment ago.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from telegram import Message

from bot.actions import quotas
from bot.actions.quotas import Limit, Load, Verdict
from bot.context import Context, Scene
from bot.errors import OverQuota, PutOff
from bot.incoming import file_in
from bot.replies import Said
from bot.speech import arrival_texts


async def may_come(context: Context, shown: Message) -> bool:
    """Whether to fetch the photo of a message at all; else its sender was told.

    Raises:
        PutOff: not now.
    """
    full_until = context.services.turned_away.get(context.here.person_id)
    if full_until is None:
        return True
    if full_until <= datetime.now(UTC):
        del context.services.turned_away[context.here.person_id]
        return True
    return await _is_taken(context, _load(context, shown, None))


async def act_on_photo(
    context: Context, shown: Message, action: Callable[[Scene], None], *, size: int | None = None
) -> None:
    """Count the photo of a message, of `size` bytes, and act on it, in one transaction.

    Raises:
        PutOff: not now.
    """
    load, quota = _load(context, shown, size), context.services.settings.quota()

    def counted(scene: Scene) -> None:
        quotas.admit(scene.unit, scene.presence.person, quota, load)
        action(scene)

    try:
        await context.act(counted)
    except OverQuota:
        if await _is_taken(context, load):
            await context.act(counted)


async def _is_taken(context: Context, load: Load) -> bool:
    """Let the store decide; what it does not take is told of once in a wave."""
    quota = context.services.settings.quota()

    def decide(scene: Scene) -> tuple[Verdict, datetime]:
        verdict = quotas.judge(scene.unit, scene.presence.person, quota, load)
        if verdict.limit is not None:
            _tell(scene, context, verdict)
        if verdict.limit is not None and not verdict.put_off:
            scene.replies.react(scene.visit.message_id, arrival_texts.NOT_TAKEN_REACTION)
            scene.unit.inbox.done(scene.visit.bot_id, scene.visit.update_id)
        return verdict, scene.unit.now

    verdict, now = await context.prepare(decide)
    if verdict.limit is None:
        return True
    if verdict.until is not None:
        # By this process's own clock: the store's may be another.
        context.services.turned_away[context.here.person_id] = datetime.now(UTC) + (verdict.until - now)
    if verdict.put_off and verdict.until is not None:
        raise PutOff(verdict.until)
    return False


def _tell(scene: Scene, context: Context, verdict: Verdict) -> None:
    if not verdict.wave or verdict.limit is None:
        return
    settings = context.services.settings
    wait = None if verdict.until is None else verdict.until - scene.unit.now
    if verdict.put_off and wait is not None:
        text = arrival_texts.photos_wait(settings.photos_per_minute, wait)
    else:
        most = settings.photos_per_day if verdict.limit is Limit.DAY else settings.megabytes_per_hour
        text = arrival_texts.not_taken(verdict.limit, most, wait)
    key = f"quota:{scene.visit.bot_id}:{scene.presence.person.id}:{verdict.wave}"
    scene.replies.say(Said(text), to_message=scene.visit.message_id, dedupe=key)


def _load(context: Context, shown: Message, size: int | None) -> Load:
    """Of the message and its file, not of the update: it counts once, however often it is told of."""
    here, photo = context.here, file_in(shown)
    deed = f"{here.bot_id}:{here.chat_id}:{shown.message_id}:{photo.file_unique_id if photo else ''}"
    if size is None:
        file = photo or shown.document
        size = (file.file_size or 0) if file else 0
    # What is no photo is a collection of them: each is counted when it is taken.
    return Load(deed, 1 if photo else 0, size)
