"""PostgreSQL and Valkey for a machine that has neither (H1).

Both are real servers from Python packages, with their data in ``var/`` of the project. Any number of processes may use
them at once. Each user holds a shared ``flock`` on ``var/users.lock``, which the kernel releases however the process
ends, so a killed process is never counted. The last user stops the servers; the next process takes over servers that a
killed process left running.
"""

import atexit
import contextlib
import fcntl
import os
from pathlib import Path

from pointsmall.embedded import postgres, valkey

PROJECT = Path(__file__).resolve().parents[2]
SERVERS = {"DATABASE_URL": postgres, "REDIS_URL": valkey}

_ours = set()  # variables that name a server of ours


def var_dir():
    """The folder that holds the servers' data; ``MALL_VAR`` moves it."""
    return Path(os.environ.get("MALL_VAR", PROJECT / "var")).resolve()


def attach():
    """Set ``DATABASE_URL`` and ``REDIS_URL`` where they are missing, starting the servers that are needed."""
    missing = [variable for variable in SERVERS if not os.environ.get(variable)]
    if not missing:
        return
    var = var_dir()
    var.mkdir(parents=True, exist_ok=True)
    users = open(var / "users.lock", "w")  # noqa: SIM115 - held open until this process ends
    with _exclusive(var):
        fcntl.flock(users, fcntl.LOCK_SH)
        atexit.register(_leave, users, os.getpid())  # before they start, so that an interrupt also releases them
        for variable in missing:
            server = SERVERS[variable]
            os.environ[variable] = server.start(var / server.NAME)
            _ours.add(variable)


def revive():
    """Restart servers of this process that died, at their old addresses; returns their names."""
    var = var_dir()
    ours = [server for variable, server in SERVERS.items() if variable in _ours]
    dead = [server for server in ours if not server.is_running(var / server.NAME)]
    if dead:
        with _exclusive(var):
            for server in dead:
                server.start(var / server.NAME)
    return [server.NAME for server in dead]


def stop():
    """Stop both servers, even if they are in use."""
    var = var_dir()
    with _exclusive(var):
        _stop(var)


def _leave(users, pid):
    if os.getpid() != pid:  # a forked child shares the parent's lock and must not end it
        return
    var = var_dir()
    with _exclusive(var):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else still uses them
        _stop(var)


def _stop(var):
    for server in SERVERS.values():
        server.stop(var / server.NAME)


@contextlib.contextmanager
def _exclusive(var):
    """Lets only one process at a time start or stop servers."""
    with open(var / "start.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
