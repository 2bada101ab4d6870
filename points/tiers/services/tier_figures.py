"""The figures of tiers: installed once, then set by staff, what gives something with a second person (C12, C13)."""

from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import approvals, audit, outbox
from core.db import locking_transaction, rehearsal
from core.errors import DomainError, InvalidInput
from points.tiers import rules
from points.tiers.models import LOWEST, Tier

KIND, TOPIC = "points.tier", "tiers.thresholds_changed"
MOST_NAME = 16
NAMES = ("name", "name_en")
RANGES = {  # both ends included
    "threshold": (1, 100_000_000),
    "multiplier": (Decimal("1"), Decimal("10")),
    "discount_percent": (0, 90),
    "member_day_percent": (0, 90),
    "birthday_points": (0, 100_000),
}
# A higher tier never asks for fewer points and never gives less.
RISING = ("threshold", "multiplier", "discount_percent", "member_day_percent", "birthday_points", "free_shipping")


class TiersOutOfOrder(DomainError):
    """A figure would put a tier past its neighbour. Details: ``field`` (its label), ``tier`` (the neighbour)."""

    code = "tiers_out_of_order"
    message = _("“%(field)s” would no longer rise from tier to tier: compare it with %(tier)s. Nothing was changed.")


class FigureOutOfRange(DomainError):
    """Details: ``field`` (its label), ``least``, ``most``."""

    code = "tier_figure_out_of_range"
    message = _("“%(field)s” can be from %(least)s to %(most)s. Nothing was changed.")


def install():
    """Fill an empty table with the figures that a new mall begins with; what is there stays."""
    Tier.objects.bulk_create([Tier(**asdict(tier)) for tier in rules.DEFAULTS], ignore_conflicts=True)
    rules.TIERS.changed()


def change(*, code, by, at, reason="", **figures):
    """``set_figures`` at once where they are only names; otherwise it waits for a second person. Returns the
    ``Approval`` that waits, or None. Raises what that raises, and ``AlreadyAsked``."""
    with locking_transaction():
        before = _figures(code, figures)
        with rehearsal():
            set_figures(code=code, by=by, at=at, **figures)
            after = _figures(code, figures)
        changed = {name: value for name, value in after.items() if value != before[name]}
        if not set(changed) - set(NAMES):
            set_figures(code=code, by=by, at=at, **figures)
            return None
        data = {"code": code, "before": {name: before[name] for name in changed}, "after": changed}
        return approvals.ask(kind=KIND, subject=f"tier:{code}", data=data, reason=reason, by=by, at=at)


def run(approval, *, by, at):  # noqa: ARG001 - every kind is called so
    """What was approved; whoever reaches more now rises soon after the commit. Raises ``Outdated`` and as above."""
    code, after = approval.data["code"], approval.data["after"]
    if _figures(code, after) != approval.data["before"]:
        raise approvals.Outdated
    if set_figures(code=code, by=approval.by, at=at, **after):
        outbox.publish(TOPIC, key=f"tiers:{approval.pk}", at=at)


def set_figures(*, code, by, at, **figures):
    """Set some of a tier's ``rules.FIGURES``; returns whether thresholds changed, so that members may be due for a rise
    (``tiers.recompute``). Raises ``FigureOutOfRange``, ``TiersOutOfOrder``, ``InvalidInput``."""
    with transaction.atomic():
        rows = list(Tier.objects.select_for_update().order_by("position"))
        row = next((row for row in rows if row.code == code), None)
        if row is None or set(figures) - set(rules.FIGURES):
            raise InvalidInput(field="code")
        before = {name: getattr(row, name) for name in rules.FIGURES}
        for name, value in figures.items():
            setattr(row, name, _clean(name, value, code))
        _check_order(rows, row)
        changed = {name: value for name in rules.FIGURES if (value := getattr(row, name)) != before[name]}
        if changed:
            row.save(update_fields=list(changed))
            audit.record(
                "tier.figures_set",
                by=by,
                subject=f"tier:{code}",
                at=at,
                before={name: _stored(before[name]) for name in changed},
                after={name: _stored(value) for name, value in changed.items()},
            )
            rules.TIERS.changed()
    return "threshold" in changed


def _figures(code, names):
    """``{name: value}`` of a tier, as JSON holds them; its row is locked."""
    row = Tier.objects.select_for_update().filter(code=code).first()
    if row is None or set(names) - set(rules.FIGURES):
        raise InvalidInput(field="code")
    return {name: _stored(getattr(row, name)) for name in names}


def _clean(name, value, code):
    if name in NAMES:
        if not isinstance(value, str) or len(value) > MOST_NAME or (name == "name" and not value.strip()):
            raise InvalidInput(field=name)
        return value.strip()
    if name == "free_shipping":
        if type(value) is not bool:
            raise InvalidInput(field=name)
        return value
    least, most = (0, 0) if name == "threshold" and code == LOWEST else RANGES[name]
    if name == "multiplier":
        value = _decimal(value)
    elif type(value) is not int:
        raise InvalidInput(field=name)
    if not least <= value <= most:
        raise FigureOutOfRange(field=_label(name), least=least, most=most)
    return value


def _decimal(value):
    try:
        number = Decimal(value)
        if number.is_finite() and number == number.quantize(Decimal("0.01")):
            return number.quantize(Decimal("0.01"))
    except (InvalidOperation, TypeError):
        pass
    raise InvalidInput(field="multiplier")


def _check_order(rows, row):
    for lower, higher in pairwise(rows):
        for name in RISING:
            is_wrong = getattr(lower, name) > getattr(higher, name)
            if name == "threshold":
                is_wrong = lower.threshold >= higher.threshold
            if is_wrong:
                neighbour = higher if lower is row else lower
                raise TiersOutOfOrder(field=_label(name), tier=neighbour.name)


def _label(name):
    return Tier._meta.get_field(name).verbose_name


def _stored(value):
    return str(value) if isinstance(value, Decimal) else value
