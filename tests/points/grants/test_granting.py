"""Points to many members from a file: all lines judged first, each granted once (B11)."""

from datetime import timedelta

import pytest
from openpyxl import Workbook

from accounts.models import User
from core import actors, approvals, tables
from core.clock import shop_date
from core.errors import DomainError
from points import ledger
from points.grants.models import BulkGrant
from points.grants.services import adjusting, grant_file, granting
from points.ledger import audit, queries, rules
from points.ledger.models import PointsEntry, PointsLot
from points.ledger.services import expiry
from tests.core.tables.conftest import saved, xlsx
from tests.points.conftest import AT

pytestmark = pytest.mark.django_db

ANNA, BERND = actors.staff(9001), actors.staff(9002)
State = BulkGrant.State


@pytest.fixture(autouse=True)
def threshold(parameters):
    parameters["points.adjust_approval_above"] = 5000


@pytest.fixture
def people():
    """Anna by phone, Bo by e-mail, Cy by username, Di by number."""
    names = [{"phone": "+8613800000101"}, {"email": "bo@example.com"}, {"username": "cy"}, {"username": "di"}]
    return [User.objects.create(**name, date_joined=AT) for name in names]


def csv_of(*lines, header="member,points"):
    return "\n".join([header, *lines]).encode()


def check(*lines, header="member,points", **arguments):
    return grant_file.check(csv_of(*lines, header=header), **({"reason": "goodwill"} | arguments))


def grant_all(content, *, skip_refused=False, by=ANNA, at=AT, name="a.csv"):
    """What a person does one after the other: upload, check, start, let it run."""
    grant = granting.take_in(name=name, content=content, reason="event", skip_refused=skip_refused, by=by, at=at)
    grant = granting.judge(grant=grant, at=at)
    if grant.state == State.CHECKED:
        grant = granting.start(grant=grant, by=by, at=at)
    return granting.work_off(grant=grant, at=at)


def points_of(person):
    return sum(PointsEntry.objects.filter(account_id=person.pk).values_list("points", flat=True))


# Judging lines


def test_members_are_named_in_four_ways(people):
    checked = check("13800000101,1", "BO@example.com,3", "Cy,4", f"{people[3].pk},5")
    assert checked.refused == []
    assert {(line.account, line.points) for line in checked.good} == {
        (people[0].pk, 1),
        (people[1].pk, 3),
        (people[2].pk, 4),
        (people[3].pk, 5),
    }


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("cy,0", "0"),
        ("cy,-5", "-5"),
        ("cy,1.5", "1.5"),
        ("cy,1e3", "1e3"),
        ("cy,", ""),
        ("2.02611E+15,5", "Excel"),
        ("cy,1000001", "1000001"),
        ("cy," + "9" * 400, "9" * 20),
        ("nobody,5", "nobody"),
        ("13900000999,5", "13900000999"),
        ("99999999999999999999999,5", "99999"),
        (",5", ""),
        ("cy", ""),
        ("cy,5,6", ""),
    ],
)
def test_a_bad_line_is_named_with_its_value(people, line, word):
    checked = check("di,1", line)
    assert [good.number for good in checked.good] == [2]
    (refused,) = checked.refused
    assert refused.number == 3
    assert word in refused.problem


def test_reason_and_key_are_judged(people):
    header = "member,points,reason,key"
    checked = check(
        "cy,5,event,a", "cy,5,,b", "cy,5,because,c", "cy,5,event,a", "cy,5,,", f"di,5,,{'k' * 65}", header=header
    )
    assert [(line.number, line.reason, line.key) for line in checked.good] == [
        (2, "event", "grant:key:a"),
        (3, "goodwill", "grant:key:b"),
        (6, "goodwill", checked.good[2].key),
    ]
    assert [refused.number for refused in checked.refused] == [4, 5, 7]
    assert "because" in checked.refused[0].problem


@pytest.mark.parametrize("name", ["+8613800000101", "+86 138 0000 0101", "008613800000101", "138-0000-0101"])
def test_a_phone_is_typed_in_many_ways(people, name):
    assert [line.account for line in check(f"{name},1").good] == [people[0].pk]


def test_a_member_stands_once_without_keys(people):
    checked = check("cy,5", "CY,5", f"{people[2].pk},7")
    assert [line.number for line in checked.good] == [2]
    assert ["2" in refused.problem for refused in checked.refused] == [True, True]


