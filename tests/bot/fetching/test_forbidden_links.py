"""Links that lead where nobody may look: a canary on loopback is never reached, and would be without the checks."""

from __future__ import annotations

import itertools
import logging
import socket
from collections.abc import Sequence
from typing import Any

import pytest

from bot.fetching import fetch
from bot.fetching.addresses import Reach
from bot.fetching.dialling import AddressRefused, CheckedResolver, Lookup, checked_sockets
from bot.fetching.errors import NotFetched, Reason
from bot.fetching.fetch import Fetcher
from tests.bot.fetching.servers import GOOD, Internet, leads_to, look_up, ok, says

# PORT is the port that is allowed, at which the canary listens.
SPELT_TEXT = """
http://127.0.0.1:PORT/ http://127.0.0.1:PORT/x?y#z HTTP://127.0.0.1:PORT/ http://127.255.0.1:PORT/ http://0.0.0.0:PORT/
http://[::1]:PORT/ http://[::]:PORT/ http://[0:0:0:0:0:0:0:1]:PORT/ http://[::ffff:127.0.0.1]:PORT/
http://[::ffff:7f00:1]:PORT/ http://[::127.0.0.1]:PORT/ http://[64:ff9b::7f00:1]:PORT/ http://[64:ff9b:1::7f00:1]:PORT/
http://[2002:7f00:1::]:PORT/ http://[2606:4700::5efe:7f00:1]:PORT/ http://[::1%25lo]:PORT/ http://[::1%lo]:PORT/
http://①②⑦.⓪.⓪.①:PORT/ http://１２７.0.0.1:PORT/ http://127。0。0。1:PORT/ http://127.0.0.1:８０８０/
http://169.254.169.254:PORT/latest/meta-data/ http://[fd00:ec2::254]:PORT/ http://100.100.100.200:PORT/
http://168.63.129.16:PORT/ http://192.0.0.192:PORT/ http://10.0.0.1:PORT/ http://192.168.1.1:PORT/
http://2130706433:PORT/ http://017700000001:PORT/ http://0177.0.0.1:PORT/ http://127.1:PORT/
http://0:PORT/ http://127.0.0.01:PORT/ http://256.0.0.1:PORT/
http://user@127.0.0.1:PORT/ http://user:word@good.example:PORT/ http://@good.example:PORT/ http://:@good.example:PORT/
http://good.example:PORT@127.0.0.1:PORT/ http://a%40b@good.example:PORT/
http://good.example:PORT\\@127.0.0.1:PORT/ http://127.0.0.1:PORT\\.good.example/
http://good.example/ http://good.example:22/ http://good.example:0/ http://good.example:99999/ http://good.example:-1/
http:///127.0.0.1:PORT/ http:127.0.0.1:PORT/ //127.0.0.1:PORT/ 127.0.0.1:PORT good.example:PORT/photo /photo photo
file:///etc/passwd ftp://good.example:PORT/ gopher://127.0.0.1:PORT/ ws://127.0.0.1:PORT/ wss://127.0.0.1:PORT/
data:image/png;base64,AAAA javascript:alert(1) unix:///run/x.sock
http+unix://%2Frun%2Fx.sock/ jar:http://127.0.0.1:PORT!/
http://[127.0.0.1]:PORT/ http://[::1:PORT/ http://]:PORT/
"""
SPELT = SPELT_TEXT.split()
SPELT += ["http://l\u00adocalhost:PORT/", "http://127.0.0.1.:PORT/"]
SPELT += ["", " ", "http://", "http://127.0.0.1:PORT\t/", "http://127.0.0.1\r\n:PORT/", "\thttp://127.0.0.1:PORT/"]
SPELT += ["http://127.0.0.1:PORT/\x00", "http://good.example:PORT/\ud800", "http://good.example:PORT/" + "a" * 5_000]
NAMED_TEXT = """
http://localhost:PORT/ http://LOCALHOST.:PORT/ http://ⓛocalhost:PORT/ http://inside.example:PORT/
http://inside.example.:PORT/ http://inside6.example:PORT/ http://mapped.example:PORT/ http://unspecified.example:PORT/
http://mixed.example:PORT/ http://mixed6.example:PORT/ http://mixed-first.example:PORT/ http://metadata.example:PORT/
http://private.example:PORT/
http://zoned.example:PORT/ http://nothing.example:PORT/ http://unknown.example:PORT/
http://good.example%40127.0.0.1:PORT/x@y
http://%31%32%37.0.0.1:PORT/ http://a..b:PORT/ http://0x7f000001:PORT/
http://0x7f.1:PORT/ http://0x7f.0x0.0x0.0x1:PORT/
"""
NAMED = NAMED_TEXT.split()


