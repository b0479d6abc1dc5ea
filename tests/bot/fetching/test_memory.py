"""However much a server sends, the memory that it costs is bounded."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from bot.fetching.fetch import Limits
from tests.bot.fetching.bombs import concatenated_members, one_member
from tests.bot.fetching.servers import Internet, ok, repeats, says
from tests.bot.fetching.test_hostile_answers import CHUNKED, TOO_LARGE, TOO_SLOW, UNUSABLE

MOST = 60_000_000
ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
async def test_no_answer_costs_more_memory_than_a_few_photos(net: Internet) -> None:
    one, many, full = one_member(), concatenated_members(), bytes(Limits().size)
    pages = {
        "/photo": (says(ok(b"photo")), "5"),
        "/stream": (TOO_LARGE["endless stream"], "TOO_LARGE"),
        "/chunks": (TOO_LARGE["endless chunks"], "TOO_LARGE"),
        # More than a second of work, for the least that a piece can be.
        "/crumbs": (repeats(CHUNKED, b"1\r\nx\r\n" * 10_000), "TOO_SLOW"),
        "/interim": (TOO_SLOW["interim answers without end"], "TOO_SLOW"),
        "/extension": (TOO_SLOW["a chunk's extension without end"], "TOO_SLOW"),
        "/headers": (UNUSABLE["headers without end"], "UNUSABLE"),
        "/line": (UNUSABLE["header line without end"], "UNUSABLE"),
        "/trailers": (UNUSABLE["trailers without end"], "UNUSABLE"),
        "/bomb": (says(ok(one, b"Content-Encoding: gzip")), "ENCODED"),
        "/bombs": (says(ok(many, b"Content-Encoding: gzip")), "ENCODED"),
        "/plain": (says(ok(one)), str(len(one))),
        "/full": (says(ok(full)), str(len(full))),
    }
    for path, (talk, _) in pages.items():
        net.put(path, talk)

    told = await measured(net.port, list(pages))

    assert [(path, outcome) for path, outcome, _ in told] == [(path, outcome) for path, (_, outcome) in pages.items()]
    assert [one for one in told if int(one[2]) > MOST] == []


async def measured(port: int, paths: list[str]) -> list[list[str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bot.fetching.memory", str(port), *paths),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 60)
    return [line.split("\t") for line in printed.decode().splitlines()]
