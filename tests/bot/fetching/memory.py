"""A process that does nothing but fetch, so that its memory is the fetcher's: `python -m tests.bot.fetching.memory`.

Its arguments are the port at which a server on loopback listens, and paths; for each it prints the reason, or how many
bytes, and by how many bytes the most memory that it ever had has grown since the beginning.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from bot.fetching.addresses import Reach
from bot.fetching.errors import NotFetched
from bot.fetching.fetch import Fetcher, Limits
from tests.bot.fetching.servers import GOOD

LIMITS = Limits(total=1.0)


async def measure(port: int, paths: list[str]) -> None:
    reach = Reach(ports={port}, exempt={GOOD})
    async with Fetcher(reach=reach, limits=LIMITS) as fetcher:
        await told(fetcher, f"http://{GOOD}:{port}/photo")
        before = most_memory()
        for path in paths:
            print(path, await told(fetcher, f"http://{GOOD}:{port}{path}"), most_memory() - before, sep="\t")


async def told(fetcher: Fetcher, link: str) -> str:
    try:
        return str(len((await fetcher.fetch(link)).content))
    except NotFetched as refusal:
        return refusal.reason.name


def most_memory() -> int:
    """Bytes. What `getrusage` says would include whoever started this process."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]), sys.argv[2:]))
