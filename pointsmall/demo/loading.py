"""Loads the demo content: every row through its service, back-dated by ``at=``."""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from accounts import services as accounts
from accounts.models import User
from activities.services.sign_in import sign_in
from catalog.models import SKU, Category
from catalog.services import products
from core import actors, clock, outbox
from core.models import OutboxMessage
from orders.after_sale.services import receiving, rewards
from orders.lifecycle import keys
from orders.models import Carrier
from orders.payments.base import PAID
from orders.payments.sandbox_gateway import gateway
from orders.payments.services import paying
from orders.placing.rules.pricing import Choice
from orders.placing.services import cancelling, cart, placing
from orders.shipping.services import shipping
from points import ledger
from points.earning.services import earning
from points.ledger import audit
from points.purchases.services import purchases
from points.tiers.services import tiers
from pointsmall.demo import members, plan, privileges
from pointsmall.demo import products as goods

BY = actors.system("demo")
PROVIDER = "sandbox"
STAFF_LOGIN, STAFF_PASSWORD = "admin", "admin-demo-1"  # development only, printed by `make run`
MEMBER_PASSWORD = "member-demo-1"  # noqa: S105 - the same
PURCHASE = N_("Paid %(amount)s, 1 point for each yuan")
OPENED = timedelta(days=400)  # the mall opens before its first member joins


class NotLoaded(Exception):
    """The content was written but failed a check (reason in English); nothing was kept."""


@dataclass
class Loaded:
    """Numbers of written rows; all 0 if everything existed already."""

    staff: int = 0
    categories: int = 0
    products: int = 0
    members: int = 0
    events: int = 0
    entries: int = 0

    def __bool__(self):
        return any(vars(self).values())


@transaction.atomic
def load(*, most_members, now, say):
    """Write the missing demo content and return ``Loaded``; on an error, nothing is written.

    ``most_members``: 1 to 20; the first ones are taken. Existing rows (staff by name, products by SKU code, members by
    phone) are left as they are, with their history. ``say`` is called with lines of progress. Raises ``NotLoaded``.
    """
    catalogue = goods.load()
    events = plan.plan(catalogue, now=now)
    loaded = Loaded()
    loaded.staff = _load_staff(now)
    shipping.ensure_carriers()
    loaded.categories = _load_categories(now)
    loaded.products = _load_products(catalogue, plan.pieces_taken(events), now, say)
    new_members = _load_members(members.MEMBERS[:most_members], events, now)
    loaded.members = len(new_members)
    if new_members:
        say(f"{loaded.members} members with addresses and welcome points")
    with privileges.before_tier_prices():
        loaded.events = _load_history([event for event in events if event.member in new_members], new_members, say)
    privileges.load(new_members.values(), by=BY, now=now)
    if new_members:
        _review_tiers(now, say)
    if loaded:
        loaded.entries = _prove_the_ledger(say)
    return loaded


def _review_tiers(now, say):
    """Do what the nightly runs would have done by today."""
    turns = sum((done.turns for done in tiers.evaluate(at=now)), Counter())
    say(f"tiers reviewed: {', '.join(f'{n} {cause}' for cause, n in turns.items()) or 'nothing was due'}")


def _prove_the_ledger(say):
    report = audit.run()
    if report.breaks:
        raise NotLoaded(f"the ledger does not add up: {report.breaks[0]}, {len(report.breaks)} breaks in all")
    say(f"{report.entries} entries of the points ledger, and they add up")
    return report.entries


def _load_staff(now):
    if User.objects.filter(username__iexact=STAFF_LOGIN).exists():
        return 0
    User.objects.create_superuser(STAFF_LOGIN, STAFF_PASSWORD, nickname="店长", date_joined=now - OPENED)
    return 1


# Goods


def _load_categories(now):
    there = set(Category.objects.values_list("code", flat=True))
    missing = [row for row in enumerate(goods.CATEGORIES) if row[1][0] not in there]
    for position, (code, name, name_en, icon) in missing:
        products.create_category(
            code=code, name=name, name_en=name_en, icon=icon, position=position, by=BY, at=now - OPENED
        )
    return len(missing)


