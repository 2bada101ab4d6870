"""Versions and scripts, made by the services."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from accounts.services import create_member
from points.earning.services import rule_sets, scripts

AT = datetime(2026, 11, 20, 4, tzinfo=UTC)  # noon in the shop
LATER = AT + timedelta(days=7)
STAFF = "staff:1"
GOOD = "function calculatePoints(level, amount) { return amount * 2 }"
_phones = count()


@pytest.fixture
def make_member(db):
    def make():
        return create_member(phone=f"+86139{next(_phones):08d}", by="system:test", at=AT)

    return make


@pytest.fixture
def make_draft(db):
    def make(name="New", rules=(("ratio", {"points": 2}),), **rest):
        draft = rule_sets.create_draft(name=name, by=STAFF, at=AT, **rest)
        for code, figures in rules:
            rule_sets.add_rule(version=draft, code=code, figures=figures, by=STAFF, at=AT)
        draft.refresh_from_db()
        return draft

    return make


@pytest.fixture
def after_commit(django_capture_on_commit_callbacks):
    """Call something; what follows its commit has happened."""

    def act(function, *arguments, **named):
        with django_capture_on_commit_callbacks(execute=True):
            return function(*arguments, **named)

    return act


@pytest.fixture
def release(make_draft, after_commit):
    """Release a new draft; what follows the commit has happened."""

    def act(version=None, starts_at=LATER, **rest):
        version = version or make_draft()
        after_commit(rule_sets.release, version=version, starts_at=starts_at, by=STAFF, at=AT, **rest)
        return version

    return act


@pytest.fixture
def script(db):
    """A script whose first version serves."""
    script = scripts.create(code="sums", name="Sums", source=GOOD, by=STAFF, at=AT)
    scripts.let_serve(version=script.versions.get(), by=STAFF, at=AT)
    return script
