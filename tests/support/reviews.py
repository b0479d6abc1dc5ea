"""A review for tests: lists of suspects as a run would write them, and a reviewer's cards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from storage import JobKind, NewNetwork, NewSuspect, Photo, Reason, Role, Store, SuspectKind, Unit, VoteKind, normalise
from tests.support.bots import Message, Person, World


def photo_of(unit: Unit, message: Message) -> Photo:
    """The photo that a message brought."""
    chat = unit.chats.by_telegram_id(message.chat_id)
    assert chat is not None
    found = unit.photos.by_message(chat.id, message.id)
    assert found is not None
    return found


def list_suspects(
    store: Store,
    kind: SuspectKind,
    *groups: tuple[Message, ...],
    proposal: str | None = None,
    cause: str = "network",
    beside: tuple[Message, ...] = (),
) -> None:
    """Make the list of a kind: a suspect for each group of messages, the worst first."""
    with store.write() as unit:
        classifier = unit.classifiers.default()
        network = unit.networks.latest(classifier.id) or unit.networks.publish(
            silent_network(classifier.id), activate=False
        )
        proposed = unit.labels.find_or_create(classifier.id, proposal).id if proposal else None
        reason: dict[str, Any] = {"cause": cause, "beside": [photo_of(unit, one).id for one in beside]}
        if proposal:
            reason |= {"given": 0.04, "proposed": 0.9}
        found = []
        for messages in groups:
            photos = tuple(photo_of(unit, one).id for one in messages)
            given = unit.votes.standing(photos[0]).label_id
            found.append(NewSuspect(photos, given, proposed, 0.9, reason))
        unit.suspects.renew(classifier.id, network.id, kind, found)


def list_says(store: Store, planted: int, found: int) -> None:
    """Let the lists be made a moment ago, and that of labels have found so many of so many planted ones."""
    with store.write() as unit:
        classifier_id = unit.classifiers.default().id
        unit.jobs.request(JobKind.SUSPECTS, classifier_id, due_at=unit.now)
        job = unit.jobs.claim([JobKind.SUSPECTS], "test", 60)
        assert job is not None
        unit.jobs.finish(job.id, "test", {"network": 1, "counts": {}})
        unit.jobs.add_to_result(job.id, {"recall": {"of": "0" * 64, "planted": planted, "found": found}})


def silent_network(classifier_id: int) -> NewNetwork:
    """A network that never answers: suspects name one, and these tests train none."""
    return NewNetwork(
        classifier_id=classifier_id,
        number=1,
        folder="none",
        embedder="none",
        snapshot_digest="0" * 64,
        labels=(),
        photos=0,
        n=0,
        wrong=0,
        low=0.0,
        high=1.0,
        verdict={"ground": "first"},
        lessons_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


async def opened(world: World, reviewer: Person, words: str = "/review") -> Message:
    """Send the command; the card that comes."""
    sent = await reviewer.send_text(words)
    return await reviewer.wait_for(lambda one: one.from_bot and one.photo is not None, after=sent)


async def pressed(world: World, reviewer: Person, card: Message, button: str) -> tuple[str, Message]:
    """Press a button of a card; the toast, and the same message as it is then."""
    toast = await world.presses(reviewer, await reviewer.refreshed(card), button)
    await world.settled()
    return toast, await reviewer.refreshed(card)


def doubtful_photos(store: Store, pictures: Sequence[bytes], reviewer_id: int) -> list[int]:
    """Keep pictures as imported photos called apple, all of them doubted for leaf, and a reviewer (Telegram's id)."""
    with store.write() as unit:
        classifier = unit.classifiers.default()
        unit.people.set_role(unit.people.meet(reviewer_id, "Owner", Role.OWNER).id, Role.OWNER)
        apple, leaf = (unit.labels.find_or_create(classifier.id, one).id for one in ("apple", "leaf"))
        network = unit.networks.publish(silent_network(classifier.id), activate=False)
    ids = []
    for data in pictures:
        made = normalise(data)
        digest = store.blobs.put(made.data)
        with store.write() as unit:
            photo = unit.photos.add(classifier.id, digest, made, source="import")
            unit.votes.cast(photo.id, None, VoteKind.LABEL, apple, Reason.IMPORT)
            ids.append(photo.id)
    found = []
    for place, one in enumerate(ids):
        beside = [ids[(place + step) % len(ids)] for step in (1, 2, 3)]
        reason = {"cause": "network", "given": 0.04, "proposed": 0.9, "beside": beside}
        found.append(NewSuspect((one,), apple, leaf, 0.9, reason))
    with store.write() as unit:
        unit.suspects.renew(classifier.id, network.id, SuspectKind.LABEL, found)
    return ids
