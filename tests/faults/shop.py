"""Processes of a shop that may be killed: members and staff who act, the web server, the workers.

Started as a program it loads the mall once and forks on demand: each line of its input is a call, answered by one
line. ``{"run": [role, *arguments], "fault": ..., "held": ...}`` starts a process, answered by its number;
``{"wait": pid}`` is answered by its exit code (negative: the signal).

A journey ``n`` is the way of one order. Its steps find the order by the form's key, so that whoever was killed may do
the step again. What tasks are called for lies in a folder, which outlives the processes as a broker would.
"""

import json
import os
import random
import sys
import time
import traceback
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import django
import httpx

PROVIDER = "alipay"
GIFT = 1_000_000
PIECES = 100_000
MEMBERS = 12
PATIENCE_S = 4
JOURNEYS = {
    "points": ["place"],
    "points_cancelled": ["place", "cancel"],
    "abandoned": ["place"],
    "unpaid_cancelled": ["place", "cancel"],
    "declined": ["place", "decline"],
    "paid": ["place", "pay", "work"],
    "paid_cancelled": ["place", "pay", "work", "cancel", "work"],
    "paid_late": ["place", "open", "cancel", "pay", "work"],
    "returned": ["place", "pay", "work", "ship", "ask", "settle", "work", "confirm"],
    "returned_whole": ["place", "pay", "work", "ship", "confirm", "ask", "settle", "work"],
}
STEPS_AFTER = (0.1, 4, 10, 40, 120, 500, 3_000, 5_000, 12_000, 17_000)  # minutes


def main(folder):
    django.setup()
    from django.core.wsgi import get_wsgi_application

    get_wsgi_application()
    children = set()
    try:
        for line in sys.stdin:
            call = json.loads(line)
            if "run" in call:
                sys.stdout.flush()
                answer = os.fork()
                if not answer:
                    be(folder, call)
                children.add(answer)
            else:
                _pid, status = os.waitpid(call["wait"], 0)
                children.discard(call["wait"])
                answer = os.waitstatus_to_exitcode(status)
            sys.stdout.write(f"{answer}\n")
            sys.stdout.flush()
    finally:
        for pid in children:
            os.kill(pid, 9)


