"""Transactions are all or nothing, records are facts, and the files are for their owner's eyes only."""

import dataclasses
import json
import os
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Row, Table, create_engine, select
from sqlalchemy.exc import StatementError

import storage
from storage import JobKind, Role, Store, StoreBusy, Swept, open_store, records
from storage.columns import UtcDateTime
from tests.storage.classroom import Classroom, picture_of
from tests.storage.conftest import HandClock
from tests.storage.places import Place


@pytest.fixture
def lax_umask() -> Iterator[None]:
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def break_off(unit: storage.Unit) -> None:
        unit.people.meet(1, "Ann", Role.GUEST)
        raise RuntimeError

    with pytest.raises(RuntimeError), store.write() as unit:
        break_off(unit)

    with store.read() as unit:
        assert unit.people.count() == 0


def test_what_is_written_while_reading_is_not_kept(store: Store) -> None:
    try:
        with store.read() as unit:
            unit.people.meet(1, "Ann", Role.GUEST)
    except storage.StoreReadOnly:  # PostgreSQL takes reading at its word.
        pass

    with store.read() as unit:
        assert unit.people.count() == 0


def test_a_reader_sees_one_moment_however_long_it_reads(store: Store) -> None:
    with store.read() as unit:
        assert unit.people.count() == 0
        with store.write() as other:
            other.people.meet(1, "Ann", Role.GUEST)
        assert unit.people.count() == 0

    with store.read() as unit:
        assert unit.people.count() == 1


def test_a_fault_of_the_caller_is_not_taken_for_one_of_the_database(store: Store) -> None:
    with pytest.raises(PermissionError), store.write():
        raise PermissionError(13, "not ours")


