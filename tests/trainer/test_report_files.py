"""A report on the disk: galleries show a chat its own photos alone, and what could not be asked is no mistake."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from storage import Reason, Store, VoteKind, normalise, open_store
from tests.support.homes import with_tables
from tests.trainer.conftest import draw, teacher
from trainer import cycle, report_files
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.preprocessing import Pixels
from trainer.recipe import Recipe
from trainer.report_files import MOST_MISTAKES, write_report
from trainer.reporting import Mistake, Report, report_of


@pytest.fixture
def home(tmp_path: Path, embedders: Path, embedder: Embedder) -> Iterator[Store]:
    store = open_store(with_tables(tmp_path / "home"))
    shutil.copytree(embedders, store.home / "embedders")
    for colour in ("red", "green"):
        teacher(store)(colour, 6)
    yield store
    store.close()


def report(store: Store, embedder: Embedder) -> Report:
    for _ in cycle.run(store, 1, Eyes(embedder), Recipe()):
        pass
    return report_of(store, 1)


def sent(store: Store, chat: int, seed: int) -> str:
    """A photo taught in a chat; its digest."""
    picture = normalise(draw("red", 100 + seed))
    digest = store.blobs.put(picture.data)
    with store.write() as unit:
        chat_id = unit.chats.enter(chat, kind="private", title="").id
        photo = unit.photos.add(1, digest, picture, source="chat", chat_id=chat_id, message_id=seed)
        unit.votes.cast(photo.id, None, VoteKind.LABEL, unit.labels.find_or_create(1, "red").id, Reason.IMPORT)
    return digest


def mistakes(digests: list[str]) -> tuple[Mistake, ...]:
    return tuple(Mistake(digest, "red", "green", 0.9, 2.3) for digest in digests)


def test_each_chat_has_a_gallery_of_its_own_photos(home: Store, embedder: Embedder, tmp_path: Path) -> None:
    of_ann, of_bob = [sent(home, 71, seed) for seed in range(3)], [sent(home, 72, seed) for seed in range(3, 5)]
    with home.read() as unit:
        ann, bob = (unit.chats.by_telegram_id(chat) for chat in (71, 72))
        stranger = unit.photos.labelled(1)[0].digest
    assert ann is not None
    assert bob is not None
    found = replace(report(home, embedder), mistakes=mistakes([stranger, *of_ann]))

    written = write_report(found, home, tmp_path / "r", chats=[ann.id, bob.id])

    assert set(written.of_chats) == {ann.id}
    assert written.of_chats[ann.id].read_bytes() != (tmp_path / "r" / "mistakes.png").read_bytes()
    assert json.loads((tmp_path / "r" / "lessons.json").read_text()) == sorted([stranger, *of_ann])
    assert written.facts()["galleries"] == {str(ann.id): str(tmp_path / "r" / f"mistakes-{ann.id}.png")}
    assert not set(of_bob) & set(json.loads((tmp_path / "r" / "lessons.json").read_text()))


def test_a_chat_sees_its_gravest_mistakes_however_grave_those_of_others_are(
    home: Store, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = sent(home, 71, 1)
    with home.read() as unit:
        others = [photo.digest for photo in unit.photos.labelled(1) if photo.digest != own]
        ann = unit.chats.by_telegram_id(71)
    assert ann is not None
    drawn: list[list[str]] = []
    photos = report_files._photos

    def noted(shown: Sequence[Mistake], store: Store) -> Iterator[tuple[Pixels, str, str, float]]:
        drawn.append([one.digest for one in shown])
        return photos(shown, store)

    monkeypatch.setattr(report_files, "_photos", noted)
    found = replace(report(home, embedder), mistakes=mistakes([*others, *others, own]))

    write_report(found, home, tmp_path / "r", chats=[ann.id])

    assert len(drawn[0]) == MOST_MISTAKES
    assert own not in drawn[0]
    assert drawn[1] == [own]


def test_photos_whose_label_came_in_one_album_were_not_asked(home: Store, embedder: Embedder) -> None:
    teacher(home)("blue", 4, album="one")

    found = report(home, embedder)

    assert found.score.n == 12
    assert all(one.truth != "blue" for one in found.mistakes)
