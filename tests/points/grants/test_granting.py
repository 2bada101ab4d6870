"""Points to many members from a file: each line granted once (B11)."""

from datetime import timedelta

import pytest

from accounts.models import User
from core import tables
from core.clock import shop_date
from core.errors import DomainError
from points import ledger
from points.grants.services import grant_file, granting
from points.ledger import audit, queries, rules
from points.ledger.models import PointsEntry, PointsLot
from points.ledger.services import expiry
from tests.points.conftest import AT
from tests.points.grants.conftest import ANNA, csv_of, grant_all, points_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("threshold")]


def test_a_file_is_granted_once(people):
    content = csv_of("cy,5", "di,6", "13800000101,7")
    grant = grant_all(content)
    assert (grant.state, grant.granted, grant.repeated, grant.total_points) == ("done", 3, 0, 18)
    assert [points_of(person) for person in people] == [7, 0, 5, 6]
    entry = PointsEntry.objects.get(account_id=people[2].pk)
    assert (entry.kind, entry.source, entry.by) == ("adjust", "grant", ANNA)
    assert entry.expires_at is not None

    again = grant_all(content, name="other.csv")
    assert (again.pk, again.state, again.granted, again.repeated) == (grant.pk, "done", 0, 3)
    assert [points_of(person) for person in people] == [7, 0, 5, 6]
    assert audit.run().breaks == []


def test_a_refused_line_stops_all(people):
    grant = granting.take_in(
        name="a.csv", content=csv_of("cy,5", "nobody,6"), reason="event", skip_refused=False, by=ANNA, at=AT
    )
    grant = granting.judge(grant=grant, at=AT)
    assert (grant.state, grant.good_lines, grant.refused_lines) == ("checked", 1, 1)
    with pytest.raises(granting.LinesRefused):
        granting.start(grant=grant, by=ANNA, at=AT)
    granting.work_off(grant=grant, at=AT)
    assert PointsEntry.objects.count() == 0


def test_refused_lines_may_be_left_out_and_granted_later(people):
    content = csv_of("cy,5", "late,6")
    grant = grant_all(content, skip_refused=True)
    assert (grant.state, grant.granted, grant.refused_lines) == ("done", 1, 1)
    late = User.objects.create(username="late", date_joined=AT)
    grant = grant_all(content)
    assert (grant.state, grant.granted, grant.repeated, grant.refused_lines) == ("done", 1, 1, 0)
    assert (points_of(people[2]), points_of(late)) == (5, 6)


def test_a_key_is_one_grant_in_any_file(people):
    header = "member,points,key"
    assert grant_all(csv_of("cy,5,may", header=header)).granted == 1
    assert grant_all(csv_of("cy,5,may", "di,5,may", header=header)).granted == 1
    grant = granting.take_in(
        name="c", content=csv_of("cy,6,may", header=header), reason="event", skip_refused=False, by=ANNA, at=AT
    )
    grant = granting.judge(grant=grant, at=AT)
    assert grant.refused_lines == 1
    assert points_of(people[2]) == 5


def test_a_job_that_died_goes_on(people, monkeypatch):
    monkeypatch.setattr(granting, "BATCH", 1)
    content = csv_of("13800000101,5", "bo@example.com,6", "cy,7", "di,8")
    died = []

    def die_after(done):
        died.append(done)
        if done == 2:
            raise KeyboardInterrupt

    grant = granting.take_in(name="a", content=content, reason="event", skip_refused=False, by=ANNA, at=AT)
    grant = granting.start(grant=granting.judge(grant=grant, at=AT), by=ANNA, at=AT)
    with pytest.raises(KeyboardInterrupt):
        granting.work_off(grant=grant, at=AT, progress=die_after)
    grant.refresh_from_db()
    assert (grant.state, grant.cursor, grant.granted) == ("running", 2, 2)
    grant = grant_all(content)  # the same file again is the same job
    assert (grant.state, grant.cursor, grant.granted) == ("done", 4, 4)
    assert [points_of(person) for person in people] == [5, 6, 7, 8]


def test_a_line_that_the_ledger_refuses_stops_only_itself(people, monkeypatch):
    content = csv_of("cy,5", "di,6")
    grant = granting.take_in(name="a", content=content, reason="event", skip_refused=False, by=ANNA, at=AT)
    grant = granting.start(grant=granting.judge(grant=grant, at=AT), by=ANNA, at=AT)
    monkeypatch.setattr(grant_file, "_compare", lambda good, refused, typed: (good, refused))
    key = f"grant:{grant.digest[:32]}:2"
    ledger.earn(account=people[2].pk, points=1, kind="campaign", key=key, by="x", at=AT)
    grant = granting.work_off(grant=grant, at=AT)
    assert (grant.state, grant.granted, grant.refused_lines) == ("done", 1, 1)
    assert grant.refused[0][0] == 2
    assert points_of(people[3]) == 6


