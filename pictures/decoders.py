"""Where pictures of strangers are decoded: in a few processes that can hurt nobody.

A process has limits of time and memory, no settings or token in its environment, and opens no file or connection. One
that dies takes only its picture with it, and another takes its place. They wait, started, for pictures.
"""

import hashlib
import logging
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

from pictures import wire
from pictures.errors import PictureRefused, Refusal
from pictures.normalising import Picture, check_length
from pictures.region import Region

log = logging.getLogger(__name__)
# More at once would only take each other's time: they decode what others then look at.
PROCESSES = 2
# A process that leaks, or was changed by a picture, is not kept for long. Starting one takes 0.2 s of processor time.
PICTURES_EACH = 1_000
# By the clock; processor time has a limit of its own, which is reached first on a machine that is not overloaded.
WALL_SECONDS = 5.5
START_SECONDS = 60.0
# What a process may know of this one: how to find programs and libraries, and how text is coded.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
# glibc: what one photo needed stays for the next, up to so much. Asking the system anew, page by page, is an eighth of
# the time of decoding.
_KEEPS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(16 * 1024 * 1024), "MALLOC_TRIM_THRESHOLD_": str(16 * 1024 * 1024)}
# By these a decoder that was led astray ends; all other deaths came from outside, and are no fault of the picture.
_OF_THE_PICTURE = {signal.SIGXCPU, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE}


class DecodersDown(Exception):
    """No process that decodes can be started, or it is ended again and again from outside.

    It says nothing of the picture, so it is no OSError: whoever cannot read a file must not think so of this one.
    """


class Decoders:
    """Makes pictures of received bytes, as `normalise` does, a few at once; more wait. Safe to call from threads."""

    def __init__(self, *, processes: int = PROCESSES, pictures_each: int = PICTURES_EACH) -> None:
        self._pictures_each = pictures_each
        self._free: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._all = {_Worker() for _ in range(processes)}
        for worker in self._all:
            self._free.put(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def process_ids(self) -> set[int]:
        with self._lock:
            return {worker.process_id for worker in self._all}

    def normalise(self, received: bytes, *, side: int = 0) -> Picture:
        """The same as `pictures.normalise`, at a distance.

        Raises:
            PictureRefused: with the reason.
            DecodersDown: it could not be tried.
        """
        return self._ask(received, side, forgiving=False)

    def forgive(self, received: bytes, *, side: int = 0) -> Picture:
        """The same as `pictures.forgiving.forgive`, at a distance; raises what `normalise` does."""
        return self._ask(received, side, forgiving=True)

    def _ask(self, received: bytes, side: int, *, forgiving: bool) -> Picture:
        check_length(len(received))
        for _ in range(2):
            worker = self._free.get()
            try:
                return worker.ask(received, side, forgiving=forgiving)
            except _EndedFromOutside:
                log.warning("a decoder was ended from outside")
            finally:
                self._free.put(self._fit(worker))
        raise DecodersDown("the process that decodes pictures was ended from outside, twice")

    def close(self) -> None:
        """End the processes. Who waits for one is told that they are down."""
        with self._lock:
            self._closed = True
            ending, self._all = self._all, set()
        for worker in ending:
            worker.close()

    def _fit(self, worker: "_Worker") -> "_Worker":
        """The worker for the next picture: another once this one is dead, or has decoded enough and that one waits."""
        if not worker.is_dead and worker.decoded < self._pictures_each:
            return worker
        with self._lock:
            if self._closed:
                return worker
            try:
                successor = worker.successor()
            except OSError as error:
                # No process can be started just now: tried again for the next picture.
                log.warning("a decoder does not start: %s", error.strerror)
                return worker
            self._all.add(successor)
            if not worker.is_dead and not successor.has_spoken():
                return worker
            self._all.discard(worker)
        worker.close()
        return successor


class _EndedFromOutside(Exception):
    """The process died, and not of its picture."""


class _Worker:
    """One process, with the memory that it shares."""

    def __init__(self) -> None:
        self.decoded = 0
        self.is_dead = False
        self._is_ready = False
        self._successor: _Worker | None = None
        self._region = Region.new()
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = _started(theirs, self._region.descriptor)

    @property
    def process_id(self) -> int:
        return self._process.pid

    def has_spoken(self) -> bool:
        """Whether it has said that it is ready, or has ended before."""
        return bool(select.select([self._connection], [], [], 0)[0])

    def successor(self) -> "_Worker":
        """The one that takes its place, started at the first call."""
        if self._successor is None:
            self._successor = _Worker()
        return self._successor

    def ask(self, received: bytes, side: int, *, forgiving: bool) -> Picture:
        if self.is_dead:
            raise _EndedFromOutside
        self.decoded += 1
        try:
            self._wait_until_ready()
            answer, digest = self._order(received, wire.Order(len(received), side, forgiving))
            return wire.take_picture(self._region, answer, digest)
        except TimeoutError:
            self.close()
            raise PictureRefused(Refusal.TOO_HARD) from None
        except (wire.WireBroken, OSError, ValueError) as error:
            self.close()
            if -(self._process.returncode or 0) in _OF_THE_PICTURE:
                raise PictureRefused(Refusal.TOO_HARD) from error
            raise _EndedFromOutside from error
        finally:
            if not self.is_dead:
                self._region.shrink()

    def close(self) -> None:
        """End the process, whatever it does. Of one that was dying, this does not change what it died of."""
        if self.is_dead:
            return
        self.is_dead = True
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._region.close()

    def _wait_until_ready(self) -> None:
        if self._is_ready:
            return
        self._connection.settimeout(START_SECONDS)
        try:
            confined = wire.receive(self._connection).get("confined")
        except TimeoutError as error:
            raise wire.WireBroken("it does not start") from error
        if not confined:
            log.info("this system has no filter for the processes that decode; their limits hold all the same")
        self._connection.settimeout(WALL_SECONDS)
        self._is_ready = True

    def _order(self, received: bytes, order: wire.Order) -> tuple[dict[str, Any], str]:
        """The answer, and the digest of what was asked about, which is computed while that is decoded."""
        self._region.write(0, received)
        wire.send(self._connection, wire.order_message(order))
        digest = hashlib.sha256(received).hexdigest()
        return wire.receive(self._connection), digest


def _started(connection: socket.socket, descriptor: int) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # It finds this package where this process did, and has no business in the folder that this process was started in.
    environment |= {"PYTHONPATH": str(Path(__file__).parent.parent), "OPENBLAS_NUM_THREADS": "1"} | _KEEPS_MEMORY
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-P", "-m", "pictures.process", str(descriptor)],
        stdin=connection.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(descriptor,),
        env=environment,
        cwd="/",
    )
