"""Parameters: typed, ranged, on record, and seen by every process within a second (C5)."""

import os
import subprocess
import sys
import time
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from core import approvals, clock, live, parameters
from core.models import Approval, AuditEvent, ParameterValue
from points.ledger.parameters import POINTS_PER_YUAN
from points.partners.parameters import PARTNER_LOG_DAYS

BY = "staff:1"


@pytest.fixture(autouse=True)
def unpinned(parameters):
    live.forget_all()


def change(value, parameter=PARTNER_LOG_DAYS):
    parameters.change(parameter, value, by=BY, at=clock.now())


def test_a_change_counts_and_is_on_record(db, django_capture_on_commit_callbacks):
    assert PARTNER_LOG_DAYS.value == 90
    with django_capture_on_commit_callbacks(execute=True):
        change(250)
    assert PARTNER_LOG_DAYS.value == 250
    event = AuditEvent.objects.get(event="parameter.changed")
    assert (event.by, event.subject, event.data) == (BY, "parameter:points.partner_log", {"before": 90, "after": 250})


def test_the_same_value_again_is_no_event(db):
    change(90)
    change(90)
    assert not AuditEvent.objects.exists()


def test_none_returns_to_the_default(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        change(250)
        change(None)
    assert PARTNER_LOG_DAYS.value == 90
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
    ParameterValue.objects.create(name="points.partner_log", value=0, changed_at=clock.now(), by=BY)
    ParameterValue.objects.create(name="points.forgotten", value=1, changed_at=clock.now(), by=BY)
    assert PARTNER_LOG_DAYS.value == 90


def test_reading_is_free_between_looks(db, django_assert_num_queries):
    PARTNER_LOG_DAYS.value  # noqa: B018 - the first look reads the database
    with django_assert_num_queries(0):
        for _ in range(100):
            assert PARTNER_LOG_DAYS.value == 90


def test_without_the_cache_server_the_database_answers_at_every_look(db, cache_server, monkeypatch):
    monkeypatch.setattr(live, "FRESH_S", 0)
    cache_server.is_there = False
    assert POINTS_PER_YUAN.value == 100
    ParameterValue.objects.create(name="points.per_yuan", value=300, changed_at=clock.now(), by=BY)
    assert POINTS_PER_YUAN.value == 300


OTHER_PROCESS = """
import sys, django
django.setup()
from points.partners.parameters import PARTNER_LOG_DAYS
while True:
    print(PARTNER_LOG_DAYS.value, flush=True)
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
        assert int(other.stdout.readline()) == 90
        change(321)
        changed = time.monotonic()
        while ask() != 321:
            assert time.monotonic() - changed < 1
        assert PARTNER_LOG_DAYS.value == 321
    finally:
        other.kill()
        other.communicate()


def test_staff_see_all_and_set_one(admin_client, db, django_capture_on_commit_callbacks):
    page = admin_client.get("/admin/core/parametervalue/").content.decode()
    assert "/admin/core/parametervalue/points.partner_log/" in page
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post("/admin/core/parametervalue/points.partner_log/", {"value": "250"})
    assert answer.status_code == 302
    assert PARTNER_LOG_DAYS.value == 250
    assert "250" in admin_client.get("/admin/core/parametervalue/").content.decode()
    answer = admin_client.post("/admin/core/parametervalue/points.partner_log/", {"value": "0"})
    assert answer.status_code == 200
    assert PARTNER_LOG_DAYS.value == 250
    assert admin_client.get("/admin/core/parametervalue/points.nothing/").status_code == 404


def test_who_may_not_does_not(client, django_user_model, db):
    staff = django_user_model.objects.create_user(username="clerk", is_staff=True)
    client.force_login(staff)
    assert client.get("/admin/core/parametervalue/").status_code == 403
    assert client.get("/admin/core/parametervalue/points.partner_log/").status_code == 403
    assert client.post("/admin/core/parametervalue/points.partner_log/", {"value": "9"}).status_code == 403


# What gives points a value needs a second person


OTHER = "staff:2"


def ask(value=250):
    return parameters.change(POINTS_PER_YUAN, value, by=BY, at=clock.now(), reason="cheaper goods")


def test_a_parameter_of_value_waits_for_a_second_person(db, django_capture_on_commit_callbacks):
    approval = ask()
    assert (approval.state, approval.data, approval.reason) == (
        "pending",
        {"before": 100, "after": 250},
        "cheaper goods",
    )
    assert not ParameterValue.objects.exists()
    with pytest.raises(approvals.RequesterDecides):
        approvals.approve(approval=approval, by=BY, at=clock.now())
    with django_capture_on_commit_callbacks(execute=True):
        approvals.approve(approval=approval, by=OTHER, at=clock.now())
    assert POINTS_PER_YUAN.value == 250
    assert ParameterValue.objects.get().by == BY
    assert AuditEvent.objects.get(event="parameter.changed").data == {"before": 100, "after": 250}
    assert ask(250) is None


def test_what_is_refused_stays_as_it_was(db):
    approvals.refuse(approval=ask(), by=OTHER, at=clock.now(), answer="no")
    assert POINTS_PER_YUAN.value == 100
    assert ask().waits  # and may be asked for again


def test_one_change_waits_at_a_time(db):
    ask()
    with pytest.raises(approvals.AlreadyAsked):
        ask(300)
    assert Approval.objects.count() == 1


def test_a_change_of_what_has_changed_meanwhile_is_outdated(db):
    approval = ask()
    ParameterValue.objects.create(name=POINTS_PER_YUAN.name, value=120, changed_at=clock.now(), by=BY)
    with pytest.raises(approvals.Outdated):
        approvals.approve(approval=approval, by=OTHER, at=clock.now())
    assert ParameterValue.objects.get().value == 120
    approvals.refuse(approval=approval, by=OTHER, at=clock.now(), answer="old")


def test_a_wrong_value_is_refused_when_it_is_asked_for(db):
    with pytest.raises(parameters.ParameterNotValid):
        ask(0)
    assert not Approval.objects.exists()


def test_what_says_when_a_second_person_is_needed_needs_one():
    of_value = {name for name, parameter in parameters.declared().items() if parameter.needs_second}
    assert {
        "points.per_yuan",
        "points.adjust_approval_above",
        "points.clawback_policy",
        "orders.deduction_percent",
        "points.members_per_device",
    } <= of_value
    assert "points.after_sale_days" not in of_value


def test_two_people_change_a_parameter_of_value_on_the_pages(client, django_user_model, db):
    def sign_in(name, *codes):
        person, _new = django_user_model.objects.get_or_create(
            username=name, defaults={"is_staff": True, "date_joined": clock.now()}
        )
        person.user_permissions.set(Permission.objects.filter(codename__in=codes))
        client.force_login(django_user_model.objects.get(pk=person.pk))

    sign_in("anna", "view_parametervalue", "change_parametervalue", "approve_parametervalue")
    page = "/admin/core/parametervalue/points.per_yuan/"
    assert client.post(page, {"value": "250"}).status_code == 200  # somebody has to know why
    answer = client.post(page, {"value": "250", "reason": "cheaper goods"})
    approval = Approval.objects.get()
    assert answer.url == f"/admin/core/approval/{approval.pk}/change/"
    assert "cheaper goods" in client.get(answer.url).content.decode()
    assert answer.url in client.get("/admin/core/parametervalue/").content.decode()
    decide = f"/admin/core/approval/{approval.pk}/approve/"
    assert client.post(decide).status_code == 403
    sign_in("bernd", "approve_parametervalue")
    shown = client.get(decide).content.decode()
    assert "100 → 250" in shown
    assert "anna" in shown
    assert client.post(decide, {"answer": "fine"}).status_code == 302
    assert ParameterValue.objects.get().value == 250
