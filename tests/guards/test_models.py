"""What holds for every table of ours: protection, names, and money in whole numbers."""

import pytest
from django.apps import apps
from django.db import models

OURS = {"core", "accounts", "points", "catalog", "orders", "activities", "analytics"}
MODELS = [model for model in apps.get_models() if model._meta.app_label in OURS]
# From low to high; a foreign key may point to its own app or to a lower one.
LAYERS = ["core", "accounts", "points", "catalog", "orders", "activities", "analytics"]
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


@pytest.mark.parametrize(
    ("model", "field"),
    [found for found in fields(models.IntegerField) if found.values[1].name.endswith(("_fen", "points", "stock"))],
)
def test_money_points_and_stock_are_constrained(model, field):
    """A check constraint of the table names the column."""
    checks = [check for check in model._meta.constraints if isinstance(check, models.CheckConstraint)]
    assert any(field.name in str(check.condition) for check in checks)
