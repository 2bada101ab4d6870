"""The embedded servers, in a folder of their own and with real processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

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
def var(tmp_path):
    folder = tmp_path / "var"
    yield folder
    subprocess.run(
        [sys.executable, "-c", "from pointsmall import embedded; embedded.stop()"],
        env=os.environ | {"MALL_VAR": str(folder)},
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
    """Names of the server processes that work in this folder."""
    return {
        process.name()
        for process in psutil.process_iter()
        if process.status() != psutil.STATUS_ZOMBIE
        and process.name() in {"postgres", "valkey-server"}
        and process.cwd().startswith(str(var))
    }


def test_the_last_one_to_leave_stops_the_servers(var):
    first = start(var)
    second = start(var)
    leave(first)
    assert servers(var) == {"postgres", "valkey-server"}
    leave(second)
    assert servers(var) == set()


def test_a_killed_process_is_not_counted(var):
    killed = start(var)
    killed.send_signal(signal.SIGKILL)
    leave(killed)
    assert servers(var) == {"postgres", "valkey-server"}  # nobody was there to stop them
    leave(start(var))
    assert servers(var) == set()
