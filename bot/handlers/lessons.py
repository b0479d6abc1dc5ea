"""What is said beside “learned”: that a photo is odd, or all but a copy; and the buttons where two names clash."""

from dataclasses import dataclass

from bot.actions.likeness import Earlier, earlier, rename
from bot.actions.teaching import Received, Taught
from bot.buttons import Press
from bot.context import Scene
from bot.replies import Keyboard, Said
from bot.speech import arrival_texts, texts
from storage import Photo

# Once in so many seconds: whoever sends a series need not hear it of each photo.
BURST = 600


@dataclass(frozen=True, slots=True)
class Remark:
    """A clause below the answer to a lesson, with its buttons; owed as `key` where it is said once per burst."""

    html: str
    keyboard: Keyboard | None = None
    key: str | None = None


def remark(scene: Scene, photo: Photo, received: Received, taught: Taught) -> Remark | None:
    """What there is to say of a lesson's photo, if anything."""
    found = earlier(scene.unit, scene.presence, photo, received.like, taught.label)
    if found is not None and found.conflict:
        clash = "" if taught.others else arrival_texts.seen_before(found, scene.unit.now)
        return Remark(clash, _which_name(scene, photo, found, taught))
    if found is not None:
        return _once(scene, "alike", arrival_texts.seen_before(found, scene.unit.now))
    return _once(scene, "odd", arrival_texts.flawed(received.flaws or ()))


def _which_name(scene: Scene, photo: Photo, found: Earlier, taught: Taught) -> Keyboard:
    other = found.memory.photo_id if found.may_be_renamed else None
    return scene.keyboards.which_name(photo.id, taught.label, other, found.memory.label)


def _once(scene: Scene, what: str, html: str) -> Remark | None:
    visit = scene.visit
    slot = int(scene.unit.now.timestamp()) // BURST
    key = f"{what}:{visit.bot_id}:{visit.chat_id}:{visit.person_id}:{slot}"
    return Remark(html, key=key) if html and not scene.unit.outbox.is_known(key) else None


def on_rename(scene: Scene, press: Press, message_id: int) -> None:
    """One of two photos of the same gets the name of the other."""
    taught = rename(scene.unit, scene.visit, scene.presence, press.thing, press.argument)
    settled = taught.is_learned
    scene.replies.edit(message_id, Said(arrival_texts.now_alike(taught.label) if settled else texts.taught(taught)))


def on_both_stay(scene: Scene, press: Press, message_id: int) -> None:
    scene.replies.edit(message_id, Said(arrival_texts.both_stay()))
