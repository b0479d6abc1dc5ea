"""A store with people in it: photos, lessons and guesses in one line each."""

import hashlib
from datetime import UTC, datetime
from itertools import count

from storage import (
    Chat,
    Classifier,
    Label,
    Network,
    NewNetwork,
    Person,
    Photo,
    Picture,
    Prediction,
    Reason,
    Role,
    Store,
    Vote,
    VoteKind,
)


class Classroom:
    """Each call is a transaction of its own, as each action of a person is."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._numbers = count(1)
        with store.write() as unit:
            self.classifier: Classifier = unit.classifiers.default()
            self.chat: Chat = unit.chats.enter(-100, kind="group", title="Class")
            self.ann: Person = unit.people.meet(1001, "Ann", Role.TEACHER)
            self.bo: Person = unit.people.meet(1002, "Bo", Role.TEACHER)
            self.cy: Person = unit.people.meet(1003, "Cy", Role.TEACHER)

    def label(self, name: str) -> Label:
        with self.store.write() as unit:
            return unit.labels.find_or_create(self.classifier.id, name)

    def photo(
        self, content: str | None = None, *, owner: Person | None = None, album: str | None = None, message: int = 0
    ) -> Photo:
        """A photo of its own message; the same content is the same picture."""
        number = next(self._numbers)
        picture = picture_of(content or f"content {number}")
        digest = self.store.blobs.put(picture.data)
        with self.store.write() as unit:
            return unit.photos.add(
                self.classifier.id,
                digest,
                picture,
                source="chat",
                owner_id=(owner or self.ann).id,
                chat_id=self.chat.id,
                message_id=message or 10_000 + number,
                album=album,
            )

    def vote(self, photo: Photo, person: Person | None, label: Label | None, *, deed: str | None = None) -> Vote:
        """A vote for a label, or for none of them."""
        kind = VoteKind.LABEL if label else VoteKind.NONE
        with self.store.write() as unit:
            return unit.votes.cast(
                photo.id, person.id if person else None, kind, label.id if label else None, Reason.BUTTON, deed=deed
            )

    def withdraw(self, photo: Photo, person: Person, *, deed: str | None = None) -> Vote:
        with self.store.write() as unit:
            return unit.votes.cast(photo.id, person.id, VoteKind.WITHDRAW, None, Reason.UNDO, deed=deed)

    def lesson(self, name: str, content: str | None = None) -> Photo:
        photo = self.photo(content)
        self.vote(photo, self.ann, self.label(name))
        return photo

    def network(self, number: int = 1, *, activate: bool = True) -> Network:
        with self.store.write() as unit:
            return unit.networks.publish(new_network(self.classifier.id, number), activate=activate)

    def prediction(self, photo: Photo, network: Network, label: Label | None) -> Prediction:
        with self.store.write() as unit:
            return unit.predictions.add(
                photo.id,
                network.id,
                label.id if label else None,
                [(label.id, 0.75)] if label else [],
                asked_by_id=self.ann.id,
                milliseconds=12.5,
            )


def picture_of(content: str) -> Picture:
    """A picture as far as the store looks into it: bytes and numbers."""
    data = f"picture of {content}".encode()
    return Picture(data, 640, 480, hashlib.sha256(b"received " + data).hexdigest())


def new_network(classifier_id: int, number: int) -> NewNetwork:
    return NewNetwork(
        classifier_id=classifier_id,
        number=number,
        folder=f"network-{classifier_id}-{number}",
        embedder="tiny-1",
        snapshot_digest="0" * 64,
        labels=(1, 2),
        photos=20,
        n=20,
        wrong=3,
        low=0.05,
        high=0.36,
        verdict={"shipped": True, "because": "better"},
        lessons_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
