"""Real processes of their own, that are killed by their number and never ask why."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.chaos.homes import bare_environment

PATIENCE = 60.0
# Settings of a bot that no pacing holds up.
HURRIED = {
    "messages_per_second": 1000,
    "messages_per_second_per_chat": 100,
    "bot_threads": 1,
    # What is tried is whether anything gets lost, not who may send how much.
    "photos_per_minute": 0,
    "photos_per_day": 0,
    "megabytes_per_hour": 0,
}


@dataclass(frozen=True)
class Server:
    """A playground that outlives the bot."""

    url: str
    token: str
    folder: Path


class Victim:
    """A process that can be killed; what it says is added to its log."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], log: Path, health: str = "") -> None:
        self._command = command
        self._environment = environment
        self._log = log
        self.health = health
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Victim:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.alive:
            await self.kill()

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *self._command, env=self._environment, cwd=self._log.parent, stdout=log, stderr=log
            )

    async def ready(self) -> None:
        """Wait until its `/health` says so; raise if it ended by itself."""
        for _ in range(int(PATIENCE / 0.05)):
            if not self.alive:
                raise AssertionError(f"{' '.join(self._command)} ended by itself; see {self._log}")
            with suppress(OSError):
                await asyncio.to_thread(_get, self.health)
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{' '.join(self._command)} was not ready in {PATIENCE:g} s")

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise AssertionError("not started")
        return self._process.pid

    async def kill(self) -> None:
        """SIGKILL; a process that has ended by itself was no victim and is an error."""
        if self._process is None:
            return
        if self._process.returncode is not None:
            raise AssertionError(f"{' '.join(self._command)} ended by itself; see {self._log}")
        self._process.kill()
        await self._process.wait()
        self._process = None


@asynccontextmanager
async def playground(folder: Path) -> AsyncIterator[Server]:
    """The playground as a process of its own."""
    port = free_port()
    with folder.with_suffix(".log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.playground", "--folder", str(folder), "--port", str(port)),
            env=bare_environment(folder),
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        if process.stdout is None or not await asyncio.wait_for(process.stdout.readline(), PATIENCE):
            raise AssertionError("the playground did not start")
        yield Server(f"http://127.0.0.1:{port}", (folder / "token").read_text().strip(), folder)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def bot(home: Path, server: Server, log: Path, **settings: object) -> Victim:
    """Pupil's bot at a playground, as its owner would run it but for these settings."""
    port = free_port()
    own = bare_environment(home, telegram_token=server.token, telegram_api=server.url, port=port, **settings)
    return Victim(["-m", "bot", "bot"], own, log, f"http://127.0.0.1:{port}/health")


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def _get(url: str) -> None:
    with urlopen(url, timeout=2):  # noqa: S310 - an address of our own
        return
