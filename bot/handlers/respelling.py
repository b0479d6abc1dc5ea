"""“Did you mean …?” below a lesson or a second opinion, and its buttons."""

import hashlib

from bot import keyboards as keys
from bot.actions import respelling
from bot.buttons import Press
from bot.context import Scene
from bot.keyboards import Keyboards
from bot.replies import Keyboard, Said
from bot.speech import naming_texts
from storage import Label, NotFound, key_of


def ask_what_was_meant(
    scene: Scene, photo_id: int, label: Label, text: str, *, photos: int, searched: bool = False
) -> None:
    """Ask once for a label and person, however many photos come with the name; and once tell of a former name.

    `photos` have the label by now, this one among them.
    """
    former = scene.unit.labels.former(scene.presence.classifier_id, text)
    if former is not None:
        told = hashlib.sha256(key_of(former).encode()).hexdigest()[:16]
        dedupe = f"former:{label.id}:{told}:{scene.presence.person.id}"
        said = Said(naming_texts.former_name(former, label))
        scene.replies.say(said, to_message=scene.visit.message_id, dedupe=dedupe)
    if former is not None or label.is_retired:
        return
    found = respelling.doubt(scene.unit, scene.presence, label, photos=photos, searched=searched)
    if found is not None:
        said = Said(naming_texts.did_you_mean(found), _choices(scene.keyboards, found, photo_id))
        dedupe = f"{_key(label.id)}{scene.presence.person.id}"
        scene.replies.say(said, to_message=scene.visit.message_id, dedupe=dedupe)


def move(scene: Scene, press: Press, message_id: int) -> str:
    """“[sunflower]”."""
    _check_message(scene, message_id)
    moved = respelling.move(scene.unit, scene.visit, scene.presence, press.thing, press.argument)
    scene.replies.edit(message_id, Said(naming_texts.moved(moved)))
    return "Thank you!"


def keep(scene: Scene, press: Press, message_id: int) -> None:
    """“[keep sunflwoer]”."""
    _check_message(scene, message_id)
    label = scene.unit.labels.get(press.thing)
    if label.classifier_id != scene.presence.classifier_id:
        raise NotFound("label", label.id)
    scene.replies.edit(message_id, Said(naming_texts.kept(label)))


def _choices(keyboards: Keyboards, what: respelling.Doubt, photo_id: int) -> Keyboard:
    meant = [[keyboards.button(one.name, keys.MEANT, photo_id, one.id)] for one in what.meant]
    return [*meant, [keyboards.button(f"Keep {what.written.name}", keys.KEEP_NAME, what.written.id)]]


def _check_message(scene: Scene, message_id: int) -> None:
    """These buttons stand below such a question only, where it is known what a message asks."""
    key = scene.unit.outbox.dedupe_of(scene.visit.bot_id, scene.visit.chat_id, message_id)
    if key is not None and not key.startswith(_PREFIX):
        raise NotFound("label", message_id)


_PREFIX = "meant:"


def _key(label_id: int) -> str:
    return f"{_PREFIX}{label_id}:"
