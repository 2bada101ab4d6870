"""What earns points and why, said to members and staff."""

from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.wording import in_language, translated
from core.formats import grouped
from points.earning.models import EarningTrace
from points.earning.rules.builtin import signed_plain
from points.earning.rules.engine import EARNINGS, plain
from points.ledger.wording import close_up
from points.tiers import rules as tiers


def step(text, result, values=None):
    """A step of a breakdown as ``(text, result)``: the stored English sentence in the language of the page.

    ``values`` are as ``accounts.wording.translated`` takes them; texts among them are translated too.
    """
    return (in_words(text, values) if values else _(text)), str(result)


def in_words(text, values):
    """An English sentence with its values in the language of the page."""
    worded = {name: _(value) if value and type(value) is str else value for name, value in values.items()}
    return translated(text, worded)


def of_purchases(said, tier=None):
    """Sentences about what purchases earn (``saying.OfPurchases``) but for its examples; ``tier``, a title, is named
    where it matters."""
    texts = [_rate(rate, _goods(said, rate.codes), tier) for rate in said.rates]
    return texts + [
        _("%(name)s: %(percent)s%% points.")
        % {"name": _goods(said, bonus.codes), "percent": signed_plain(bonus.percent)}
        for bonus in said.bonuses
    ]


def _rate(rate, goods, tier):
    values = {"yuan": grouped(rate.yuan), "points": figure(rate.points), "goods": goods, "tier": tier}
    if not rate.points:
        return _("%(goods)s: no points.") % values
    if rate.codes:
        return _("%(goods)s: every ¥%(yuan)s paid gives %(points)s points.") % values
    if tier:
        return (
            _("As %(tier)s you get %(points)s points for every ¥%(yuan)s paid. Amounts in between count in proportion.")
            % values
        )
    return _("Every ¥%(yuan)s paid gives %(points)s points. Amounts in between count in proportion.") % values


def examples(said):
    """Rows of the examples of ``saying.OfPurchases``: ``(what is bought, [points, ...])``."""
    if len(said.examples) == 1:
        return [(_("Goods of any kind"), said.examples[0].points)]
    return [(_goods(said, example.codes), example.points) for example in said.examples]


def _goods(said, codes):
    return goods([name for code in codes for name in said.names[code]])


def goods(names):
    """Categories of goods by their names; without any, all that are not named."""
    return _(", ").join(dict.fromkeys(in_language(name) for name in names)) if names else _("Other goods")


def of_behaviours(found):
    """Sentences about what acts earn (``saying.of_behaviours``)."""
    plain, special = _("%(behaviour)s: %(points)s points."), _("Reviewing goods, with pictures: %(points)s points.")
    return [
        (special if is_special else plain) % {"behaviour": EARNINGS[behaviour], "points": grouped(points)}
        for behaviour, is_special, points in found
    ]


def change_of(change, names):
    """``(what is compared, "100 → 150 (+50%)")`` of a ``measure.Change``; ``names`` are those of categories."""
    if not change.tier:
        what = _("Limit a day") + (f" · {EARNINGS[change.code]}" if change.code else "")
        texts = [_("no limit") if limit is None else grouped(limit) for limit in (change.before, change.after)]
        return what, " → ".join(texts)
    if change.yuan is None:
        what = EARNINGS[change.code]
    else:
        name = names.get(change.code)
        what = _("%(goods)s for ¥%(yuan)s") % {
            "goods": in_language(name) if name else _("Other goods"),
            "yuan": grouped(change.yuan),
        }
    sign = "+" if change.percent > 0 else "−"
    values = f"{grouped(change.before)} → {grouped(change.after)} ({sign}{grouped(abs(change.percent))}%)"
    return f"{tiers.by_code(change.tier).title} · {what}", values


def limits(caps):
    """Sentences about the most that a day gives (``engine.Caps``)."""
    texts = []
    if caps.total_points_a_day is not None:
        texts.append(
            _("At most %(points)s points a day, of all kinds together.") % {"points": grouped(caps.total_points_a_day)}
        )
    for behaviour, label in EARNINGS.items():
        points, times = caps.by_behaviour.get(behaviour, (None, None))
        values = {"behaviour": label, "points": grouped(points), "times": grouped(times)}
        if points is not None and times is not None:
            texts.append(_("%(behaviour)s: %(times)s times and at most %(points)s points a day.") % values)
        elif points is not None:
            texts.append(_("%(behaviour)s: at most %(points)s points a day.") % values)
        elif times is not None:
            texts.append(_("%(behaviour)s: %(times)s times a day.") % values)
    return texts


def figure(number):
    """A figure of points that need not be whole: ``1,234.5``."""
    return f"{Decimal(plain(number)):,f}"


def grounds(found):
    """Why an earning waits for a review (C10); ``found`` is ``[[kind of trace, members before], ...]``."""
    texts = {
        EarningTrace.Kind.ADDRESS: _("%(n)s members from one network address that day"),
        EarningTrace.Kind.DEVICE: _("%(n)s members with one device that day"),
        EarningTrace.Kind.PHONE: _("%(n)s new members with phone numbers in a row that day"),
    }
    return _(", ").join(texts[kind] % {"n": members} for kind, members in found)


def held_because(found):
    """The same for the member: without the figures, which would tell where the limit is."""
    if any(kind == EarningTrace.Kind.PHONE for kind, _members in found):
        return _("Many new accounts with phone numbers in a row earned on that day.")
    return _("Many accounts earned with one device or from one place on that day.")


def refused_because(review):
    """Why an ``EarningReview`` was refused, as the member reads it (A12)."""
    return close_up(f"{review.get_why_display()} {review.words}".strip())


def doubt(found):
    """A ``doubts.Doubt``."""
    return in_words(found.text, found.values)


def alert(found):
    """What a ``RuleAlert`` reports (C7)."""
    return _("Script “%(name)s”, version %(version)s: %(why)s The version before it took over.") % found.details
