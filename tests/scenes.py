"""The demo's mall, small, for tests that walk its pages: few members and goods, and what staff, partners and timers do
in it. Nothing of it is kept."""

import uuid
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import override_settings

from accounts.models import User
from accounts.services import create_member, staff
from core import actors, clock
from orders.after_sale import services as after_sale
from orders.models import Carrier, Order, OrderState
from orders.shipping.services import shipping
from points.earning.services import scripts
from points.grants.services import adjusting
from points.partners.models import Event, Scope
from points.partners.services import deductions, grants, opening, setup
from points.purchases.services import purchases
from points.tiers.services import tiers
from pointsmall.demo import loading

PHONE = "+8613900000099"


@contextmanager
def demo(folder):
    """Gives ``boss``, the first of the staff, and ``member``, who did most. Files lie in ``folder``."""
    private = settings.STORAGES["private"] | {"OPTIONS": {"location": folder / "private"}}
    files = {"MEDIA_ROOT": folder, "STORAGES": settings.STORAGES | {"private": private}}
    with override_settings(**files), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        every, story = loading.goods.load, loading.plan.Heroine
        needed = {line.sku for _day, lines, _fate in story.ORDERS for line in lines}
        needed |= {line.sku for line in (*story.UNPAID, *story.CART)}
        patch.setattr(loading.goods, "load", lambda: [g for g in every() if {sku.code for sku in g.skus} & needed])
        loading.load(most_members=2, now=clock.now(), say=lambda _line: None)
        boss = User.objects.get(username=loading.STAFF_LOGIN)
        member = User.objects.get(phone=loading.members.MEMBERS[0].phone)
        _work(boss, clock.now())
        _ask_back(boss, clock.now())
        yield SimpleNamespace(boss=boss, member=member, files=files)
        transaction.set_rollback(True)


def _work(boss, at):
    """What leaves rows with actors, codes and sources behind."""
    act = {"by": actors.staff(boss.pk), "at": at}
    member = create_member(phone=PHONE, by=actors.system("sign_up"), at=at)
    staff.save_group(group=Group(name="客服"), permissions=[], **act)
    limits = {"calls_per_minute": 60, "daily_grant_points": 1000, "daily_deduct_points": 1000}
    partner, _approval = opening.create(code="shop", name="小店", **limits, **act)
    opening.make_key(partner=partner, scopes=tuple(Scope.values), **act)  # waits, as the partner does
    setup.change_partner(partner=partner, name=partner.name, **limits, **act)
    url, events = "https://hooks.example.com/x", list(Event.values)
    setup.set_webhook(partner=partner, url=url, events=events, new_secret=True, **act)
    grants.grant(partner=partner, reference="一号", member=PHONE, points=900, at=at)
    for number, settle in (("二号", deductions.confirm), ("三号", deductions.cancel), ("四号", None)):
        row = deductions.deduct(partner=partner, reference=number, member=PHONE, points=10, minutes=30, at=at)
        if settle:
            settle(partner=partner, number=row.pk, at=at)
    lines = [("imported_fruit", 8800), ("seasonal_fruit", 100)]
    purchases.record(
        member=member.pk, source=purchases.FILE, number="一号", lines=lines, paid_at=at, by=actors.system("shop"), at=at
    )
    colleague = User.objects.create_superuser("second", date_joined=at)
    for points, person in ((50, boss), (40_000, colleague)):  # one by one person, one that waits for a second
        form_key, by = str(uuid.uuid4()), actors.staff(person.pk)
        adjusting.request_adjustment(
            member=member.pk, points=points, reason="goodwill", form_key=form_key, by=by, at=at
        )
    scripts.create(code="double", name="双倍", source=scripts.SAMPLE, **act)
    tiers.pin(member=member.pk, tier="gold", reason="老客户", **act)


def _ask_back(boss, at):
    """Exchanges: one waits for an answer, one for what becomes of goods that came."""
    act = {"by": actors.staff(boss.pk), "at": at}
    for order in Order.objects.filter(state=OrderState.TO_SHIP)[1:]:
        shipping.ship_order(order=order, carrier=Carrier.objects.first(), tracking_number="SF1000000001", **act)
    asked = [_ask(order, at) for order in Order.objects.filter(state=OrderState.SHIPPED).order_by("pk")]
    for request in asked[1:]:
        after_sale.approve(case=request, answer="请寄回仓库", **act)
    after_sale.receive(case=asked[-1], **act)


def _ask(order, at):
    item = order.items.first()
    return after_sale.ask(
        order=order,
        kind="exchange",
        pieces={item.pk: 1},
        reason="damaged",
        text="杯盖裂了",
        form_key=uuid.uuid4(),
        by=actors.member(order.member_id),
        at=at,
    )
