"""`pupil run` and `pupil bot`: the processes, their start and their end."""

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from rich.console import Console

from bot.cli.opening import opened
from bot.cli.plain import trouble
from bot.errors import CannotStart
from bot.redaction import set_up_logging
from bot.service import BotService
from bot.settings import BotSettings
from pictures.decoders import Decoders
from storage import StorageError, StorageSettings, Store

log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
RESTART_WAITS = (1.0, 2.0, 5.0, 15.0, 60.0)


def run_everything(*, with_trainer: bool) -> int:
    """Run until a signal; returns the exit code."""
    settings = BotSettings()
    set_up_logging(settings.log_level)
    console = Console(stderr=True, soft_wrap=True)
    try:
        with Decoders() as decoders, opened(StorageSettings()) as store:
            return asyncio.run(_run(store, decoders, settings, console, with_trainer=with_trainer))
    except (CannotStart, StorageError) as error:
        why = f"{trouble(error)} ({error})" if isinstance(error, StorageError) else str(error)
        console.print(f"Pupil stopped. {why}", style="red", markup=False, highlight=False)
        return 1


async def _run(store: Store, decoders: Decoders, settings: BotSettings, console: Console, *, with_trainer: bool) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with _telegram(store, settings, console) as (token, api, health):
        service = BotService(token, api, settings, store, decoders)
        health.watch(service)
        tasks = [asyncio.create_task(service.run(), name="bot")]
        if with_trainer:
            tasks.append(asyncio.create_task(_keep_trainer_running(), name="trainer"))
        tasks.append(asyncio.create_task(_wait_for(stopping), name="signal"))
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        failure = next((task.exception() for task in tasks if task.done() and task.exception()), None)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failure is not None:
        raise failure
    return 0


async def _wait_for(stopping: asyncio.Event) -> None:
    await stopping.wait()


class Health:
    """`/health`: whether the bot is up, for supervisors; 503 until it is."""

    def __init__(self) -> None:
        self._service: BotService | None = None

    def watch(self, service: BotService) -> None:
        self._service = service

    async def answer(self, _request: web.Request) -> web.Response:
        ready = self._service is not None and self._service.polling
        body = {"ready": ready, "network": self._service.network_number if self._service else None}
        return web.json_response(body, status=200 if ready else 503, dumps=json.dumps)


@asynccontextmanager
async def _telegram(store: Store, settings: BotSettings, console: Console) -> AsyncIterator[tuple[str, str, Health]]:
    """Telegram, or the chat page that stands in for it: yields the token and the address of the Bot API."""
    health = Health()
    if settings.telegram_token is not None:
        app = web.Application()
        app.router.add_get("/health", health.answer)
        async with _serving(app, settings.port):
            console.print("Pupil answers on Telegram.")
            yield settings.telegram_token.get_secret_value(), settings.telegram_api, health
        return
    from bot.cli.chat_page import open_chat_page

    token, app = open_chat_page(store)
    app.router.add_get("/health", health.answer)
    async with _serving(app, settings.port) as port:
        address = f"http://{LOOPBACK}:{port}"
        console.print(f"Pupil answers at [bold]{address}[/bold]  (set PUPIL_TELEGRAM_TOKEN for Telegram)")
        yield token, address, health


@asynccontextmanager
async def _serving(app: web.Application, port: int) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        try:
            await site.start()
        except OSError:
            raise CannotStart(
                f"Port {port} is taken. Is Pupil running already? If not, set PUPIL_PORT to another number."
            ) from None
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _keep_trainer_running() -> None:
    """Start the trainer as a process of its own, and again whenever it ends by itself."""
    failures = 0
    while True:
        # Killed, this process cannot end the trainer any more; the end of the pipe does.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "trainer", "run", "--until-stdin-ends", stdin=asyncio.subprocess.PIPE, cwd=Path.cwd()
        )
        started = asyncio.get_running_loop().time()
        try:
            code = await process.wait()
        finally:
            await _end(process)
        ran = asyncio.get_running_loop().time() - started
        failures = 0 if ran > 60 else failures + 1
        wait = RESTART_WAITS[min(failures, len(RESTART_WAITS) - 1)]
        log.error("trainer ended code=%s; starting it again in %.0f s", code, wait)
        await asyncio.sleep(wait)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), timeout=5)
        except TimeoutError:
            process.kill()
            await process.wait()
