"""A rush over HTTP: a thousand members after a hundred pieces, and what the other pages feel of it (F13).

gunicorn runs as ``make run`` starts it. The members sit on the checkout page of one item; then all send their form
within a few seconds, and send it again when the mall asks them to. Beside them one visitor walks over other pages,
first in the quiet, then during the rush. The row is the 95th percentile of the visitor's waits in the rush against that
of the quiet; below 2 is the aim. It fails when there are not exactly as many orders as pieces, when anybody else was
charged, or when the books are not right.
"""

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from html import unescape
from urllib.parse import urlencode

import psycopg

from bench import _database

DATABASE = "bench_rush"
MEMBERS = _database.scaled(1_000)
PIECES = max(1, MEMBERS // 10)
PRICE = 100
BALANCE = 1_000
WITHIN_S = 5  # all forms are sent first within so many seconds
PATIENCE_S = 60
RETRY_S = 1.0
VISITOR_EVERY_S = 0.1
QUIET_S = 6
PAGES = ["/", "/products/", "/points/rules/"]
FIELDS = re.compile(r'<input type="hidden" name="(csrfmiddlewaretoken|form_key|quote|shown|address)" value="([^"]*)"')
SALES_PATH = "/checkout/?sku={sku}&way=points&quantity=1"


def rows():
    """The row of the rush."""
    with _database.mall_database(DATABASE) as url:
        crowd = json.loads(_database.run([sys.executable, "-m", "bench.rush", "fill"], url=url))
        with _web(url) as port:
            quiet, rush, outcomes, took = asyncio.run(_run(port, crowd))
        _check(url, outcomes)
    ordered = sum(outcome == "ordered" for outcome, _tries in outcomes)
    tries = sum(tries for _outcome, tries in outcomes)
    return [
        {
            "name": "rush: p95 of other pages",
            "ours": round(_p95(rush) * 1000, 1),
            "reference": round(_p95(quiet) * 1000, 1),
            "unit": "ms against the same pages in the quiet (lower is better)",
            "ratio": round(_p95(rush) / _p95(quiet), 2),
            "note": f"{MEMBERS} members after {PIECES} pieces: {ordered} orders, {tries} forms sent, all answered in"
            f" {took:.1f} s; median of other pages {statistics.median(rush) * 1000:.0f} ms against"
            f" {statistics.median(quiet) * 1000:.0f}; members, visitor and mall share this machine; target 2 or less",
        }
    ]


def _p95(waits):
    return statistics.quantiles(waits, n=20)[-1]


class _web:
    """gunicorn on a free port of this machine, with the threads and processes of ``make run``."""

    def __init__(self, url):
        self.url = url

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "pointsmall.wsgi", "--bind", f"127.0.0.1:{port}",
                "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "warning",
            ],
            cwd=_database.PROJECT,
            env=_database.environment(self.url) | {"PORT": str(port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return port
            except OSError:
                assert self.process.poll() is None, "the web server ended"
                assert time.monotonic() < deadline, "the web server does not answer"

    def __exit__(self, *failure):
        self.process.terminate()
        self.process.wait(timeout=30)


async def _run(port, crowd):
    """``(quiet waits, rush waits, [(outcome, tries)], seconds)``."""
    forms = [await _form(port, member) for member in crowd]
    for page in PAGES * 5:
        await _get(port, page)
    quiet = await _visit(port, asyncio.sleep(QUIET_S))
    begun = time.perf_counter()
    outcomes = []

    async def rush():
        outcomes.extend(
            await asyncio.gather(*(_order(port, form, n * WITHIN_S / len(forms)) for n, form in enumerate(forms)))
        )

    waits = await _visit(port, rush())
    return quiet, waits, outcomes, time.perf_counter() - begun


async def _visit(port, meanwhile):
    """How long the visitor waited for each page while ``meanwhile`` went on, in seconds."""
    going_on = asyncio.ensure_future(meanwhile)
    waits = []
    while not going_on.done():
        begun = time.perf_counter()
        status, _location, _body = await _get(port, PAGES[len(waits) % len(PAGES)])
        waits.append(time.perf_counter() - begun)
        assert status == 200, status
        await asyncio.sleep(VISITOR_EVERY_S)
    await going_on
    return waits


async def _form(port, member):
    """The checkout page as the member sees it: ``(path, cookie, body)`` of the form to send."""
    path = SALES_PATH.format(sku=member["sku"])
    cookie = f"sessionid={member['session']}; csrftoken={member['csrf']}"
    status, _location, page = await _get(port, path, cookie)
    assert status == 200, (status, page[:300])
    fields = {name: unescape(value) for name, value in FIELDS.findall(page)}
    assert {"csrfmiddlewaretoken", "form_key", "quote", "address"} <= set(fields), sorted(fields)
    return path, cookie, urlencode(fields)


async def _order(port, form, after_s):
    """Send the form until the mall says yes or no: ``("ordered" | "sold out", tries)``."""
    path, cookie, body = form
    await asyncio.sleep(after_s)
    for tries in range(1, PATIENCE_S):
        status, location, page = await _exchange(
            port,
            f"POST {path} HTTP/1.1\r\nCookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n",
            body,
        )
        if status == 302:
            return ("ordered" if "/orders/" in location else "sold out"), tries
        if status == 409:
            return "sold out", tries
        assert status == 429, (status, page[:300])
        await asyncio.sleep(RETRY_S)
    raise AssertionError("never answered")


async def _get(port, path, cookie=""):
    return await _exchange(port, f"GET {path} HTTP/1.1\r\nCookie: {cookie}\r\n")


async def _exchange(port, head, body=""):
    """One request on a connection of its own: ``(status, location, page)``."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}Host: 127.0.0.1\r\nConnection: close\r\n\r\n{body}".encode())
    answer = (await reader.read()).decode("utf-8", "replace")
    writer.close()
    head, _, page = answer.partition("\r\n\r\n")
    location = re.search(r"^location: (.*)$", head, re.IGNORECASE | re.MULTILINE)
    return int(head.split(" ", 2)[1]), location[1].strip() if location else "", page


def _check(url, outcomes):
    ordered = sum(outcome == "ordered" for outcome, _tries in outcomes)
    with psycopg.connect(url) as connection:
        orders, stock, charged = connection.execute(
            "SELECT (SELECT count(*) FROM orders_order), (SELECT sum(stock) FROM catalog_sku),"
            " (SELECT count(*) FROM points_account WHERE unspent = %s AND held = 0)",
            [BALANCE - PRICE],
        ).fetchone()
    assert (ordered, orders, stock, charged) == (PIECES, PIECES, 0, PIECES), (ordered, orders, stock, charged)
    _database.audit(url)


# In a process of its own


def _fill():
    """Members with points, an address and a session, and one item with too few pieces."""
    import django  # noqa: PLC0415 - only where the mall is needed

    django.setup()
    from django.conf import settings  # noqa: PLC0415 - after setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415 - after setup()
    from django.contrib.sessions.backends.cached_db import SessionStore  # noqa: PLC0415 - after setup()
    from django.middleware.csrf import _get_new_csrf_string  # noqa: PLC0415 - after setup()

    from accounts.models import Address, User  # noqa: PLC0415 - after setup()
    from accounts.services import save_address  # noqa: PLC0415 - after setup()
    from catalog.services import products  # noqa: PLC0415 - after setup()
    from core import actors, clock  # noqa: PLC0415 - after setup()

    by, at = actors.system("bench"), clock.now()
    category = products.create_category(code="rush", name="抢兑", by=by, at=at)
    skus = [{"code": "RUSH", "points_price": PRICE, "stock": PIECES}]
    product = products.create_product(category=category, name="限量保温杯", listed=True, skus=skus, by=by, at=at)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as direct:
        _database.add_members(direct, 1, MEMBERS)
        direct.execute(
            "SELECT ledger_earn(id, %s, 'campaign', 'lot', 'system:bench', now(), '', '',"
            " now() + interval '300 days', now(), '', NULL) FROM accounts_user",
            [BALANCE],
        )
    first = save_address(
        member=User.objects.get(pk=1), name="林", phone="+8613800000001", region_code="110105", detail="8号楼",
        by=by, at=at,
    )  # fmt: skip
    values = {field.attname: getattr(first, field.attname) for field in Address._meta.concrete_fields}
    Address.objects.bulk_create(Address(**values | {"id": None, "member_id": pk}) for pk in range(2, MEMBERS + 1))
    crowd = []
    for member in User.objects.order_by("pk"):
        session = SessionStore()
        session[SESSION_KEY] = str(member.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = member.get_session_auth_hash()
        session.create()
        crowd.append({"session": session.session_key, "csrf": _get_new_csrf_string(), "sku": product.skus.get().pk})
    print(json.dumps(crowd))


if __name__ == "__main__":
    _fill()
