"""How the web server is started, wherever it is."""

PROCESSES = 2
THREADS = 4
# A process that has so many connections leaves new ones to the others. Without it the first to wake takes hundreds, and
# visitors wait in its queue while the other process has nothing to do.
MOST_CONNECTIONS = 32


def web_server(address):
    """The command line of gunicorn: ``address`` is ``host:port``."""
    return [
        "gunicorn", "pointsmall.wsgi", "--bind", address, "--worker-class", "gthread", "--workers", str(PROCESSES),
        "--threads", str(THREADS), "--worker-connections", str(MOST_CONNECTIONS), "--log-level", "warning",
    ]  # fmt: skip
