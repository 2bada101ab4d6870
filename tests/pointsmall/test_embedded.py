"""The embedded servers, in a folder of their own and with real processes."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from pointsmall.embedded import postgres

ROOT = Path(__file__).resolve().parents[2]
ATTACH = """
import sys
from pointsmall import embedded
embedded.attach()
import os, psycopg, redis
def connect():
    psycopg.connect(os.environ["DATABASE_URL"]).execute("SELECT 1")
    redis.from_url(os.environ["REDIS_URL"]).ping()
connect()
print("attached", flush=True)
"""
UNTIL_TOLD = "sys.stdin.read()"


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


def popen(var, then=UNTIL_TOLD):
    environment = os.environ | {"MALL_VAR": str(var)}
    del environment["DATABASE_URL"], environment["REDIS_URL"]
    return subprocess.Popen(
        [sys.executable, "-c", ATTACH + then],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def start(var, then=UNTIL_TOLD):
    process = popen(var, then)
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


def kill_postgres(var, with_children=False):
    postmaster = psutil.Process(int((var / "postgres" / "postmaster.pid").read_text().split()[0]))
    for process in [postmaster, *(postmaster.children() if with_children else [])]:
        process.kill()
    psutil.wait_procs([postmaster], timeout=20)


@pytest.mark.parametrize("victims", ["postmaster", "valkey", pytest.param("all of PostgreSQL", marks=pytest.mark.slow)])
def test_a_killed_server_comes_back_at_its_address(var, victims):
    process = start(var)
    url = (var / "valkey" / "url").read_text()
    if victims == "valkey":
        servers(var)["valkey-server"].kill()
    else:
        kill_postgres(var, with_children=victims != "postmaster")
    leave(start(var))
    assert (var / "valkey" / "url").read_text() == url
    assert servers(var).keys() == {"postgres", "valkey-server"}
    leave(process)
    assert not servers(var)


def test_whoever_uses_the_servers_can_have_them_revived(var):
    process = start(var, "input(); print(embedded.revive()); print(embedded.revive()); connect(); print('connected')")
    kill_postgres(var)
    servers(var)["valkey-server"].kill()
    out, _err = process.communicate("\n", timeout=60)
    assert out.splitlines() == ["['postgres', 'valkey']", "[]", "connected"]


def test_an_address_that_a_dying_server_still_holds_is_waited_for(var):
    leave(start(var))
    url = (var / "valkey" / "url").read_text()
    with socket.create_server(("127.0.0.1", urlsplit(url).port)) as dying:
        process = popen(var)
        time.sleep(1.5)
        dying.close()
        process.communicate("", timeout=60)
    assert (var / "valkey" / "url").read_text() == url


def slow(*values):
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


@pytest.mark.parametrize("after_s", [0.9, *slow(0.05, 0.3, 0.6, 1.2, 1.6, 2.2)])
def test_interrupted_at_any_moment_of_the_start_nothing_stays_and_the_next_start_is_whole(var, after_s):
    process = popen(var)
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    process.communicate("", timeout=60)
    assert not servers(var)
    leave(start(var))


@pytest.mark.parametrize("after_s", [0.9, *slow(0.3, 1.6, 2.2)])
def test_killed_at_any_moment_of_the_start_the_next_takes_over(var, after_s):
    process = popen(var)
    time.sleep(after_s)
    process.kill()
    process.communicate("", timeout=60)
    leave(start(var))
    assert not servers(var)


def test_a_number_that_another_process_has_now_is_not_the_servers(var):
    (var / "postgres").mkdir()
    (var / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert not postgres.is_running(var / "postgres")


@pytest.mark.slow
def test_a_long_path_has_its_socket_elsewhere_closed_to_others_too(var):
    deep = var / ("x" * 100)
    process = start(deep)
    sockets = Path(postgres._socket_folder(deep / "postgres"))
    assert sockets.parent == Path("/tmp")  # noqa: S108 - the place is what is asked
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    leave(process)
    shutil.rmtree(sockets)
