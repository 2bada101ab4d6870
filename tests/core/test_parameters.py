"""Parameters: typed, ranged, on record, and seen by every process within a second (C5)."""

import os
import subprocess
import sys
import time
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from core import clock, live, parameters
from core.models import AuditEvent, ParameterValue
from points.parameters import POINTS_PER_YUAN

BY = "staff:1"


@pytest.fixture(autouse=True)
def unpinned(parameters):
    live.forget_all()


def change(value, parameter=POINTS_PER_YUAN):
    parameters.change(parameter, value, by=BY, at=clock.now())


def test_a_change_counts_and_is_on_record(db, django_capture_on_commit_callbacks):
    assert POINTS_PER_YUAN.value == 100
    with django_capture_on_commit_callbacks(execute=True):
        change(250)
    assert POINTS_PER_YUAN.value == 250
    event = AuditEvent.objects.get(event="parameter.changed")
    assert (event.by, event.subject, event.data) == (BY, "parameter:points.per_yuan", {"before": 100, "after": 250})


def test_the_same_value_again_is_no_event(db):
    change(100)
    change(100)
    assert not AuditEvent.objects.exists()


def test_none_returns_to_the_default(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        change(250)
        change(None)
    assert POINTS_PER_YUAN.value == 100
    assert not ParameterValue.objects.exists()


@pytest.mark.parametrize("value", [0, -1, 100_001, "12", 1.5, True, Decimal("12")])
def test_what_does_not_fit_is_refused(db, value):
    with pytest.raises(parameters.ParameterNotValid):
        change(value)
    assert not ParameterValue.objects.exists()


def test_decimals_come_as_text_and_stay_exact():
    ratio = parameters.Parameter(name="x.ratio", default=Decimal(1), label="ratio", least=Decimal(0), most=Decimal(10))
    assert ratio.clean("0.1") == Decimal("0.1")
    assert ratio.stored(Decimal("0.10")) == "0.10"
    for wrong in ("NaN", "Infinity", "1,5", "", 1.5):
        with pytest.raises(parameters.ParameterNotValid):
            ratio.clean(wrong)


def test_choices_are_the_only_values():
    mode = parameters.Parameter(name="x.mode", default="a", label="mode", choices=(("a", "A"), ("b", "B")))
    assert mode.clean("b") == "b"
    with pytest.raises(parameters.ParameterNotValid):
        mode.clean("c")


def test_a_stored_value_out_of_a_narrowed_range_counts_as_not_set(db):
    ParameterValue.objects.create(name="points.per_yuan", value=0, changed_at=clock.now(), by=BY)
    ParameterValue.objects.create(name="points.forgotten", value=1, changed_at=clock.now(), by=BY)
    assert POINTS_PER_YUAN.value == 100


def test_reading_is_free_between_looks(db, django_assert_num_queries):
    POINTS_PER_YUAN.value  # noqa: B018 - the first look reads the database
    with django_assert_num_queries(0):
        for _ in range(100):
            assert POINTS_PER_YUAN.value == 100


def test_without_the_cache_server_the_database_answers_at_every_look(db, cache_server, monkeypatch):
    monkeypatch.setattr(live, "FRESH_S", 0)
    cache_server.is_there = False
    assert POINTS_PER_YUAN.value == 100
    ParameterValue.objects.create(name="points.per_yuan", value=300, changed_at=clock.now(), by=BY)
    assert POINTS_PER_YUAN.value == 300


OTHER_PROCESS = """
import sys, django
django.setup()
from points.parameters import POINTS_PER_YUAN
while True:
    print(POINTS_PER_YUAN.value, flush=True)
    sys.stdin.readline()
"""


@pytest.mark.django_db(transaction=True)
def test_another_process_sees_a_change_within_a_second():
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}"))
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "pointsmall.settings"},
    )

    def ask():
        other.stdin.write("\n")
        other.stdin.flush()
        return int(other.stdout.readline())

    try:
        assert int(other.stdout.readline()) == 100
        change(321)
        changed = time.monotonic()
        while ask() != 321:
            assert time.monotonic() - changed < 1
        assert POINTS_PER_YUAN.value == 321
    finally:
        other.kill()
        other.communicate()


def test_staff_see_all_and_set_one(admin_client, db, django_capture_on_commit_callbacks):
    page = admin_client.get("/admin/core/parametervalue/").content.decode()
    assert "/admin/core/parametervalue/points.per_yuan/" in page
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post("/admin/core/parametervalue/points.per_yuan/", {"value": "250"})
    assert answer.status_code == 302
    assert POINTS_PER_YUAN.value == 250
    assert "250" in admin_client.get("/admin/core/parametervalue/").content.decode()
    answer = admin_client.post("/admin/core/parametervalue/points.per_yuan/", {"value": "0"})
    assert answer.status_code == 200
    assert POINTS_PER_YUAN.value == 250
    assert admin_client.get("/admin/core/parametervalue/points.nothing/").status_code == 404


def test_who_may_not_does_not(client, django_user_model, db):
    staff = django_user_model.objects.create_user(username="clerk", is_staff=True)
    client.force_login(staff)
    assert client.get("/admin/core/parametervalue/").status_code == 403
    assert client.get("/admin/core/parametervalue/points.per_yuan/").status_code == 403
    assert client.post("/admin/core/parametervalue/points.per_yuan/", {"value": "9"}).status_code == 403