def _load_products(catalogue, taken, now, say):
    there = set(SKU.objects.values_list("code", flat=True))
    categories = {category.code: category for category in Category.objects.all()}
    missing = [(n, item) for n, item in enumerate(catalogue) if item.skus[0].code not in there]
    for count, (position, item) in enumerate(missing, start=1):
        _load_product(item, categories[item.category], position, taken, now)
        if count % 14 == 0 or count == len(missing):
            say(f"{count} of {len(missing)} products with pictures")
    return len(missing)


def _load_product(item, category, position, taken, now):
    """Create one product. Its opening stock is today's stock plus what the members' orders will take."""
    product = products.create_product(
        category=category,
        name=item.name,
        name_en=item.name_en,
        brand=item.brand,
        spec=item.spec,
        description=item.description,
        market_price_fen=item.market_price_fen,
        parameters=item.parameters,
        options=item.options,
        position=position,
        skus=[
            {
                "code": sku.code,
                "options": sku.options,
                "points_price": sku.points,
                "mixed_points": sku.mixed_points,
                "mixed_fen": sku.mixed_fen,
                "cash_fen": sku.cash_fen,
                "cost_fen": sku.cost_fen,
                "weight_g": sku.weight_g,
                "stock": sku.stock + taken[sku.code],
            }
            for sku in item.skus
        ],
        images=[(item.picture, item.name)],
        listed=True,
        by=BY,
        at=now - (OPENED if item.listed is None else timedelta(days=item.listed)),
    )
    products.count_redeemed(lines=[(product.skus.first().pk, item.popularity)])
    if item.listed is None:
        products.unlist_product(product=product, by=BY, at=now - timedelta(days=30))


# Members


def _load_members(wanted, events, now):
    """Create missing members with addresses and welcome points; returns ``{number: User}`` of the new ones."""
    there = set(User.objects.values_list("phone", flat=True))
    joined = {event.member: event.at for event in events if event.act == "joins"}
    created = {}
    for member in wanted:
        if member.phone not in there:
            created[member.number] = _load_member(member, joined[member.number])
    while created and outbox.drain(at=now)[0] == outbox.BATCH:
        pass
    names = [f"signed_up:{user.pk}" for user in created.values()]
    if OutboxMessage.objects.filter(key__in=names, handled_at=None).exists():
        raise NotLoaded("the outbox could not hand out the welcome points")
    return created


def _load_member(member, at):
    user = accounts.create_member(phone=member.phone, nickname=member.nickname, password=MEMBER_PASSWORD, by=BY, at=at)
    # The handler of ``member.signed_up`` pays by today's clock. Booked here under the same key, the points are as old
    # as the member, and the handler finds them booked.
    earning.behaviour(member=user.pk, behaviour="sign_up", key=f"welcome:{user.pk}", by=BY, at=at)
    for address in member.addresses:
        accounts.save_address(
            member=user,
            name=member.name,
            phone=member.phone,
            region_code=address.region_code,
            detail=address.detail,
            label=address.label,
            by=actors.member(user.pk),
            at=at,
        )
    return user


# What they did


def _load_history(events, users, say):
    history = History(users)
    for count, event in enumerate(events, start=1):
        getattr(history, event.act)(users[event.member], event.at, **event.details)
        if count % 500 == 0 or count == len(events):
            say(f"{count} of {len(events)} events of their time here")
    history.ends()
    return len(events)


