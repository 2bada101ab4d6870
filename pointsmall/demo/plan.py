"""Plans the history of the demo members before any of it is written: a list of events, oldest first.

Random choices are seeded by the member's number, and days count back from today: the same day gives the same plan. An
event names an act of ``pointsmall.demo.loading`` and its arguments; the plan itself touches no database.
"""

import random
from collections import Counter
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.utils import timezone

from activities import rules as sign_in_rules
from core.clock import shop_date
from orders.parameters import PAYMENT_WINDOW_MINUTES
from points.earning.rules import engine, presets
from pointsmall.demo.members import MEMBERS

WELCOME_POINTS = engine.behaviour_points(engine.build("v1", presets.S2.rules), engine.Earner(0), "sign_up", None).points
AFTER_SALE = timedelta(days=7)  # points of a purchase become spendable when its after-sale window closes (B5)
PLENTY = 20  # random orders take only well-stocked goods; scarce stock stays as the offers say
CARRIERS = [("shunfeng", "SF"), ("zhongtong", "7"), ("yuantong", "YT"), ("jd", "JD")]


class Event(NamedTuple):
    """``act``: ``joins``, ``signs_in``, ``buys``, ``bought``, ``is_granted``, ``is_pinned``, ``places``, ``pays``,
    ``gets_shipped``, ``receives``, ``cancels``, ``runs_out_of_time`` or ``fills_cart``; ``details``: its further
    arguments.
    """

    at: datetime
    member: int
    act: str
    details: dict


class Line(NamedTuple):
    sku: str
    way: str
    quantity: int


def plan(goods, *, now):
    """Every event of all demo members up to ``now``, oldest first."""
    events = []
    for member in MEMBERS:
        teller = TELLERS.get(member.number, Story)
        events += teller(member, goods, now).tell()
    return sorted(events, key=lambda event: (event.at, event.member))


def pieces_taken(events):
    """Number of pieces of each SKU code that are sold for good: a ``Counter``."""
    returned = {event.details["order"] for event in events if event.act in ("cancels", "runs_out_of_time")}
    taken = Counter()
    for event in events:
        if event.act == "places" and event.details["order"] not in returned:
            for line in event.details["lines"]:
                taken[line.sku] += line.quantity
    return taken


