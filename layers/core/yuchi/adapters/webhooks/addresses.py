"""Which IP addresses a webhook may connect to."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address

_CLOSED_V4: Final[Iterable[IPv4Network]] = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network; Linux connects 0.0.0.0 to itself
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier NAT; Alibaba Cloud's metadata
        "127.0.0.0/8",  # loopback; Lambda's Runtime API
        "168.63.129.16/32",  # Azure's host agent: looks public, is not
        "169.254.0.0/16",  # link-local; metadata and credentials of AWS and most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
"""IANA IPv4 Special-Purpose Address Registry, multicast, and addresses of cloud providers' own."""

_GLOBAL_V6: Final = IPv6Network("2000::/3")
"""The only IPv6 space handed out. Loopback, link-local, ULA, multicast, IPv4-mapped and NAT64 lie outside of it."""

_CLOSED_V6: Final[Iterable[IPv6Network]] = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments; Teredo carries an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 carries an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
"""IANA IPv6 Special-Purpose Address Registry, inside of 2000::/3."""


def is_public(address: Address) -> bool:
    """Whether ``address`` is a host of the public Internet.

    Our own table and the standard library's must both agree: theirs differs from one Python to the next, ours may age.
    """
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _CLOSED_V4)
    return address in _GLOBAL_V6 and not any(address in block for block in _CLOSED_V6)
