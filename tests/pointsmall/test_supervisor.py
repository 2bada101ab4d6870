"""What the runner starts is started again when it ends, and never outlives it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from django.core.management import CommandError

from pointsmall import interrupts
from pointsmall.management.commands import run_mall
from pointsmall.supervisor import Part

ROOT = Path(__file__).resolve().parents[2]
PARENT = "import subprocess, sys, time; subprocess.Popen(['sleep', '300']); print('up', flush=True); time.sleep(300)"


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def part():
    part = Part("web", [sys.executable, "-c", PARENT], dict(os.environ))
    part.look_after()
    until(lambda: psutil.Process(part._process.pid).children())
    yield part
    part.tell_to_stop()
    part.stop()


def group(part):
    leader = psutil.Process(part._process.pid)
    return [leader, *leader.children()]


def test_what_ends_is_started_again_and_leaves_nothing(part):
    leader, child = group(part)
    leader.kill()
    until(lambda: not leader.is_running() or leader.status() == psutil.STATUS_ZOMBIE)
    part.look_after()
    assert part._process is None
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    part.look_after()
    assert part._process is None  # it waits
    part._start_at = 0
    part.look_after()
    assert part._process.poll() is None


def test_what_ends_soon_is_started_later_each_time_and_what_ran_long_at_once(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("pointsmall.supervisor.time.monotonic", lambda: now[0])
    part = Part("web", ["false"], {})
    waits = []
    for _ in range(7):
        part.look_after()
        part._process.wait()
        part.look_after()
        waits.append(part._start_at - now[0])
        now[0] = part._start_at
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    part.look_after()
    now[0] += 60
    part._process.wait()
    part.look_after()
    assert part._start_at - now[0] == 1


def test_stopping_waits_for_what_is_being_done_and_leaves_nothing():
    code = (
        "import signal, subprocess, sys, time; subprocess.Popen(['sleep', '300'])\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3), sys.exit(7)))\n"
        "while True: time.sleep(1)"
    )
    part = Part("worker", [sys.executable, "-c", code], dict(os.environ))
    part.look_after()
    until(lambda: len(group(part)) == 2)
    _leader, child = group(part)
    part.tell_to_stop()
    part.stop()
    assert part._process.returncode == 7
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.skipif(sys.platform != "linux", reason="LEFT OUT: only Linux tells a child that its parent was killed")
def test_a_runner_that_is_killed_leaves_nothing():
    code = (
        "import os, time; from pointsmall.supervisor import Part\n"
        "part = Part('web', ['sleep', '300'], dict(os.environ)); part.look_after()\n"
        "print(part._process.pid, flush=True); time.sleep(300)"
    )
    runner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(runner.stdout.readline()))
    runner.kill()
    runner.communicate()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_one_folder_has_one_runner(monkeypatch, tmp_path):
    monkeypatch.setenv("MALL_VAR", str(tmp_path))
    with run_mall._only_one(), pytest.raises(CommandError, match="runs from this folder already"), run_mall._only_one():
        pass
    with run_mall._only_one():
        pass


def test_the_port_is_asked_for_first(monkeypatch):
    monkeypatch.setattr(run_mall, "PORT_TIMEOUT_S", 0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port}"):
            run_mall._ask_for("127.0.0.1", port)
    run_mall._ask_for("127.0.0.1", port)


def test_an_interrupt_that_python_drops_is_remembered(monkeypatch):
    before = {number: signal.getsignal(number) for number in interrupts.ENDS}
    monkeypatch.setattr(interrupts, "came", False)
    monkeypatch.setattr("pointsmall.supervisor.log.error", lambda *_args, **_more: None)
    try:
        interrupts.watch()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    run_mall._look_after([])  # returns at once
