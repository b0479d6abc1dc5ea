"""Run the playground alone: `python -m bot.playground --folder DIR --port N [--token T]`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from aiohttp import web

from bot.playground import FolderInUse, Playground, create_app

HOST = "127.0.0.1"


def main() -> int:
    options = _options()
    try:
        playground = Playground(options.folder, token=options.token)
    except FolderInUse as error:
        sys.stderr.write(f"{error}\n")
        return 1
    asyncio.run(serve(playground, options.port))
    return 0


async def serve(playground: Playground, port: int) -> None:
    """Serve until SIGINT or SIGTERM; prints the page's address once it answers."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    runner = web.AppRunner(create_app(playground), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        sys.stdout.write(f"http://{HOST}:{runner.addresses[0][1]}/\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.playground", description="Telegram on this machine only.")
    parser.add_argument("--folder", type=Path, required=True, help="where messages and files are kept")
    parser.add_argument("--port", type=int, default=8765, help="0 picks a free one")
    parser.add_argument("--token", help="default: the folder's own, in FOLDER/token")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