def test_nobody_gives_points_to_themselves(people):
    checked = check("cy,5", "di,5", own=people[2].pk)
    assert [line.number for line in checked.good] == [3]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", tables.ColumnMissing),
        (b"\n\n", tables.ColumnMissing),
        (b"member,points\n", tables.FileEmpty),
        (b"member\ncy\n", tables.ColumnMissing),
        (b"points\n5\n", tables.ColumnMissing),
        (b"member,points,points\ncy,5,6\n", tables.ColumnTwice),
        (b"member,points,keys\ncy,5,a\n", tables.ColumnUnclear),
        (b"member,points\nc\0y,5\n", tables.NotText),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", tables.WorkbookBroken),
        (b'member,points\n"cy,5\n', tables.CsvBroken),
        (b"x" * (grant_file.MOST_BYTES + 1), tables.FileTooLarge),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else repr(value[:20]),
)
def test_a_file_that_cannot_be_read(people, content, error):
    with pytest.raises(error) as caught:
        grant_file.check(content, reason="goodwill")
    assert "%" not in str(caught.value)


def test_too_many_lines(people, monkeypatch):
    monkeypatch.setattr(grant_file, "MOST_LINES", 2)
    with pytest.raises(tables.TooManyLines):
        check("cy,1", "di,1", "bo@example.com,1")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_what_a_spreadsheet_writes_is_read(people, encoding):
    content = "会员\t积分\t备注\r\n'cy\t１,２００\t\r\n\r\n\t\t\r\n".encode(encoding)
    checked = grant_file.check(content, reason="goodwill")
    assert [(line.account, line.points) for line in checked.good] == [(people[2].pk, 1200)]
    assert (checked.refused, checked.note) == ([], "")


def test_a_workbook_is_granted(people):
    content = xlsx(["会员", "积分"], [13800000101, 5], ["di", 6.0], [1.38e10, "x"])
    grant = grant_all(content, skip_refused=True, name="a.xlsx")
    assert [points_of(person) for person in people] == [5, 0, 0, 6]
    assert [line[0] for line in grant.refused] == [4]


@pytest.mark.parametrize("heading", ["colour", "类型", "扣减"])
def test_a_column_that_may_turn_the_meaning_stops_the_file(people, heading):
    """Points to take away would be given."""
    grant = grant_all(f"member,points,{heading}\ncy,5,red\n".encode())
    assert (grant.state, grant.granted) == ("broken", 0)
    assert heading in grant.problem
    assert [points_of(person) for person in people] == [0, 0, 0, 0]


def test_numbers_as_others_write_them_are_asked_about(people):
    checked = grant_file.check(b"member;points\ncy;1.500\ndi;1,500\n13800000101;1500\n", reason="goodwill")
    assert [line.points for line in checked.good] == [1500]
    assert [line.number for line in checked.refused] == [2, 3]


def test_what_was_not_read_is_said(people):
    book = Workbook()
    book.active.append(["member", "points"])
    book.active.append(["cy", 5])
    book.create_sheet("more")
    grant = grant_all(saved(book), name="a.xlsx")
    assert (grant.state, grant.granted) == ("done", 1)
    assert "Sheet" in grant.problem


def test_the_report_can_be_corrected_and_given_again(people, tmp_path):
    path = tmp_path / "refused.csv"
    content = csv_of("'=cy,x,goodwill,'-1", header="member,points,reason,key")
    refused = grant_file.check(content, reason="goodwill").refused
    tables.write_csv(path, grant_file.REPORT, [line.as_list() for line in refused])
    again = grant_file.check(path.read_bytes(), reason="goodwill").refused
    assert [line.as_list()[1:5] for line in again] == [["=cy", "x", "goodwill", "-1"]]


# Granting


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


@pytest.mark.parametrize(("points", "state"), [((2500, 2500), "done"), ((2500, 2501), "pending")])
def test_the_threshold_counts_the_whole_file(people, points, state):
    grant = grant_all(csv_of(f"cy,{points[0]}", f"di,{points[1]}"))
    assert grant.state == state
    assert points_of(people[2]) == (2500 if state == "done" else 0)


def approve(grant, by=BERND):
    approvals.approve(approval=grant.approval, by=by, at=AT)
    return BulkGrant.objects.get(pk=grant.pk)


def test_a_second_person_lets_it_run(people):
    content = csv_of("cy,5001")
    grant = grant_all(content)
    with pytest.raises(approvals.RequesterDecides):
        approve(grant, by=ANNA)
    assert granting.work_off(grant=grant, at=AT).state == "pending"
    assert grant_all(content, by=BERND).requested_by == ANNA  # uploading again does not change who asked
    grant = granting.work_off(grant=approve(grant), at=AT)
    assert (grant.state, points_of(people[2])) == ("done", 5001)
    approve(grant)
    with pytest.raises(approvals.AlreadyDecided):
        approvals.refuse(approval=grant.approval, by=BERND, at=AT, answer="no")


def test_a_second_person_turns_it_down(people):
    grant = grant_all(csv_of("cy,5001"))
    approvals.refuse(approval=grant.approval, by=BERND, at=AT, answer="no")
    assert granting.work_off(grant=grant, at=AT).state == "refused"
    assert points_of(people[2]) == 0
    with pytest.raises(granting.NotReady):
        granting.start(grant=grant, by=ANNA, at=AT)


