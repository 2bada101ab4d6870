import re
from datetime import UTC, datetime

import pytest

from accounts import sent, services

AT = datetime(2026, 11, 20, 1, 12, tzinfo=UTC)
PASSWORD = "a-long-one-7"


@pytest.fixture
def create(db):
    """Make a member through the service."""

    def create(**fields):
        return services.create_member(by="system:test", at=AT, **fields)

    return create


@pytest.fixture
def post(client, django_capture_on_commit_callbacks):
    """Post a form as a browser would, and let the tasks behind it run."""

    def post(path, data=None, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(path, data or {}, **kwargs)

    return post


def sign_in_afresh(client, member):
    """Signed in, and the password given again a moment ago."""
    client.force_login(member)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def prove_by_code(post, to):
    """Whoever is signed in proves it with a code ``to`` the first of her ways in."""
    post("/accounts/reauthenticate/code/", {"way": "0"})
    return post("/accounts/reauthenticate/code/confirm/", {"code": last_code(to)})


def last_code(to):
    """The code in the newest message that went ``to`` a phone or e-mail address."""
    text = next(message.text for message in sent.latest() if message.to == to)
    return re.search(r"(?<!\d)\d{6}(?!\d)", text).group()