def test_many_threads_may_write_at_once(store: Store) -> None:
    faults: list[BaseException] = []

    def write(first: int) -> None:
        try:
            for number in range(first, first + 20):
                with store.write() as unit:
                    unit.people.meet(number, "Ann", Role.GUEST)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(number * 100 + 1,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    with store.read() as unit:
        assert unit.people.count() == 120


@pytest.mark.sqlite_only
def test_a_thread_that_does_not_end_its_writing_makes_others_busy_and_no_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.store.BUSY_TIMEOUT_MS", 50)
    monkeypatch.setattr("storage.engine.BUSY_TIMEOUT_MS", 50)
    begun, end = threading.Event(), threading.Event()

    def write_for_long() -> None:
        with store.write() as unit:
            unit.people.meet(1, "Ann", Role.GUEST)
            begun.set()
            assert end.wait(30)

    writer = threading.Thread(target=write_for_long)
    writer.start()
    assert begun.wait(30)
    try:
        with pytest.raises(StoreBusy), store.write():
            pass
        with store.read() as unit:
            assert unit.people.by_telegram_id(1) is None
    finally:
        end.set()
        writer.join()
    with store.write() as unit:
        assert unit.people.by_telegram_id(1) is not None


def test_every_record_is_frozen() -> None:
    found = [kind for kind in vars(records).values() if dataclasses.is_dataclass(kind) and isinstance(kind, type)]
    assert len(found) > 15

    for kind in [*found, storage.Picture, storage.RawUpdate, Swept]:
        assert kind.__dataclass_params__.frozen, kind  # type: ignore[attr-defined]


def test_no_row_leaves_the_store(room: Classroom) -> None:
    photo = room.lesson("daisy")
    guess = room.prediction(photo, room.network(), room.label("daisy"))
    with room.store.write() as unit:
        handed_out: list[object] = [
            *unit.labels.all(room.classifier.id),
            *unit.labels.counts(room.classifier.id),
            *unit.photos.labelled(room.classifier.id),
            *unit.photos.of_person(room.ann.id),
            *unit.votes.of_photo(photo.id),
            *unit.predictions.of_photo(photo.id),
            *unit.people.with_role(Role.GUEST),
            unit.votes.standing(photo.id),
            unit.networks.active(room.classifier.id),
            unit.chats.get(room.chat.id),
            unit.jobs.request(JobKind.FIT, room.classifier.id, due_at=unit.now),
            guess,
        ]

    assert len(handed_out) > 10
    assert all(dataclasses.is_dataclass(one) and not isinstance(one, Row) for one in handed_out)


def test_moments_come_back_in_utc_whatever_zone_they_had(tmp_path: Path) -> None:
    table = Table("t", MetaData(), Column("at", UtcDateTime()))
    engine = create_engine(f"sqlite:///{tmp_path / 'moments.db'}")
    moment = datetime(2026, 3, 1, 1, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    try:
        with engine.begin() as connection:
            table.create(connection)
            connection.execute(table.insert().values(at=moment))
            connection.execute(table.insert().values(at=None))
            found = connection.execute(select(table.c.at)).scalars().all()
            with pytest.raises(StatementError, match="without a time zone"):
                connection.execute(table.insert().values(at=moment.replace(tzinfo=None)))
    finally:
        engine.dispose()

    assert found == [moment, None]
    assert found[0] is not None
    assert found[0].tzinfo is UTC


def test_a_stored_moment_is_utc_and_exact(room: Classroom, clock: HandClock) -> None:
    clock.now = clock.now.astimezone(timezone(timedelta(hours=-3))) + timedelta(microseconds=1)

    photo = room.photo()

    assert photo.created_at == clock.now
    assert photo.created_at.tzinfo is UTC


def test_a_number_is_never_given_again(room: Classroom) -> None:
    photo = room.photo()
    with room.store.write() as unit:
        unit.photos.remove([photo.id])

    assert room.photo().id > photo.id


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("lax_umask")
def test_files_are_for_their_owner_only_even_with_a_lax_umask(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    store = open_store(home)
    room = Classroom(store)
    room.photo()
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [home, *home.rglob("*")]}
    store.close()

    assert {path.name for path in modes} >= {"pupil.db", "pupil.db-wal", "photos", "tmp", "migrate.lock"}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


@pytest.mark.sqlite_only
def test_a_database_that_everybody_could_read_is_closed(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    (tmp_path / "pupil.db").chmod(0o644)

    open_store(tmp_path).close()

    assert stat.S_IMODE((tmp_path / "pupil.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["a folder", "what?", "100%", "ünï", "a#b", "-x"])
def test_the_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    store = open_store(tmp_path / name)
    with store.write() as unit:
        unit.people.meet(1, "Ann", Role.GUEST)
    store.close()

    assert (tmp_path / name / "pupil.db").stat().st_size > 0


def test_a_blob_is_found_by_its_digest(store: Store) -> None:
    digest = store.blobs.put(b"pixels")

    assert store.blobs.read(digest) == b"pixels"
    assert store.blobs.put(b"pixels") == digest
    assert list(store.blobs.digests()) == [digest]


def test_a_blob_that_changed_is_damage_and_storing_it_again_mends_it(store: Store) -> None:
    digest = store.blobs.put(b"pixels")
    store.blobs.path(digest).write_bytes(b"pixelz")

    with pytest.raises(storage.StoreDamaged):
        store.blobs.read(digest)
    store.blobs.put(b"pixels")

    assert store.blobs.read(digest) == b"pixels"


def test_a_blob_that_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(storage.NotFound):
        store.blobs.read("0" * 64)
    store.blobs.remove("0" * 64)


def test_a_discarded_blob_stays_if_somebody_sent_the_same_picture_again(room: Classroom) -> None:
    photo = room.photo("same")
    with room.store.write() as unit:
        orphans = unit.photos.remove([photo.id])
    again = room.photo("same")

    assert room.store.discard(orphans) == 0

    assert room.store.blobs.read(again.digest)


def test_a_discarded_blob_is_gone(room: Classroom) -> None:
    photos = [room.photo() for _ in range(3)]
    with room.store.write() as unit:
        orphans = unit.photos.remove([photo.id for photo in photos])

    assert room.store.discard(orphans) == 3
    assert room.store.discard(orphans) == 0
    assert list(room.store.blobs.digests()) == []


def test_a_picture_discarded_between_its_storing_and_its_row_is_asked_for_again(room: Classroom) -> None:
    picture = picture_of("same")
    digest = room.store.blobs.put(picture.data)
    room.store.discard([digest])

    with pytest.raises(storage.NotFound), room.store.write() as unit:
        unit.photos.add(room.classifier.id, digest, picture, source="chat")


def test_sweeping_removes_what_killed_processes_left_and_nothing_else(where: Place) -> None:
    clock = HandClock()
    clock.now = datetime.now(UTC)
    store = where.open(clock)
    room = Classroom(store)
    kept = room.photo()
    unnamed = store.blobs.put(b"stored, and then killed")
    (where.home / "photos" / "tmp" / "half").write_bytes(b"hal")

    assert store.sweep() == Swept(unfinished=0, unnamed=0)
    clock.wait(2 * 3600)
    assert store.sweep() == Swept(unfinished=1, unnamed=1)
    assert store.sweep() == Swept(unfinished=0, unnamed=0)

    assert list(store.blobs.digests()) == [kept.digest]
    assert not store.blobs.has(unnamed)
    store.close()


def test_a_blob_stored_again_is_fresh_for_the_sweeper(store: Store) -> None:
    digest = store.blobs.put(b"pixels")
    os.utime(store.blobs.path(digest), (0, 0))

    store.blobs.put(b"pixels")

    assert list(store.blobs.digests(older_than=1_000)) == []


def test_settings_do_not_show_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUPIL_DATABASE", "postgresql://pupil:hunter2@host/pupil")

    settings = storage.StorageSettings(_env_file=None)

    assert "hunter2" not in repr(settings) + str(settings) + json.dumps(settings.model_dump(mode="json"))
    assert settings.database_url() == "postgresql://pupil:hunter2@host/pupil"