def test_whatever_an_account_has_been_through_a_batch_adds_up(people):
    """New, used, owing, already granted, twice in the file, held, pending: the same sums as one by one."""
    anna, bo, cy, di = (person.pk for person in people)
    more = {"by": "x", "at": AT}
    ledger.earn(account=bo, points=50, kind="purchase", key="p", **more)
    ledger.spend(account=bo, points=20, kind="redeem", key="s", **more)
    ledger.clawback(account=bo, earned="p", points=50, key="c", **more)  # 30 taken, 20 owed
    ledger.earn(account=cy, points=10, kind="campaign", key="grant:key:old", active_from=AT, **more)
    ledger.earn(account=di, points=9, kind="campaign", key="e", active_from=AT + timedelta(days=5), **more)
    ledger.hold(account=cy, points=4, key="h", **more)
    lines = [f"#{anna},5,a", f"#{anna},6,b", f"#{bo},30,a", f"#{di},7,a", f"#{di},8,b"]
    content = csv_of(*lines, header="member,points,key")
    grant = grant_all(content)
    assert (grant.granted, grant.repeated, grant.refused_lines) == (5, 0, 0)
    balances = [queries.balance(person.pk, at=AT) for person in people]
    assert [(balance.available, balance.debt) for balance in balances] == [(11, 0), (10, 0), (6, 0), (15, 0)]
    assert balances[3].pending == 9
    assert audit.run().breaks == []
    assert grant_all(content).repeated == 5
    # The ledger itself is asked again, as a job does that runs beside another one.
    lines = grant_file.check(content, reason="event").good
    assert granting._grant_lines(grant, lines, AT) == (0, [])
    assert audit.run().breaks == []


def test_a_job_of_an_earlier_start_touches_nothing_of_a_later_one(people, monkeypatch):
    monkeypatch.setattr(granting, "BATCH", 1)
    content = csv_of("cy,5", "late,6")
    grant = granting.take_in(name="a", content=content, reason="event", skip_refused=True, by=ANNA, at=AT)
    grant = granting.start(grant=granting.judge(grant=grant, at=AT), by=ANNA, at=AT)
    slow = granting._work_batch, grant.approval_id, grant.lines
    assert granting.work_off(grant=grant, at=AT).state == "done"
    late = User.objects.create(username="late", date_joined=AT)
    again = granting.take_in(name="a", content=content, reason="event", skip_refused=True, by=ANNA, at=AT)
    again = granting.start(grant=granting.judge(grant=again, at=AT), by=ANNA, at=AT)
    work_batch, approval, lines = slow
    assert work_batch(again, approval, lines, AT).granted == 0
    assert granting.work_off(grant=again, at=AT).state == "done"
    assert points_of(late) == 6


def test_a_broken_file_is_kept_with_what_is_wrong(people):
    grant = grant_all(b"member\ncy\n")
    assert grant.state == "broken"
    assert "points" in grant.problem


def test_a_batch_is_one_round_trip(people, django_assert_max_num_queries):
    grant = granting.take_in(
        name="a", content=csv_of("cy,5", "di,6"), reason="event", skip_refused=False, by=ANNA, at=AT
    )
    granting.judge(grant=grant, at=AT)
    granting.start(grant=grant, by=ANNA, at=AT)
    with django_assert_max_num_queries(30):
        granting.work_off(grant=grant, at=AT)


def test_a_domain_error_is_what_callers_catch():
    for error in (granting.LinesRefused, granting.NotReady, tables.FileNotReadable):
        assert issubclass(error, DomainError)


def test_a_granted_line_renews_where_activity_is_the_rule(people, settings):
    rules.POLICIES.forget()
    settings.POINTS_EXPIRY_MONTHS = 12
    starts_on = shop_date(AT) + timedelta(days=60)
    expiry.announce(kind="activity", months=6, unit="month", starts_on=starts_on, by="staff:9", at=AT)
    begins = AT + timedelta(days=61)
    grant_all(csv_of(f"{people[0].pk},10"), at=begins)
    grant_all(csv_of(f"{people[0].pk},20"), at=begins + timedelta(days=40), name="b.csv")
    rules.POLICIES.forget()
    ends = PointsLot.objects.filter(account_id=people[0].pk, expires_at__gt=begins).values_list("expires_at", flat=True)
    assert len(ends) == 2
    assert len(set(ends)) == 1
    assert audit.run().breaks == []