def test_what_was_judged_is_what_is_given(people):
    """A line that was refused stays out, whoever is found under its name when the rest is given."""
    content = csv_of("13900001234,1000000", "cy,1")
    grant = granting.take_in(name="a", content=content, reason="event", skip_refused=True, by=ANNA, at=AT)
    grant = granting.judge(grant=grant, at=AT)
    late = User.objects.create(phone="+8613900001234", date_joined=AT)
    grant = granting.work_off(grant=granting.start(grant=grant, by=ANNA, at=AT), at=AT)
    assert (grant.state, grant.total_points, grant.granted, grant.refused_lines) == ("done", 1, 1, 1)
    assert (points_of(people[2]), points_of(late)) == (1, 0)
    again = grant_all(content, skip_refused=True)  # judged anew, it is another sum
    assert (again.state, again.total_points, points_of(late)) == ("pending", 1_000_000, 0)


def test_a_line_goes_to_whom_it_was_judged_for(people):
    """A phone that changes hands between check and grant takes no points along."""
    cy, di = people[2], people[3]
    User.objects.filter(pk=cy.pk).update(phone="+8613800000777")
    content = csv_of("13800000777,40")
    grant = granting.take_in(name="a", content=content, reason="event", skip_refused=False, by=ANNA, at=AT)
    grant = granting.judge(grant=grant, at=AT)
    User.objects.filter(pk=cy.pk).update(phone=None)
    User.objects.filter(pk=di.pk).update(phone="+8613800000777")
    granting.work_off(grant=granting.start(grant=grant, by=ANNA, at=AT), at=AT)
    assert (points_of(cy), points_of(di)) == (40, 0)


def test_a_file_that_was_uploaded_anew_is_judged_anew(people, monkeypatch):
    """Two people, one file: what a check found for the first is not taken for the second."""
    content = csv_of("cy,5", "di,6")
    check_file = grant_file.check

    def check_while_cy_uploads(*arguments, **more):
        monkeypatch.setattr(grant_file, "check", check_file)
        upload(actors.staff(people[2].pk), AT + timedelta(seconds=1))
        return check_file(*arguments, **more)

    def upload(by, at):
        return granting.take_in(name="a", content=content, reason="event", skip_refused=True, by=by, at=at)

    grant = upload(ANNA, AT)
    monkeypatch.setattr(grant_file, "check", check_while_cy_uploads)
    assert granting.judge(grant=grant, at=AT).state == "checking"
    grant = granting.judge(grant=grant, at=AT)
    assert [line[1] for line in grant.lines] == [people[3].pk]  # nobody gives points to themselves
    with pytest.raises(granting.NotYourFile):
        granting.start(grant=grant, by=ANNA, at=AT)


@pytest.mark.parametrize(
    "steps",
    [
        [("file", "cy,5000", ANNA), ("file", "cy,5000 ", ANNA), ("file", " cy,5000", ANNA)],
        [("file", "cy,2500", ANNA), ("file", "di,2501", ANNA)],  # of the author
        [("file", "cy,2500", ANNA), ("file", "cy,2501", BERND)],  # of the member
        [("hand", 2500, ANNA), ("file", "cy,2501", ANNA)],
        [("file", "cy,2500", ANNA), ("hand", 2501, ANNA)],
        [("file", "di,2500", ANNA), ("hand", 2501, ANNA)],
        [("hand", 2500, BERND), ("file", "cy,2501\ndi,1", ANNA)],
    ],
)
def test_no_way_of_cutting_a_sum_escapes_the_second_person(people, steps):
    states = []
    for number, (way, what, by) in enumerate(steps):
        if way == "file":
            states.append(grant_all(csv_of(what), by=by, name=f"{number}.csv").state)
        else:
            form = {"member": people[2].pk, "points": what, "reason": "event", "form_key": f"{number}"}
            states.append(adjusting.request_adjustment(**form, by=by, at=AT).state)
    assert states == ["done"] + ["pending"] * (len(steps) - 1)


def test_a_file_with_a_day_between_is_another_sum(people):
    assert grant_all(csv_of("cy,5000")).state == "done"
    assert grant_all(csv_of("di,5000"), at=AT + timedelta(days=1)).state == "done"


@pytest.mark.parametrize("decide", [approvals.approve, approvals.refuse])
def test_nobody_decides_on_a_file_that_gives_to_them(people, decide):
    grant = grant_all(csv_of("cy,5000", "di,1"))
    with pytest.raises(approvals.OwnGain):
        decide(approval=grant.approval, by=actors.staff(people[3].pk), at=AT, answer="of course")
    assert BulkGrant.objects.get(pk=grant.pk).state == "pending"


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
