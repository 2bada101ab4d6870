"""A whole mall of a test's own, run as people run it, that may be killed part by part."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from tests.faults.cluster import ROOT

PATIENCE_S = 90
MARKS = {"web": "gunicorn", "worker": "celery worker", "beat": "celery beat"}

READY = """
from pointsmall.bootstrap import prepare
prepare()
import django
django.setup()
"""
OPEN = f"""
{READY}
from accounts.services import create_member, save_address
from catalog.services import products
from core import clock
from points import ledger
act = {{"by": "system:test", "at": clock.now()}}
member = create_member(username="lin", password="member-demo-1", **act)
address = {{"name": "林晓雯", "phone": "+8613800000001", "region_code": "110105", "detail": "花家地南里8号楼"}}
save_address(member=member, **address, **act)
ledger.earn(account=member.pk, points=100_000, kind="campaign", key="gift", **act)
category = products.create_category(code="home", name="家居", **act)
for code in ("CUP", "LAMP"):
    skus = [{{"code": code, "points_price": 1000, "stock": 100}}]
    product = products.create_product(category=category, name=code, listed=True, skus=skus, **act)
    print(code, product.skus.get().pk)
"""


def until(condition, what, seconds=PATIENCE_S):
    """Wait until ``condition()`` is true; its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return value


class Mall:
    """Entered: it answers. Its folder is not pytest's: PostgreSQL may run as another user."""

    def __enter__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="mall-faults-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.runner = None
        self.start()
        self.wait_for_pages()
        return self

    def __exit__(self, *exception):
        if self.runner.poll() is None:
            self.interrupt()
        with contextlib.suppress(Exception):
            self.python("-c", "from pointsmall import embedded; embedded.stop()")
        self._temporary.cleanup()

    @property
    def environment(self):
        given = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "PORT")}
        return given | {
            "MALL_VAR": str(self.folder),
            "MALL_ENV": "development",
            "DEBUG": "0",
            "MEDIA_ROOT": str(self.folder / "media"),
            "PRIVATE_ROOT": str(self.folder / "private"),
        }

    @property
    def log(self):
        return (self.folder / "log").read_text()

    def start(self):
        with open(self.folder / "log", "a") as log:
            self.runner = subprocess.Popen(
                [sys.executable, "manage.py", "run_mall", "--port", str(self.port), "--no-demo"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def interrupt(self):
        """Ctrl-C; the exit code."""
        self.runner.send_signal(signal.SIGINT)
        return self.runner.wait(PATIENCE_S)

    def python(self, *arguments):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def popen(self, *arguments):
        """As ``python``, while it runs: one that talks."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def open_shop(self):
        """A member ``lin`` with points and an address; a cup and a lamp for 1,000 points each."""
        self.skus = dict(re.findall(r"^(CUP|LAMP) (\d+)$", self.python("-c", OPEN), re.MULTILINE))

    def member(self):
        """A browser in which the member is signed in."""
        browser = httpx.Client(base_url=self.url, timeout=20)
        form = {"login": "lin", "password": "member-demo-1"}
        assert self.send(browser, "/accounts/login/?with=password", "/accounts/login/", **form).status_code == 302
        return browser

    @staticmethod
    def send(browser, page, to=None, files=None, **typed):
        """Post what the hidden fields of ``page`` and ``typed`` say."""
        shown = browser.get(page).text
        fields = dict(
            re.findall(
                r'<input type="hidden" name="(csrfmiddlewaretoken|form_key|quote|shown|address)"'
                r'[^>]* value="([^"]*)"',
                shown,
            )
        )
        return browser.post(to or page, data=fields | typed, files=files)

    def redeem(self, browser, code):
        """Order one piece; the page of the order."""
        answer = self.send(browser, f"/checkout/?sku={self.skus[code]}&way=points&quantity=1")
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def private_files(self):
        return [path for path in (self.folder / "private").rglob("*") if path.is_file()]

    def status(self, path="/"):
        """Of a page; 0 where nobody answers."""
        try:
            return self.get(path).status_code
        except httpx.HTTPError:
            return 0

    def get(self, path):
        return httpx.get(self.url + path, timeout=20)

    def wait_for_pages(self):
        until(lambda: self.status() == 200, f"no page came\n{self.log[-4000:]}")

    def processes(self):
        """Everything that runs for it, by what it is."""
        found = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and (name := self._name(process)):
                    found.setdefault(name, []).append(process)
        return found

    def part(self, name):
        """The main process of a part, when it is there."""
        return until(lambda: self.processes().get(name), f"no {name}")[0]

    def server(self, name):
        """The main process of PostgreSQL or Valkey."""
        file = {"postgres": "postgres/postmaster.pid", "valkey": "valkey/pid"}[name]
        return psutil.Process(int((self.folder / file).read_text().split()[0]))

    def _name(self, process):
        if str(self.folder) in process.cwd():
            return process.name()
        command = " ".join(process.cmdline())
        if process.environ().get("MALL_VAR") != str(self.folder):
            return None
        return next((part for part, mark in MARKS.items() if all(word in command for word in mark.split())), None)
