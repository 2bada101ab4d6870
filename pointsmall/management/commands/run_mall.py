"""Run the whole mall on this machine: database, cache, web server, worker and beat (H1)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import connections

from accounts.models import User
from pointsmall import embedded
from pointsmall.serving import web_server

BIN = Path(sys.executable).parent
STOP_TIMEOUT_S = 20
DEMO_LOGINS = """
  members  13800000001 ... 13800000020   password member-demo-1
  staff    admin at /admin/              password admin-demo-1
"""


class Command(BaseCommand):
    help = (
        "Run the whole mall until Ctrl-C: brings the database up to date, loads the demo content into an empty one, "
        "starts web server, worker and beat, and stops all of it in order. Exit code 1 when a part stopped by itself."
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
        # A terminal that closes or a supervisor that ends us is the same as Ctrl-C; and a shell that starts us in the
        # background has Ctrl-C itself ignored.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        parts = {}
        failed = False
        try:
            self._prepare(no_demo)
            environment = os.environ | {"PORT": str(port)}  # what the mall calls its own address (SITE_URL)
            for name, (program, *arguments) in self._parts(host, port).items():
                parts[name] = subprocess.Popen([BIN / program, *arguments], env=environment, start_new_session=True)
            self._announce(port)
            failed = self._wait(parts)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping.")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave anything behind
            self._stop(parts)
            embedded.stop()
        if failed:
            raise SystemExit(1)

    def _prepare(self, no_demo):
        call_command("migrate", verbosity=0)
        if not no_demo and not User.objects.exists():
            self.stdout.write("First run: loading the demo content.")
            call_command("seed_demo")
        connections.close_all()

    def _parts(self, host, port):
        celery = ["celery", "-A", "pointsmall.celery", "-q"]
        schedule = embedded.var_dir() / "beat-schedule"
        return {
            "web": web_server(f"{host}:{port}"),
            "worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "warning"],
            "beat": [*celery, "beat", "--schedule", str(schedule), "--loglevel", "warning"],
        }  # fmt: skip

    def _announce(self, port):
        self.stdout.write(f"\n  The mall is at http://127.0.0.1:{port}/ and stops with Ctrl-C.")
        if settings.DEBUG:
            self.stdout.write(f"  Codes and e-mails that it sends: http://127.0.0.1:{port}/dev/outbox/\n{DEMO_LOGINS}")

    def _wait(self, parts):
        """Until a part ends by itself, which is a failure."""
        while True:
            for name, process in parts.items():
                try:
                    code = process.wait(timeout=0.5)
                except subprocess.TimeoutExpired:
                    continue
                self.stderr.write(f"The {name} stopped with exit code {code}; stopping the rest.")
                return True

    def _stop(self, parts):
        for process in parts.values():
            process.terminate()
        for process in parts.values():
            try:
                process.wait(timeout=STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
