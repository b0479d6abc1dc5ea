"""Where redirects lead, nobody is asked for more at once than by a list that names it."""

from __future__ import annotations

import asyncio

from bot.fetching.fetch import Fetcher, Limits
from tests.bot.fetching.servers import Internet, look_up


async def test_redirects_that_lead_to_one_host_wait_for_each_other_without_losing_time(net: Internet) -> None:
    at_once, most = 0, 0

    async def away(request: bytes, out: asyncio.StreamWriter) -> None:
        target = net.at("/slow", host="xn--gte-hoa.example")
        out.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

    async def slow(request: bytes, out: asyncio.StreamWriter) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.2)
        at_once -= 1
        out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    net.pages |= {"/away": away, "/slow": slow}
    # Eight of them take 0.8 s, two at a time: more than one may take by itself.
    async with Fetcher(reach=net.reach, limits=Limits(total=0.75), lookup=look_up) as fetcher:
        done = await asyncio.gather(*(fetcher.fetch(net.at("/away")) for _ in range(8)))

    assert [one.content for one in done] == [b"ok"] * 8
    assert most == 2
