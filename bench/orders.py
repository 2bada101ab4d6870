"""The cost of placing an order, compared with PostgreSQL's own benchmark (F13).

Eight processes place orders (``orders.placing``), points only, on a scratch database: all of them on
one SKU, then each on a SKU drawn from many. The references run in turns with them: ``pgbench``'s update of a single row
by eight clients, and its TPC-B-like transaction. The notes say how much of the work was Python's and how much
PostgreSQL's, in processor time.
"""

import os
import random
import sys
import time
import uuid
from pathlib import Path
from tempfile import NamedTemporaryFile

import psycopg

from bench import _database, _pgbench, _rounds

DATABASE = "bench_orders"
CLIENTS = 8
MEMBERS = 2_000
SKUS = 500
STOCK = 1_000_000
RUN_S = 3
WARM = 10
HOT_ROW = "UPDATE bench_hot SET stock = stock - 1 WHERE id = 1 AND stock >= 1;\n"
TICKS = os.sysconf("SC_CLK_TCK")


def rows():
    """Orders a second."""
    with _database.mall_database(DATABASE) as url, NamedTemporaryFile("w", suffix=".sql") as script:
        _database.run([sys.executable, "-m", "bench.orders", "fill"], url=url)
        _pgbench.fill(url)
        script.write(HOT_ROW)
        script.flush()
        found = _rounds.interleaved(
            {
                "pgbench hot": lambda: _pgbench.tps(url, "-f", script.name, clients=CLIENTS, seconds=RUN_S),
                "hot": lambda: _place(url, "hot"),
                "pgbench many": lambda: _pgbench.tps(url, clients=CLIENTS, seconds=RUN_S),
                "many": lambda: _place(url, "many"),
            }
        )
    return [
        _row("orders: one hot SKU", "pgbench updates of a single row/s", found["hot"], found["pgbench hot"]),
        _row("orders: many SKUs", "pgbench TPC-B-like transactions/s", found["many"], found["pgbench many"]),
    ]


def _row(name, against, ours, references):
    python, postgres = (_rounds.median([figure[part] for figure in ours]) for part in ("python", "postgres"))
    return _rounds.rate_row(
        name,
        [figure["rate"] for figure in ours],
        references,
        f"orders/s against {against}",
        f"{CLIENTS} processes; of the processor time {python:.0%} Python, {postgres:.0%} PostgreSQL",
        0.1,
    )


def _place(url, kind):
    workers = [_database.start("bench.orders", kind, url=url) for _ in range(CLIENTS)]
    _database.go(workers)
    found = [tuple(map(float, line.split())) for line in _database.results(workers, RUN_S + 120)]
    rate, python, postgres = (sum(column) for column in zip(*found, strict=True))
    return {"rate": rate, "python": python / (python + postgres), "postgres": postgres / (python + postgres)}


# In the processes


def _fill():
    """Members with points and an address each, and goods made by the services."""
    import django  # noqa: PLC0415 - only where the mall is needed

    django.setup()
    from django.db import connection  # noqa: PLC0415 - after setup()

    from accounts.models import Address, User  # noqa: PLC0415 - after setup()
    from accounts.services import save_address  # noqa: PLC0415 - after setup()
    from catalog.services import products  # noqa: PLC0415 - after setup()
    from core import actors, clock  # noqa: PLC0415 - after setup()

    by, at = actors.system("bench"), clock.now()
    category = products.create_category(code="bench", name="比较", by=by, at=at)
    for n in range(SKUS):
        products.create_product(
            category=category,
            name=f"保温杯{n}",
            listed=True,
            skus=[{"code": f"B{n}", "points_price": 100, "stock": STOCK}],
            by=by,
            at=at,
        )
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as direct:
        _database.add_members(direct, 1, MEMBERS)
        direct.execute(
            "SELECT ledger_earn(id, 1000000000, 'campaign', 'lot', 'system:bench', now(), '', '',"
            " now() + interval '300 days', now(), '', NULL) FROM accounts_user"
        )
        direct.execute("CREATE TABLE bench_hot (id int PRIMARY KEY, stock bigint)")
        direct.execute("INSERT INTO bench_hot VALUES (1, 1000000000000)")
    first = save_address(
        member=User.objects.get(pk=1), name="林", phone="+8613800000001", region_code="110105", detail="8号楼",
        by=by, at=at,
    )  # fmt: skip
    values = {field.attname: getattr(first, field.attname) for field in Address._meta.concrete_fields}
    Address.objects.bulk_create(Address(**values | {"id": None, "member_id": pk}) for pk in range(2, MEMBERS + 1))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _work(kind):
    import django  # noqa: PLC0415 - only where the mall is needed

    django.setup()
    from celery import current_app  # noqa: PLC0415 - after setup()
    from django.db import connection  # noqa: PLC0415 - after setup()

    from accounts.models import Address  # noqa: PLC0415 - after setup()
    from catalog.models import SKU  # noqa: PLC0415 - after setup()
    from core import actors, clock  # noqa: PLC0415 - after setup()
    from orders.placing.rules.pricing import Choice  # noqa: PLC0415 - after setup()
    from orders.placing.services import placing  # noqa: PLC0415 - after setup()

    current_app.conf.task_always_eager = False  # the follow-up of an order is the worker's job, as in the mall
    addresses = list(Address.objects.select_related("member"))
    skus = list(SKU.objects.order_by("pk").values_list("pk", flat=True))

    def place():
        address = random.choice(addresses)
        new = placing.NewOrder(
            member=address.member,
            choices=(Choice(skus[0] if kind == "hot" else random.choice(skus), "points", 1),),
            address=address,
            form_key=uuid.uuid4(),
        )
        placing.place_order(new=new, by=actors.member(address.member_id), at=clock.now())

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    for _ in range(WARM):
        place()
    _database.begin_together()
    begun, python, postgres = time.perf_counter(), time.process_time(), _processor_time(backend)
    done = 0
    while (passed := time.perf_counter() - begun) < RUN_S:
        place()
        done += 1
    print(done / passed, time.process_time() - python, _processor_time(backend) - postgres)


def _processor_time(pid):
    """Processor seconds of a process on this machine."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    _fill() if sys.argv[1] == "fill" else _work(sys.argv[1])
