"""Checks of URLs that others give us to call: they must never lead into our own network, however they are spelled (H6).

A host name is checked by its spelling when it is set, and by its address at each call. The caller connects to the
address that was checked, because the name may resolve to another one a moment later.
"""

import ipaddress
import re
import socket

# IPv6 addresses that contain an IPv4 address: that one is checked.
CARRIERS = [ipaddress.ip_network("::ffff:0:0/96"), ipaddress.ip_network("64:ff9b::/96")]
# Other public IPv6 addresses: global unicast except reserved ranges, which include tunnels.
UNICAST = ipaddress.ip_network("2000::/3")
SET_ASIDE = [ipaddress.ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
INSIDE = (".local", ".localhost", ".internal", ".home.arpa")
NUMBER = re.compile(r"(\d+|0x[0-9a-f]*)", re.IGNORECASE)


class NotPublic(Exception):
    """The address leads into a private network, or nowhere."""


def is_public(address: str) -> bool:
    """Whether an IP address, given as text, is on the public internet; an IPv6 address may have a zone."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 6:
        if any(found in network for network in CARRIERS):
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        if found not in UNICAST or any(found in network for network in SET_ASIDE):
            return False
    return found.is_global and not found.is_multicast


def may_be_public(host: str) -> bool:
    """Whether a host may be on the public internet, judged by its spelling. IPv4 addresses are accepted in the usual
    notation only: ``0177.0.0.1``, ``2130706433`` and ``127.1`` are refused."""
    host = host.rstrip(".").lower()
    try:
        return is_public(host)
    except ValueError:
        pass
    is_number = NUMBER.fullmatch(host.rpartition(".")[2])
    return "." in host and not is_number and not host.endswith(INSIDE)


def public_address(host: str, port: int) -> str:
    """The first address of ``host`` in the resolver's order, which puts unreachable ones last. Raises ``NotPublic`` if
    any of its addresses is not on the public internet."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise NotPublic(f"{host} is not known") from error
    if not found or not all(is_public(address) for address in found):
        raise NotPublic(f"{host} leads into a private network")
    return found[0]
