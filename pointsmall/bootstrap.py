"""Preparation by every entry point (manage.py, web server, worker, tests) before Django loads."""

import os

from pointsmall import embedded

SERVERS = ("DATABASE_URL", "REDIS_URL")


def prepare():
    """Set the settings module and make sure that a database and a cache exist (H1).

    If neither ``DATABASE_URL`` nor ``REDIS_URL`` is set, this is a developer's machine and ``MALL_ENV`` defaults to
    development. If one is set, ``MALL_ENV`` must be set too: the settings refuse to guess.

    A server whose URL is missing is started, or joined if another process of the mall already runs it, and its URL is
    put into the environment. In production nothing is started: the settings refuse to load without real URLs.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pointsmall.settings")
    if not os.environ.get("MALL_ENV"):
        if any(os.environ.get(name) for name in SERVERS):
            return
        os.environ["MALL_ENV"] = "development"
    if os.environ["MALL_ENV"] != "production":
        embedded.attach()
