"""The embedded servers, in a folder of their own and with real processes."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

ROOT = Path(__file__).resolve().parents[2]
ATTACH = """
import sys
from pointsmall import embedded
embedded.attach()
import os, psycopg, redis
psycopg.connect(os.environ["DATABASE_URL"]).execute("SELECT 1")
redis.from_url(os.environ["REDIS_URL"]).ping()
print("attached", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def var():
    """Not below pytest's own folder: PostgreSQL may run as another user, and each pytest closes that tree anew."""
    with tempfile.TemporaryDirectory(prefix="mall-embedded-") as folder:
        yield Path(folder)
        subprocess.run(
            [sys.executable, "-c", "from pointsmall import embedded; embedded.stop()"],
            env=os.environ | {"MALL_VAR": folder},
            cwd=ROOT,
            check=True,
        )


def start(var):
    environment = os.environ | {"MALL_VAR": str(var)}
    del environment["DATABASE_URL"], environment["REDIS_URL"]
    process = subprocess.Popen(
        [sys.executable, "-c", ATTACH],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "attached\n"
    return process


def leave(process):
    process.communicate("", timeout=60)


def servers(var):
    """The server processes that work in this folder, by name."""
    return {
        process.name(): process
        for process in psutil.process_iter()
        if process.status() != psutil.STATUS_ZOMBIE
        and process.name() in {"postgres", "valkey-server"}
        and process.cwd().startswith(str(var))
    }


def test_the_last_one_to_leave_stops_the_servers(var):
    first = start(var)
    second = start(var)
    leave(first)
    assert servers(var).keys() == {"postgres", "valkey-server"}
    leave(second)
    assert not servers(var)


def test_a_killed_process_is_not_counted(var):
    killed = start(var)
    killed.send_signal(signal.SIGKILL)
    leave(killed)
    assert servers(var).keys() == {"postgres", "valkey-server"}  # nobody was there to stop them
    leave(start(var))
    assert not servers(var)


def test_other_users_of_the_machine_stay_out(var):
    process = start(var)
    url = (var / "valkey" / "url").read_text()
    assert len(urlsplit(url).password) > 40
    with Redis(port=urlsplit(url).port) as stranger, pytest.raises(AuthenticationError):
        stranger.set("key", "value")
    assert urlsplit(url).password not in " ".join(servers(var)["valkey-server"].cmdline())
    modes = {name: stat.S_IMODE((var / name).stat().st_mode) for name in ("valkey", "postgres")}
    assert modes == {"valkey": 0o700, "postgres": 0o700}
    sockets = [path for path in (var / "postgres").iterdir() if path.is_socket()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in sockets] == [0o700]
    leave(process)
