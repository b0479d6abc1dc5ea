"""A tuning in a process of its own, which imports torch and ends; this side of it is light, and never waits.

The other side (`python -m trainer tune-apart`) says how far it is, line by line, and ends with whoever started it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from trainer.tuning.steps import Done, Failed, Part, Progress, Step, from_line

# How much of the time each part takes, measured on 500 photos.
SHARES: Mapping[Part, float] = {Part.LOOKING: 0.1, Part.LEARNING: 0.72, Part.KEEPING: 0.1, Part.COMPARING: 0.08}
FAREWELL_SECONDS = 2.0
# Less progress than this says nothing of the pace.
TELLING = 0.03


class Tuner:
    """One tuning under way."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-m", "trainer", "tune-apart"]
        # Held open until the end: when this process dies, however it dies, the other sees its input end and dies too.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
            command,
            env=os.environ | {"PUPIL_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._steps: SimpleQueue[Step] = SimpleQueue()
        self._began = time.monotonic()
        self._parts: dict[Part, float] = {}
        self._since: tuple[float, float] | None = None
        threading.Thread(target=self._listen, name="tuner", daemon=True).start()

    def look(self) -> Step | None:
        """Return the newest step, or the end; None if there is nothing new. After an end, nothing comes any more."""
        newest: Progress | None = None
        while True:
            try:
                step = self._steps.get_nowait()
            except Empty:
                return newest
            if not isinstance(step, Progress):
                return step
            self._note(step)
            newest = replace(step, lasting=step.lasting or (newest is not None and newest.lasting))

    @property
    def share(self) -> float:
        """Return how much of all that is to do is done, 0..1."""
        return sum(SHARES[part] * done for part, done in self._parts.items())

    @property
    def seconds(self) -> float:
        """Return how long it has been at it."""
        return time.monotonic() - self._began

    @property
    def seconds_left(self) -> float | None:
        """Return about how long it still takes, by its pace since it began its part; None where that says nothing yet.

        What an earlier process did counts as done, but not as done by this one.
        """
        if self._since is None or self.share - self._since[1] < TELLING:
            return None
        at, done = self._since
        return (time.monotonic() - at) * (1 - self.share) / (self.share - done)

    def _note(self, step: Progress) -> None:
        """Note how far it is, and where its pace begins to be counted: with its first word, and its first epoch."""
        begun = step.part in self._parts
        self._parts[step.part] = step.done / max(step.steps, 1)
        if not begun and (self._since is None or step.part is Part.LEARNING):
            self._since = (time.monotonic(), self.share)

    def stop(self) -> None:
        """End it, whatever it does: it is gone on with another time."""
        self._process.terminate()
        try:
            self._process.wait(FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _listen(self) -> None:
        """Queue what the process says; where it ended without an end, say that."""
        ended = False
        if self._process.stdout is not None:
            for line in self._process.stdout:
                step = from_line(line)
                if step is not None:
                    ended = ended or isinstance(step, (Done, Failed))
                    self._steps.put(step)
        code = self._process.wait()
        if not ended:
            # Killed, by the system when memory runs out if by nobody else: another time it may come further.
            self._steps.put(Failed("TunerEnded", f"it ended with code {code} and without a word", machine=True))
