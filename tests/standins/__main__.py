"""Stand-ins for a developer: ``python -m tests.standins`` starts all three and says what to export.

The keys are made anew each time and written beside the mall's other files (``MALL_VAR``), so that the variables can
name files. Ctrl-C ends it.
"""

import os
import signal
import sys
from pathlib import Path

import django

os.environ.setdefault("MALL_ENV", "development")

from pointsmall.bootstrap import prepare

prepare()
django.setup()

from tests.standins import environment  # noqa: E402
from tests.standins.alipay import Alipay  # noqa: E402
from tests.standins.unionpay import UnionPay  # noqa: E402
from tests.standins.wechat import WeChat  # noqa: E402

FIRST_PORT = 8201


def main():
    folder = Path(os.environ.get("MALL_VAR", "var")) / "standins"
    running = [kind(port) for port, kind in enumerate((WeChat, Alipay, UnionPay), start=FIRST_PORT)]
    for standin in running:
        standin.__enter__()
    lines = environment.lines(running, folder)
    (folder / "env").write_text("\n".join(lines) + "\n")
    sys.stdout.write("\n".join(lines) + "\n\n")
    sys.stdout.write(f"Start the mall with them:  set -a; . {folder / 'env'}; set +a; make run\n")
    sys.stdout.write(f"A code is paid at {running[0].url}/scan/<reference>/\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    for standin in running:
        standin.__exit__()


if __name__ == "__main__":
    main()
