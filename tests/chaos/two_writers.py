"""Bot and trainer at once: two processes write as fast as they can while a third reads for long.

`python -m tests.chaos.two_writers` runs 10,000 transactions and prints what they waited; `--own-sqlite` runs them on
Python's own SQLite instead of the pysqlite3 wheel, where the rollback journal takes the place of the write-ahead log.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from storage import JobKind, RawUpdate, Role, StoreBusy, open_store
from storage.engine import sqlite_module

LONGEST_WAIT_MS = 500.0


@dataclass(frozen=True)
class Outcome:
    """What all writers went through, in milliseconds."""

    transactions: int
    busy: int
    median: float
    p99: float
    longest: float
    seconds: float
    reads: int
    log_bytes: int
    sqlite: str


def run(home: Path, transactions: int, *, url: str | None = None, own_sqlite: bool = False) -> Outcome:
    """Let two processes share the transactions; the store must be in order afterwards."""
    open_store(home, url).close()
    flags = ["--own-sqlite"] if own_sqlite else []
    command = [sys.executable, "-m", "tests.chaos.two_writers", *flags, "--home", str(home), "--url", url or "", "--as"]
    started = time.monotonic()
    reader = subprocess.Popen([*command, "reader"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    writers = [
        subprocess.Popen([*command, role, "--transactions", str(transactions // 2)], stdout=subprocess.PIPE, text=True)
        for role in ("bot", "trainer")
    ]
    told = [json.loads(writer.communicate()[0]) for writer in writers]
    seconds = time.monotonic() - started
    reads = json.loads(reader.communicate("stop")[0])
    store = open_store(home, url)
    store.check()
    with store.read() as unit:
        kept = sum(unit.inbox.counts().values())
    store.close()
    waits = sorted(wait for one in told for wait in one["waits"])
    busy = sum(one["busy"] for one in told)
    if kept + told[1]["beats"] != transactions - busy:
        raise AssertionError(f"{kept} updates and {told[1]['beats']} beats of {transactions} transactions")
    return Outcome(
        transactions=transactions,
        busy=busy,
        median=waits[len(waits) // 2],
        p99=waits[int(len(waits) * 0.99)],
        longest=waits[-1],
        seconds=seconds,
        reads=reads["reads"],
        log_bytes=max(one["log_bytes"] for one in [*told, reads]),
        sqlite=told[0]["sqlite"],
    )


def write(role: str, home: Path, url: str | None, transactions: int) -> dict[str, object]:
    store = open_store(home, url)
    waits, busy, beats, log_bytes = [], 0, 0, 0
    for number in range(transactions):
        before = time.perf_counter()
        try:
            with store.write() as unit:
                # Read, then write: what fails at once in a transaction that did not take the lock first.
                unit.inbox.next_offset(1)
                unit.people.meet(number % 50, f"Person {number}", Role.TEACHER)
                if role == "bot":
                    unit.inbox.receive(1, [RawUpdate(number, number % 50, "{}" * 200)])
                else:
                    unit.heartbeats.beat("trainer", str(number))
                    later = unit.now + timedelta(seconds=9)
                    unit.jobs.request(JobKind.FIT, unit.classifiers.default().id, due_at=later)
            beats += role == "trainer"
        except StoreBusy:
            busy += 1
        waits.append((time.perf_counter() - before) * 1_000)
        log_bytes = max(log_bytes, _log_bytes(home))
    store.close()
    version = sqlite_module().sqlite_version
    return {"waits": waits, "busy": busy, "beats": beats, "log_bytes": log_bytes, "sqlite": version}


def read(home: Path, url: str | None) -> dict[str, int]:
    """Read for a second at a time, as an export does; in a rollback journal a reader must be short, as ours are."""
    store = open_store(home, url)
    stopped = threading.Event()
    threading.Thread(target=_set_at_word, args=(stopped,), daemon=True).start()
    reads = log_bytes = 0
    length = 1.0 if (home / "pupil.db-wal").exists() or url else 0.05
    while not stopped.is_set():
        with store.read() as unit:
            first = unit.inbox.counts()
            stopped.wait(length)
            if unit.inbox.counts() != first:
                raise AssertionError("a reader saw two moments")
        reads += 1
        log_bytes = max(log_bytes, _log_bytes(home))
        stopped.wait(0.05)
    store.close()
    return {"reads": reads, "log_bytes": log_bytes}


def _set_at_word(stopped: threading.Event) -> None:
    sys.stdin.read()
    stopped.set()


def _log_bytes(home: Path) -> int:
    log = home / "pupil.db-wal"
    return log.stat().st_size if log.exists() else 0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.two_writers")
    parser.add_argument("--transactions", type=int, default=10_000)
    parser.add_argument("--own-sqlite", action="store_true")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--url", default="")
    parser.add_argument("--as", dest="role", choices=("bot", "trainer", "reader"))
    given = parser.parse_args(arguments)
    if given.own_sqlite:
        sys.modules["pysqlite3"] = None  # type: ignore[assignment]
    if given.role == "reader":
        print(json.dumps(read(given.home, given.url or None)))
    elif given.role:
        print(json.dumps(write(given.role, given.home, given.url or None, given.transactions)))
    else:
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(Path(folder) / "home", given.transactions, own_sqlite=given.own_sqlite)
        print(outcome)
        return 1 if outcome.busy or outcome.p99 > LONGEST_WAIT_MS else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
