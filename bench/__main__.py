"""``make bench``: what the mall costs, each figure beside a reference measured in the same run.

Prints a table and writes ``build/bench.json``: a list of ``{"name", "ours", "reference", "unit", "ratio", "note"}``.
A ratio above 1 is better than the reference for rates; the note says what was compared and how.
"""

import argparse
import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path

os.environ["MALL_ENV"] = "test"

import django

from pointsmall.bootstrap import prepare

RESULT = Path("build/bench.json")


def modules():
    """Names of the modules beside this one; each has ``rows() -> list[dict]``."""
    return sorted(module.name for module in pkgutil.iter_modules([Path(__file__).parent]) if module.name[0] != "_")


def main():
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"measure only these: {', '.join(modules())}")
    names = parser.parse_args().only or modules()
    prepare()
    django.setup()
    rows = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr)
        rows += importlib.import_module(f"bench.{name}").rows()
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
    print(f"{'':44}{'ours':>12}{'reference':>12}{'ratio':>8}  unit")
    for row in rows:
        print(f"{row['name']:44}{row['ours']:>12,.1f}{row['reference']:>12,.1f}{row['ratio']:>8.2f}  {row['unit']}")
        print(f"    {row['note']}")


main()
