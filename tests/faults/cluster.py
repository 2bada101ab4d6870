"""A PostgreSQL of a test's own, that may be killed: the mall's embedded server in a folder of the test."""

import contextlib
import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
START = "from pointsmall import embedded; embedded.attach(); import os; print(os.environ['DATABASE_URL'])"
STOP = "from pointsmall import embedded; embedded.stop()"


class Cluster:
    """Entered: started, with the mall's tables. ``environment`` is for processes that shall work on it.

    Its folder is not pytest's: PostgreSQL may run as another user, and each pytest closes that tree to others anew.
    """

    def __enter__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="mall-faults-")
        self.folder = Path(self._temporary.name)
        self._user = open(self.folder / "users.lock", "w")  # while it is held, nobody who leaves stops the server
        fcntl.flock(self._user, fcntl.LOCK_SH)
        self.start()
        self.manage("migrate", "--verbosity", "0")
        return self

    def __exit__(self, *exception):
        self._python("-c", STOP)
        self._user.close()
        self._temporary.cleanup()

    @property
    def environment(self):
        return os.environ | {
            "MALL_VAR": str(self.folder),
            "DATABASE_URL": self.url or "",
            "DJANGO_SETTINGS_MODULE": "pointsmall.settings",
        }

    def start(self):
        """Start, or start again: PostgreSQL replays its log first."""
        self.url = None
        self.url = self._python("-c", START).strip()

    def kill(self):
        """SIGKILL the postmaster and every process of it."""
        postmaster = psutil.Process(int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0]))
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):  # its children leave by themselves when it is gone
                process.kill()
        _, alive = psutil.wait_procs(processes, timeout=20)
        assert not alive, alive

    def manage(self, *arguments):
        return self._python("manage.py", *arguments)

    def _python(self, *arguments):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
