"""Whatever a driver or the system raises leaves the store as one of its own errors, without anybody's words."""

import errno
import os
import resource
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

import storage.engine
from storage import (
    Role,
    StorageError,
    Store,
    StoreBusy,
    StoreConflict,
    StoreDamaged,
    StoreFull,
    StoreOutdated,
    StoreReadOnly,
    StoreUnavailable,
    WriteNotDurable,
    open_store,
)
from storage.engine import open_engine, sqlite_module
from storage.faults import translated
from tests.storage.classroom import Classroom, picture_of
from tests.storage.places import Place

SECRET = "hunter2"


def raising(code: int) -> Callable[[int], None]:
    def fail(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.EIO, WriteNotDurable),
        (errno.ENOSPC, StoreFull),
        (errno.EDQUOT, StoreFull),
        (errno.EROFS, WriteNotDurable),
    ],
)
def test_an_fsync_that_fails_stores_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, code: int, expected: type[StorageError]
) -> None:
    monkeypatch.setattr(os, "fsync", raising(code))

    with pytest.raises(expected):
        store.blobs.put(b"pixels")

    assert list(store.blobs.digests()) == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.ENOSPC, StoreFull),
        (errno.EFBIG, StoreFull),
        (errno.EROFS, StoreReadOnly),
        (errno.EACCES, StoreReadOnly),
        (errno.EIO, StoreUnavailable),
        (errno.EMFILE, StoreUnavailable),
    ],
)
def test_a_photo_folder_that_cannot_be_written(
    store: Store, monkeypatch: pytest.MonkeyPatch, code: int, expected: type[StorageError]
) -> None:
    def fail(*_arguments: object) -> int:
        raise OSError(code, os.strerror(code), "/home/somebody")

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", fail)
        with pytest.raises(expected) as caught:
            store.blobs.put(b"pixels")

    assert type(caught.value) is expected
    assert "somebody" not in str(caught.value)
    assert list(store.blobs.digests()) == []


def test_a_photo_folder_that_is_gone_is_no_crash(store: Store) -> None:
    (store.home / "photos" / "tmp").rmdir()

    with pytest.raises(StoreUnavailable):
        store.blobs.put(b"pixels")


SQLITE_FAULTS = [
    (sqlite3.SQLITE_BUSY, StoreBusy),
    (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreBusy),
    (sqlite3.SQLITE_LOCKED, StoreBusy),
    (sqlite3.SQLITE_PROTOCOL, StoreBusy),
    (sqlite3.SQLITE_READONLY, StoreReadOnly),
    (sqlite3.SQLITE_READONLY_DIRECTORY, StoreReadOnly),
    (sqlite3.SQLITE_CANTOPEN, StoreReadOnly),
    (sqlite3.SQLITE_FULL, StoreFull),
    (sqlite3.SQLITE_CORRUPT, StoreDamaged),
    (sqlite3.SQLITE_NOTADB, StoreDamaged),
    (sqlite3.SQLITE_IOERR_FSYNC, WriteNotDurable),
    (sqlite3.SQLITE_IOERR_DIR_FSYNC, WriteNotDurable),
    (sqlite3.SQLITE_IOERR, WriteNotDurable),
    (sqlite3.SQLITE_IOERR_WRITE, StoreUnavailable),
    (sqlite3.SQLITE_CONSTRAINT_UNIQUE, StoreConflict),
    (sqlite3.SQLITE_TOOBIG, StoreConflict),
    (sqlite3.SQLITE_NOMEM, StoreUnavailable),
]


@pytest.mark.parametrize(("code", "expected"), SQLITE_FAULTS)
def test_faults_of_sqlite(code: int, expected: type[StorageError]) -> None:
    fault = sqlite3.OperationalError("what SQLite says")
    fault.sqlite_errorcode, fault.sqlite_errorname = code, "SQLITE_NAME"

    with pytest.raises(StorageError) as caught, translated():
        raise OperationalError("SELECT", {}, fault)

    assert type(caught.value) is expected
    assert str(caught.value) == "SQLITE_NAME what SQLite says"


POSTGRES_FAULTS = [
    (psycopg.errors.DeadlockDetected, StoreBusy),
    (psycopg.errors.LockNotAvailable, StoreBusy),
    (psycopg.errors.SerializationFailure, StoreBusy),
    (psycopg.errors.TooManyConnections, StoreBusy),
    (psycopg.errors.DiskFull, StoreFull),
    (psycopg.errors.ReadOnlySqlTransaction, StoreReadOnly),
    (psycopg.errors.InsufficientPrivilege, StoreReadOnly),
    (psycopg.errors.UndefinedTable, StoreDamaged),
    (psycopg.errors.DataCorrupted, StoreDamaged),
    (psycopg.errors.UniqueViolation, StoreConflict),
    (psycopg.errors.ForeignKeyViolation, StoreConflict),
    (psycopg.errors.StringDataRightTruncation, StoreConflict),
    (psycopg.errors.AdminShutdown, StoreUnavailable),
    (psycopg.OperationalError, StoreUnavailable),
]


