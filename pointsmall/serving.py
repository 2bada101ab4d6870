"""The command line of the web server, for every environment."""

PROCESSES = 2
THREADS = 4
# A process with this many connections leaves new ones to the others. Without a limit the first process to wake takes
# hundreds, and visitors wait in its queue while the other process is idle.
MOST_CONNECTIONS = 32


def web_server(address):
    """The command line of gunicorn: ``address`` is ``host:port``."""
    return [
        "gunicorn", "pointsmall.wsgi", "--bind", address, "--worker-class", "gthread", "--workers", str(PROCESSES),
        "--threads", str(THREADS), "--worker-connections", str(MOST_CONNECTIONS), "--log-level", "warning",
    ]  # fmt: skip
