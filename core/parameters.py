"""Parameters: numbers and switches that staff change while the mall runs, without a developer (C5).

An app declares its own in ``<app>/parameters.py``; code reads ``SIGN_UP.value``. Values set by staff are in the
database and apply in every process within a second (``core.live``); otherwise the default applies. The audit trail
records who set what and when. Parameters that decide the value of points or money, or when a person has to check
something, need a second person.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import approvals, audit, codes
from core.db import locking_transaction
from core.errors import DomainError
from core.live import Live
from core.models import Approval, ParameterValue

KIND = "core.parameter"

_declared: dict[str, "Parameter"] = {}


class ParameterNotValid(DomainError):
    """The value has the wrong type or is out of range. Details: ``label``, ``why``."""

    code = "parameter_not_valid"
    message = _("“%(label)s” cannot be this: %(why)s Nothing was changed.")


@dataclass(frozen=True)
class Parameter:
    """A typed value. Its type is that of ``default`` (bool, int, Decimal or str), ``least`` and ``most`` are its range
    (inclusive), ``choices`` are pairs of value and text if only these are allowed. ``unit`` and ``help`` are shown to
    the staff who set it. ``needs_second``: one person asks for a change, and another one approves it."""

    name: str
    default: Any
    label: str | Promise
    help: str | Promise = ""
    unit: str | Promise = ""
    least: Any = None
    most: Any = None
    choices: tuple[tuple[Any, Any], ...] = field(default=())
    needs_second: bool = False

    @property
    def value(self) -> Any:
        """The current value."""
        return PARAMETERS.get().get(self.name, self.default)

    @property
    def group(self) -> str:
        """The app that declares it."""
        return self.name.partition(".")[0]

    def clean(self, value: Any) -> Any:
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

    def shown(self, value: object) -> str:
        """The value as people read it, with the unit."""
        if isinstance(value, bool):
            return str(_("on") if value else _("off"))
        text = str(dict(self.choices).get(value, f"{value:,}" if isinstance(value, int | Decimal) else value))
        return f"{text} {self.unit}" if self.unit else text

    @property
    def now(self) -> str:
        """The current value as people read it."""
        return self.shown(self.value)

    def stored(self, value: object) -> object:
        """The value in a form that JSON can hold."""
        return str(value) if isinstance(value, Decimal) else value

    def _refusal(self, why: str | Promise) -> ParameterNotValid:
        return ParameterNotValid(label=self.label, why=why)


def declare(name: str, *, default: Any, label: str | Promise, **rest: Any) -> Parameter:
    """Declare a parameter ``"<app>.<word>"`` and return it. Called once, at import of the app's ``parameters``
    module."""
    parameter = Parameter(name=name, default=default, label=label, **rest)
    parameter.clean(default)
    if name in _declared:
        raise ValueError(f"{name} is declared twice")
    _declared[name] = parameter
    return parameter


def declared() -> dict[str, Parameter]:
    """``{name: Parameter}`` of all apps, in the order of their declaration."""
    return dict(_declared)


def change(parameter: Parameter, value: object, *, by: str, at: datetime, reason: str = "") -> Approval | None:
    """Set ``parameter``; None resets it to its default. Setting the same value changes nothing. Returns the waiting
    ``Approval`` if a second person is needed, else None. Raises ``ParameterNotValid``, ``AlreadyAsked``."""
    after = parameter.default if value is None else parameter.clean(value)
    with locking_transaction():
        before = _locked(parameter)
        if before == parameter.stored(after):
            return None
        if parameter.needs_second:
            data = {"before": before, "after": parameter.stored(after)}
            return approvals.ask(kind=KIND, subject=subject_of(parameter), data=data, reason=reason, by=by, at=at)
        _set(parameter, before, after, by=by, at=at)
    return None


def subject_of(parameter: Parameter) -> str:
    """The subject that stands for the parameter in the audit trail and in approvals."""
    return f"parameter:{parameter.name}"


def of_subject(subject: str) -> Parameter:
    """The ``Parameter`` of a subject."""
    return _declared[subject.removeprefix("parameter:")]


def _run(approval: Approval, *, by: str, at: datetime) -> None:  # noqa: ARG001 - every kind is called so
    parameter = of_subject(approval.subject)
    if _locked(parameter) != approval.data["before"]:
        raise approvals.Outdated
    after = parameter.clean(approval.data["after"])
    _set(parameter, approval.data["before"], after, by=approval.by, at=at)


def _facts(approval: Approval, at: datetime) -> list[tuple[str | Promise, object]]:  # noqa: ARG001 - every kind is called so
    parameter = of_subject(approval.subject)
    before, after = (parameter.shown(parameter.clean(approval.data[name])) for name in ("before", "after"))
    return [(_("Parameter"), parameter.label), (_("Change"), f"{before} → {after}"), (_("Now"), parameter.now)]


def _locked(parameter: Parameter) -> object:
    """The stored value; its row, if there is one, is locked."""
    row = ParameterValue.objects.select_for_update().filter(name=parameter.name).first()
    return row.value if row else parameter.stored(parameter.default)


def _set(parameter: Parameter, before: object, value: object, *, by: str, at: datetime) -> None:
    after = parameter.stored(value)
    if value == parameter.default:
        ParameterValue.objects.filter(name=parameter.name).delete()
    else:
        ParameterValue.objects.update_or_create(
            name=parameter.name, defaults={"value": after, "changed_at": at, "by": by}
        )
    audit.record("parameter.changed", by=by, subject=subject_of(parameter), at=at, before=before, after=after)
    PARAMETERS.changed()


def _load() -> dict[str, Any]:
    """All values that are set. A value that its parameter no longer accepts (the range was narrowed) counts as not
    set."""
    values = {}
    for name, stored in ParameterValue.objects.values_list("name", "value"):
        try:
            values[name] = _declared[name].clean(stored)
        except (KeyError, ParameterNotValid):
            continue
    return values


PARAMETERS = Live("parameters", _load)

approvals.register(
    approvals.Kind(name=KIND, label=_("Parameter"), permission=approvals.FIGURES, run=_run, facts=_facts)
)


def _named(name: str) -> str:
    return str(declared()[name].label) if name in declared() else name


codes.NAMES["parameter"] = _named
