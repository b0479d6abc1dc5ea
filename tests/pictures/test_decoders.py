"""Who decodes can hurt nobody: it has limits and nothing to betray, and its death costs one picture."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pictures import PictureRefused, Refusal, normalise, wire
from pictures.decoders import Decoders, DecodersDown
from pictures.region import SIZE, Region
from tests.support.pictures import encoded, jpeg, scene

ROOT = Path(__file__).parents[2]


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    with Decoders(processes=1) as made:
        made.normalise(jpeg())
        yield made


def only_process(decoders: Decoders) -> int:
    (process_id,) = decoders.process_ids
    return process_id


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
@pytest.mark.parametrize("side", [0, 48])
def test_a_picture_is_the_same_as_without_another_process(decoders: Decoders, kind: str, side: int) -> None:
    received = encoded(scene(640, 480), kind)

    picture, expected = decoders.normalise(received, side=side), normalise(received, side=side)

    assert picture == expected
    assert (picture.kind, picture.channels) == (kind, 3)
    assert (picture.pixels is None) == (side == 0)
    if picture.pixels is not None and expected.pixels is not None:
        assert np.array_equal(picture.pixels, expected.pixels)


def test_a_refusal_has_the_same_reason(decoders: Decoders) -> None:
    with pytest.raises(PictureRefused) as caught:
        decoders.normalise(jpeg(15, 64))

    assert (caught.value.refusal, caught.value.given, caught.value.limit) == (Refusal.TOO_SMALL, "15x64", "16")


def test_a_process_that_is_killed_costs_nothing(decoders: Decoders) -> None:
    os.kill(only_process(decoders), signal.SIGKILL)

    assert decoders.normalise(jpeg()) == normalise(jpeg())


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGXCPU])
def test_a_process_that_dies_of_a_picture_costs_that_picture(decoders: Decoders, number: signal.Signals) -> None:
    first = only_process(decoders)
    os.kill(first, number)

    with pytest.raises(PictureRefused) as caught:
        decoders.normalise(jpeg())

    assert caught.value.refusal is Refusal.TOO_HARD
    assert decoders.normalise(jpeg()) == normalise(jpeg())
    assert only_process(decoders) != first


def test_what_takes_too_long_is_too_hard(decoders: Decoders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pictures.decoders.WALL_SECONDS", 0.2)
    with Decoders(processes=1) as hurried:
        hurried.normalise(jpeg())
        os.kill(only_process(hurried), signal.SIGSTOP)

        with pytest.raises(PictureRefused) as caught:
            hurried.normalise(jpeg())

        assert caught.value.refusal is Refusal.TOO_HARD
        monkeypatch.undo()
        assert hurried.normalise(jpeg()) == normalise(jpeg())


def test_after_so_many_pictures_another_process_takes_over() -> None:
    with Decoders(processes=1, pictures_each=3) as decoders:
        seen: set[int] = set()
        deadline = time.monotonic() + 30
        while len(seen) < 3 and time.monotonic() < deadline:
            decoders.normalise(jpeg())
            seen |= decoders.process_ids

    assert len(seen) >= 3


def test_nothing_is_left_when_they_are_closed() -> None:
    open_before = set(os.listdir("/proc/self/fd"))
    with Decoders() as decoders:
        decoders.normalise(jpeg())
        ids = decoders.process_ids

    assert len(ids) == 2
    assert [one for one in ids if Path(f"/proc/{one}").exists()] == []
    assert set(os.listdir("/proc/self/fd")) <= open_before
    with pytest.raises(DecodersDown):
        decoders.normalise(jpeg())


def test_many_threads_wait_for_their_turn(decoders: Decoders) -> None:
    pictures = [jpeg(seed=seed) for seed in range(12)]
    found: list[bool] = []

    def ask(received: bytes) -> None:
        found.append(decoders.normalise(received) == normalise(received))

    threads = [threading.Thread(target=ask, args=(one,)) for one in pictures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [True] * 12


def test_a_process_has_no_token_no_settings_and_no_place_in_our_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUPIL_TELEGRAM_TOKEN", "secret")
    with Decoders(processes=1) as decoders:
        decoders.normalise(jpeg())
        # Not dumpable: of it not even its environment can be read without rights.
        told = subprocess.run(
            ["cat", f"/proc/{only_process(decoders)}/environ"], capture_output=True, check=False
        ).stdout
        descriptors = os.listdir(f"/proc/{only_process(decoders)}/fd")

    assert b"secret" not in told
    assert b"PUPIL" not in told
    assert len(descriptors) <= 5


CONFINED = """
import os, socket, sys, threading
from pictures import confining
confining.limit(memory=100_000_000)
if not confining.confine():
    print("no filter"); sys.exit()