class Story:
    """One member's history, planned day by day. ``points`` is what could be spent at that moment."""

    def __init__(self, member, goods, now):
        self.member = member
        self.goods = goods
        self.now = now
        self.today = shop_date(now)
        self.rng = random.Random(f"demo:{member.number}")  # noqa: S311 - a believable life, no secret
        self.events = []
        self.points = WELCOME_POINTS
        self.coming = []  # (days ago, points): earned, not yet spendable
        self.streak = 0
        self.orders_told = 0
        self.since = member.joined  # days ago: planned day by day from here on
        self.happens(self.moment(member.joined, hour=9), "joins")

    def tell(self):
        order_days = self._order_days()
        for day in range(self.since, -1, -1):
            self.points += sum(points for due, points in self.coming if due == day)
            if self.rng.random() < self._eagerness():
                self.signs_in(day)
            else:
                self.streak = 0
            if day and self.rng.random() < 7 / 30:
                self.buys(day, fen=self._amount_fen())
            if day in order_days:
                self._redeems(day)
        return self.events

    # Acts of a member

    def signs_in(self, day):
        """Sign in on that day; today only if the hour has passed."""
        at = self.moment(
            day, hour=self.rng.randrange(10, 22) if day == self.member.joined else self.rng.randrange(7, 10)
        )
        if at >= self.now:
            return
        self.streak += 1
        self.points += sign_in_rules.points_for(self.streak)
        self.happens(at, "signs_in")

    def buys(self, day, *, fen, act="buys"):
        at = self.moment(day, hour=self.rng.randrange(10, 20))
        points = fen // 100
        if points:
            self.coming.append((day - AFTER_SALE.days - 1, points))
            number = f"{timezone.localtime(at):%Y%m%d}{self.rng.randrange(10_000):04d}"
            self.happens(at, act, number=number, fen=fen, points=points)

    def orders(self, at, lines, *, address=0):
        """Place an order; returns the name by which later events know it."""
        self.orders_told += 1
        order = f"{self.member.number}-{self.orders_told}"
        self.happens(at, "places", order=order, lines=lines, address=address)
        return order

    def goes_on(self, order, day, at, *, costs_cash):
        """Continue an order placed ``day`` days ago: pay it, then go as far as the time allows."""
        if costs_cash:
            self.happens(at + timedelta(minutes=self.rng.randrange(1, 9)), "pays", order=order)
        if day >= 3:
            self.gets_shipped(order, day - 1)
        if day >= 7:
            received = self.moment(day - 1 - self.rng.randrange(2, 5), hour=self.rng.randrange(11, 21))
            self.happens(received, "receives", order=order)

    def gets_shipped(self, order, day):
        carrier, prefix = self.rng.choice(CARRIERS)
        number = f"{prefix}{self.rng.randrange(10**11, 10**12)}"
        at = self.moment(day, hour=self.rng.randrange(10, 17))
        self.happens(at, "gets_shipped", order=order, carrier=carrier, tracking_number=number)

    def happens(self, at, act, **details):
        self.events.append(Event(at, self.member.number, act, details))

    def moment(self, day, *, hour):
        """A random minute of that hour in the shop, ``day`` days ago."""
        date = self.today - timedelta(days=day)
        return timezone.make_aware(datetime.combine(date, time(hour, self.rng.randrange(60), self.rng.randrange(60))))

    # Chance

    def _eagerness(self):
        """Members who signed in yesterday are more likely to sign in again."""
        return self.member.diligence if self.streak else self.member.diligence * 0.6

    def _amount_fen(self):
        """One purchase, about seven a month."""
        return round(self.member.monthly_yuan / 7 * self.rng.uniform(0.3, 1.7) * 100)

    def _order_days(self):
        """Days on which the member redeems; every second member did so in the last few days."""
        count = self.member.orders
        first, last = self.since - 12, 8
        if not count or first <= last:
            return set()
        days = set(self.rng.sample(range(last, first), min(count, first - last)))
        if self.member.number % 2 == 0:
            days.remove(min(days))
            days.add(self.member.number // 2 % 7)
        return days

    def _redeems(self, day):
        chosen = self._choose(day)
        if chosen is None:
            return
        line, points, fen = chosen
        at = self.now - timedelta(minutes=self.rng.randrange(3, 12)) if day == 0 else self.moment(day, hour=21)
        order = self.orders(at, [line], address=self.rng.randrange(len(self.member.addresses)))
        fate = self.rng.random()
        if day == 0 and fen:
            self.points -= points  # still to be paid
        elif day >= 7 and fate < 0.08 and fen:
            self.happens(at + timedelta(minutes=PAYMENT_WINDOW_MINUTES.value), "runs_out_of_time", order=order)
        elif day >= 7 and fate < 0.16:
            reason = self.rng.choice(["不想要了", "选错了规格", "地址填错了"])
            self.happens(at + timedelta(minutes=self.rng.randrange(10, 25)), "cancels", order=order, reason=reason)
        else:
            self.points -= points
            self.goes_on(order, day, at, costs_cash=bool(fen))

    def _choose(self, day):
        """A ``(Line, points, fen)`` that the member can afford, popular goods more often; None if there is none."""
        choices = []
        for product in self.goods:
            if product.listed is None or product.listed <= day:
                continue
            for sku in product.skus:
                if sku.stock < PLENTY:
                    continue
                if sku.points and self._fits(sku.points):
                    choices.append((product.popularity, Line(sku.code, "points", 1), sku.points, 0))
                if sku.mixed_points and self._fits(sku.mixed_points):
                    choices.append((product.popularity, Line(sku.code, "mixed", 1), sku.mixed_points, sku.mixed_fen))
        if not choices:
            return None
        return self.rng.choices(choices, weights=[popularity**0.5 for popularity, *_ in choices])[0][1:]

    def _fits(self, points):
        return 0.25 * self.points <= points <= 0.85 * self.points


class Heroine(Story):
    """The member whose pages are compared with the design.

    She ends with ``AVAILABLE`` points to spend, ``EXPIRING`` of them at the end of a month soon, ``PENDING`` still to
    come and 1,000 held by an unpaid order; she signed in on the last four days and not yet today. So her purchases
    earned one point per yuan, regardless of her tier.
    """

    AVAILABLE = 12_480
    EXPIRING = 680
    PENDING = (150, 170)
    PURCHASES = 46
    MISSED = {5, 11, 19, 23, 37, 38, 52, 64, 80, 95, 96, 121, 140, 163}

    # days ago, lines, outcome
    ORDERS = [
        (148, [Line("home-hand-soap-1", "mixed", 2)], "completed"),
        (112, [Line("service-film-ticket-1", "mixed", 2)], "completed"),
        (83, [Line("fashion-tote-1", "mixed", 1)], "completed"),
        (61, [Line("electronics-earbuds-1", "mixed", 1)], "timed out"),
        (47, [Line("sport-yoga-mat-1", "mixed", 1)], "completed"),
        (33, [Line("fruit-imported-blueberries-1", "mixed", 1)], "cancelled"),
        (18, [Line("fruit-imported-cherries-1", "mixed", 1)], "completed"),
        (3, [Line("home-thermos-1", "mixed", 1), Line("home-hand-soap-1", "mixed", 1)], "on its way"),
        (1, [Line("service-parcel-1", "points", 1)], "to ship"),
    ]
    UNPAID = [Line("service-coffee-voucher-2", "mixed", 2)]
    CART = [Line("fruit-imported-cherries-1", "mixed", 1), Line("sport-yoga-mat-1", "points", 1)]

    def tell(self):
        for day in range(self.member.joined, 0, -1):
            if day in self.MISSED:
                self.streak = 0
            else:
                self.signs_in(day)
        for day, lines, fate in self.ORDERS:
            self._order_with(day, lines, fate)
        self._is_granted_what_expires()
        self.orders(self.now - timedelta(minutes=8), self.UNPAID)
        self.points -= self._points_of(self.UNPAID)
        self.happens(self.now - timedelta(minutes=3), "fills_cart", lines=self.CART)
        for points in self.PENDING:
            self.buys(2, fen=points * 100 + self.rng.randrange(100))
        self._buys_what_is_missing()
        return self.events

    def buys(self, day, *, fen):
        super().buys(day, fen=fen, act="bought")

    def happens(self, at, act, **details):
        super().happens(at, act, **details | ({"rewarded": False} if act == "pays" else {}))

    def _order_with(self, day, lines, fate):
        at = self.moment(day, hour=21)
        order = self.orders(at, lines)
        if fate == "timed out":
            self.happens(at + timedelta(minutes=PAYMENT_WINDOW_MINUTES.value), "runs_out_of_time", order=order)
        elif fate == "cancelled":
            self.happens(at + timedelta(minutes=4), "pays", order=order)
            self.happens(at + timedelta(hours=1), "cancels", order=order, reason="想换一种规格")
        else:
            self.points -= self._points_of(lines)
            self.goes_on(order, day, at, costs_cash=any(line.way == "mixed" for line in lines))

    def _is_granted_what_expires(self):
        """A gift that expires soon. The unpaid order takes from it first, so ``EXPIRING`` points remain."""
        points = self.EXPIRING + self._points_of(self.UNPAID)
        at = self.moment(1, hour=22)
        self.points += points
        self.happens(at, "is_granted", points=points, reason="会员日回馈", expires_at=self._end_of_a_month_soon())

    def _end_of_a_month_soon(self):
        """The last moment of the first month that ends at least 30 days from now."""
        next_month = ((self.today + timedelta(days=30)).replace(day=1) + timedelta(days=32)).replace(day=1)
        return timezone.make_aware(datetime.combine(next_month, time.min)) - timedelta.resolution

    def _buys_what_is_missing(self):
        """Purchases over the whole time, sized so that ``AVAILABLE`` points result."""
        days = sorted(self.rng.sample(range(9, self.member.joined), self.PURCHASES), reverse=True)
        shares = [self.rng.uniform(0.3, 1.7) for _ in days]
        total = self.AVAILABLE - self.points
        marks = [round(total * sum(shares[:count]) / sum(shares)) for count in range(len(shares) + 1)]
        for day, (before, after) in zip(days, pairwise(marks), strict=True):
            self.buys(day, fen=(after - before) * 100 + self.rng.randrange(100))

    def _points_of(self, lines):
        skus = {sku.code: sku for product in self.goods for sku in product.skus}
        return sum(
            line.quantity * (skus[line.sku].points if line.way == "points" else skus[line.sku].mixed_points)
            for line in lines
        )


class Returner(Story):
    """Joined over a year ago, bought a lot, stayed away and is back: too few points to keep the tier, so the demo shows
    a grace period (C12). The old points have expired or soon will, so no order uses them."""

    BOUGHT, BACK = 380, 70  # days ago
    FEN = 128_000

    def __init__(self, *args):
        super().__init__(*args)
        self.since, self.points = self.BACK, 0
        at = self.moment(self.BOUGHT, hour=15)
        number = f"{timezone.localtime(at):%Y%m%d}0012"
        self.happens(at, "bought", number=number, fen=self.FEN, points=self.FEN // 100)


class Guest(Story):
    """Has a tier that staff set by hand, regardless of points."""

    def tell(self):
        self.happens(self.moment(30, hour=11), "is_pinned", tier="diamond", reason="企业客户，合同约定享受钻石待遇")
        return super().tell()


TELLERS = {1: Heroine, 12: Returner, 18: Guest}