@pytest.mark.parametrize(
    ("form", "reason"),
    [*((one, Reason.NOT_ALLOWED) for one in SPELT), *((one, Reason.NO_ANSWER) for one in NAMED)],
    ids=ascii,
)
async def test_no_form_of_a_link_reaches_the_canary(net: Internet, fetcher: Fetcher, form: str, reason: Reason) -> None:
    refusal = await refused(fetcher, form.replace("PORT", str(net.port)))

    assert (refusal.reason, net.canary_reached, net.asked) == (reason, 0, [])


@pytest.mark.parametrize("hops", [1, 2, 3])
@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:PORT/",
        "http://[::1]:PORT/",
        "http://[::ffff:127.0.0.1]:PORT/",
        "http://2130706433:PORT/",
        "//127.0.0.1:PORT/",
        "http://user@good.example:PORT/",
        "http://169.254.169.254:PORT/",
        "http://good.example:22/",
        "https://good.example/",
        "file:///etc/passwd",
        "ftp://good.example:PORT/",
        "data:,x",
        "http://good.example:PORT\\@127.0.0.1:PORT/",
        "http://[",
    ],
)
async def test_no_redirect_reaches_the_canary(net: Internet, fetcher: Fetcher, target: str, hops: int) -> None:
    refusal = await refused(fetcher, chain(net, hops, target.replace("PORT", str(net.port))))

    assert (refusal.reason, net.canary_reached, len(net.asked)) == (Reason.NOT_ALLOWED, 0, hops)


async def test_a_redirect_to_a_name_inside_reaches_nobody(net: Internet, fetcher: Fetcher) -> None:
    refusal = await refused(fetcher, chain(net, 1, net.at("/", host="inside.example")))

    assert (refusal.reason, net.canary_reached) == (Reason.NO_ANSWER, 0)


@pytest.mark.parametrize("hops", [1, 2, 3])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_three_redirects_are_followed(net: Internet, fetcher: Fetcher, hops: int, status: int) -> None:
    net.put("/photo", says(ok(b"photo")))

    fetched = await fetcher.fetch(chain(net, hops, "/photo", status=status))

    assert (fetched.content, len(net.asked)) == (b"photo", hops + 1)


@pytest.mark.parametrize("hops", [4, 5])
async def test_a_fourth_redirect_is_not_followed(net: Internet, fetcher: Fetcher, hops: int) -> None:
    net.put("/photo", says(ok(b"photo")))

    refusal = await refused(fetcher, chain(net, hops, "/photo"))

    assert (refusal.reason, len(net.asked)) == (Reason.MANY_REDIRECTS, 4)


async def test_a_name_server_that_changes_its_mind_gains_nothing(net: Internet) -> None:
    net.put("/", says(ok(b"photo")))
    fetched = await fetch_often(net, 1_000)

    assert (fetched, len(net.asked), net.canary_reached) == (500, 500, 0)


async def test_the_socket_alone_holds_against_such_a_name_server(
    net: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_out_resolver_check(monkeypatch)
    net.put("/", says(ok(b"photo")))

    fetched = await fetch_often(net, 1_000)

    assert (fetched, net.canary_reached) == (500, 0)


@pytest.mark.parametrize(("address", "port"), [("127.0.0.1", 443), ("1.1.1.1", 22), ("fe80::1", 443), ("anything", 80)])
def test_no_socket_is_made_for_another_address_or_port(address: str, port: int) -> None:
    make = checked_sockets(Reach())

    make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("1.1.1.1", 443))).close()
    with pytest.raises(AddressRefused):
        make((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)))


