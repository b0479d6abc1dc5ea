"""The door: only this machine's own pages and programs come in, and the page may load nothing foreign."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from bot.playground.identities import LOOPBACK_HOSTS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self';"
        " media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign names for this host (DNS rebinding) and foreign pages that write (CSRF)."""
    if _name_of(f"//{request.host}") not in LOOPBACK_HOSTS:
        return web.Response(status=403, text="This page is only there for this computer. Open it as localhost.")
    if _writes(request) and _is_foreign(request):
        return web.Response(status=403, text="Another web site may not speak for you here.")
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(HEADERS)
        raise
    if not response.prepared:
        response.headers.update({name: value for name, value in HEADERS.items() if name not in response.headers})
    return response


def _writes(request: web.Request) -> bool:
    return request.method not in ("GET", "HEAD") or request.headers.get("Upgrade", "").lower() == "websocket"


def _is_foreign(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != request.host.lower()
    return request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")


def _name_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
