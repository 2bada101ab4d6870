"""Actors: every service takes ``by=``, a short text such as ``member:12``, ``staff:3`` or ``system:expiry``.

A text, not a foreign key, so that the trail outlives the account and never locks it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Timers and everything else that calls services without a person.
MACHINES = {
    "audit": gettext_lazy("nightly audit"),
    "auto_receipt": gettext_lazy("automatic receipt"),
    "birthday": gettext_lazy("birthday gifts"),
    "codes": gettext_lazy("sign-in codes"),
    "command": gettext_lazy("command line"),
    "demo": gettext_lazy("demo content"),
    "expiry": gettext_lazy("expiry of points"),
    "install": gettext_lazy("installation"),
    "import": gettext_lazy("import of purchases"),
    "orders": gettext_lazy("points for orders"),
    "partners": gettext_lazy("partners' deadlines"),
    "payment_callback": gettext_lazy("payment notification"),
    "payment_window": gettext_lazy("payment deadline"),
    "reconciling": gettext_lazy("nightly reconciliation"),
    "review_time": gettext_lazy("end of the review"),
    "sandbox": gettext_lazy("sandbox payment"),
    "shop": gettext_lazy("shop's till"),
    "sign-up": gettext_lazy("sign-up"),
    "sign_up": gettext_lazy("sign-up"),
    "sweep": gettext_lazy("clean-up of payments"),
    "tiers": gettext_lazy("tier review"),
}
PartnerNames = Callable[[set[str]], Mapping[str, str]]
Row = TypeVar("Row", bound=Any)
_partner_names: list[PartnerNames] = []


def member(user_id: int) -> str:
    return f"member:{user_id}"


def staff(user_id: int) -> str:
    return f"staff:{user_id}"


def system(name: str) -> str:
    return f"system:{name}"


def person(actor: str) -> int | None:
    """The member id of an actor, whether they act as staff or for themselves; None for a machine."""
    kind, _sign, number = actor.partition(":")
    return int(number) if kind in ("staff", "member") and number.isdigit() else None


def names_partners(function: PartnerNames) -> PartnerNames:
    """Register the function that turns a set of partners' codes into ``{code: name}``."""
    _partner_names.append(function)
    return function


def label(actor: str) -> str:
    """The name of an actor on staff pages; empty where there is no actor."""
    return names([actor])[actor]


def names(actors: Iterable[str]) -> dict[str, str]:
    """``{actor: name}`` for staff pages, in at most two queries. Staff and partners are shown by name, members as such,
    machines by what they do. The name is empty where there is no actor."""
    actors = set(actors)
    pks = {actor: pk for actor in actors if (pk := person(actor)) is not None}
    people = get_user_model().objects.in_bulk(set(pks.values())) if pks else {}
    codes = {actor.partition(":")[2] for actor in actors if actor.startswith("partner:")}
    partners = {code: name for function in _partner_names if codes for code, name in function(codes).items()}
    return {
        actor: _person(actor, people.get(pks[actor], f"#{pks[actor]}")) if actor in pks else _machine(actor, partners)
        for actor in actors
    }


def named(rows: Iterable[Row]) -> list[Row]:
    """``rows`` as a list, each with ``who`` for its ``by``."""
    rows = list(rows)
    found = names(row.by for row in rows)
    for row in rows:
        row.who = found[row.by]
    return rows


def _person(actor: str, who: object) -> str:
    return _("Member: %(name)s") % {"name": who} if actor.startswith("member:") else str(who)


def _machine(actor: str, partners: Mapping[str, str]) -> str:
    kind, _sign, name = actor.partition(":")
    if kind == "partner":
        return _("Partner: %(name)s") % {"name": partners.get(name, name)}
    if not actor:
        return ""
    return _("System: %(name)s") % {"name": MACHINES[name]} if name in MACHINES else _("System")
