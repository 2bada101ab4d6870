"""A filled cart, and what a browser sends from the checkout page."""

import re

import pytest

from core import actors
from orders.placing.services import cart

BY = actors.system("test")


def hidden(html, name):
    return re.search(rf'name="{name}" value="([^"]*)"', html).group(1)


def form_of(response, **changes):
    """What a browser would send from the checkout page."""
    html = response.content.decode()
    sent = {name: hidden(html, name) for name in ("form_key", "quote") if f'name="{name}"' in html}
    if 'name="address"' in html:
        sent["address"] = hidden(html, "address")
    if 'name="provider"' in html:
        sent["provider"] = hidden(html, "provider")
    return sent | changes


@pytest.fixture
def fill(member, at):
    def do(*lines):
        for sku, way, quantity in lines:
            cart.put(member=member, sku_id=sku.pk, way=way, quantity=quantity, at=at)

    return do
