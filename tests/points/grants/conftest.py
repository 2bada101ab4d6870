"""Members, and a file of points for them."""

import pytest

from accounts.models import User
from core import actors
from points.grants.models import BulkGrant
from points.grants.services import grant_file, granting
from points.ledger.models import PointsEntry
from tests.points.conftest import AT

ANNA, BERND = actors.staff(9001), actors.staff(9002)
State = BulkGrant.State


@pytest.fixture
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
