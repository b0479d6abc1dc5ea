"""A server of pictures on loopback, in threads of this process, for downloads that run elsewhere."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bot.fetching.addresses import Reach
from bot.fetching.fetch import Fetcher

HOST = "127.0.0.2"  # stands for a public address


@dataclass
class Page:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class PhotoServer:
    """Pages by path, and how often each was asked for."""

    port: int = 0
    pages: dict[str, Page] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def put(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        self.pages[path] = Page(body, status, headers)
        return f"http://{HOST}:{self.port}{path}"

    def fetcher(self) -> Fetcher:
        return fetcher_for(self.port)


def fetcher_for(port: int) -> Fetcher:
    """One that may reach such a server, for which the public net is no matter."""
    return Fetcher(reach=Reach(ports={port}, exempt={HOST}))


@contextmanager
def photo_server() -> Iterator[PhotoServer]:
    made = PhotoServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked[self.path] += 1
            page = made.pages.get(self.path, Page(status=404))
            self.send_response(page.status)
            for name, value in {**page.headers, "Content-Length": str(len(page.body))}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(page.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    # A client that was killed is no news.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
