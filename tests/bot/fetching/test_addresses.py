"""The table of addresses that may be dialled."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.fetching.addresses import NOT_PUBLIC_IPV4, NOT_PUBLIC_IPV6, PORTS, Reach, is_public

# The first and last address of ranges, and what is known to live in them.
BAD_IPV4_TEXT = """
0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.255
169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.8 192.0.0.9
192.0.0.170 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.0 192.168.255.255 192.175.48.1
198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.0 255.255.255.255 168.63.129.16
"""
BAD_IPV6_TEXT = """
:: ::1 100::1 100:0:0:1::1 2001::1 2001:1::1 2001:1::2 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1
2001:30::1 2001:1ff:ffff::1 2001:db8::1 2620:4f:8000::1 3ffe::1 3fff::1 3fff:fff:ffff::1 4000::1 5f00::1 fc00::1
fd00:ec2::254 fd20:ce::254 fdff:ffff::1 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1 1fff:ffff::1 ::1%lo fe80::1%eth0
2606:4700::1111%eth0
"""
EMBEDDED = {
    "IPv4-mapped": "::ffff:127.0.0.1",
    "IPv4-mapped, public": "::ffff:93.184.216.34",
    "IPv4-compatible": "::169.254.169.254",
    "IPv4-translated": "::ffff:0:127.0.0.1",
    "6to4": "2002:7f00:1::",
    "6to4, metadata": "2002:a9fe:a9fe::1",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64, local": "64:ff9b:1::a00:1",
    "Teredo": "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "ISATAP": "2606:4700::5efe:127.0.0.1",
    "ISATAP, unique": "2606:4700::200:5efe:10.0.0.1",
    "ISATAP, of a group": "2606:4700::300:5efe:10.0.0.1",
}
NONE_AT_ALL = ["", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "1.1.1.1 ", "1.1.1.1/32", "[::1]"]
GOOD_TEXT = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
168.63.129.15 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.167.255.255
192.169.0.0 198.17.255.255 198.20.0.0 203.0.112.255 203.0.114.0 223.255.255.255 2000::1 2001:200::1 2001:4860:4860::8888
2001:db7:ffff::1 2001:db9::1 2003::1 2606:4700:4700::1111 2620:4f:7fff::1 2620:fe::fe 2a00:1450:4001:80b::200e 3ffd::1
2606:4700::5eff:1:1
"""
BAD_IPV4, BAD_IPV6, GOOD = BAD_IPV4_TEXT.split(), BAD_IPV6_TEXT.split(), GOOD_TEXT.split()


def test_the_examples_are_many() -> None:
    assert len({*BAD_IPV4, *BAD_IPV6, *EMBEDDED.values()}) >= 60
    assert len(EMBEDDED) >= 9
    assert len(set(GOOD)) >= 20


@pytest.mark.parametrize("address", [*BAD_IPV4, *BAD_IPV6, *EMBEDDED.values(), *NONE_AT_ALL])
def test_special_addresses_are_not_dialled(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", GOOD)
def test_public_addresses_are_dialled(address: str) -> None:
    assert is_public(address)


def test_every_range_is_refused_from_its_first_address_to_its_last() -> None:
    ranges: list[IPv4Network | IPv6Network] = [*NOT_PUBLIC_IPV4, *NOT_PUBLIC_IPV6]
    assert len(ranges) > 20

    assert [one for one in ranges if is_public(str(one[0])) or is_public(str(one[-1]))] == []


def test_every_range_has_an_example_that_needs_it() -> None:
    examples = [ip_address(one) for one in [*BAD_IPV4, *BAD_IPV6, *EMBEDDED.values()]]
    ranges: list[IPv4Network | IPv6Network] = [*NOT_PUBLIC_IPV4, *NOT_PUBLIC_IPV6]

    needed = [[one for one in ranges if example in one] for example in examples]

    assert [one for one in ranges if [one] not in needed] == []


@given(some.integers(0, 2**32 - 1))
def test_no_ipv4_address_becomes_public_inside_an_ipv6_one(number: int) -> None:
    ipv4 = IPv4Address(number)
    inside = [
        IPv6Address(f"::ffff:{ipv4}"),
        IPv6Address(f"::{ipv4}"),
        IPv6Address(f"64:ff9b::{ipv4}"),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),
        IPv6Address(f"2a00::5efe:{ipv4}"),
    ]

    assert not any(is_public(str(one)) for one in inside)


def test_only_the_ports_of_the_web_are_dialled_and_nothing_is_exempt() -> None:
    reach = Reach()

    assert {port for port in range(65_536) if reach.has_port(port)} == PORTS == {80, 443}
    assert not reach.has_port(None)
    assert reach.has_address("1.1.1.1")
    assert not reach.has_address("127.0.0.1")
