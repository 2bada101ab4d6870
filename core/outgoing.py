"""Addresses that somebody else names and we call: never into our own network, however it is spelled (H6).

A name is judged by its looks when it is set, and by where it leads at each call. The caller connects to the address
that was judged, because a name may lead elsewhere a moment later.
"""

import ipaddress
import re
import socket

# IPv6 that carries IPv4: judged by what it carries.
CARRIERS = [ipaddress.ip_network("::ffff:0:0/96"), ipaddress.ip_network("64:ff9b::/96")]
# The rest of IPv6 that is somebody's on the internet: global unicast without what is set aside, tunnels among it.
UNICAST = ipaddress.ip_network("2000::/3")
SET_ASIDE = [ipaddress.ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
INSIDE = (".local", ".localhost", ".internal", ".home.arpa")
NUMBER = re.compile(r"(\d+|0x[0-9a-f]*)", re.IGNORECASE)


class NotPublic(Exception):
    """The address leads into a private network, or nowhere."""


def is_public(address: str) -> bool:
    """Whether an IP address, as text, is on the public internet; an IPv6 one may come with its zone."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 6:
        if any(found in network for network in CARRIERS):
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        if found not in UNICAST or any(found in network for network in SET_ASIDE):
            return False
    return found.is_global and not found.is_multicast


def may_be_public(host: str) -> bool:
    """Whether a host may be on the public internet by its looks. Only the usual spelling of an IPv4 address is one:
    ``0177.0.0.1``, ``2130706433`` and ``127.1`` are refused."""
    host = host.rstrip(".").lower()
    try:
        return is_public(host)
    except ValueError:
        pass
    is_number = NUMBER.fullmatch(host.rpartition(".")[2])
    return "." in host and not is_number and not host.endswith(INSIDE)


def public_address(host: str, port: int) -> str:
    """The first address of ``host``, by the resolver's order, which puts those last that this machine has no way to.
    Raises ``NotPublic`` where any of them is not on the public internet."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise NotPublic(f"{host} is not known") from error
    if not found or not all(is_public(address) for address in found):
        raise NotPublic(f"{host} leads into a private network")
    return found[0]
