"""“Why?”: the photo with what speaks for the answer lit, and the taught photos most alike."""

from bot.actions import explaining
from bot.actions.asking import Answer
from bot.actions.correcting import find
from bot.buttons import Press
from bot.collage import collage
from bot.context import Context, Scene
from bot.looking.guesser import Loaded
from bot.speech import answers, guides
from storage import Network, NotFound, Photo, StorageError, Store, Unit
from trainer.errors import PictureUnreadable
from trainer.predicting import Explanation
from trainer.preprocessing import Pixels, decode

# Each of the photos below is a third as wide as the one above.
EXAMPLE_SIDE = 200


async def why(context: Context, press: Press) -> str | None:
    """Explain an answer in a message of its own, by the network that answers now; returns the toast."""
    loaded, store, looker = context.services.guesser.loaded, context.services.store, context.services.looker
    if loaded is None:
        return answers.no_network_to_explain()
    try:
        answer, photo, said = await context.look(lambda unit: _asked(unit, context, press.thing, loaded.network))
        explanation = await looker.run(lambda: _explain(store, loaded, photo, said))
    except (NotFound, PictureUnreadable):
        return guides.photo_gone()
    examples = await context.look(
        lambda unit: explaining.examples(unit, explaining.present(unit, context.here), explanation.guess.nearest)
    )
    drawn = await looker.run(lambda: _draw(store, explanation, examples))

    def action(scene: Scene) -> str | None:
        names = scene.unit.labels.answerable(scene.presence.classifier_id)
        caption = answers.explained(explanation, answer, loaded.network, names, examples)
        dedupe = f"why:{answer.prediction.id}:{loaded.network.id}"
        owed = scene.replies.photo(drawn, "why.jpg", caption, to_message=photo.message_id, dedupe=dedupe)
        return None if owed else answers.explained_already()

    return await context.act(action)


def _asked(unit: Unit, context: Context, prediction_id: int, network: Network) -> tuple[Answer, Photo, int | None]:
    """The answer, its photo, and its label as the network knows it, from before a merging maybe."""
    found = find(unit, explaining.present(unit, context.here), prediction_id)
    labels = unit.labels.answerable(network.classifier_id)
    known = (key for key in network.labels if found.label is not None and labels.get(key) == found.label)
    return found, unit.photos.get(found.prediction.photo_id), next(known, None)


def _explain(store: Store, loaded: Loaded, photo: Photo, label_id: int | None) -> Explanation:
    return loaded.predictor.explain(store.blobs.read(photo.digest), label_id)


def _draw(store: Store, explanation: Explanation, examples: list[explaining.Example]) -> bytes:
    return collage(explanation.picture, [_pixels(store, one.digest) for one in examples])


def _pixels(store: Store, digest: str | None) -> Pixels | None:
    """The picture of an example, small; None for one that is not shown, or was deleted a moment ago."""
    if digest is None:
        return None
    try:
        return decode(store.blobs.read(digest), EXAMPLE_SIDE)
    except (StorageError, PictureUnreadable):
        return None
