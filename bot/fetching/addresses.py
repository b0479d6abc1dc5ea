"""Which addresses may be dialled: those of the public net, by a table of our own.

Python's own judgement of addresses changes between versions and takes several of the ranges below for public ones,
above all those that carry an IPv4 address inside an IPv6 one. A link must never lead to the owner's network, to this
machine, or to the address at which a cloud tells a machine its secrets.
"""

from collections.abc import Set
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

PORTS = frozenset({80, 443})

# The IANA IPv4 Special-Purpose Address Registry as a whole, also where it says "globally reachable": no photo lives
# there.
NOT_PUBLIC_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private use, RFC 1918
        "100.64.0.0/10",  # shared by providers, RFC 6598; one cloud's metadata
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link-local, RFC 3927; most clouds' metadata
        "172.16.0.0/12",  # private use, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890; another cloud's metadata
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.31.196.0/24",  # AS112, RFC 7535
        "192.52.193.0/24",  # automatic multicast tunneling, RFC 7450
        "192.88.99.0/24",  # relays of 6to4, RFC 7526
        "192.168.0.0/16",  # private use, RFC 1918
        "192.175.48.0/24",  # direct delegation of AS112, RFC 7534
        "198.18.0.0/15",  # benchmarking, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, RFC 1112; limited broadcast, RFC 8190
        # In no registry: the address of Azure's own platform inside every machine there, though it looks public.
        "168.63.129.16/32",
    )
)

# All unicast that was ever given out (IANA IPv6 Address Space, RFC 4291). What lies outside needs no entry below, among
# it loopback, unique local, link-local and site-local addresses, IPv4-mapped and IPv4-compatible ones, both prefixes of
# NAT64 (64:ff9b::/96, RFC 6052, and 64:ff9b:1::/48, RFC 8215), discard-only 100::/64, 5f00::/16 and multicast.
GLOBAL_UNICAST = IPv6Network("2000::/3")
# The IANA IPv6 Special-Purpose Address Registry inside of it, also where it says "globally reachable".
NOT_PUBLIC_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID, AMT, AS112, drones
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056: an IPv4 address follows
        "2620:4f:8000::/48",  # direct delegation of AS112, RFC 7534
        "3ffe::/16",  # the 6bone, given back, RFC 3701
        "3fff::/20",  # documentation, RFC 9637
    )
)
# ISATAP (RFC 5214) has its IPv4 address in the lower half of an address of any network, after this word. Of its first
# octet two bits say only whether the half is unique and meant for a group.
ISATAP_WORD = 0x00005EFE
ISATAP_MASK = 0xFCFFFFFF


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be dialled: public addresses at the ports of the web.

    Whatever is given is for tests, whose servers are on loopback: their ports, and addresses that count as public ones.
    """

    ports: Set[int] = PORTS
    exempt: Set[str] = frozenset()

    def has_address(self, address: str) -> bool:
        return address in self.exempt or is_public(address)

    def has_port(self, port: int | None) -> bool:
        return port in self.ports


def is_public(address: str) -> bool:
    """Whether an address, as it is written to dial it, is one of the public net; anything that is none is not."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return _is_public_ipv4(parsed) if isinstance(parsed, IPv4Address) else _is_public_ipv6(parsed)


def _is_public_ipv4(address: IPv4Address) -> bool:
    return not any(address in network for network in NOT_PUBLIC_IPV4)


def _is_public_ipv6(address: IPv6Address) -> bool:
    # A zone names a network card of this machine; public addresses need none.
    if address.scope_id is not None or address not in GLOBAL_UNICAST:
        return False
    if (int(address) >> 32) & ISATAP_MASK == ISATAP_WORD:
        return False
    return not any(address in network for network in NOT_PUBLIC_IPV6)
