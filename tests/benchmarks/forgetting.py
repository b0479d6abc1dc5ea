"""How long deleting all that somebody sent takes, and how long everybody else waits for the store meanwhile.

    python -m tests.benchmarks.forgetting [--photos 20000]

A home is filled with the rows of so many photos of one person: each with its lesson, vector and answer, and a small
file. What `/mydata` shows and what “Delete for good” does is timed as it was done photo by photo, in one transaction,
and as it is done now, on a copy of the same home. Another process writes all the while, and says how long it had to
wait at most; an answer to a photo waits so long too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, delete, event, select

from bot.actions import forgetting, self_service
from bot.visit import Presence
from storage import CollectionKind, Role, Store, StoreBusy, Unit, open_store
from storage.collection_tables import collected
from storage.dataset_tables import dataset_photo
from storage.opinion_tables import opinion
from storage.tables import blob, embedding, photo, prediction, standing, vote
from tests.storage.classroom import new_network

DIMENSION, LABELS, CHUNK = 1280, 24, 5_000
TELEGRAM_ID = 77


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--photos", type=int, default=20_000)
    command.add_argument("--now-only", action="store_true", help="leave out how it was")
    asked = command.parse_args()
    with tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
        first, second = Path(passing) / "first", Path(passing) / "second"
        store = open_store(first)
        fill(store, asked.photos)
        store.close()
        shutil.copytree(first, second)
        if not asked.now_only:
            measure("photo by photo", first, _show_one_by_one, _forget_one_by_one)
        measure("now", second, _show, _forget)


def measure(name: str, home: Path, show: Callable[[Store], int], forget: Callable[[Store], int]) -> None:
    """Print how both go, each beside a process that writes."""
    store = open_store(home)
    for what, work in (("/mydata", show), ("deleting", forget)):
        held, asked = _watched(store)
        with _Neighbour(home) as neighbour:
            started, busy = time.perf_counter(), time.process_time()
            photos = work(store)
            seconds, worked = time.perf_counter() - started, time.process_time() - busy
        print(
            f"{name}: {what} of {photos} photos: {seconds:.1f} s ({worked:.1f} of processor time), {asked[0]} "
            f"statements; longest write transaction {max(held, default=0):.2f} s, another process waited up to "
            f"{neighbour.longest:.2f} s and was refused {neighbour.refused} times",
            flush=True,
        )
    with store.read() as unit:
        assert unit.people.by_telegram_id(TELEGRAM_ID) is None
    assert not list(store.blobs.digests())
    store.close()


class _Neighbour:
    """Another process that writes a word a hundred times a second."""

    def __init__(self, home: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._end, self._ready, self._told = context.Event(), context.Event(), context.SimpleQueue()
        self._process = context.Process(target=_write_on, args=(home, self._ready, self._end, self._told))

    def __enter__(self) -> _Neighbour:
        self._process.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.longest, self.refused = self._told.get()
        self._process.join()


def _write_on(home: Path, ready: Event, end: Event, told: multiprocessing.SimpleQueue[tuple[float, int]]) -> None:
    store, longest, refused = open_store(home), 0.0, 0
    ready.set()
    while not end.is_set():
        started = time.perf_counter()
        try:
            with store.write() as unit:
                unit.heartbeats.beat("neighbour", "writing")
        except StoreBusy:
            refused += 1
        longest = max(longest, time.perf_counter() - started)
        time.sleep(0.01)
    store.close()
    told.put((longest, refused))


def _watched(store: Store) -> tuple[list[float], list[int]]:
    """How long each transaction that writes holds the lock from now on, and how many statements there are."""
    held, asked, begun = [], [0], [0.0]
    writing = store._writing

    @event.listens_for(store._engine, "begin")
    def _begin(_: object) -> None:
        begun[0] = time.perf_counter()

    @event.listens_for(store._engine, "before_cursor_execute")
    def _ask(*_: object) -> None:
        asked[0] += 1

    @contextmanager
    def timed() -> Iterator[Connection]:
        with writing() as connection:
            yield connection
        # With the disk's own time: the lock is held until what was written is durable.
        held.append(time.perf_counter() - begun[0])

    store._writing = timed  # type: ignore[method-assign]
    return held, asked


def _presence(unit: Unit) -> Presence:
    person, chat = unit.people.by_telegram_id(TELEGRAM_ID), unit.chats.by_telegram_id(TELEGRAM_ID)
    assert person is not None
    assert chat is not None
    return Presence(person, chat)


def _show(store: Store) -> int:
    with store.read() as unit:
        mine = self_service.my_data(unit, _presence(unit))
    assert json.loads(mine.document())["photos"]
    return mine.photos


def _show_one_by_one(store: Store) -> int:
    """What stood in the document was asked for each photo, in a transaction that writes."""
    with store.write() as unit:
        for one in unit.photos.of_person(_presence(unit).person.id):
            unit.votes.standing(one.id)
            unit.opinions.of(one.id)
        mine = self_service.my_data(unit, _presence(unit))
        json.dumps(mine.chapters, ensure_ascii=False, indent=1)
    return mine.photos


def _forget(store: Store) -> int:
    with store.read() as unit:
        presence = _presence(unit)
    with store.write() as unit:
        begun = forgetting.begin(unit, presence, "benchmark")
    while forgetting.forget_some(store, begun):
        pass
    with store.write() as unit:
        gone = self_service.forget(unit, presence, Role.TEACHER)
    store.discard(gone.orphans)
    return begun.photos


def _forget_one_by_one(store: Store) -> int:
    """Photos, their messages and the votes on them went one after the other, all in one transaction."""
    with store.write() as unit:
        presence = _presence(unit)
        ask = unit.photos._connection.execute
        photos = unit.photos.of_person(presence.person.id)
        unit.networks.note_deletion(presence.classifier_id, presence.person.id)
        for one in photos:
            unit.photos.note_deleted([one])
        orphans = []
        for one in photos:
            digest = unit.photos.get(one.id).digest
            unit.photos._lock_blob(digest)
            ask(delete(photo).where(photo.c.id == one.id))
            if ask(select(photo.c.id).where(photo.c.digest == digest).limit(1)).first() is None:
                ask(delete(blob).where(blob.c.digest == digest))
                orphans.append(digest)
        self_service.forget(unit, presence, Role.TEACHER)
    store.discard(orphans)
    return len(photos)


def fill(store: Store, count: int) -> None:
    """Put in so many photos of one person that came as a zip, each taught, embedded and answered, with a small file."""
    with store.write() as unit:
        classifier, now = unit.classifiers.default().id, unit.now
        labels = [unit.labels.find_or_create(classifier, f"label-{number:02}").id for number in range(LABELS)]
        person = unit.people.meet(TELEGRAM_ID, "Ann", Role.TEACHER).id
        chat = unit.chats.enter(TELEGRAM_ID, kind="private", title="Ann").id
        network = unit.networks.publish(new_network(classifier, 1), activate=True).id
        came = unit.collections.begin(
            classifier_id=classifier, person_id=person, chat_id=chat, bot_id=1, message_id=1, deed="zip",
            kind=CollectionKind.ZIP, name="all.zip", label=None, parcel=None, size=1,
        ).id  # fmt: skip
    ids = {"classifier": classifier, "person": person, "chat": chat, "network": network, "collection": came}
    rng = np.random.default_rng(1)
    for start in range(0, count, CHUNK):
        _fill_some(store, range(start + 1, min(start + CHUNK, count) + 1), labels, ids, now, rng)


def _fill_some(
    store: Store, some: range, labels: list[int], ids: dict[str, int], now: datetime, rng: np.random.Generator
) -> None:
    guess = [[key, round(1 / LABELS, 6)] for key in labels]
    digests = {number: _small_file(store, rng.bytes(64)) for number in some}
    named = {number: labels[number % LABELS] for number in some}
    made = {"size": 200_000, "kind": "jpeg", "width": 1280, "height": 960, "created_at": now, "sketch": bytes(64)}
    kept = {
        "classifier_id": ids["classifier"],
        "source": "chat",
        "owner_id": ids["person"],
        "chat_id": ids["chat"],
        "created_at": now,
    }
    said = {"person_id": ids["person"], "kind": "label", "reason": "collection", "created_at": now}
    answer = {"network_id": ids["network"], "probabilities": guess, "asked_by_id": ids["person"], "created_at": now}
    with store._engine.begin() as connection:
        connection.execute(blob.insert(), [{"digest": digest} | made for digest in digests.values()])
        connection.execute(photo.insert(), [
            {"id": number, "digest": digest, "received_digest": digest[::-1], "group_key": digest,
             "name": f"{number}.jpg", "fold": number % 5, "message_id": number} | kept
            for number, digest in digests.items()
        ])  # fmt: skip
        connection.execute(vote.insert(), [
            {"id": one, "photo_id": one, "label_id": named[one], "deed": f"zip:{one}"} | said for one in some
        ])  # fmt: skip
        connection.execute(standing.insert(), [
            {"photo_id": one, "label_id": named[one], "state": "taught", "voters": 1} for one in some
        ])  # fmt: skip
        connection.execute(opinion.insert(), [
            {"photo_id": one, "label_id": named[one], "probability": 0.9, "settled": "taught", "vote_id": one,
             "likely": []} for one in some
        ])  # fmt: skip
        connection.execute(embedding.insert(), [
            {"digest": digest, "embedder": "tiny-1", "vector": rng.bytes(4 * DIMENSION)}
            for digest in digests.values()
        ])  # fmt: skip
        connection.execute(prediction.insert(), [
            {"photo_id": one, "label_id": named[one], "milliseconds": 9.0} | answer for one in some
        ])  # fmt: skip
        connection.execute(dataset_photo.insert(), [
            {"photo_id": one, "since": 1, "label_id": named[one]} for one in some
        ])  # fmt: skip
        connection.execute(collected.insert(), [
            {"collection_id": ids["collection"], "position": one, "name": f"some/folder/{one}.jpg", "label": "label",
             "outcome": "new", "photo_id": one} for one in some
        ])  # fmt: skip


def _small_file(store: Store, data: bytes) -> str:
    """Keep a blob without making sure that it outlives the machine's loss of power."""
    digest = hashlib.sha256(data).hexdigest()
    store.blobs.path(digest).write_bytes(data)
    return digest


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
