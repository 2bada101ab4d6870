"""Staff see who signed in and change nothing."""

import pytest
from django.urls import reverse

from accounts.models import User

from .conftest import shop


@pytest.fixture
def staff(client, db):
    client.force_login(User.objects.create_superuser("staff", "x", date_joined=shop("2026-01-01 00:00")))
    return client


def test_the_list_shows_sign_ins(staff, signs_in):
    signs_in("2026-11-21 09:12")
    page = staff.get(reverse("admin:activities_signin_changelist"))
    assert page.status_code == 200
    assert page.context["cl"].result_count == 1


def test_nobody_adds_changes_or_deletes_one(staff, signs_in):
    signed = signs_in("2026-11-21 09:12")
    assert staff.get(reverse("admin:activities_signin_add")).status_code == 403
    assert staff.post(reverse("admin:activities_signin_delete", args=[signed.pk])).status_code == 403
    staff.post(reverse("admin:activities_signin_change", args=[signed.pk]), {"points": 999})
    signed.refresh_from_db()
    assert signed.points == 5