def be(folder, call):
    """A child: play the role, and never return."""
    code = 1
    try:
        log = os.open(folder / "complaints", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        role, *arguments = call["run"]
        from celery.app.task import Task

        from tests.faults import killing, shop  # not __main__: points are replaced there

        Task.apply_async = shop.queued(folder)
        if call.get("fault"):
            killing.arm(call["fault"], call.get("held", ""))
        getattr(shop, role)(folder, *arguments)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


# The queue


def queued(folder):
    def apply_async(task, args=None, kwargs=None, **options):
        eta = options.get("eta")
        queue(folder, {"task": task.name, "args": args, "kwargs": kwargs, "eta": eta and eta.timestamp()})

    return apply_async


def queue(folder, message):
    name = folder / "queue" / f"{time.time_ns()}-{os.getpid()}"
    name.with_suffix(".new").write_text(json.dumps(message))
    name.with_suffix(".new").rename(name.with_suffix(".message"))


def work_queue(folder):
    """What Celery does: acknowledged after the work, so that one who is killed leaves it to the next."""
    from celery import current_app

    from core import clock

    looked_at = set()
    while new := sorted(set((folder / "queue").glob("*.message")) - looked_at):
        for path in new:
            message = json.loads(path.read_text())
            if not message["eta"] or message["eta"] <= clock.now().timestamp():
                attempt(current_app.tasks[message["task"]].run, *(message["args"] or ()), **(message["kwargs"] or {}))
                path.unlink()
        looked_at.update(new)


def attempt(task, *arguments, **options):
    """A task that fails is left to the nets."""
    from django.db import connection

    try:
        task(*arguments, **options)
    except Exception:
        traceback.print_exc()
        connection.close()


# Roles


def prepare(folder):
    """A catalogue, and members with points."""
    from accounts.services import create_member, save_address
    from catalog.services import products
    from core import actors, clock
    from points import ledger

    at = clock.now()
    staff, system = actors.staff(9001), actors.system("faults")
    category = products.create_category(code="home", name="家居", by=staff, at=at)
    ways = {"points_price": 1000, "mixed_points": 400, "mixed_fen": 3200, "stock": PIECES}
    for code in ("CUP", "LAMP", "VASE"):
        products.create_product(
            category=category, name=code, listed=True, skus=[{"code": code, **ways}], by=staff, at=at
        )
    for number in range(MEMBERS):
        member = create_member(phone=f"+86139000000{number:02d}", by=system, at=at)
        address = {"name": "林晓雯", "region_code": "110105", "detail": "望京街道花家地南里8号楼"}
        save_address(member=member, by=system, at=at, phone=f"+86138000000{number:02d}", **address)
        ledger.earn(account=member.pk, points=GIFT, kind="campaign", key=f"gift:{number}", by=system, at=at)


def web(folder, port):
    """The web server: takes the callbacks of the provider."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    server = ThreadedWSGIServer(("127.0.0.1", port), WSGIRequestHandler, allow_reuse_address=True)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    (folder / "listening").touch()
    server.serve_forever()


def worker(folder):
    """Celery and its beat, until told to stop."""
    while not (folder / "stop").exists():
        work(folder)
        time.sleep(0.05)


def work(folder, later=timedelta(minutes=3)):
    """One round of what Celery works off and beat starts every minute, with a clock that is ``later``."""
    from core import clock
    from core.tasks import drain_outbox
    from orders.after_sale import tasks as after_sale_tasks
    from orders.payments import tasks as payments_tasks
    from orders.placing import tasks as placing_tasks
    from points.partners import tasks as points_tasks

    clock.now = lambda: datetime.now(UTC) + later
    for task in (
        partial(work_queue, folder),
        drain_outbox,
        partial(work_queue, folder),
        payments_tasks.work_notifications,
        payments_tasks.ask_providers,
        payments_tasks.send_refunds,
        placing_tasks.close_unpaid_orders,
        after_sale_tasks.confirm_receipts,
        points_tasks.expire_deductions,
    ):
        attempt(task)


def sweep(folder):
    """Days go by."""
    for minutes in STEPS_AFTER:
        for _again in range(2):
            work(folder, timedelta(minutes=minutes))


def step(folder, name, kind, number):
    """One step of a journey."""
    globals()[f"_{name}"](kind, number)


def shopper(folder, number):
    """Goes on journeys until told to stop; one that was killed begins its last journey again."""
    from django.db import InterfaceError, OperationalError, connection

    from core.errors import Busy, DomainError

    log = folder / f"shopper-{number}"
    done = len(log.read_text().splitlines()) if log.exists() else 0
    while not (folder / "stop").exists():
        dice = random.Random(f"{number}:{done}")
        kind = dice.choice(sorted(JOURNEYS))
        journey, name, tries = 1000 * (number + 1) + done, "", 0
        steps = list(JOURNEYS[kind])
        while steps:
            name = steps[0]
            tries += 1
            try:
                _wait(journey) if name == "work" else step(folder, name, kind, journey)
            except (Busy, httpx.HTTPError):
                pass
            except DomainError as refused:
                name += f" {refused.code}"
                break
            except (OperationalError, InterfaceError):
                connection.close()
                time.sleep(0.05)
                continue
            steps.pop(0)
        with open(log, "a") as file:
            file.write(f"{journey} {kind} {tries} {name}\n")
        done += 1


def report(folder, path):
    """What there is, for the test to judge."""
    from tests.faults import books

    Path(path).write_text(json.dumps(books.read()))


# Steps


def form_key(number):
    return uuid.uuid5(uuid.NAMESPACE_OID, f"journey {number}")


def _order(number):
    from orders.models import Order

    return Order.objects.get(form_key=form_key(number))


def _actor(order):
    from core import actors

    return actors.member(order.member_id)


def _place(kind, number):
    from accounts.models import User
    from catalog.models import SKU
    from core import actors, clock
    from orders.placing.rules.pricing import Choice
    from orders.placing.services import placing

    member = User.objects.order_by("pk")[number % MEMBERS]
    dice = random.Random(number)
    way = "points" if kind.startswith("points") else "mixed"
    codes = dice.sample(["CUP", "LAMP", "VASE"], dice.choice([1, 2]))
    choices = tuple(Choice(SKU.objects.get(code=code).pk, way, dice.randint(2, 3)) for code in codes)
    new = placing.NewOrder(
        member=member,
        choices=choices,
        address=member.addresses.get(),
        form_key=form_key(number),
        provider=PROVIDER,
    )
    placing.place_order(new=new, by=actors.member(member.pk), at=clock.now())


def _cashier(number):
    """The page of the provider where the member pays; a second visit is to the same payment."""
    from orders.payments.base import Visit
    from orders.payments.devices import Device
    from orders.payments.services import paying

    payment = _order(number).payments.select_related("order").last()
    visit = Visit(Device.DESKTOP, "http://127.0.0.1/", paying.notify_url(PROVIDER))
    url = paying.go_to_pay(payment=payment, title="订单", visit=visit).url
    httpx.get(url, timeout=20).raise_for_status()
    return urljoin(url, f"/cashier/{payment.reference}")


def _open(kind, number):
    _cashier(number)


def _pay(kind, number):
    httpx.post(_cashier(number), data={"act": "pay"}, timeout=20)


def _decline(kind, number):
    httpx.post(_cashier(number), data={"act": "fail"}, timeout=20)


def _cancel(kind, number):
    from core import clock
    from orders.placing.services import cancelling

    order = _order(number)
    cancelling.cancel_order(order=order, by=_actor(order), at=clock.now())


def _ship(kind, number):
    from core import actors, clock
    from orders.models import Carrier, OrderState
    from orders.shipping.services import shipping

    order = _order(number)
    if order.state == OrderState.TO_SHIP:
        carrier = Carrier.objects.get(code="shunfeng")
        shipping.ship_order(
            order=order, carrier=carrier, tracking_number=f"SF{number:08d}", by=actors.staff(9001), at=clock.now()
        )


def _ask(kind, number):
    from core import clock
    from orders.after_sale import services as after_sale

    order = _order(number)
    items = list(order.items.all())
    whole = kind == "returned_whole"
    after_sale.ask(
        order=order,
        kind="return" if whole else "refund",
        pieces={item.pk: item.quantity for item in items} if whole else {items[0].pk: 1},
        reason="damaged",
        form_key=form_key(number),
        by=_actor(order),
        at=clock.now(),
    )


def _settle(kind, number):
    from core import actors, clock
    from orders.after_sale import queries
    from orders.after_sale import services as after_sale

    by, at = actors.staff(9001), clock.now()
    request = _order(number).after_sales.get()
    if request.state == "settled":
        return
    if request.kind == "return" and request.state == "requested":
        after_sale.approve(case=request, by=by, at=at)
        request.refresh_from_db()
    if request.kind == "return" and request.state == "approved":
        after_sale.receive(case=request, by=by, at=at)
        request.refresh_from_db()
    offer = queries.offer(request)
    after_sale.settle(
        case=request,
        amounts={line.item.pk: (line.points, line.fen) for line in offer.lines},
        shipping_fen=offer.shipping_fen,
        stock_back="sellable" if request.kind == "return" else "",
        by=by,
        at=at,
    )


def _confirm(kind, number):
    from core import clock
    from orders.after_sale.services import receiving

    order = _order(number)
    receiving.confirm_receipt(order=order, by=_actor(order), at=clock.now())


def _wait(number):
    """Until the order's payment is where it is going, or the member's patience is over."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        order = _order(number)
        refunds = [refund.state for payment in order.payments.all() for refund in payment.refunds.all()]
        if order.state != "pending_payment" and "underway" not in refunds:
            return
        time.sleep(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
