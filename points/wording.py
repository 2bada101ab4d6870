"""What the ledger does, said to a member."""

import re
from decimal import Decimal

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from accounts.wording import in_language, told
from core.templatetags.mall import points as grouped
from core.templatetags.mall import shop_day, shop_time
from points.models import UNDATED, EarningTrace, ExpiryPolicy
from points.parameters import AFTER_SALE_DAYS, WEEKDAYS
from points.rules import tiers
from points.rules.builtin import signed_plain
from points.rules.engine import EARNINGS, plain

Kind, Unit = ExpiryPolicy.Kind, ExpiryPolicy.Unit
SPACE_AFTER_STOP = re.compile(r"(?<=[。！？；])\s+(?=\S)")


def given_back(pieces, *, at):
    """Where points went that came back at ``at`` (B7): "80 end on 31 Dec, 40 had ended, usable until 5 Dec".

    ``pieces`` are ``ledger.Piece``.
    """
    return _(", ").join(_piece(piece, at) for piece in pieces)


def labels(choices, values):
    """The labels of ``choices`` that ``values`` are, in one line."""
    return _(", ").join(str(choices(value).label) for value in values if value in choices.values) or "—"


def _piece(piece, at):
    if piece.expires_at is None:
        text = _("%(points)s never end")
    elif piece.expires_at <= at:
        text = _("%(points)s had already ended")
    elif piece.is_grace:
        text = _("%(points)s had ended, usable until %(day)s")
    else:
        text = _("%(points)s end on %(day)s")
    return text % {"points": grouped(piece.points), "day": shop_day(piece.expires_at)}


def usable(active_from):
    """From when pending points can be used; None: nobody knows yet, because their parcel has not arrived (B5)."""
    if active_from is not None:
        return _("usable from %(day)s") % {"day": shop_time(active_from)}
    n = AFTER_SALE_DAYS.value
    return ngettext(
        "usable %(n)s day after you receive the parcel", "usable %(n)s days after you receive the parcel", n
    ) % {"n": n}


def usable_first(dates):
    """The same of several; ``dates`` in order, None last."""
    if dates[0] is None or len(set(dates)) == 1:
        return usable(dates[0])
    return _("the first from %(day)s") % {"day": shop_time(dates[0])}


def end(lot):
    """When the points of a ``PointsLot`` end."""
    if lot.active_from == UNDATED:
        return _("their end is counted from when you can use them")
    return _("never ends") if lot.expires_at is None else _("ends on %(day)s") % {"day": shop_day(lot.expires_at)}


def step(text, result, values=None):
    """A step of a breakdown as ``(text, result)``: the stored English sentence in the language of the page.

    ``values`` are as ``accounts.wording.told`` takes them; texts among them are translated too.
    """
    return (in_words(text, values) if values else _(text)), str(result)


def in_words(text, values):
    """An English sentence with its values in the language of the page."""
    return told(text, {name: _(value) if value and type(value) is str else value for name, value in values.items()})


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


def close_up(text):
    """Sentences side by side: a language that ends them with a full-width stop has no space between them."""
    return SPACE_AFTER_STOP.sub("", text)


def in_both(say):
    """What ``say()`` returns in each language, as a value for ``told``."""
    found = {}
    for code, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            found[code] = say()
    return found


def doubt(found):
    """A ``doubts.Doubt``."""
    return in_words(found.text, found.values)


def alert(found):
    """What a ``RuleAlert`` reports (C7)."""
    return _("Script “%(name)s”, version %(version)s: %(why)s The version before it took over.") % found.details


def expiry(policy):
    """An ``ExpiryPolicy`` in a sentence or two (B9)."""
    n = policy.months
    if policy.kind == Kind.NEVER:
        return _("Points never end.")
    if policy.kind == Kind.PER_LOT:
        return ngettext(
            "Points end %(n)s month after the day on which they become usable, at the end of that day.",
            "Points end %(n)s months after the day on which they become usable, at the end of that day.",
            n,
        ) % {"n": n}
    if policy.kind == Kind.ACTIVITY:
        return ngettext(
            "Whenever you earn, all your points live on to the end of the month, %(n)s month later. Without any "
            "earning they end then.",
            "Whenever you earn, all your points live on to the end of the month, %(n)s months later. Without any "
            "earning they end then.",
            n,
        ) % {"n": n}
    if not n:
        return {
            Unit.MONTH: _("Points end with the month in which they become usable, on its last day."),
            Unit.QUARTER: _("Points end with the quarter in which they become usable, on its last day."),
            Unit.YEAR: _("Points end with the year in which they become usable, on 31 December."),
        }[policy.unit]
    return {
        Unit.MONTH: ngettext(
            "Points end %(n)s month after the month in which they become usable, with its last day.",
            "Points end %(n)s months after the month in which they become usable, with its last day.",
            n,
        ),
        Unit.QUARTER: ngettext(
            "Points live %(n)s month from when they become usable, and on to the last day of that quarter.",
            "Points live %(n)s months from when they become usable, and on to the last day of that quarter.",
            n,
        ),
        Unit.YEAR: ngettext(
            "Points live %(n)s month from when they become usable, and on to the last day of that year.",
            "Points live %(n)s months from when they become usable, and on to the last day of that year.",
            n,
        ),
    }[policy.unit] % {"n": n}


def off(percent):
    """``5% off``; in Chinese what is left is counted, in tenths: ``9.5折``. A dash where nothing comes off."""
    if not percent:
        return "—"
    if (get_language() or "").startswith("zh"):
        return f"{(100 - percent) / 10:g}折"
    return _("%(percent)s%% off") % {"percent": percent}


def member_day(value):
    """The parameter ``points.member_day`` in words, or nothing where there is none."""
    kind, _colon, number = value.partition(":")
    if kind == "week":
        return str(WEEKDAYS[int(number) - 1])
    return _("Day {n} of every month").format(n=number) if kind == "month" else ""


def ending_soon(ending):
    """What a warning says (B10); ``ending`` is ``[(last day, points), ...]``."""
    pieces = [
        _("%(points)s points can be used until the end of %(day)s") % {"points": grouped(points), "day": shop_day(day)}
        for day, points in ending
    ]
    return _(", ").join(pieces)


def ending_soon_message(ending):
    """The same for an SMS or e-mail: from whom, and where to use them."""
    return _("%(shop)s: %(pieces)s. What they buy: %(url)s") % {
        "shop": settings.SITE_NAME,
        "pieces": ending_soon(ending),
        "url": settings.SITE_URL + reverse("points:home"),
    }


def ending_soon_subject():
    return _("Points of yours end soon")
