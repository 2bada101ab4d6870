"""What holds for every table of ours: protection, names, and money in whole numbers."""

import re

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models.lookups import GreaterThan

from tests.rights import tampering

OURS = {"core", "accounts", "points", "catalog", "orders", "activities", "analytics"}
MODELS = [model for model in apps.get_models() if model._meta.app_label in OURS]
# From low to high; a foreign key may point to its own app or to a lower one.
LAYERS = ["core", "accounts", "points", "catalog", "orders", "activities", "analytics"]
# One function of the whole row behind each of their constraints.
NONSENSE = {
    "points_account": {"unspent": -1, "held": -1, "debt": -1},
    "points_entry": {"points": 0},
    "points_lot": {"points": 0, "remaining": -1},
    "points_hold": {"points": 0},
    "points_allocation": {"points": 0},
}
# What goes with its owner: parts that mean nothing alone. Everything else protects what it points to.
PARTS = {
    ("accounts", "Address", "member"),
    ("accounts", "Notice", "member"),
    ("catalog", "ProductImage", "product"),
    ("orders", "CartLine", "member"),
    ("orders", "CartLine", "sku"),
}


def fields(kind):
    return [
        pytest.param(model, field, id=f"{model.__name__}.{field.name}")
        for model in MODELS
        for field in model._meta.get_fields()
        if isinstance(field, kind) and field.model is model and getattr(field, "concrete", False)
    ]


@pytest.mark.parametrize(("model", "field"), fields(models.ForeignKey))
def test_history_is_protected(model, field):
    part = (model._meta.app_label, model.__name__, field.name) in PARTS
    expected = {models.CASCADE} if part else {models.PROTECT, models.SET_NULL, models.DO_NOTHING}
    assert field.remote_field.on_delete in expected


@pytest.mark.parametrize(("model", "field"), fields(models.ForeignKey))
def test_foreign_keys_point_down(model, field):
    target = field.related_model._meta.app_label
    if target in LAYERS:
        assert LAYERS.index(target) <= LAYERS.index(model._meta.app_label)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_models_have_names_that_staff_read(model):
    assert type(model._meta.verbose_name).__name__ == "__proxy__", "verbose_name is not translated"


@pytest.mark.parametrize(("model", "field"), fields(models.FloatField))
def test_no_float_holds_points_or_money(model, field):
    raise AssertionError("use whole points, whole fen, or Decimal")


@pytest.mark.parametrize(("model", "field"), fields(models.DateTimeField))
def test_times_are_passed_in(model, field):
    """The domain never reads the clock: ``at=`` comes from the caller."""
    assert not field.auto_now
    assert not field.auto_now_add


def columns(expression):
    """The columns that a condition of a constraint asks about."""
    if isinstance(expression, models.Q):
        for child in expression.children:
            yield from columns(child)
    elif isinstance(expression, tuple):
        name, value = expression
        yield name.split("__")[0]
        yield from columns(value)
    elif isinstance(expression, models.F):
        yield expression.name.split("__")[0]
    elif hasattr(expression, "get_source_expressions"):
        for child in expression.get_source_expressions():
            yield from columns(child)


def asked_of(model):
    checks = [check for check in model._meta.constraints if isinstance(check, models.CheckConstraint)]
    return {name for check in checks for name in columns(check.condition)}


def counted(of_ledger=False):
    """Columns of money, points and goods: whole numbers that are named so; those that one function of the ledger judges
    (below), or all others."""
    whole = re.compile(r"(_fen|(_|^)points(_price)?|_points|(_|^)stock|^remaining|^unspent|^held|^debt|^quantity)$")
    return [
        found
        for found in fields(models.IntegerField)
        if whole.search(found.values[1].name) and (found.values[0]._meta.db_table in NONSENSE) == of_ledger
    ]


@pytest.mark.parametrize(("model", "field"), counted())
def test_money_points_and_stock_are_constrained(model, field):
    """A check constraint of the table asks about the column itself."""
    assert field.name in asked_of(model)


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        (models.Q(points__gte=0), {"points"}),
        (models.Q(points_back__gte=0), {"points_back"}),
        (models.Q(a=1) | ~models.Q(b__lte=models.F("points")), {"a", "b", "points"}),
        (models.Q(GreaterThan(models.F("a") + models.F("b"), 0)), {"a", "b"}),
    ],
)
def test_a_column_whose_name_only_begins_alike_is_not_asked_about(condition, asked):
    assert set(columns(condition)) == asked


def test_every_counted_column_of_the_ledger_is_tried():
    found = {(found.values[0]._meta.db_table, found.values[1].column) for found in counted(of_ledger=True)}
    assert found == {(table, column) for table, values in NONSENSE.items() for column in values}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "column", "value"),
    [(table, column, value) for table, values in NONSENSE.items() for column, value in values.items()],
)
def test_the_ledger_refuses_nonsense_in_each_column(history, table, column, value):
    """Also from a superuser with all triggers off: in no row can the column have the value."""
    with tampering() as cursor:
        cursor.execute(f"SELECT ctid::text FROM {table}")  # noqa: S608
        rows = cursor.fetchall()
        assert rows
        for (row,) in rows:
            with pytest.raises(IntegrityError, match="_sound"), transaction.atomic():
                cursor.execute(f"UPDATE {table} SET {column} = %s WHERE ctid = %s", [value, row])  # noqa: S608
