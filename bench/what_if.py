"""What a file of purchases costs to import, and what a draft of rules costs to replay over a shop's last months."""

import random
import tempfile
from datetime import timedelta
from pathlib import Path

import psycopg

from bench import _database
from core import clock

IMPORTED = _database.scaled(20_000)  # lines
SINGLE = max(1, IMPORTED // 10)  # enough to know the rate
REPLAYED = _database.scaled(1_000_000)  # lines
SMALL = max(1, REPLAYED // 10)  # to see whether time and memory grow with the lines
MEMBERS_OF = 20  # lines a member
CATEGORIES = ("imported_fruit", "seasonal_fruit", "grain", "tea")
RUNS = 3

# Purchases straight into their tables, two lines in three of them: what is measured is the replay, not the booking.
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
    """Three rows of ``make bench``."""
    with _database.mall_database("bench_what_if") as url:
        return [_import(url), *_replays(url)]


def _import(url):
    imports, singles = [], []
    members = max(1, IMPORTED // MEMBERS_OF)
    for run in range(RUNS):
        first = 1 + run * (members + SINGLE)
        with psycopg.connect(url, autocommit=True) as connection:
            _database.add_members(connection, first, first + members + SINGLE - 1)
            connection.execute(
                "UPDATE accounts_user SET phone = '+86139' || lpad(id::text, 8, '0') WHERE id BETWEEN %s AND %s",
                [first, first + members - 1],
            )
            connection.execute("ANALYZE")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "purchases.csv")
            path.write_text(_csv(first, members, run))
            done = _database.measure("import_purchases", path, url=url)
        assert done["refused"] == 0, done
        imports.append(IMPORTED / done["seconds"])
        single = _database.measure("one_by_one", first + members, first + members + SINGLE - 1, url=url)
        singles.append(SINGLE / single["seconds"])
    _database.audit(url)
    ours, reference = _database.median(imports), _database.median(singles)
    return {
        "name": "import: a file of purchases",
        "ours": round(ours),
        "reference": round(reference),
        "unit": "lines/s against one earn a member",
        "ratio": round(ours / reference, 2),
        "note": f"{IMPORTED:,} lines of {members:,} members over a year, 3 in 100 refunds, tiers rising on the way,"
        f" medians of {RUNS}; ours {_database.spread(imports)}, calls {_database.spread(singles)}",
    }


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
    rates = {name: done["lines"] / done["seconds"] for name, done in found.items()}
    return [
        {
            "name": "what-if: lines replayed",
            "ours": round(rates["large"]),
            "reference": round(rates["small"]),
            "unit": "lines/s against a tenth of them",
            "ratio": round(rates["large"] / rates["small"], 2),
            "note": f"{large['lines']:,} lines in {large['seconds']:.0f} s, {small['lines']:,} in"
            f" {small['seconds']:.1f} s; one run each, by the default rules",
        },
        {
            "name": "what-if: memory",
            "ours": round(large["peak_mb"], 1),
            "reference": round(small["peak_mb"], 1),
            "unit": "MB against a tenth of the lines",
            "ratio": round(small["peak_mb"] / large["peak_mb"], 2),
            "note": f"the most that the process had; {large['grown_mb']:.1f} MB of it since it began to read",
        },
    ]
