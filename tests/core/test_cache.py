"""What lies on the cache server is JSON, and the mall does without the server while it is away."""

import logging
import pickle
from time import monotonic

import pytest
from django.conf import settings
from django.core.cache import cache
from django_redis import get_redis_connection

from core.cache import ASK_AGAIN_S, Cache, is_away


class Bomb:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return self.mark.mkdir, ()


def raw_write(key, value):
    get_redis_connection("default").set(cache.client.make_key(key), value)


def test_a_pickle_on_the_server_does_not_run(tmp_path):
    mark = tmp_path / "mark"
    raw_write("key", pickle.dumps(Bomb(mark)))
    assert cache.get("key", "nothing") == "nothing"
    assert cache.get_many(["key"]) == {}
    assert not mark.exists()


@pytest.mark.parametrize(
    "value", [True, 0, 12, 1.5, "text", "中文", None, [1, "a"], {"a": [1.25]}, b"x".hex()], ids=repr
)
def test_what_is_cached_comes_back(value):
    cache.set("key", value, 60)
    assert cache.get("key", "nothing") == value


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(TypeError):
        cache.set("key", Bomb(None), 60)


def test_while_the_server_is_away_the_process_remembers(cache_server):
    cache.set("before", 1, 60)
    cache_server.is_there = False
    assert cache.get("before", "nothing") == "nothing"
    assert cache.add("key", 1, 60)
    assert not cache.add("key", 2, 60)
    assert cache.incr("key") == 2
    assert (cache.get("key"), cache.get_many(["key", "other"])) == (2, {"key": 2})
    with pytest.raises(ValueError, match="not found"):
        cache.incr("other")
    cache.delete("key")
    assert "key" not in cache


def test_a_server_that_is_away_is_asked_by_one_at_a_time_and_used_again_when_it_is_back(cache_server):
    cache.set("key", "on the server", 60)
    cache_server.is_there = False
    cache_server.asked = 0
    for _ in range(20):
        cache.set("key", "here", 60)
    assert cache_server.asked == 1
    assert is_away()
    cache_server.is_there = True
    assert cache.get("key") == "here"  # nobody asks yet
    cache_server.passed_s += ASK_AGAIN_S + 0.1
    assert cache.get("key") == "on the server"
    assert not is_away()
    cache_server.is_there = False
    assert cache.get("key") is None  # what was remembered the last time is not believed the next


def test_going_away_and_coming_back_are_each_said_once(cache_server, caplog):
    caplog.set_level(logging.INFO)
    cache_server.is_there = False
    for _ in range(3):
        cache.get("key")
        cache_server.passed_s += ASK_AGAIN_S + 0.1
    cache_server.is_there = True
    cache.get("key")
    cache.get("key")
    assert [record.msg["event"] for record in caplog.records] == ["cache_away", "cache_back"]


def test_a_pipeline_is_not_tried_either_while_the_server_is_away(cache_server):
    cache_server.is_there = False
    cache.get("key")
    cache_server.is_there = True
    cache.set_many({"key": "here"})
    cache_server.passed_s += ASK_AGAIN_S + 0.1
    assert cache.get("key") is None


def test_a_server_that_hangs_costs_half_a_second_once(silent_server):
    hanging = Cache(silent_server, settings.CACHES["default"])
    began = monotonic()
    for _ in range(20):
        hanging.set("key", 1, 60)
        hanging.set_many({"other": 2}, 60)
    assert 0.4 < monotonic() - began < 1
    assert hanging.get_many(["key", "other"]) == {"key": 1, "other": 2}
    assert is_away()
