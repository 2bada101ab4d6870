"""What calls are tried with: the ledger of a member."""

import socket

import pytest

from core import cache
from tests.points.conftest import member, own  # noqa: F401 - fixtures


@pytest.fixture
def silent_server(monkeypatch):
    """The URL of a cache server that hangs: whoever calls is connected, nobody gets an answer."""
    monkeypatch.setattr(cache, "_ask_at", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"
