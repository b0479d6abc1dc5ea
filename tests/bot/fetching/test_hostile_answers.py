"""Servers that send too much, too slowly, or what nobody can read: each fetch ends, and says of what kind it was."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from bot.fetching.addresses import Reach
from bot.fetching.errors import NotFetched, Reason
from bot.fetching.fetch import Fetched, Fetcher, Limits
from tests.bot.fetching.bombs import concatenated_members, one_member
from tests.bot.fetching.servers import GOOD, Internet, Talk, leads_to, look_up, ok, repeats, says

BEGIN = b"HTTP/1.1 200 OK\r\n"
CHUNKED = BEGIN + b"Transfer-Encoding: chunked\r\n\r\n"
SIZE = 200_000  # what the fetchers of these tests take

TOO_LARGE = {
    "endless stream": repeats(BEGIN + b"\r\n", b"x" * 65_536),
    "endless chunks": repeats(CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
    "endless chunks of one byte": repeats(CHUNKED, b"1\r\nx\r\n" * 10_000),
    "one byte too many": says(ok(b"x" * (SIZE + 1))),
    "one byte too many, in chunks": says(CHUNKED + b"%x\r\n" % (SIZE + 1) + b"x" * (SIZE + 1) + b"\r\n0\r\n\r\n"),
    "says so": says(BEGIN + b"Content-Length: 99999999999\r\n\r\n"),
}
TOO_SLOW = {
    "silence": repeats(b"", b"", pause=0.05),
    "drip of the body": repeats(BEGIN + b"Content-Length: 100000\r\n\r\n", b"x", pause=0.02),
    "drip of chunks": repeats(CHUNKED, b"1\r\nx\r\n", pause=0.02),
    "drip of a header": repeats(BEGIN + b"X: ", b"x", pause=0.02),
    "drip of headers": repeats(BEGIN, b"X: x\r\n", pause=0.02),
    "standstill after a good beginning": repeats(
        BEGIN + b"Content-Length: 100000\r\n\r\n" + b"x" * 4_000, b"", pause=0.1
    ),
    "interim answers without end": repeats(b"", b"HTTP/1.1 103 Early Hints\r\nX: x\r\n\r\n" * 100),
    "a chunk's extension without end": repeats(CHUNKED + b"1;", b"x" * 10_000),
}
ENCODED = {
    **{
        name: says(ok(b"x", b"Content-Encoding: " + name.encode()))
        for name in ("gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "compress", "identity, gzip", "no-such-thing")
    },
    "twice": says(ok(b"x", b"Content-Encoding: identity", b"Content-Encoding: gzip")),
    "in transfer": says(BEGIN + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
}
UNUSABLE = {
    "10,000 headers": says(BEGIN + b"".join(b"X-%d: x\r\n" % n for n in range(10_000)) + b"Content-Length: 0\r\n\r\n"),
    "headers without end": repeats(BEGIN, b"X: x\r\n" * 1_000),
    "header line without end": repeats(BEGIN + b"X: ", b"x" * 10_000),
    "status line without end": repeats(b"HTTP/1.1 200 ", b"x" * 10_000),
    "trailers without end": repeats(CHUNKED + b"1\r\nx\r\n0\r\n", b"X: x\r\n" * 1_000),
    "no chunks": says(CHUNKED + b"what follows is no number\r\n"),
    "two lengths": says(BEGIN + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
    "length below nothing": says(BEGIN + b"Content-Length: -1\r\n\r\nx"),
    "length of words": says(BEGIN + b"Content-Length: many\r\n\r\nx"),
    "length of 5,000 digits": says(BEGIN + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\nx"),
    "no HTTP": says(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "redirect to nowhere": says(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"),
    "no content": says(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "part": says(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nx"),
    "not modified": says(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
}
CUT_OFF = {
    "breaks off": says(BEGIN + b"Content-Length: 100\r\n\r\nshort"),
    "chunks break off": says(CHUNKED + b"ff\r\nshort"),
}
BY_STATUS = {
    404: Reason.NOT_FOUND,
    410: Reason.NOT_FOUND,
    401: Reason.DENIED,
    403: Reason.DENIED,
    429: Reason.BUSY,
    500: Reason.SERVER_FAILED,
    503: Reason.SERVER_FAILED,
    999: Reason.UNUSABLE,
}


async def outcome(fetcher: Fetcher, link: str) -> Fetched | Reason:
    try:
        return await fetcher.fetch(link)
    except NotFetched as refusal:
        return refusal.reason


@pytest.mark.parametrize("talk", TOO_LARGE.values(), ids=TOO_LARGE)
async def test_too_much_is_not_read_to_its_end(net: Internet, fetcher: Fetcher, talk: Talk) -> None:
    assert await outcome(fetcher, net.put("/", talk)) == Reason.TOO_LARGE


@pytest.mark.parametrize("talk", TOO_SLOW.values(), ids=TOO_SLOW)
async def test_what_comes_too_slowly_is_not_waited_for(net: Internet, hasty: Fetcher, talk: Talk) -> None:
    assert await outcome(hasty, net.put("/", talk)) == Reason.TOO_SLOW


@pytest.mark.parametrize("drip", ["drip of the body", "drip of chunks", "standstill after a good beginning"])
async def test_a_slow_body_ends_long_before_the_whole_time_is_over(net: Internet, drip: str) -> None:
    async with Fetcher(reach=net.reach, limits=Limits(total=3_600, grace=0.2), lookup=look_up) as fetcher:
        ended = await asyncio.wait_for(outcome(fetcher, net.put("/", TOO_SLOW[drip])), 20)

    assert ended == Reason.TOO_SLOW


async def test_what_is_wrong_with_a_body_is_told_however_its_pieces_come(net: Internet, fetcher: Fetcher) -> None:
    trailers = repeats(b"0\r\n", b"X: x\r\n" * 1_000)

    async def later(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + b"1\r\nx\r\n")
        await writer.drain()
        await asyncio.sleep(0.2)
        await trailers(request, writer)

    assert await outcome(fetcher, net.put("/", later)) == Reason.UNUSABLE


async def test_what_is_slow_but_steady_is_fetched_after_the_grace(net: Internet) -> None:
    async def steady(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(BEGIN + b"Content-Length: 50000\r\n\r\n")
        for _ in range(10):
            await asyncio.sleep(0.03)
            writer.write(b"x" * 5_000)

    async with Fetcher(reach=net.reach, limits=Limits(grace=0.1), lookup=look_up) as fetcher:
        assert await outcome(fetcher, net.put("/", steady)) == Fetched(b"x" * 50_000, "")


@pytest.mark.parametrize("talk", ENCODED.values(), ids=ENCODED)
async def test_what_is_compressed_is_not_read(net: Internet, fetcher: Fetcher, talk: Talk) -> None:
    assert await outcome(fetcher, net.put("/", talk)) == Reason.ENCODED


@pytest.mark.parametrize("talk", UNUSABLE.values(), ids=UNUSABLE)
async def test_what_breaks_the_rules_of_http_is_not_used(net: Internet, fetcher: Fetcher, talk: Talk) -> None:
    assert await outcome(fetcher, net.put("/", talk)) == Reason.UNUSABLE


@pytest.mark.parametrize("talk", CUT_OFF.values(), ids=CUT_OFF)
async def test_a_body_that_ends_too_soon_is_no_photo(net: Internet, fetcher: Fetcher, talk: Talk) -> None:
    assert await outcome(fetcher, net.put("/", talk)) == Reason.CUT_OFF


DATE = b"Date: Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([b"Retry-After: 7"], 7.0),
        ([b"Retry-After: 0"], 0.0),
        ([b"Retry-After: Wed, 21 Oct 2026 07:28:30 GMT", DATE], 30.0),
        ([b"Retry-After: Wed, 21 Oct 2026 07:00:00 GMT", DATE], 0.0),
        ([b"Retry-After: Wed, 21 Oct 2026 07:28:30 GMT"], None),
        ([b"Retry-After: Wed, 21 Oct 2026 07:28:30 -0000", DATE], None),
        ([b"Retry-After: " + b"9" * 5_000], 999_999_999.0),
        ([b"Retry-After: -1"], None),
        ([b"Retry-After: \xb2"], None),
        ([b"Retry-After: later", DATE], None),
        ([], None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_may_say_when_to_ask_again(
    net: Internet, fetcher: Fetcher, status: int, headers: list[bytes], seconds: float | None
) -> None:
    lines = [b"HTTP/1.1 %d Later" % status, b"Content-Length: 0", *headers]

    with pytest.raises(NotFetched) as refusal:
        await fetcher.fetch(net.put("/", says(b"\r\n".join(lines) + b"\r\n\r\n")))

    assert refusal.value.wait == seconds


async def test_a_hundred_headers_are_enough(net: Internet, fetcher: Fetcher) -> None:
    few, many = (says(ok(b"photo", *(b"X-%d: x" % n for n in range(count)))) for count in (99, 100))

    assert await outcome(fetcher, net.put("/few", few)) == Fetched(b"photo", "")
    assert await outcome(fetcher, net.put("/many", many)) == Reason.UNUSABLE


@pytest.mark.parametrize(("status", "reason"), BY_STATUS.items())
async def test_a_status_has_a_reason(net: Internet, fetcher: Fetcher, status: int, reason: Reason) -> None:
    page = says(b"HTTP/1.1 %d So\r\nContent-Length: 6\r\n\r\nsecret" % status)

    assert await outcome(fetcher, net.put("/", page)) == reason


async def test_who_hangs_up_or_speaks_no_tls_gives_no_answer(net: Internet, fetcher: Fetcher) -> None:
    assert await outcome(fetcher, net.put("/", says(b""))) == Reason.NO_ANSWER
    assert await outcome(fetcher, net.at("/").replace("http:", "https:")) == Reason.NO_ANSWER


async def test_nobody_at_the_port_is_no_answer(net: Internet) -> None:
    nobody = "127.0.0.3"
    reach = Reach(ports={net.port}, exempt={nobody})

    async with Fetcher(reach=reach, lookup=lambda _: [nobody]) as fetcher:
        assert await outcome(fetcher, net.at("/")) == Reason.NO_ANSWER


@pytest.mark.parametrize("bomb", [one_member, concatenated_members])
async def test_a_bomb_is_refused_or_stays_what_it_is(net: Internet, bomb: Callable[[], bytes]) -> None:
    content = bomb()
    assert len(content) < 4_000_000

    async with Fetcher(reach=net.reach, lookup=look_up) as fetcher:
        declared = await outcome(fetcher, net.put("/declared", says(ok(content, b"Content-Encoding: gzip"))))
        plain = await outcome(fetcher, net.put("/plain", says(ok(content))))

    assert declared == Reason.ENCODED
    assert plain == Fetched(content, "")


async def test_the_type_is_a_claim_and_no_more(net: Internet, fetcher: Fetcher) -> None:
    page = b"<html>no photo</html>"

    fetched = await outcome(fetcher, net.put("/", says(ok(page, b"Content-Type: Image/JPEG; charset=utf-8"))))

    assert fetched == Fetched(page, "image/jpeg")


@pytest.mark.parametrize(
    "form",
    [
        "http://good.example:PORT/@somebody/photo@2x.jpg?by=//me@home#@",
        "HTTP://GOOD.Example.:PORT/a b/ä.jpg",
        "http://güte.example:PORT/?q=%41%20é",
        f"http://{GOOD}:PORT",
    ],
)
async def test_links_as_people_write_them_are_followed(net: Internet, fetcher: Fetcher, form: str) -> None:
    await outcome(fetcher, form.replace("PORT", str(net.port)))

    assert len(net.asked) == 1


@pytest.mark.parametrize("target", ["photo@2x.jpg", "/a//b@c", "?x=//a@b", "//good.example:PORT/@x", "./ü", "#x"])
async def test_redirects_may_be_relative(net: Internet, fetcher: Fetcher, target: str) -> None:
    link = net.put("/", leads_to(target.replace("PORT", str(net.port))))

    await outcome(fetcher, link)

    assert len(net.asked) >= 2


@pytest.mark.parametrize("size", [0, 1, SIZE])
async def test_all_that_fits_is_fetched(net: Internet, fetcher: Fetcher, size: int) -> None:
    content = random.Random(size).randbytes(size)
    in_chunks = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in pieces(content)) + b"0\r\n\r\n"

    for answer in (ok(content), CHUNKED + in_chunks, BEGIN + b"\r\n" + content):
        assert await outcome(fetcher, net.put("/", says(answer))) == Fetched(content, "")


async def test_a_length_that_is_too_small_cuts_off(net: Internet, fetcher: Fetcher) -> None:
    answer = says(BEGIN + b"Content-Length: 2\r\n\r\nlong")

    assert await outcome(fetcher, net.put("/", answer)) in (Fetched(b"lo", ""), Reason.UNUSABLE)


async def test_the_body_of_a_redirect_is_not_read(net: Internet, fetcher: Fetcher) -> None:
    net.put("/photo", says(ok(b"photo")))
    endless = repeats(b"HTTP/1.1 302 Found\r\nLocation: /photo\r\n\r\n", b"x" * 65_536)

    assert await outcome(fetcher, net.put("/", endless)) == Fetched(b"photo", "")


async def test_redirects_do_not_begin_the_time_anew(net: Internet, hasty: Fetcher) -> None:
    async def late(request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.25)
        await leads_to("/next")(request, writer)

    net.put("/next", late)

    assert await outcome(hasty, net.put("/", late)) == Reason.TOO_SLOW
    assert len(net.asked) == 3


async def test_slow_servers_keep_no_other_waiting(net: Internet, fetcher: Fetcher) -> None:
    dripping = asyncio.Semaphore(0)

    async def drip(request: bytes, writer: asyncio.StreamWriter) -> None:
        dripping.release()
        await TOO_SLOW["drip of the body"](request, writer)

    net.put("/drip", drip)
    drips = [asyncio.create_task(outcome(fetcher, net.at("/drip"))) for _ in range(8)]
    for _ in drips:
        await dripping.acquire()

    fetched = await outcome(fetcher, net.put("/photo", says(ok(b"photo"))))

    assert fetched == Fetched(b"photo", "")
    assert not any(one.done() for one in drips)
    for one in drips:
        one.cancel()
    await asyncio.gather(*drips, return_exceptions=True)


async def test_whatever_is_answered_is_fetched_or_refused(net: Internet, hasty: Fetcher) -> None:
    """No other error comes out; the parts are those of which HTTP is made, in any order."""
    parts = [
        BEGIN,
        b"\r\n",
        b"HTTP/1.",
        b"1 ",
        b"302 Found\r\n",
        b"Location: /",
        b"Location: http://[\r\n",
        b": ",
        b"\x00",
    ]
    parts += [b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"3\r\n", b"abc", b"\xff\xfe", b"0\r\n\r\n"]
    parts += [
        b"Connection: upgrade\r\nUpgrade: x\r\n",
        b"101 Switching\r\n",
        b"Set-Cookie: \xff=\x01\r\n",
        b"Location: \xff\r\n",
    ]
    drawn = random.Random(7)

    seen = set()
    for _ in range(300):
        answer = b"".join(drawn.choices([BEGIN, b"HTTP/1.1 302 Found\r\n", b""]) + drawn.choices(parts, k=6))
        met = await outcome(hasty, net.put("/", says(answer)))
        seen.add(met if isinstance(met, Reason) else Reason)

    assert {Reason, Reason.UNUSABLE, Reason.NOT_ALLOWED} <= seen


def pieces(content: bytes) -> list[bytes]:
    return [content[start : start + 7_000] for start in range(0, len(content), 7_000)]
