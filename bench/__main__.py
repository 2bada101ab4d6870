"""``make bench``: what the mall costs, each figure compared with a reference measured in the same run.

Prints a table and writes ``build/bench.json``: a list of ``{"name", "ours", "reference", "unit", "ratio", "note"}``. A
ratio above 1 is better than the reference. It is the median over short rounds in which both take turns. The note says
what was compared, and whether a target was missed. Logs go to ``build/bench.log``.
"""

import argparse
import importlib
import json
import os
import pkgutil
import time
from pathlib import Path

os.environ["MALL_ENV"] = "test"
# Separate servers: a mall running in this folder would take the tasks, and share the cache and the disk.
os.environ["MALL_VAR"] = os.environ.get("MALL_VAR", "build/bench")

import django

from pointsmall.bootstrap import prepare

BUILD = Path("build")
RESULT = BUILD / "bench.json"
LOG = BUILD / "bench.log"


def modules():
    """Names of the benchmark modules in this package; each has ``rows() -> list[dict]``."""
    return sorted(module.name for module in pkgutil.iter_modules([Path(__file__).parent]) if module.name[0] != "_")


def main():
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"measure only these: {', '.join(modules())}")
    names = parser.parse_args().only or modules()
    BUILD.mkdir(exist_ok=True)
    say = _log_elsewhere()
    prepare()
    django.setup()
    rows, begun = [], time.perf_counter()
    for name in names:
        say(f"measuring {name} ...")
        since = time.perf_counter()
        rows += importlib.import_module(f"bench.{name}").rows()
        RESULT.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
        say(f"  {time.perf_counter() - since:.0f} s")
    print(f"{'':56}{'ours':>12}{'reference':>12}{'ratio':>8}  unit")
    for row in rows:
        print(f"{row['name']:56}{row['ours']:>12,.1f}{row['reference']:>12,.1f}{row['ratio']:>8.2f}  {row['unit']}")
        print(f"    {row['note']}")
    print(f"{len(rows)} rows in {(time.perf_counter() - begun) / 60:.1f} minutes on {_processor()}.")


def _log_elsewhere():
    """Redirect standard error of this process and its children to a file; returns a function that still prints to the
    terminal."""
    terminal = os.fdopen(os.dup(2), "w", buffering=1)
    with open(LOG, "w") as log:
        os.dup2(log.fileno(), 2)
    return lambda text: print(text, file=terminal)


def _processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} x {names[0] if names else 'an unnamed processor'}"


main()
