"""The web server: the Bot API for the bot and the chat page for people, one application on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from bot.playground.bot_api import BotApi
from bot.playground.guard import guard
from bot.playground.page_api import PageApi
from bot.playground.playground import Playground
from bot.playground.webhook import WebhookDelivery

MAX_BODY_BYTES = 8 * 1024 * 1024


def create_app(playground: Playground) -> web.Application:
    """The whole server. Closing the application closes the playground.

    Serve it with `access_log=None`: the paths of the Bot API hold the token.
    """
    app = web.Application(middlewares=[guard], client_max_size=MAX_BODY_BYTES)
    bot_api = BotApi(playground)
    app.add_routes([*bot_api.routes(), *PageApi(playground).routes(), *_page_routes()])

    async def lifetime(_: web.Application) -> AsyncIterator[None]:
        delivery = asyncio.create_task(WebhookDelivery(playground, bot_api.perform).run())
        yield
        delivery.cancel()
        with suppress(asyncio.CancelledError):
            await delivery
        playground.close()

    async def on_shutdown(_: web.Application) -> None:
        playground.quiet()

    app.cleanup_ctx.append(lifetime)
    app.on_shutdown.append(on_shutdown)
    return app


def _page_routes() -> list[web.AbstractRouteDef]:
    folder = Path(__file__).parent / "static"

    async def index(_: web.Request) -> web.FileResponse:
        return web.FileResponse(folder / "index.html", headers={"Cache-Control": "no-cache"})

    async def static(request: web.Request) -> web.StreamResponse:
        path = folder / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound
        # Never stale after an upgrade; the browser still saves the bytes by their ETag.
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

    return [web.get("/", index), web.get("/static/{name:[a-z_]+\\.(?:js|css|svg)}", static)]
