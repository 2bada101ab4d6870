"""Processes of a shop that may be killed: members and staff who act, the web server, the workers.

Started as a program it loads the mall once and forks on demand: each line of its input is a call, answered by one
line. ``{"run": [role, *arguments], "fault": ..., "held": ...}`` starts a process, answered by its number;
``{"wait": pid}`` is answered by its exit code (negative: the signal).

What tasks are called for lies in a folder, which outlives the processes as a broker would.
"""

import json
import os
import random
import sys
import time
import traceback
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import django
import httpx

from tests.faults import journeys
from tests.faults.journeys import JOURNEYS, MEMBERS

GIFT = 1_000_000
PIECES = 100_000
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
    journeys.step(name, kind, number)


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
                journeys.wait(journey) if name == "work" else step(folder, name, kind, journey)
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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
