"""The watch on pages that are only read (``tests.reading``) sees what it is there for."""

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from accounts.models import User
from core import clock
from tests.reading import WroteWhileReading, written


def acts(request):
    User.objects.create(username="planted", date_joined=clock.now())
    return HttpResponse()


urlpatterns = [path("acts/", acts)]


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[], DEBUG_PROPAGATE_EXCEPTIONS=True)
def test_a_get_that_acts_is_seen(client):
    assert client.post("/acts/").status_code == 200
    with pytest.raises(WroteWhileReading, match="accounts_user"):
        client.get("/acts/")


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ('INSERT INTO "orders_order" ("a") VALUES (1)', "orders_order"),
        ("update points_lot SET points = 1", "points_lot"),
        ('DELETE FROM "orders_cartline" WHERE 1', "orders_cartline"),
        ("WITH taken AS (SELECT 1) UPDATE catalog_sku SET stock = 0", "catalog_sku"),
        ("SELECT * FROM ledger_earn(%s, %s)", "ledger_earn"),
        ("SELECT 1 FROM orders_order FOR UPDATE", None),
        ('SELECT "a"."updated_at" FROM "a"', None),
    ],
)
def test_what_a_statement_writes(sql, table):
    assert written(sql) == table
