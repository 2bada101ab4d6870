"""How numbers, money and dates are written for people, on pages and in messages alike."""

from datetime import date, datetime, timedelta

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

from core import clock

MINUS = "−"
FEN_PER_YUAN = 100
A_MOMENT = timedelta(microseconds=1)


def grouped(number: int | None) -> str:
    """12480 -> ``12,480``, -3 -> ``−3``; nothing for None."""
    return "" if number is None else f"{int(number):,}".replace("-", MINUS)


def signed(number: int) -> str:
    """150 -> ``+150``, -1000 -> ``−1,000``, 0 -> ``0``."""
    number = int(number)
    return f"+{number:,}" if number > 0 else grouped(number)


def yuan_number(fen: int, keep_fen: bool) -> str:
    """The figure alone, without a sign: 3200 fen -> ``32``, or ``32.00`` with ``keep_fen``; 990 -> ``9.90``."""
    whole, rest = divmod(abs(int(fen)), FEN_PER_YUAN)
    return f"{whole:,}.{rest:02d}" if rest or keep_fen else f"{whole:,}"


def yuan(fen: int) -> str:
    """A price: 3200 fen -> ``¥32``, 990 -> ``¥9.90``."""
    return f"{MINUS if fen < 0 else ''}¥{yuan_number(fen, keep_fen=False)}"


def yuan_sum(fen: int) -> str:
    """A sum: 3200 fen -> ``¥32.00``, -500 -> ``−¥5.00``."""
    return f"{MINUS if fen < 0 else ''}¥{yuan_number(fen, keep_fen=True)}"


def price_text(points: int, fen: int = 0) -> str:
    """``1,000积分 + ¥50`` as plain text, for running text, buttons and titles; also ``¥50`` and ``1,000积分``."""
    parts = [_("%(points)s points") % {"points": f"{points:,}"}] if points else []
    if fen:
        parts.append(yuan(fen))
    return " + ".join(parts) if parts else _("%(points)s points") % {"points": "0"}


def shop_day(at: date | None) -> str:
    """``12月31日`` of a date or an aware moment; the year stands there only when it is not this year."""
    if at is None:
        return ""
    day = timezone.localtime(at).date() if isinstance(at, datetime) else at
    # Translators: these are date formats of Django's "date" filter.
    return dateformat.format(day, _("j M") if day.year == clock.shop_date(clock.now()).year else _("j M Y"))


def last_day(at: datetime | None) -> str:
    """The last day on which something that ends at the moment ``at`` still counts: midnight belongs to the day
    before."""
    return "" if at is None else shop_day(at - A_MOMENT)


def shop_time(at: datetime | None) -> str:
    """``今天09:12``, ``昨天22:15``, ``11月20日08:03`` of an aware moment."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    away = (local.date() - clock.shop_date(clock.now())).days
    near = {0: _("Today"), -1: _("Yesterday"), 1: _("Tomorrow")}
    day = near[away] if away in near else shop_day(local)
    return _("%(day)s %(time)s") % {"day": day, "time": f"{local:%H:%M}"}


def days_until(at: date) -> int:
    """Days from today to ``at`` in the shop's zone: to a date itself, to the last day before an aware moment."""
    day = timezone.localtime(at - A_MOMENT).date() if isinstance(at, datetime) else at
    return (day - clock.shop_date(clock.now())).days