async def test_each_hop_is_dialled_anew(net: Internet, fetcher: Fetcher) -> None:
    net.put("/photo", says(ok(b"photo")))

    await fetcher.fetch(chain(net, 2, "/photo"))

    assert [b"connection: close" in one.lower() for one in net.asked] == [True] * 3


async def test_without_both_checks_the_canary_is_reached_by_name(
    net: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_out_resolver_check(monkeypatch)
    take_out_socket_check(monkeypatch)
    net.put("/", says(ok(b"photo")))

    await fetch_often(net, 20)

    assert net.canary_reached == 10


async def test_without_the_socket_check_the_canary_is_reached_by_address(
    net: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_out_socket_check(monkeypatch)
    forms = ["127.0.0.1", "[::1]", "１２７.0.0.1", "①②⑦.⓪.⓪.①"]

    async with Fetcher(reach=net.reach, lookup=look_up) as fetcher:
        got = [await fetcher.fetch(net.at("/", host=form)) for form in forms]
        got.append(await fetcher.fetch(chain(net, 2, net.at("/", host="127.0.0.1"))))

    assert [one.content for one in got] == [b"secret"] * 5
    assert net.canary_reached == 5


async def test_proxies_and_passwords_of_the_environment_are_not_used(
    net: Internet, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine good.example login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, net.at("", host="127.0.0.1"))
        monkeypatch.setenv(name.upper(), net.at("", host="127.0.0.1"))
    cookie = says(ok(b"photo", b"Set-Cookie: a=b"))

    for path in ("/1", "/2"):
        assert (await fetcher.fetch(net.put(path, cookie))).content == b"photo"

    assert (net.canary_reached, len(net.asked)) == (0, 2)
    assert all(b"authorization" not in one.lower() and b"cookie" not in one.lower() for one in net.asked)


@pytest.mark.parametrize(
    "pair",
    [
        ("http://127.0.0.1:PORT/", "http://10.0.0.1:PORT/"),
        ("http://[::1]:PORT/", "http://[fd00::1]:PORT/"),
        ("http://inside.example:PORT/", "http://private.example:PORT/"),
        ("http://inside.example:PORT/", "http://unknown.example:PORT/"),
    ],
)
async def test_an_error_does_not_tell_what_there_is_inside(
    net: Internet, fetcher: Fetcher, pair: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        first, second = [await refused(fetcher, one.replace("PORT", str(net.port))) for one in pair]

    assert (str(first), repr(first), vars(first)) == (str(second), repr(second), vars(second))
    for one in (first, second):
        assert one.__context__ is one.__cause__ is None
    assert [one for one in caplog.messages if "example" in one or "127.0.0.1" in one or "10.0.0.1" in one] == []


def chain(net: Internet, hops: int, target: str, *, status: int = 302) -> str:
    """A link that leads to the target by so many redirects."""
    for hop in range(1, hops):
        net.put(f"/hop{hop}", leads_to(f"/hop{hop + 1}", status))
    net.put(f"/hop{hops}", leads_to(target, status))
    return net.at("/hop1")


async def refused(fetcher: Fetcher, link: str) -> NotFetched:
    with pytest.raises(NotFetched) as caught:
        await fetcher.fetch(link)
    return caught.value


async def fetch_often(net: Internet, times: int) -> int:
    """How often something was fetched from a name that leads outside and inside by turns."""
    answers = itertools.cycle([[GOOD], ["127.0.0.1"]])
    fetched = 0
    async with Fetcher(reach=net.reach, lookup=lambda _: next(answers)) as fetcher:
        for _ in range(times):
            try:
                fetched += (await fetcher.fetch(net.at("/", host="rebinding.example"))).content == b"photo"
            except NotFetched:
                continue
    return fetched


class Careless(Reach):
    """The check taken out."""

    def has_address(self, address: str) -> bool:
        return True


def take_out_resolver_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(reach: Reach, lookup: Lookup) -> CheckedResolver:
        return CheckedResolver(Careless(ports=reach.ports), lookup)

    monkeypatch.setattr(fetch, "CheckedResolver", careless)


def take_out_socket_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(info: Sequence[Any]) -> socket.socket:
        return socket.socket(*info[:3])

    monkeypatch.setattr(fetch, "checked_sockets", lambda reach: make)
