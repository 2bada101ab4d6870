"""Processes that run scripts hold nothing of ours, and are replaced when they fail (C7)."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from points.earning.rules.sandbox import Unavailable, processes
from tests.points.earning.rules.scripted import call, run

ROOT = Path(__file__).resolve().parents[4]
ENVIRONMENT = os.environ | {"DJANGO_SETTINGS_MODULE": "pointsmall.settings"}


def running():
    """Processes of this one that run scripts."""
    return [one for one in psutil.Process().children() if "child.py" in " ".join(one.cmdline())]


def test_the_process_has_nothing_of_ours(monkeypatch, db):
    monkeypatch.setenv("SECRET_KEY", "ours")
    processes.end_all()
    run("return 1")
    (child,) = running()
    assert child.environ() == {}
    assert child.cwd() == "/"
    assert child.net_connections() == []
    assert child.num_fds() <= 4
    limits = {name: child.rlimit(getattr(psutil, f"RLIMIT_{name}"))[0] for name in ("AS", "NPROC", "FSIZE", "CORE")}
    assert limits == {"AS": processes.PROCESS_BYTES, "NPROC": 0, "FSIZE": 0, "CORE": 0}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_was_killed_while_idle_is_replaced(number):
    run("return 1")
    for child in running():
        child.send_signal(number)
        child.wait()
    assert run("return 2") == 2


def test_who_stops_the_mall_condemns_no_script():
    """A service manager signals every process of the mall, this one in the midst of a call as well."""
    source = "function calculatePoints() { for (let n = 0; n < 1e6; n++); return 1 }"
    stop = threading.Event()

    def strike():
        while not stop.wait(0.02):
            for child in running():
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.send_signal(signal.SIGTERM)

    thread = threading.Thread(target=strike)
    thread.start()
    assert {call(source, key="stop") for _ in range(20)} == {1}
    stop.set()
    thread.join()


def test_processes_that_are_killed_again_and_again_are_not_the_scripts_fault(monkeypatch):
    monkeypatch.setattr(processes._Process, "_answer", lambda *_arguments: (_ for _ in ()).throw(processes._Lost()))
    with pytest.raises(Unavailable):
        run("return 1")


def test_a_process_that_stands_still_is_replaced(monkeypatch):
    run("return 1")
    monkeypatch.setattr(processes, "PATIENCE_S", 1)
    for child in running():
        child.suspend()
    assert run("return 2") == 2


def test_they_end_with_the_process_that_asked():
    code = (
        "import django; django.setup();"
        "from points.earning.rules import sandbox; from points.earning.rules.sandbox import processes;"
        "sandbox.call(None, 'const calculatePoints = () => 1', 'gold', 1.0, True, 1.0, '', 1.0);"
        "print(*[process._popen.pid for process in processes._all], flush=True);"
        "import time; time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.communicate()
    child.wait(10)
    assert not child.is_running()
