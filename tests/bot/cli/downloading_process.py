"""`pupil download` as a process that may reach a server on loopback; its arguments are port, list, label and folder."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.cli.downloading import Order, download_list
from tests.support.photo_server import fetcher_for

if __name__ == "__main__":
    port, source, label, *into = sys.argv[1:]
    order = Order(Path(source), label, into=Path(into[0]) if into else None)
    sys.exit(download_list(order, as_json=False, make_fetcher=lambda: fetcher_for(int(port))))
