from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.services import create_member
from activities.services.sign_in import sign_in
from core import actors

SHANGHAI = ZoneInfo("Asia/Shanghai")


def shop(text):
    """``2026-11-21 09:12`` in the shop's time zone."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def member(db):
    return create_member(phone="+8613900000001", by="system:test", at=shop("2026-01-01 00:00"))


@pytest.fixture
def signs_in(member):
    """Sign the member in at a moment told as text."""

    def act(text):
        return sign_in(member=member, by=actors.member(member.pk), at=shop(text))

    return act
