"""The cost of a partner's signed call, compared with a view that does the same without authentication.

Ours are ``GET /api/v1/members/{name}/balance`` and ``POST /api/v1/grants`` through the whole application: middleware,
signature, nonce, rate, idempotency key, log. The references are the minimum for the same work in Django: no middleware,
a view that reads the same balance, or books the same points by one call to the ledger, and answers JSON. Both run in
the same number of processes, each calling its WSGI application again and again, in turns.
"""

import io
import json
import os
import random
import secrets
import subprocess
import sys
import time
from wsgiref.util import setup_testing_defaults

from bench import _database, _rounds

DATABASE = "bench_partner_api"
PROCESSES = 2
MEMBERS = 1000
RUN_S = 3
WARM = 50


def rows():
    """Two rows of ``make bench``: calls a second."""
    with _database.mall_database(DATABASE) as url:
        key = json.loads(_database.run([sys.executable, "-m", "bench.partner_api", "fill"], url=url).splitlines()[-1])
        found = _rounds.interleaved(
            {
                (side, kind): lambda side=side, kind=kind: _calls_a_second(url, side, kind, key)
                for kind in ("balance", "grant")
                for side in ("bare", "ours")
            }
        )
    unit = "signed calls/s against a bare view that does the same"
    note = (
        f"in process (WSGI application, no web server), {PROCESSES} processes each; bare with no middleware, one call;"
        " ours with all middleware, signature, nonce and rate"
    )
    return [
        _rounds.rate_row(
            "partner API, read: a balance", found["ours", "balance"], found["bare", "balance"], unit, note
        ),
        _rounds.rate_row(
            "partner API, write: a grant of points",
            found["ours", "grant"],
            found["bare", "grant"],
            unit,
            f"{note}, idempotency key, budget and log",
            0.15,
        ),
    ]


def _calls_a_second(url, side, kind, key):
    workers = [
        _database.start("bench.partner_api", side, kind, *key, url=url, errors=subprocess.DEVNULL)
        for _ in range(PROCESSES)
    ]
    _database.go(workers)
    return sum(map(float, _database.results(workers, RUN_S + 60)))


# In the processes


def _fill():
    """Members with points, too few for a grant to reach a tier, and a partner with limits that are never reached."""
    import django  # noqa: PLC0415 - see rows()

    django.setup()
    from accounts.models import User  # noqa: PLC0415 - after setup()
    from core import actors, clock  # noqa: PLC0415 - after setup()
    from points import ledger  # noqa: PLC0415 - after setup()
    from points.partners.models import Scope  # noqa: PLC0415 - after setup()
    from points.partners.services import setup  # noqa: PLC0415 - after setup()
    from points.purchases.services import linking as members  # noqa: PLC0415 - after setup()

    by, at = actors.system("bench"), clock.now()
    limits = {"is_active": True, "calls_per_minute": 10**8}
    limits |= {"daily_grant_points": 2**31 - 1, "daily_deduct_points": 2**31 - 1}
    partner = setup.create_partner(code="bench", name="Bench", by=by, at=at, **limits)
    for n in range(MEMBERS):
        member = User.objects.create(username=f"bench{n}", date_joined=at).pk
        ledger.earn(account=member, points=500, kind="campaign", key="start", by=by, at=at)
        members.link(source=partner.source, external_id=f"m{n}", member_id=member, by=by, at=at)
    key, secret = setup.make_key(partner=partner, scopes=Scope.values, by=by, at=at)
    first = User.objects.order_by("pk").values_list("pk", flat=True)[0]
    setup.open_key(key=key, by=by, at=at)
    print(json.dumps([key.name, secret, str(first)]))


def _ours(kind, key, secret, first):
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - after setup()

    from points.partners import signing  # noqa: PLC0415 - after setup()

    def request():
        number = f"m{random.randrange(MEMBERS)}"
        if kind == "balance":
            method, path, body = "GET", f"/api/v1/members/{number}/balance", b""
        else:
            grant = {"member": number, "points": 1, "reference": secrets.token_hex(8)}
            method, path, body = "POST", "/api/v1/grants", json.dumps(grant).encode()
        timestamp, nonce = str(int(time.time())), secrets.token_urlsafe(12)
        signature = signing.sign(secret, signing.canonical(method, path, "", body, timestamp, nonce))
        return _environ(method, path, body) | {
            "HTTP_X_PARTNER_KEY": key,
            "HTTP_X_TIMESTAMP": timestamp,
            "HTTP_X_NONCE": nonce,
            "HTTP_X_SIGNATURE": signature,
            "HTTP_IDEMPOTENCY_KEY": nonce.replace("=", ""),
        }

    return get_wsgi_application(), request


def _bare(kind, key, secret, first):
    """The same work in a bare view."""
    from django.conf import settings  # noqa: PLC0415 - see rows()
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - after setup()
    from django.http import JsonResponse  # noqa: PLC0415 - after setup()
    from django.urls import path  # noqa: PLC0415 - after setup()

    from core import clock  # noqa: PLC0415 - after setup()
    from points import ledger  # noqa: PLC0415 - after setup()
    from points.ledger import queries  # noqa: PLC0415 - after setup()

    def balance(request):
        now = queries.balance(int(first) + random.randrange(MEMBERS), at=clock.now())
        return JsonResponse({"available": now.available, "pending": now.pending, "held": now.held})

    def grant(request):
        asked = json.loads(request.body)
        posting = ledger.earn(
            account=asked["member"],
            points=1,
            kind="campaign",
            key=asked["reference"],
            by="system:bench",
            at=clock.now(),
        )
        return JsonResponse({"points": posting.points})

    def request():
        if kind == "balance":
            return _environ("GET", "/balance", b"")
        asked = {"member": int(first) + random.randrange(MEMBERS), "reference": secrets.token_hex(8)}
        return _environ("POST", "/grant", json.dumps(asked).encode())

    settings.MIDDLEWARE = []
    settings.ROOT_URLCONF = (path("balance", balance), path("grant", grant))
    return get_wsgi_application(), request


def _environ(method, path, body):
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "CONTENT_LENGTH": str(len(body))}
    setup_testing_defaults(environ)
    return environ | {"wsgi.input": io.BytesIO(body), "CONTENT_TYPE": "application/json"}


def _work(side, kind, *key):
    os.environ["LOG_LEVEL"] = "WARNING"  # what a log line costs is not measured here
    import django  # noqa: PLC0415 - see rows()

    django.setup()
    application, request = {"ours": _ours, "bare": _bare}[side](kind, *key)

    def call():
        statuses = []
        response = application(request(), lambda status, headers, error=None: statuses.append(status))
        size = sum(len(part) for part in response)
        response.close()
        assert statuses[0][:2] == "20", statuses
        return size

    for _ in range(WARM):
        call()
    _database.begin_together()
    begun, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - begun) < RUN_S:
        call()
        done += 1
    print(done / passed)


if __name__ == "__main__":
    _fill() if sys.argv[1] == "fill" else _work(*sys.argv[1:])
