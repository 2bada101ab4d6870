"""A file is booked in big batches; the same history booked one purchase and one refund at a time ends the same."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from accounts.models import User
from core.errors import DomainError
from points.earning.models import EarningTally
from points.earning.queries import rule_sets
from points.earning.rules import engine
from points.earning.rules.presets import PRESETS
from points.ledger import audit
from points.ledger.models import PointsAccount, PointsEntry, PointsLot
from points.purchases.models import Purchase, PurchaseRefund
from points.purchases.services import purchase_file, purchase_import, purchases
from points.tiers.models import MemberTier, TierChange

SHOP = ZoneInfo("Asia/Shanghai")
BEGIN, END = datetime(2023, 12, 1, tzinfo=SHOP), datetime(2026, 11, 20, tzinfo=SHOP)
CATEGORIES = ("", "imported_fruit", "seasonal_fruit", "tea")
BY = "system:test"


@pytest.mark.parametrize("seed", range(4))
def test_a_file_is_booked_as_its_purchases_would_be_one_by_one(db, monkeypatch, seed):
    dice = random.Random(seed)
    monkeypatch.setattr(purchase_import, "BATCH", dice.choice((7, 40, 500)))
    first, second = (engine.build(f"v{n}", PRESETS[dice.choice(list(PRESETS))].rules) for n in (1, 2))
    change = BEGIN + (END - BEGIN) * dice.random()
    monkeypatch.setattr(rule_sets, "for_member", lambda member, at: first if at < change or member % 3 else second)
    total, times = dice.choice((None, 300)), dice.choice((None, 2))
    monkeypatch.setattr(engine, "caps", lambda rule_set: engine.Caps(total, {"purchase": (None, times)}))
    members = {
        phone: User.objects.create(phone=f"+86{phone}", date_joined=BEGIN).pk
        for phone in (f"139000000{n:02}" for n in range(4))
    }
    content = _file(dice, list(members)).encode()

    plain = _undone(lambda: _plain_way(content, members), members)
    report = purchase_import.run(content, by=BY, at=END)
    assert _state(members) == plain
    assert report.purchases == Purchase.objects.count() > 200
    assert report.refunds
    assert report.refused
    assert report.repeated == report.refunds_repeated == 0
    assert TierChange.objects.exists()
    assert audit.run().breaks == []

    again = purchase_import.run(content, by=BY, at=END)
    assert (again.repeated, again.refunds_repeated) == (report.purchases, report.refunds)
    assert _state(members) == plain


def _file(dice, phones):
    """Some 250 purchases of one to three lines, many on one day or at one moment, and refunds, some of them wrong."""
    lines, bought = [], []
    moments = [BEGIN + (END - BEGIN) * dice.random() for _ in range(60)]
    for number in range(300):
        at = dice.choice(moments) + timedelta(minutes=dice.choice((0, 0, 1, 90)))
        if bought and dice.random() < 0.15:
            phone, order, paid_at, parts = dice.choice(bought)
            category, yuan = dice.choice(parts)
            phone = dice.choice([phone] * 9 + phones[:1])
            at = max(at, paid_at) if dice.random() < 0.9 else at
            yuan = dice.choice((yuan, yuan, yuan / 3, yuan * 2))
            lines.append((phone, f"R{number}", at, dice.choice((category, "")), yuan, order))
            continue
        phone, yuan = dice.choice(phones), dice.choice((9, 300, 3000))
        parts = [(dice.choice(CATEGORIES), dice.randrange(1, 100 * yuan) / 100) for _ in range(dice.choice((1, 2, 3)))]
        lines += [(phone, f"A{number}", at, category, amount, "") for category, amount in parts]
        bought.append((phone, f"A{number}", at, parts))
    dice.shuffle(lines)
    rows = (
        f"{phone},{number},{at.isoformat()},{category},{max(amount, 0.01):.2f},{refund_of}"
        for phone, number, at, category, amount, refund_of in lines
    )
    return "\n".join(["member,order_number,paid_at,category,amount,refund_of", *rows]) + "\n"


def _plain_way(content, members):
    for order in purchase_file.read(content, at=END).orders:
        try:
            with transaction.atomic():
                (_give_back if order.refund_of else _buy)(order, members[order.member])
        except DomainError:
            pass  # neither way books it


def _buy(order, member):
    lines = [(line.category, line.fen) for line in order.lines]
    new = purchases.checked(member, purchases.FILE, order.number, lines, order.paid_at)
    purchases.record_many([new], by=BY, at=END, replaying=True)


def _give_back(order, member):
    purchase = Purchase.objects.filter(source=purchases.FILE, number=order.refund_of, member=member).first()
    if purchase is None:
        raise purchases.UnknownPurchase(number=order.refund_of)
    recorded = set(purchase.lines.values_list("category", flat=True))
    for category, fen in order.by_category(recorded).items():
        purchases.refund(
            source=purchases.FILE,
            number=order.refund_of,
            refund_number=order.number,
            amount_fen=fen,
            category=category or None,
            by=BY,
            at=order.paid_at,
        )


def _undone(act, members):
    with transaction.atomic():
        act()
        state = _state(members)
        transaction.set_rollback(True)
    return state


def _state(members):
    """All that was booked, without the numbers that rows happen to have."""
    of = {"account_id__in": list(members.values())}
    return {
        "accounts": list(
            PointsAccount.objects.order_by("pk").values("pk", "last_seq", "unspent", "debt", "lifetime_earned")
        ),
        "entries": list(
            PointsEntry.objects.filter(**of).order_by("account_id", "seq").values(
                "account_id", "seq", "kind", "points", "balance_after", "at", "breakdown", "active_from", "expires_at",
                "rule_version", "by", "reverses",
            )
        ),
        "lots": list(
            PointsLot.objects.filter(**of).order_by("account_id", "seq").values("account_id", "seq", "remaining")
        ),
        "purchases": [
            (*row, list(Purchase.objects.get(number=row[0]).lines.order_by("pk").values_list(*LINE)))
            for row in Purchase.objects.order_by("number").values_list(*PURCHASE)
        ],
        "refunds": list(PurchaseRefund.objects.order_by("number", "category").values_list(*REFUND)),
        "tally": list(EarningTally.objects.order_by("pk").values_list()),
        "tiers": list(MemberTier.objects.order_by("pk").values_list()),
        "changes": list(TierChange.objects.order_by("member_id", "pk").values_list(*CHANGE)),
    }  # fmt: skip


PURCHASE = (
    "number", "member_id", "paid_at", "amount_fen", "points", "tier", "multiplier", "rule_version", "steps",
    "active_from", "refunded_fen", "points_back",
)  # fmt: skip
LINE = ("category", "amount_fen", "points", "refunded_fen", "points_back")
REFUND = ("number", "category", "amount_fen", "points", "taken_points", "owed_points", "policy", "at")
CHANGE = ("member_id", "cause", "from_tier", "to_tier", "points", "at")
