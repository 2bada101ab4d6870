"""Run the whole mall on this machine: database, cache, web server, worker and beat (H1)."""

import contextlib
import fcntl
import os
import socket
import sys
import time
from pathlib import Path

import structlog
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connections

from accounts.models import User
from pointsmall import embedded, interrupts
from pointsmall.supervisor import Part

log = structlog.get_logger(__name__)

BIN = Path(sys.executable).parent
PORT_TIMEOUT_S = 5  # the web server of a killed runner needs a moment to end
LOOK_EVERY_S = 0.5
DEMO_LOGINS = """
  members  13800000001 ... 13800000020   password member-demo-1
  staff    admin at /admin/              password admin-demo-1
"""


class Command(BaseCommand):
    help = (
        "Run the whole mall until Ctrl-C: brings the database up to date, loads the demo content into an empty one, "
        "starts web server, worker and beat, starts again what ends by itself, and stops all of it in order. Exit "
        "code 1 when the port is taken or the mall runs from this folder already."
    )

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=settings.PORT, help="port of the web server (%(default)s)")
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="address to listen on; 0.0.0.0 shows the demo logins to the whole network",
        )
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *, port, host, no_demo, **options):
        interrupts.watch()
        parts = []
        try:
            with _only_one():
                _ask_for(host, port)
                self._prepare(no_demo)
                parts += _parts(host, port)
                self._announce(port)
                _look_after(parts)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping.")
        finally:
            interrupts.ignore()
            for part in parts:
                part.tell_to_stop()
            for part in parts:
                part.stop()

    def _prepare(self, no_demo):
        call_command("migrate", verbosity=0)
        if not no_demo and not User.objects.exists():
            self.stdout.write("First run: loading the demo content.")
            call_command("seed_demo")
        connections.close_all()

    def _announce(self, port):
        self.stdout.write(f"\n  The mall is at http://127.0.0.1:{port}/ and stops with Ctrl-C.")
        if settings.DEBUG:
            self.stdout.write(f"  Codes and e-mails that it sends: http://127.0.0.1:{port}/dev/outbox/\n{DEMO_LOGINS}")


@contextlib.contextmanager
def _only_one():
    """Only one runner per folder: two would run every timer twice and share the file of last runs. The kernel frees the
    lock of a killed runner."""
    with open(embedded.var_dir() / "run.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("The mall runs from this folder already. Stop it with Ctrl-C where it runs.") from None
        yield


def _ask_for(host, port):
    deadline = time.monotonic() + PORT_TIMEOUT_S
    while True:
        try:
            with socket.create_server((host, port)):
                return
        except OSError as error:
            if time.monotonic() > deadline:
                raise CommandError(f"Port {port} of {host} cannot be had: {error.strerror}. Try PORT=8001.") from None
            time.sleep(0.2)


def _parts(host, port):
    environment = os.environ | {"PORT": str(port)}  # the mall's own URL (SITE_URL)
    celery = ["celery", "-A", "pointsmall.celery", "-q"]
    schedule = embedded.var_dir() / "beat-schedule"
    commands = {
        "web": [
            "gunicorn", "pointsmall.wsgi", "--bind", f"{host}:{port}", "--worker-class", "gthread",
            "--workers", "2", "--threads", "4", "--log-level", "warning",
        ],
        "worker": [
            *celery, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "warning",
        ],
        "beat": [*celery, "beat", "--schedule", str(schedule), "--loglevel", "warning"],
    }  # fmt: skip
    return [Part(name, [BIN / program, *more], environment) for name, (program, *more) in commands.items()]


def _look_after(parts):
    """Loop until we are told to stop."""
    while not interrupts.came:
        for part in parts:
            part.look_after()
        try:
            for server in embedded.revive():
                log.error("server_ended", server=server, now="started again")
        except Exception:  # the reason why it does not start may pass
            log.exception("server_not_started")
        time.sleep(LOOK_EVERY_S)
