"""The cost of importing a file of purchases, and of replaying a draft of rules over a shop's last months."""

import random
import tempfile
from datetime import timedelta
from pathlib import Path

import psycopg

from bench import _database, _rounds
from core import clock

IMPORTED = _database.scaled(20_000)  # lines
TARGET = 2_000  # lines a second
SINGLE = max(1, IMPORTED // 10)  # enough to know the rate
REPLAYED = _database.scaled(1_000_000)  # lines
SMALL = max(1, REPLAYED // 10)  # to see whether time and memory grow with the lines
MEMBERS_OF = 20  # lines a member
MOST_MEMBERS = max(1, IMPORTED // MEMBERS_OF)
CATEGORIES = ("imported_fruit", "seasonal_fruit", "grain", "tea")

# Purchases of one or two lines, inserted directly into their tables: the replay is measured, not the booking.
PURCHASES = """
INSERT INTO points_purchase (
    member_id, source, number, paid_at, amount_fen, points, tier, multiplier, rule_version, active_from, refunded_fen,
    points_back, recorded_at, by
)
SELECT 1 + n %% %(members)s, 'bench', %(name)s || n, now() - interval '1 minute' - (n %% 29 || ' days')::interval,
    10000, 100, (ARRAY['normal', 'silver', 'gold', 'diamond'])[1 + n %% 4], (ARRAY[1, 1.2, 1.5, 2])[1 + n %% 4], 'v1',
    now(), 0, 0, now(), 'bench'
FROM generate_series(1, %(purchases)s) n
"""
LINES = """
INSERT INTO points_purchaseline (purchase_id, category, amount_fen, points, refunded_fen, points_back)
SELECT p.id, (ARRAY['imported_fruit', 'seasonal_fruit', 'grain', 'tea'])[1 + (p.id + l) %% 4], 10000 / of, 100 / of,
    0, 0
FROM points_purchase p, LATERAL (SELECT 1 + (p.id %% 2)::integer AS of) o, generate_series(1, of) l
WHERE p.number LIKE %s || '%%'
"""


def rows():
    """Four rows of ``make bench``."""
    with _database.mall_database("bench_what_if") as url:
        return [*_imports(url), *_replays(url)]


def _imports(url):
    rounds = [_import_once(url, number) for number in range(_rounds.ROUNDS)]
    _database.audit(url)
    imports, singles = zip(*rounds, strict=True)
    name = "import: a file of purchases"
    note = f"{IMPORTED:,} lines of {MOST_MEMBERS:,} members over a year, 3 in 100 refunds, tiers rising on the way"
    return [
        _rounds.rate_row(name, imports, singles, "lines/s against one earn a member", note),
        _rounds.rate_row(name, imports, [TARGET] * len(imports), "lines/s against the target", note, 1),
    ]


def _import_once(url, number):
    """``(lines a second, calls a second)`` with members used only in this round."""
    first = 1 + number * (MOST_MEMBERS + SINGLE)
    with psycopg.connect(url, autocommit=True) as connection:
        _database.add_members(connection, first, first + MOST_MEMBERS + SINGLE - 1)
        connection.execute(
            "UPDATE accounts_user SET phone = '+86139' || lpad(id::text, 8, '0') WHERE id BETWEEN %s AND %s",
            [first, first + MOST_MEMBERS - 1],
        )
        connection.execute("ANALYZE")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "purchases.csv")
        path.write_text(_csv(first, MOST_MEMBERS, number))
        done = _database.measure("import_purchases", path, url=url)
    assert done["refused"] == 0, done
    single = _database.measure("one_by_one", first + MOST_MEMBERS, first + MOST_MEMBERS + SINGLE - 1, url=url)
    return IMPORTED / done["seconds"], SINGLE / single["seconds"]


def _csv(first, members, run):
    dice = random.Random(run)
    begin = clock.now() - timedelta(days=365)
    lines, orders = ["member,order_number,paid_at,category,amount,refund_of"], []
    while len(lines) <= IMPORTED:
        number = len(lines)
        at = (begin + timedelta(days=364) * (number / IMPORTED)).isoformat()
        if orders and dice.random() < 0.03:
            phone, order, yuan = orders.pop(dice.randrange(len(orders)))
            lines.append(f"{phone},R{run}-{number},{at},,{yuan / 4:.2f},{order}")
            continue
        phone = f"139{first + dice.randrange(members):08d}"
        order = f"A{run}-{number}"
        amounts = [dice.randrange(500, 40_000) / 100 for _ in range(dice.choice((1, 1, 2)))]
        for category, yuan in zip(dice.sample(CATEGORIES, len(amounts)), amounts, strict=True):
            lines.append(f"{phone},{order},{at},{category},{yuan:.2f},")
        if len(lines) <= IMPORTED:
            orders.append((phone, order, sum(amounts)))
    lines = lines[: IMPORTED + 1]
    body = lines[1:]
    dice.shuffle(body)
    return "\n".join([lines[0], *body]) + "\n"


def _replays(url):
    found = {}
    for name, size in (("small", SMALL), ("large", REPLAYED)):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("TRUNCATE points_purchase CASCADE")
            members, purchases = max(1, size // MEMBERS_OF), max(1, size * 2 // 3)
            there = connection.execute("SELECT coalesce(max(id), 0) FROM accounts_user").fetchone()[0]
            if there < members:
                _database.add_members(connection, there + 1, members)
            connection.execute(PURCHASES, {"members": members, "purchases": purchases, "name": f"{name}-"})
            connection.execute(LINES, [f"{name}-"])
            connection.execute("VACUUM ANALYZE points_purchase, points_purchaseline")
        found[name] = _database.measure("replay", url=url)
    small, large = found["small"], found["large"]
    return [
        _rounds.rate_row(
            "what-if: lines replayed",
            [large["lines"] / large["seconds"]],
            [small["lines"] / small["seconds"]],
            "lines/s against a tenth of them",
            f"{large['lines']:,} lines in {large['seconds']:.0f} s, {small['lines']:,} in {small['seconds']:.1f} s, by"
            " the default rules",
        ),
        _rounds.time_row(
            "what-if: memory",
            [large["peak_mb"]],
            [small["peak_mb"]],
            "MB against a tenth of the lines",
            f"the most that the process had; {large['grown_mb']:.1f} MB of it since it began to read",
        ),
    ]
