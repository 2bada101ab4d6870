"""The staff's pages of points: who may, double submissions, two people (B11)."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from core import clock
from core.models import Approval
from points.grants.models import Adjustment, BulkGrant
from points.grants.services import granting
from points.ledger import queries
from points.ledger.models import PointsEntry
from tests.points.conftest import AT

pytestmark = pytest.mark.django_db

ADD = reverse("admin:points_adjustment_add")
UPLOAD = reverse("admin:points_bulkgrant_add")


@pytest.fixture(autouse=True)
def threshold(parameters):
    parameters["points.adjust_approval_above"] = 500


@pytest.fixture
def sign_in(client):
    def sign_in(name, *permissions):
        person, _created = User.objects.get_or_create(username=name, defaults={"is_staff": True, "date_joined": AT})
        person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(User.objects.get(pk=person.pk))
        return person

    return sign_in


@pytest.fixture
def now(django_capture_on_commit_callbacks):
    """Post and let the background work that follows run at once."""

    def post(client, url, data, **more):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(url, data, **more)

    return post


def form(member, points=100, **more):
    return {"form_key": "f" * 36, "member": f"{member}", "points": points, "reason": "goodwill", "note": ""} | more


def available(member):
    return queries.balance(member, at=clock.now()).available


# Adjusting


def test_staff_give_points_from_the_account_page(client, sign_in, own):
    own.earn(5)
    sign_in("anna", "adjust_points", "view_pointsaccount")
    page = client.get(reverse("admin:points_pointsaccount_change", args=[own.member])).content.decode()
    assert "adjust" in page
    response = client.get(reverse("admin:points_pointsaccount_adjust", args=[own.member]))
    assert response.url == f"{ADD}?member={own.member}"
    page = client.get(response.url).content.decode()
    key = re.search(r'name="form_key" value="([^"]+)"', page)[1]
    for _again in range(2):
        response = client.post(ADD, form(own.member, form_key=key))
        assert response.url == reverse("admin:points_pointsaccount_change", args=[own.member])
    assert available(own.member) == 105
    assert client.get(response.url).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": 0},
        {"points": ""},
        {"points": "1.5"},
        {"points": 1_000_001},
        {"points": -1},
        {"member": "nobody"},
        {"member": ""},
        {"reason": "because"},
        {"reason": ""},
        {"note": "x" * 201},
        {"member": "a\0b"},
    ],
    ids=str,
)
def test_a_wrong_form_comes_back(client, sign_in, member, wrong):
    sign_in("anna", "adjust_points")
    response = client.post(ADD, form(member) | wrong)
    assert response.status_code == 200
    assert "text-red" in response.content.decode()
    assert Adjustment.objects.count() == 0


def test_nobody_gives_points_to_oneself(client, sign_in):
    person = sign_in("anna", "adjust_points")
    response = client.post(ADD, form(person.pk))
    assert response.status_code == 200
    assert available(person.pk) == 0


def ask_for_much(client, sign_in, member):
    sign_in("anna", "adjust_points", "approve_adjustment")
    client.post(ADD, form(member, 501))
    return Adjustment.objects.get()


def page(act, adjustment):
    """A page of the request about it."""
    return reverse(f"admin:core_approval_{act}", args=[adjustment.approval_id])


def test_a_second_person_approves(client, sign_in, member):
    adjustment = ask_for_much(client, sign_in, member)
    assert adjustment.state == "pending"
    shown = client.get(reverse("admin:points_adjustment_change", args=[adjustment.pk])).content.decode()
    assert page("change", adjustment) in shown
    assert "待复核" in shown
    shown = client.get(page("change", adjustment)).content.decode()
    assert "待复核" in shown
    for code in ("points.adjustment", "(&#x27;", f"member:{member}", adjustment.approval.by):
        assert code not in shown
    assert page("approve", adjustment) not in shown
    assert client.get(page("approve", adjustment)).status_code == 403  # the requester's own
    assert client.post(page("approve", adjustment)).status_code == 403
    assert available(member) == 0
    sign_in("bernd", "approve_adjustment")
    shown = client.get(page("change", adjustment)).content.decode()
    assert page("approve", adjustment) in shown
    assert "501" in client.get(page("approve", adjustment)).content.decode()
    assert client.post(page("approve", adjustment)).url == page("change", adjustment)
    assert available(member) == 501
    assert client.post(page("approve", adjustment)).status_code in {302, 403}
    assert available(member) == 501


def test_a_second_person_refuses_with_words(client, sign_in, member):
    adjustment = ask_for_much(client, sign_in, member)
    sign_in("bernd", "approve_adjustment")
    assert client.post(page("refuse", adjustment), {"answer": ""}).status_code == 200
    assert client.post(page("refuse", adjustment), {"answer": "too much"}).status_code == 302
    approval = Approval.objects.get()
    assert (approval.state, approval.answer) == ("refused", "too much")
    assert available(member) == 0


def test_a_colleague_without_the_permission_decides_nothing(client, sign_in, member):
    adjustment = ask_for_much(client, sign_in, member)
    sign_in("carl", "adjust_points")
    for act in ("approve", "refuse"):
        assert client.post(page(act, adjustment), {"answer": "x"}).status_code == 403
    assert client.get(page("change", adjustment)).status_code == 302  # there is nothing for them to see
    assert Adjustment.objects.get().state == "pending"


@pytest.mark.parametrize("permissions", [(), ("view_adjustment",), ("approve_adjustment",)])
def test_who_may_not_adjust(client, sign_in, member, permissions):
    sign_in("carl", *permissions)
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, form(member)).status_code == 403
    assert client.post(UPLOAD, {}).status_code == 403
    assert PointsEntry.objects.count() == 0


def test_waiting_requests_are_counted_beside_the_menu(client, sign_in, member):
    adjustment = ask_for_much(client, sign_in, member)
    sign_in("bernd", "approve_adjustment")
    listed = client.get(reverse("admin:core_approval_changelist") + "?state__exact=pending").content.decode()
    assert page("change", adjustment) in listed
    assert "data-waiting" in listed
    client.post(page("approve", adjustment))
    assert "data-waiting" not in client.get(reverse("admin:core_approval_changelist")).content.decode()


# Bulk grants


def upload(client, now, *lines, name="points.csv", raw=None, **more):
    content = raw if raw is not None else "\n".join(["member,points", *lines]).encode()
    return now(client, UPLOAD, {"file": SimpleUploadedFile(name, content), "reason": "event"} | more)


def test_a_file_from_upload_to_report(client, sign_in, member, now):
    sign_in("anna", "adjust_points")
    response = upload(client, now, f"{member},40", "nobody,5", skip_refused="on")
    grant = BulkGrant.objects.get()
    url = reverse("admin:points_bulkgrant_change", args=[grant.pk])
    assert response.url == url
    shown = client.get(url).content.decode()
    assert "nobody" in shown
    assert 'value="start"' in shown
    assert available(member) == 0
    for _again in range(2):
        assert now(client, url, {"act": "start"}).url == url
    assert available(member) == 40
    grant.refresh_from_db()
    assert (grant.state, grant.granted) == ("done", 1)
    assert 'value="start"' not in client.get(url).content.decode()
    report = client.get(reverse("admin:points_bulkgrant_report", args=[grant.pk]))
    assert report["Content-Type"].startswith("text/csv")
    assert "3,nobody,5,,," in report.content.decode("utf-8-sig")
    assert client.get(reverse("admin:points_bulkgrant_changelist")).status_code == 200


def test_the_same_file_uploaded_twice_grants_once(client, sign_in, member, now):
    sign_in("anna", "adjust_points")
    for _again in range(2):
        url = upload(client, now, f"{member},40").url
        now(client, url, {"act": "start"})
    assert available(member) == 40
    assert BulkGrant.objects.count() == 1


def test_refused_lines_stop_the_file(client, sign_in, member, now):
    sign_in("anna", "adjust_points")
    url = upload(client, now, f"{member},40", "nobody,5").url
    assert 'value="start"' not in client.get(url).content.decode()
    now(client, url, {"act": "start"})
    assert available(member) == 0


@pytest.mark.parametrize("raw", [b"member,points\n\xff,5\n", b"a,b\n1,2\n", b"\xff\xfe\x00"])
def test_a_broken_file_says_what_is_wrong(client, sign_in, now, raw):
    sign_in("anna", "adjust_points")
    url = upload(client, now, raw=raw).url
    grant = BulkGrant.objects.get()
    assert grant.state == "broken"
    assert grant.problem[:6] in client.get(url).content.decode()


@pytest.mark.parametrize("data", [{}, {"file": SimpleUploadedFile("a.csv", b"")}])
def test_without_a_file_the_form_comes_back(client, sign_in, now, data):
    sign_in("anna", "adjust_points")
    assert now(client, UPLOAD, data | {"reason": "event"}).status_code == 200
    assert BulkGrant.objects.count() == 0


def test_a_large_file_waits_for_a_second_person(client, sign_in, member, now):
    sign_in("anna", "adjust_points", "approve_adjustment")
    url = upload(client, now, f"{member},501").url
    now(client, url, {"act": "start"})
    grant = BulkGrant.objects.get()
    assert page("change", grant) in client.get(url).content.decode()
    assert now(client, page("approve", grant), {}).status_code == 403
    assert available(member) == 0
    sign_in("bernd", "approve_adjustment")
    assert "points.csv" in client.get(page("approve", grant)).content.decode()
    now(client, page("approve", grant), {})
    assert available(member) == 501


def test_whoever_uploaded_a_file_starts_it(client, sign_in, member, now):
    sign_in("anna", "adjust_points")
    url = upload(client, now, f"{member},40").url
    sign_in("bernd", "adjust_points")
    assert 'value="start"' not in client.get(url).content.decode()
    now(client, url, {"act": "start"})
    assert available(member) == 0
    upload(client, now, f"{member},40")  # it is Bernd's from now on
    now(client, url, {"act": "start"})
    assert available(member) == 40


def test_a_grant_that_stopped_is_started_again(client, sign_in, member, now):
    person = sign_in("anna", "adjust_points")
    url = upload(client, now, f"{member},40").url
    granting.start(grant=BulkGrant.objects.get(), by=f"staff:{person.pk}", at=AT)  # and its job was lost
    shown = client.get(url).content.decode()
    assert "data-moving" in shown
    now(client, url, {"act": "resume"})
    assert available(member) == 40


@pytest.mark.parametrize("act", ["start", "approve", "refuse", "resume", "", "nonsense"])
def test_a_grant_does_nothing_for_others(client, sign_in, member, now, act):
    sign_in("anna", "adjust_points")
    url = upload(client, now, f"{member},40").url
    sign_in("carl", "view_bulkgrant")
    now(client, url, {"act": act})
    assert available(member) == 0
    sign_in("dora")
    assert client.get(url).status_code == 403
    assert client.get(reverse("admin:points_bulkgrant_report", args=[1])).status_code == 403


# Books of one account


def test_the_books_of_an_account_are_paged_and_filtered(client, sign_in, own):
    for n in range(60):
        own.earn(n + 1, at=AT + timedelta(minutes=n))
    own.spend(7, at=AT + timedelta(days=40))
    own.hold(9, at=AT + timedelta(days=40))
    sign_in("anna", "view_pointsaccount")
    url = reverse("admin:points_pointsaccount_entries", args=[own.member])
    first = client.get(url)
    assert "before=12" in first.content.decode()
    second = client.get(url + "?before=12").content.decode()
    assert second.count("data-row") == 11
    assert client.get(url + "?kind=used").content.decode().count("data-row") == 1
    assert client.get(url + "?month=2026-12").content.decode().count("data-row") == 1
    assert client.get(url + "?month=2026-11&kind=earned").content.decode().count("data-row") == 50
    assert client.get(url + "?month=x&kind=y&before=z").status_code == 200
    for book, rows in (("lots", 50), ("holds", 1)):
        address = reverse(f"admin:points_pointsaccount_{book}", args=[own.member])
        assert client.get(address).content.decode().count("data-row") == rows
    assert client.get(reverse("admin:points_pointsaccount_entries", args=[own.member + 1])).status_code == 404
    sign_in("carl")
    assert client.get(url).status_code == 403


def test_lists_ask_a_constant_number_of_queries(client, sign_in, member, now, django_assert_max_num_queries):
    person = sign_in("anna", "adjust_points", "view_pointsaccount")
    for n in range(12):
        client.post(ADD, form(member, 1, form_key=f"k{n}"))
    assert person
    with django_assert_max_num_queries(20):
        client.get(reverse("admin:points_adjustment_changelist"))
