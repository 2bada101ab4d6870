"""What every entry point (manage.py, web server, worker, tests) does before Django loads."""

import os

from pointsmall import embedded


def prepare():
    """Name the settings and make sure that a database and a cache are there (H1).

    Where ``DATABASE_URL`` or ``REDIS_URL`` is not set, the embedded server is started, or attached to if another
    process of the mall already runs it, and its URL put into the environment. In production nothing is started:
    the settings refuse to load without real URLs.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pointsmall.settings")
    if os.environ.get("MALL_ENV") != "production":
        embedded.attach()