class History:
    """The acts of ``pointsmall.demo.plan``, each as one service call."""

    def __init__(self, users):
        self.orders = {}
        self.unrewarded = []
        self.skus = dict(SKU.objects.values_list("code", "pk"))
        self.carriers = {carrier.code: carrier for carrier in Carrier.objects.all()}
        self.addresses = {user.pk: list(user.addresses.order_by("pk")) for user in users.values()}

    def joins(self, user, at):
        """Nothing: members were created before, so that they have their welcome points."""

    def signs_in(self, user, at):
        sign_in(member=user, by=actors.member(user.pk), at=at)

    def buys(self, user, at, *, number, fen, points):
        """A purchase in the shop that the mall belongs to, under the earning rules."""
        purchases.record(
            member=user.pk,
            source=purchases.FILE,
            number=f"{number}-{user.pk}",
            lines=[("", fen)],
            by=actors.system("shop"),
            paid_at=at,
            at=at,
        )

    def bought(self, user, at, *, number, fen, points):
        """A purchase before there were rules: a given number of points, usable after the time for returns."""
        ledger.earn(
            account=user.pk,
            points=points,
            kind="purchase",
            key=f"purchase:{number}",
            source=f"purchase:{number}",
            active_from=at + plan.AFTER_SALE,
            breakdown={"steps": [[PURCHASE, points, {"amount": f"¥{fen / 100:.2f}"}]]},
            by=actors.system("shop"),
            at=at,
        )
        tiers.consider(user.pk, at=at)

    def is_pinned(self, user, at, *, tier, reason):
        person = User.objects.get(username__iexact=STAFF_LOGIN)
        tiers.pin(member=user.pk, tier=tier, reason=reason, by=actors.staff(person.pk), at=at)

    def is_granted(self, user, at, *, points, reason, expires_at):
        ledger.earn(
            account=user.pk,
            points=points,
            kind="campaign",
            key="campaign:member_day",
            source="campaign:member_day",
            reason=reason,
            expires_at=expires_at,
            by=BY,
            at=at,
        )

    def places(self, user, at, *, order, lines, address):
        new = placing.NewOrder(
            member=user,
            choices=tuple(Choice(self.skus[line.sku], line.way, line.quantity) for line in lines),
            address=self.addresses[user.pk][address],
            form_key=uuid.uuid5(uuid.NAMESPACE_OID, f"demo:{order}"),
            provider=PROVIDER,
        )
        self.orders[order] = placing.place_order(new=new, by=actors.member(user.pk), at=at)

    def pays(self, user, at, *, order, rewarded=True):
        """Complete the sandbox's charge and settle the payment, as its callback would."""
        payment = paying.ensure_payment(order=self.orders[order], provider=PROVIDER, at=at)
        charge, _new = gateway.decide(
            {
                "merchant": "pointsmall",
                "reference": payment.reference,
                "amount_fen": payment.amount_fen,
                "notify_url": "",
            },
            paid=True,
            at=at,
        )
        paying.settle(
            payment_id=payment.pk, outcome=PAID, provider_id=f"SBX{charge.pk:010d}", by=actors.system(PROVIDER), at=at
        )
        # The outbox would book the reward at today's time, after later events. Booked here, its handler finds it done.
        if rewarded:
            rewards.reward(order_id=self.orders[order].pk, by=actors.system("orders"), at=at)
        else:
            self.unrewarded.append(self.orders[order])

    def ends(self):
        """Mark outbox messages as handled where the cash earns nothing, so that the figures come out as planned."""
        names = [key(order) for order in self.unrewarded for key in (keys.paid, keys.refunded)]
        OutboxMessage.objects.filter(key__in=names).update(handled_at=clock.now())

    def gets_shipped(self, user, at, *, order, carrier, tracking_number):
        shipping.ship_order(
            order=self.orders[order],
            carrier=self.carriers[carrier],
            tracking_number=tracking_number,
            by=BY,
            at=at,
        )

    def receives(self, user, at, *, order):
        receiving.confirm_receipt(order=self.orders[order], by=actors.member(user.pk), at=at)

    def cancels(self, user, at, *, order, reason):
        cancelling.cancel_order(order=self.orders[order], reason=reason, by=actors.member(user.pk), at=at)

    def runs_out_of_time(self, user, at, *, order):
        cancelling.cancel_order(order=self.orders[order], by=cancelling.BY_TIMEOUT, at=at)

    def fills_cart(self, user, at, *, lines):
        for line in lines:
            cart.put(member=user, sku_id=self.skus[line.sku], way=line.way, quantity=line.quantity, at=at)
