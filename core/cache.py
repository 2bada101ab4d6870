"""The cache server, and what happens while it is down.

Nothing that must be right is kept there: sessions, limits, points and stock are in PostgreSQL. Values are stored as
JSON, never as pickles: somebody who can write to the server must not be able to run code here.

While the server is down, each process caches in its own memory and the mall gets slower. The server is asked again at
most every ``ASK_AGAIN_S`` seconds, by one caller at a time, who waits half a second (``CACHES``); all others use the
memory at once. When the server answers again, it is used again. Every outage begins with an empty memory.
"""

import functools
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import structlog
from django.core.cache.backends.locmem import LocMemCache
from django_redis import get_redis_connection
from django_redis.cache import RedisCache
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ConnectionError, RedisError, TimeoutError

log = structlog.get_logger(__name__)

ASK_AGAIN_S = 2
MOST_ENTRIES = 10_000  # of a process's own memory

_own = LocMemCache("instead", {"OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES}})
_ask_at = 0.0  # when the server may be asked again; 0 while it answers


def is_away() -> bool:
    """Whether the server did not answer the last call."""
    return _ask_at > 0


def ask() -> None:
    """Raises a ``RedisError`` if the server does not answer or is known to be down."""
    get_redis_connection("default").ping()


class Client(Redis):
    """A client that does not wait for a server that is known to be down."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        return _asked(super().execute_command, *args, **options)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class _Pipeline(Pipeline):
    def execute(self, raise_on_error: bool = True) -> Any:
        return _asked(super().execute, raise_on_error)


def _asked(command: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The server's answer to ``command``. Raises a ``ConnectionError`` at once if the server is known to be down."""
    global _ask_at
    if is_away():
        if monotonic() < _ask_at:
            raise ConnectionError("the cache server is away")
        _ask_at = monotonic() + ASK_AGAIN_S  # other callers do not wait while this one asks
    try:
        result = command(*args, **options)
    except (ConnectionError, TimeoutError) as error:
        if not is_away():
            log.warning("cache_away", error=type(error).__name__)
            _own.clear()
        _ask_at = monotonic() + ASK_AGAIN_S
        raise
    if is_away():
        log.info("cache_back")
        _ask_at = 0.0
    return result


def _or_own(name: str) -> Callable[..., Any]:
    """The method ``name`` of the server's cache; if the server refuses or is down, that of the process's own cache."""
    server, own = getattr(RedisCache, name), getattr(LocMemCache, name)

    @functools.wraps(own)
    def ask(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return server(self, *args, **kwargs)
        except RedisError:
            return own(_own, *args, **kwargs)

    return ask


class Cache(RedisCache):
    """Django's cache on the server, or in this process's memory while the server is down."""

    add = _or_own("add")
    set = _or_own("set")
    touch = _or_own("touch")
    delete = _or_own("delete")
    incr = _or_own("incr")
    decr = _or_own("decr")
    has_key = _or_own("has_key")
    set_many = _or_own("set_many")
    delete_many = _or_own("delete_many")
    clear = _or_own("clear")
    _read = _or_own("get")
    _read_many = _or_own("get_many")

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """As Django's; a value that is not JSON was not written by us and counts as missing."""
        try:
            return self._read(key, default, version)
        except ValueError:
            return default

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        """As Django's; empty if one of the values is not JSON."""
        try:
            return dict(self._read_many(keys, version))
        except ValueError:
            return {}