def tried(name, act):
    try: act()
    except (OSError, MemoryError): return
    print(name)
tried("open", lambda: open("/etc/hostname"))
tried("write", lambda: open("never", "w"))
tried("socket", lambda: socket.socket())
tried("fork", os.fork)
tried("exec", lambda: os.execv("/bin/true", ["true"]))
tried("kill", lambda: os.kill(os.getppid(), 0))
tried("memory", lambda: bytes(200_000_000))
thread = threading.Thread(target=lambda: print("a thread runs")); thread.start(); thread.join()
"""


def test_a_confined_process_opens_nothing_and_starts_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", CONFINED], cwd=ROOT, capture_output=True, text=True, check=False)

    if done.stdout.strip() == "no filter":
        pytest.skip("this system has no filter on system calls")
    assert (done.stdout.split("\n")[0], done.returncode) == ("a thread runs", 0), done.stderr


SPINNING = "from pictures import confining; confining.allow_seconds(1)\nwhile True: pass"


def test_processor_time_has_a_limit() -> None:
    done = subprocess.run([sys.executable, "-c", SPINNING], cwd=ROOT, check=False, timeout=60)

    assert done.returncode == -signal.SIGXCPU


WHAT = {"kind": "JPEG", "channels": 3}
LIES = [
    {"size": [64, 64], "length": SIZE + 1, "pixels": [0, 0], **WHAT},
    {"size": [64, 64], "length": -5, "pixels": [0, 0], **WHAT},
    {"size": [64, 64], "length": 10, "pixels": [12_000, 12_000], **WHAT},
    {"size": [64, 64], "length": 10, "pixels": [-1, 3], **WHAT},
    {"size": [64, 1e9], "length": 10, "pixels": [0, 0], **WHAT},
    {"size": "big", "length": 10, "pixels": [0, 0], **WHAT},
    {"size": [64, 64], "length": None, "pixels": [0, 0], **WHAT},
    {"size": [64, 64], "length": 10, "pixels": [0, 0], **WHAT},
    {"size": [64, 64], "length": 10, "pixels": [0, 0], "kind": "EPS", "channels": 3},
    {"size": [64, 64], "length": 10, "pixels": [0, 0], "kind": "JPEG", "channels": -1},
    {"refusal": "because", "given": "", "limit": ""},
    {},
]


@pytest.mark.parametrize("lie", LIES)
def test_what_a_broken_process_says_is_not_believed(lie: dict[str, object]) -> None:
    region = Region.new()
    try:
        with pytest.raises(wire.WireBroken):
            wire.take_picture(region, lie, "0" * 64)
    finally:
        region.close()


def test_words_of_a_broken_process_are_short_and_on_one_line() -> None:
    region = Region.new()
    try:
        with pytest.raises(PictureRefused) as caught:
            wire.take_picture(region, {"refusal": "broken", "given": "x\n" * 100, "limit": ""}, "0" * 64)
    finally:
        region.close()

    assert caught.value.given == "x" * 20


def test_noise_on_the_wire_is_no_message() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\xff" * 256)
        with pytest.raises(wire.WireBroken):
            wire.receive(ours)


def test_a_region_gives_back_what_a_large_picture_took() -> None:
    region = Region.new()
    try:
        region.write(0, bytes([7]) * 30_000_000)
        before = os.fstat(region.descriptor).st_blocks
        region.shrink()

        assert os.fstat(region.descriptor).st_blocks < before / 4
        assert region.read(0, 4) == bytes([7]) * 4
    finally:
        region.close()
