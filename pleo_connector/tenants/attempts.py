"""How often somebody tried to log in, counted by all processes together: the cache of allauth.

Where Redis is away each process counts by itself, as with calls to far sides: people can still log
in, and whoever guesses gets at most the allowed tries of each process. Nothing else is kept here.
"""

import json
import logging
import time
from typing import Any, ClassVar

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

WITHOUT_REDIS = 30.0  # seconds until Redis is tried again
TIMEOUT = 1.0  # seconds for an answer of Redis

logger = logging.getLogger(__name__)


def redis_address(url: str) -> str:
    """An address as Celery writes it, as redis-py reads it."""
    return url.replace("redis+socket://", "unix://").replace("?virtual_host=", "?db=")


class Json:
    """What is read from Redis is never run, as a pickle would be."""

    def dumps(self, value: Any) -> str:
        return json.dumps(value)

    def loads(self, text: bytes) -> Any:
        return json.loads(text)


class Attempts(RedisCache):
    retry_at: ClassVar[float] = 0.0  # by this process's monotonic clock; 0 while Redis answers

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        times = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
        super().__init__(redis_address(server), params | {"OPTIONS": {"serializer": Json, **times}})
        self.own = LocMemCache("attempts", params)  # one a process, whatever the thread

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("set", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("delete", *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("has_key", *args, **kwargs)

    def clear(self) -> None:
        """Its own keys only: the same Redis carries messages and counts calls."""
        self.own.clear()
        client = self._cache.get_client(write=True)  # type: ignore[attr-defined]
        if keys := list(client.scan_iter(match=self.make_key("*"), count=1000)):
            client.delete(*keys)

    def _either(self, name: str, *args: Any, **kwargs: Any) -> Any:
        cls = type(self)
        if time.monotonic() >= cls.retry_at:
            try:
                found = getattr(super(), name)(*args, **kwargs)
            except RedisError as error:
                if not cls.retry_at:
                    logger.warning("Redis is away, each process counts log-ins itself: %s", error)
                cls.retry_at = time.monotonic() + WITHOUT_REDIS
            else:
                if cls.retry_at:
                    logger.info("Redis is back, and log-ins are counted together again.")
                cls.retry_at = 0.0
                return found
        return getattr(self.own, name)(*args, **kwargs)
