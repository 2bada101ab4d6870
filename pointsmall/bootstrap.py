"""What every entry point (manage.py, web server, worker, tests) does before Django loads."""

import os

from pointsmall import embedded

SERVERS = ("DATABASE_URL", "REDIS_URL")


def prepare():
    """Name the settings and make sure that a database and a cache are there (H1).

    Where neither ``DATABASE_URL`` nor ``REDIS_URL`` is set, this is somebody's own machine: ``MALL_ENV`` is development
    unless it says otherwise. Where one is set, whose mall it is must be said: the settings refuse to guess.

    A server whose URL is missing is started, or attached to if another process of the mall already runs it, and its
    URL put into the environment. In production nothing is started: the settings refuse to load without real URLs.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pointsmall.settings")
    if not os.environ.get("MALL_ENV"):
        if any(os.environ.get(name) for name in SERVERS):
            return
        os.environ["MALL_ENV"] = "development"
    if os.environ["MALL_ENV"] != "production":
        embedded.attach()
