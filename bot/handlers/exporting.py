"""/export: the network as a file, and for owners the data set."""

import secrets
from pathlib import Path

from telegram import Update

from bot.access import permitted
from bot.actions import dataset_zips, packing
from bot.actions.teaching import readiness_of
from bot.buttons import Press
from bot.context import Context, Scene
from bot.errors import FileNotMade
from bot.replies import Said
from bot.speech import export_texts, guides, texts
from bot.speech.wording import plain
from storage import Role

_DATA_SET = ("dataset", "data set", "data")


@permitted(Role.TEACHER)
async def export(update: Update, context: Context) -> None:
    """Hand out the network. Only in private: in a group the file would stay with whoever joins later, too."""
    words, home = " ".join(context.args or []).casefold(), context.services.store.home

    def action(scene: Scene) -> None:
        is_owner = scene.presence.person.role >= Role.OWNER
        if not scene.visit.private:
            _say(scene, Said(guides.export_only_in_private()))
        elif words not in _DATA_SET:
            _send_network(scene, home)
            if is_owner:
                _offer_data_set(scene)
        elif is_owner:
            _send_data_set(scene)
        else:
            _say(scene, Said(texts.not_allowed(Role.OWNER)))

    await context.act(action)


def send_data_set(scene: Scene, press: Press, message_id: int) -> str | None:
    """The button: everybody's photos, so for who answers for them, where nobody else reads along."""
    return plain(guides.export_only_in_private()) if not scene.visit.private else _send_data_set(scene)


def _send_network(scene: Scene, home: Path) -> None:
    try:
        offer = packing.offer(scene.unit, home, scene.presence.classifier_id)
    except FileNotMade as error:
        needs = texts.needs(readiness_of(scene.unit, scene.presence.classifier_id))
        _say(scene, Said(guides.not_packed(error.reason, needs=needs)))
        return
    caption = guides.packed(offer.network, [one.name for one in offer.labels], offer.file_name)
    scene.replies.network(offer.network, offer.file_name, caption)


def _offer_data_set(scene: Scene) -> None:
    try:
        found = dataset_zips.offer(scene.unit, scene.presence.classifier_id)
    except FileNotMade as error:
        if error.reason != "none":
            _say(scene, Said(export_texts.not_made(error.reason)))
        return
    _say(scene, Said(export_texts.offered(found), scene.keyboards.data_set()))


def _send_data_set(scene: Scene) -> str | None:
    """Owe the zips; returns a toast."""
    try:
        found = dataset_zips.offer(scene.unit, scene.presence.classifier_id)
    except FileNotMade as error:
        _say(scene, Said(export_texts.not_made(error.reason)))
        return None
    zips = [(_name(found, number), export_texts.caption(found, number)) for number in range(found.zips)]
    scene.replies.data_set(zips, scene.presence.classifier_id, secrets.token_hex(16))
    return export_texts.on_its_way(found)


def _name(what: dataset_zips.Offer, number: int) -> str:
    return "pupil-data-set.zip" if what.zips == 1 else f"pupil-data-set-{number + 1}-of-{what.zips}.zip"


def _say(scene: Scene, said: Said) -> None:
    scene.replies.say(said, to_message=None if scene.visit.private else scene.visit.message_id)
