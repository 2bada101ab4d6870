"""Rows for hand-written SQL (``core.call``): columns and stored values come from the model.

So a field added to a model is written everywhere, and encrypted if it is an encrypted field.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model
from django.db.models.fields import AutoFieldMixin


def selected(model: type[Model], alias: str) -> str:
    """All columns of ``model`` for a SELECT from its table, which is named ``alias``."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def loaded(row: Iterable[Any], *models: type[Model]) -> list[Any]:
    """Instances of ``models``, as Django would load them, from a row of their ``selected`` columns."""
    values = iter(row)
    return [
        model.from_db(
            DEFAULT_DB_ALIAS,
            [field.attname for field in model._meta.concrete_fields],
            [_loaded(field, next(values)) for field in model._meta.concrete_fields],
        )
        for model in models
    ]


def _loaded(field: "Field[Any, Any]", value: Any) -> Any:
    convert = getattr(field, "from_db_value", None)
    return convert(value, None, connection) if convert else value


class Rows:
    """New rows of a model. ``apart``: names of the fields that the statement fills in itself."""

    def __init__(self, model: type[Model], *apart: str) -> None:
        fields = model._meta.concrete_fields
        if unknown := set(apart) - {field.name for field in fields}:
            raise ValueError(f"{model.__name__} has no {', '.join(sorted(unknown))}")
        self.table = model._meta.db_table
        self.fields = [
            field
            for field in fields
            if field.name not in apart and not field.generated and not isinstance(field, AutoFieldMixin)
        ]

    @cached_property
    def columns(self) -> str:
        """``name, name``."""
        return ", ".join(connection.ops.quote_name(str(field.column)) for field in self.fields)

    @cached_property
    def marks(self) -> str:
        """A placeholder with a type for each of ``values``: ``%s::text, %s::bigint``."""
        return ", ".join(f"%s::{_type(field)}" for field in self.fields)

    @cached_property
    def arrays(self) -> str:
        """A placeholder for each of ``lists``, for ``unnest``: ``%s::text[], %s::bigint[]``."""
        return ", ".join(f"%s::{_type(field)}[]" for field in self.fields)

    @cached_property
    def insert(self) -> str:
        """An INSERT of one row of ``values``; a clause such as ``RETURNING`` may follow."""
        return f"INSERT INTO {self.table} ({self.columns}) VALUES ({self.marks})"  # noqa: S608 - names of a model

    def values(self, instance: Model) -> list[Any]:
        """The stored values of an instance, in the order of ``columns``."""
        one = connections[DEFAULT_DB_ALIAS]  # once: django.db.connection looks it up for every attribute
        return [field.get_db_prep_save(getattr(instance, field.attname), one) for field in self.fields]

    def lists(self, instances: Sequence[Model]) -> list[list[Any]]:
        """The values of many instances: a list for each column."""
        return [list(column) for column in zip(*map(self.values, instances), strict=True)]


def _type(field: "Field[Any, Any]") -> str:
    """The type without its length: a cast to ``varchar(9)`` would truncate, while the column refuses longer values."""
    return (field.db_type(connection) or "").partition("(")[0]
