"""The whole mall, killed part by part while pages are asked for: docs/failures.md says what each loss does."""

import contextlib
import itertools
import random
import signal
import subprocess
import sys
import threading
import time
from io import BytesIO

import httpx
import psutil
import pytest
from PIL import Image

from tests.faults.cluster import ROOT
from tests.faults.mall import READY, Mall, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def mall():
    with Mall() as mall:
        mall.open_shop()
        yield mall


@pytest.fixture
def visitors(mall):
    """Four who ask for pages without end; ``{status: how often}``."""
    seen, stop = {}, threading.Event()

    def visit():
        for path in itertools.cycle(["/", "/products/", "/points/rules/", "/readyz"]):
            if stop.is_set():
                return
            status = mall.status(path)
            seen[status] = seen.get(status, 0) + 1

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    yield seen
    stop.set()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_part_that_is_killed_is_started_again(mall, visitors, name):
    before = mall.part(name)
    before.kill()
    until(lambda: f"part={name}" in mall.log, "it is not said")
    until(lambda: mall.part(name).pid != before.pid, f"no new {name}")
    mall.wait_for_pages()
    assert set(visitors) <= {200, 0} if name == "web" else {200}


def test_valkey_killed_costs_no_page(mall, visitors):
    worker = mall.part("worker")
    mall.server("valkey").kill()
    until(lambda: "server=valkey" in mall.log, "it is not said")
    time.sleep(5)
    assert set(visitors) == {200}
    assert mall.server("valkey").is_running()
    until(lambda: '"cache": true' in mall.get("/readyz").text, "the new one is not used")
    assert mall.part("worker").pid == worker.pid  # it goes on


SHIP = f"""
{READY}
from core import clock
from orders.models import Carrier, Order
from orders.shipping.services import shipping
order = Order.objects.get(number="%s")
shipping.ensure_carriers()
parcel = {{"carrier": Carrier.objects.first(), "tracking_number": "SF1382044719060"}}
shipping.ship_order(order=order, **parcel, by="staff:1", at=clock.now())
print("item", order.items.get().pk)
"""
SEND = f"""
import sys, time
{READY}
from accounts.tasks import send_sms
from core import cache
send_sms.delay("+8613800000001", "a message of a good day")
print("ready", flush=True)
sys.stdin.readline()
cache.ask = lambda: None  # it answered a moment ago
began = time.monotonic()
send_sms.delay("+8613800000001", "a message of a bad day")
print("seconds", time.monotonic() - began)
"""


def test_a_valkey_that_hangs_costs_half_a_second_now_and_then(mall, visitors):
    worker, server = mall.part("worker"), mall.server("valkey")
    with contextlib.closing(mall.member()) as member, mall.popen("-c", SEND) as shell:
        assert any(line == "ready\n" for line in shell.stdout)
        server.suspend()
        try:
            times = []
            for path in ["/points/", "/", "/cart/", "/orders/", "/products/"] * 6:
                began = time.monotonic()
                assert member.get(path).status_code == 200
                times.append(time.monotonic() - began)
            told, _errors = shell.communicate("go\n")
            mall.redeem(member, "CUP")
            with contextlib.closing(mall.member()) as again:
                assert again.get("/orders/").status_code == 200
            with httpx.Client(base_url=mall.url, timeout=20) as stranger:
                page = mall.send(stranger, "/accounts/login/", "/accounts/login/code/", phone="13800000002")
                assert "请过几分钟再试" in page.text
        finally:
            server.resume()
    assert max(times[4:]) < 1, times
    assert float(told.rpartition("seconds ")[2]) < 3, told  # on a busy machine
    assert set(visitors) == {200}
    until(lambda: '"cache": true' in mall.get("/readyz").text, "it is not used again")
    until(lambda: "a message of a bad day" in mall.get("/dev/outbox/").text, "no message came")
    assert mall.part("worker").pid == worker.pid


def test_a_full_disk_costs_the_upload_alone(mall, visitors):
    """The web server's processes may write no file that is as large as the picture."""
    picture = BytesIO()
    noise = Image.frombytes("RGB", (1200, 1200), random.Random(1).randbytes(3 * 1200 * 1200))
    noise.save(picture, "JPEG", quality=90)
    web = mall.processes()["web"]
    with contextlib.closing(mall.member()) as member:
        order = mall.redeem(member, "LAMP")
        item = int(mall.python("-c", SHIP % order.split("/")[2]).rpartition("item ")[2])
        asked = {"kind": "refund", "reason": "damaged", "text": "杯盖裂了", f"pieces_{item}": "1"}

        def upload():
            files = {"pictures": ("lid.jpg", picture.getvalue(), "image/jpeg")}
            return mall.send(member, f"{order}after-sale/", files=files, **asked)

        for process in web:
            process.rlimit(psutil.RLIMIT_FSIZE, (100_000, psutil.RLIM_INFINITY))
        try:
            assert upload().status_code == 503
            assert mall.private_files() == []
        finally:
            for process in web:
                process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
        assert set(visitors) == {200}
        assert upload().status_code == 302
        assert len(mall.private_files()) == 1


def test_postgresql_killed_comes_back(mall, visitors):
    mall.server("postgres").kill()
    until(lambda: "server=postgres" in mall.log, "it is not said")
    mall.wait_for_pages()
    assert set(visitors) <= {200, 503}
    visitors.clear()
    time.sleep(2)
    assert set(visitors) == {200}


def test_a_second_run_harms_the_first_in_nothing(mall, visitors):
    second = subprocess.run(
        [sys.executable, "manage.py", "run_mall", "--port", "0"],
        cwd=ROOT,
        env=mall.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (second.returncode, "runs from this folder already" in second.stderr) == (1, True)
    time.sleep(1)
    assert set(visitors) == {200}


def test_a_command_in_a_second_shell_harms_nothing_and_a_killed_runner_leaves_no_orphans(mall):
    mall.python("manage.py", "audit_points", "--json")
    assert mall.status() == 200
    parts = [process for name in ("web", "worker", "beat") for process in mall.processes()[name]]
    mall.runner.kill()
    mall.runner.wait()
    _gone, alive = psutil.wait_procs(parts, timeout=30)
    assert not alive
    mall.start()
    mall.wait_for_pages()
    assert mall.interrupt() == 0
    assert mall.processes() == {}
    mall.start()
    mall.wait_for_pages()


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whatever_tells_it_to_stop_stops_all_of_it(mall, name):
    mall.runner.send_signal(name)
    assert mall.runner.wait(60) == 0
    assert mall.processes() == {}
    mall.start()
    mall.wait_for_pages()


def test_interrupted_at_any_moment_of_the_start_it_stops(mall):
    mall.interrupt()
    for tenth in range(1, 80, 5):
        mall.start()
        with contextlib.suppress(subprocess.TimeoutExpired):
            mall.runner.wait(tenth / 10)
        mall.runner.send_signal(signal.SIGINT)
        assert mall.runner.wait(60) in (0, 130, -signal.SIGINT), tenth
        assert mall.processes() == {}, tenth
    mall.start()
    mall.wait_for_pages()
