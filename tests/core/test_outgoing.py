"""No spelling of a private address is called (H6)."""

import pytest

from core.outgoing import NotPublic, is_public, may_be_public, public_address


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2001:4860:4860::8888", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
        ("255.255.255.255", False), ("224.0.0.1", False), ("0.0.0.1", False), ("::", False), ("::1", False),
        ("fe80::1%eth0", False), ("fd00::1", False), ("ff02::1", False), ("2001:db8::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:8.8.8.8", True),  # mapped
        ("64:ff9b::7f00:1", False), ("64:ff9b::a00:1", False), ("64:ff9b::808:808", True),  # NAT64
        ("64:ff9b:1::7f00:1", False), ("::7f00:1", False), ("::808:808", False),  # a site's; given up
        ("2002:7f00:1::", False), ("2002:808:808::1", False), ("2001:0:7f00:1::", False),  # tunnels
    ],
)  # fmt: skip
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("host", "may"),
    [
        ("partner.example.com", True), ("partner.example.com.", True), ("8.8.8.8", True), ("a.b1", True),
        ("localhost", False), ("mall", False), ("mall.internal", False), ("MALL.Internal.", False),
        ("x.localhost", False), ("0177.0.0.1", False), ("2130706433", False), ("127.1", False), ("0x7f.0.0.1", False),
        ("1.2.3.0x7f", False), ("10.0.0.1.", False), ("::7f00:1", False), ("64:ff9b::7f00:1", False), ("", False),
    ],
)  # fmt: skip
def test_which_hosts_may_be_public_by_their_looks(host, may):
    assert may_be_public(host) is may


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["64:ff9b::7f00:1"], []])
def test_a_name_that_leads_inside_is_refused(monkeypatch, addresses):
    found = [(2, 1, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr("socket.getaddrinfo", lambda *arguments, **more: found)
    with pytest.raises(NotPublic):
        public_address("partner.example.com", 443)
