"""`pupil status`: how things stand, whatever people call what they teach."""

from __future__ import annotations

from storage import Reason, Store, VoteKind, normalise
from tests.bot.cli.conftest import run
from tests.support.networks import picture


def teach(store: Store, name: str, seed: int) -> None:
    made = normalise(picture("apple", seed))
    digest = store.blobs.put(made.data)
    with store.write() as unit:
        classifier_id = unit.classifiers.default().id
        photo = unit.photos.add(classifier_id, digest, made, source="import")
        label = unit.labels.find_or_create(classifier_id, name)
        unit.votes.cast(photo.id, None, VoteKind.LABEL, label.id, Reason.IMPORT)


def test_labels_are_shown_as_they_are_and_are_no_markup(store: Store) -> None:
    for seed, name in enumerate(("[/b]", "[red]rose[/red]", ":smile:")):
        teach(store, name, seed)

    shown = run("status")

    assert shown.code == 0
    for name in ("[/b]", "[red]rose[/red]", ":smile:"):
        assert name in shown.out
