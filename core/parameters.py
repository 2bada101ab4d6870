"""Parameters: figures and switches that staff set while the mall runs, without a developer (C5).

An app declares its own in ``<app>/parameters.py``; code reads ``SIGN_UP.value``. What staff set lies in the database
and counts in every process within a second (``core.live``); what nobody set is the default. Who set what and when is
in the audit trail.
"""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import DomainError
from core.live import Live
from core.models import ParameterValue

_declared = {}


class ParameterNotValid(DomainError):
    """Not of the parameter's type, or out of its range. Details: ``label``, ``why``."""

    code = "parameter_not_valid"
    message = _("“%(label)s” cannot be this: %(why)s Nothing was changed.")


@dataclass(frozen=True)
class Parameter:
    """A typed figure: the type is that of ``default`` (bool, int, Decimal or str), ``least`` and ``most`` are its
    range, both included, ``choices`` pairs of value and text where only these are possible. ``unit`` and ``help`` are
    for whoever sets it."""

    name: str
    default: object
    label: str
    help: str = ""
    unit: str = ""
    least: object = None
    most: object = None
    choices: tuple = field(default=())

    @property
    def value(self):
        """What counts now."""
        return PARAMETERS.get().get(self.name, self.default)

    @property
    def group(self):
        """The app that declares it."""
        return self.name.partition(".")[0]

    def clean(self, value):
        """``value`` in the parameter's type; raises ``ParameterNotValid``."""
        kind = type(self.default)
        if kind is Decimal and type(value) in (int, str):
            try:
                value = Decimal(value)
            except InvalidOperation:
                raise self._refusal(_("a number is needed.")) from None
        if type(value) is not kind or (kind is Decimal and not value.is_finite()):
            raise self._refusal(_("another kind of value is needed."))
        if self.choices and value not in [choice for choice, _label in self.choices]:
            raise self._refusal(_("it is none of the choices."))
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            raise self._refusal(_("from %(least)s to %(most)s is possible.") % {"least": self.least, "most": self.most})
        return value

    def shown(self, value):
        """As people read it, with the unit."""
        if isinstance(value, bool):
            return str(_("on") if value else _("off"))
        text = str(dict(self.choices).get(value, f"{value:,}" if isinstance(value, int | Decimal) else value))
        return f"{text} {self.unit}" if self.unit else text

    @property
    def now(self):
        """What counts now, as people read it."""
        return self.shown(self.value)

    def stored(self, value):
        """As JSON can hold it."""
        return str(value) if isinstance(value, Decimal) else value

    def _refusal(self, why):
        return ParameterNotValid(label=self.label, why=why)


def declare(name, *, default, label, **rest):
    """Declare a parameter ``"<app>.<word>"`` and return it; at import of the app's ``parameters`` module, once."""
    parameter = Parameter(name=name, default=default, label=label, **rest)
    parameter.clean(default)
    if name in _declared:
        raise ValueError(f"{name} is declared twice")
    _declared[name] = parameter
    return parameter


def declared():
    """``{name: Parameter}`` of all apps, in the order of their declaration."""
    return dict(_declared)


def change(parameter, value, *, by, at):
    """Set ``parameter``; None returns to its default. Raises ``ParameterNotValid``; the same value changes nothing."""
    with transaction.atomic():
        row = ParameterValue.objects.select_for_update().filter(name=parameter.name).first()
        before = row.value if row else parameter.stored(parameter.default)
        if value is None:
            after = parameter.stored(parameter.default)
            ParameterValue.objects.filter(name=parameter.name).delete()
        else:
            after = parameter.stored(parameter.clean(value))
            ParameterValue.objects.update_or_create(
                name=parameter.name, defaults={"value": after, "changed_at": at, "by": by}
            )
        if before != after:
            audit.record(
                "parameter.changed", by=by, subject=f"parameter:{parameter.name}", at=at, before=before, after=after
            )
        PARAMETERS.changed()


def _load():
    """What is set. A value that its parameter does not take any more (the range was narrowed) counts as not set."""
    values = {}
    for name, stored in ParameterValue.objects.values_list("name", "value"):
        try:
            values[name] = _declared[name].clean(stored)
        except (KeyError, ParameterNotValid):
            continue
    return values


PARAMETERS = Live("parameters", _load)