@pytest.mark.parametrize(("fault", "expected"), POSTGRES_FAULTS)
def test_faults_of_postgresql_whatever_its_language(fault: type[psycopg.Error], expected: type[StorageError]) -> None:
    with pytest.raises(StorageError) as caught, translated():
        raise DBAPIError("SELECT", {}, fault("etwas ging schief\nDETAIL: (geheim)"))

    assert type(caught.value) is expected
    assert "geheim" not in str(caught.value)


def test_a_broken_rule_tells_nobodys_words(room: Classroom) -> None:
    room.photo(SECRET)
    picture = picture_of(SECRET)
    digest = room.store.blobs.put(picture.data)

    with pytest.raises(StoreConflict) as caught, room.store.write() as unit:
        unit.photos.add(4711, digest, picture, source="chat", name=SECRET)

    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.sqlite_only
def test_a_lock_held_for_too_long_is_busy(where: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.engine, "BUSY_TIMEOUT_MS", 100)
    one, other = where.open(), where.open()

    with one.write() as unit:
        unit.people.meet(1, "Ann", Role.GUEST)
        with pytest.raises(StoreBusy), other.write():
            pass

    one.close()
    other.close()


@pytest.mark.sqlite_only
def test_a_full_database_is_full_and_works_again_with_space(store: Store) -> None:
    with store.write() as unit:
        unit.people.meet(1, "Ann", Role.GUEST)
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    with pytest.raises(StoreFull), store.write() as unit:
        unit.outbox.owe(1, 1, "sendPhoto", {}, attachment=b"x" * 1_000_000)

    with store._engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 1_000}")
    with store.write() as unit:
        unit.outbox.owe(1, 1, "sendPhoto", {}, attachment=b"x" * 1_000_000)


LIMITED = """
import resource, signal, sys
from pathlib import Path
from storage import Role, StoreUnavailable, WriteNotDurable, open_store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
said = []
try:
    store.blobs.put(b"x" * 300_000)
except StoreUnavailable as error:
    said.append(type(error).__name__)
try:
    with store.write() as unit:
        unit.outbox.owe(1, 1, "sendPhoto", {}, attachment=b"x" * 1_000_000)
except (StoreUnavailable, WriteNotDurable) as error:
    said.append("database")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with store.write() as unit:
    unit.people.meet(1, "Ann", Role.GUEST)
store.check()
print(*said, len(list(store.blobs.digests())), len(list((store.home / "photos" / "tmp").iterdir())))
"""


@pytest.mark.sqlite_only
@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_FSIZE)[1] != resource.RLIM_INFINITY, reason="files are limited here already"
)
def test_a_limit_on_files_is_a_full_disk_and_nothing_half_stays(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path / "home"], capture_output=True, text=True, check=False
    )

    assert done.stdout.split() == ["StoreFull", "database", "0", "0"], done.stderr


@pytest.mark.sqlite_only
def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    (tmp_path / "pupil.db").write_bytes(b"these are no tables at all" * 500)

    with pytest.raises(StoreDamaged):
        open_store(tmp_path)


@pytest.mark.sqlite_only
def test_a_database_with_flipped_bytes_fails_its_check(where: Place) -> None:
    store = where.open()
    with store.write() as unit:
        for number in range(500):
            unit.people.meet(number, f"Person {number}", Role.GUEST)
    store.check()
    store.close()
    file = where.home / "pupil.db"
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :: 97] = bytes(len(content[len(content) // 2 :: 97]))
    file.write_bytes(content)

    with pytest.raises(StoreDamaged), closing(where.open()) as store:
        store.check()


@pytest.mark.sqlite_only
def test_a_row_that_names_one_that_is_not_there_fails_the_check(store: Store) -> None:
    with closing(sqlite_module().connect(store.home / "pupil.db")) as connection, connection:
        connection.execute("INSERT INTO standing VALUES (4711, NULL, 'taught', 1)")

    with pytest.raises(StoreDamaged, match="row 4711 of standing names no photo"):
        store.check()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_home_that_may_not_be_written_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(StoreReadOnly):
        open_store(tmp_path / "home")


@pytest.mark.sqlite_only
def test_a_write_to_a_read_only_database_is_read_only(store: Store) -> None:
    with store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")

    with pytest.raises(StoreReadOnly), store.write() as unit:
        unit.people.meet(1, "Ann", Role.GUEST)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://pupil:hunter2@host/pupil", StoreOutdated),
        (f"postgresql://pupil:{SECRET}/x@host:port/pupil", StoreUnavailable),
        (f"not a url {SECRET}", StoreUnavailable),
        (f"postgresql://pupil:{SECRET}@127.0.0.1:1/pupil", StoreUnavailable),
    ],
)
def test_a_database_that_cannot_be_opened_does_not_tell_its_password(
    tmp_path: Path, url: str, expected: type[StorageError]
) -> None:
    with pytest.raises(expected) as caught:
        open_store(tmp_path / "home", url)

    assert type(caught.value) is expected
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(StoreOutdated, match=r"pupil\[postgres\]"):
        open_engine("postgresql://pupil@host/pupil")


def test_more_threads_than_connections_wait_for_each_other(store: Store) -> None:
    done: list[int] = []

    def read(number: int) -> None:
        with store.read() as unit:
            done.append(number)
            assert unit.people.count() == 0

    threads = [threading.Thread(target=read, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == list(range(40))
