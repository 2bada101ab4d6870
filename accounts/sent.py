"""The last messages "sent", so that people and tests can read codes (``/dev/outbox/``). Never kept in production."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django_redis import get_redis_connection
from redis import RedisError

KEY = "mall:sent"
MOST = 100


@dataclass(frozen=True)
class Message:
    """``kind`` is ``sms`` or ``email``; ``at`` an ISO time; ``subject`` is empty for an SMS."""

    kind: str
    to: str
    text: str
    at: str
    subject: str = ""

    @property
    def time(self):
        """``at`` as a datetime."""
        return datetime.fromisoformat(self.at)


def keep(*, kind, to, text, at, subject=""):
    """Remember a message, except in production. Nothing fails if the cache is down: the message has been sent."""
    if settings.PRODUCTION:
        return
    message = Message(kind=kind, to=to, text=text, at=at.isoformat(), subject=subject)
    with suppress(RedisError):
        pipe = get_redis_connection("default").pipeline()
        pipe.lpush(KEY, json.dumps(asdict(message)))
        pipe.ltrim(KEY, 0, MOST - 1)
        pipe.execute()


def latest():
    """Kept ``Message``s, newest first; none while the cache is down."""
    try:
        rows = get_redis_connection("default").lrange(KEY, 0, MOST - 1)
    except RedisError:
        rows = ()
    return [Message(**json.loads(row)) for row in rows]
