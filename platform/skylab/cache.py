"""The cache: Redis, and without it nothing is cached. Rate limits are counted in it, so a lost broker must not stop sign-in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache

log = logging.getLogger(__name__)


def _or(default: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator: where the broker does not answer, say so once a call and go on with the default."""

    def wrap(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return method(self, *args, **kwargs)
            except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
                log.warning("the cache does not answer: %s", error)
                return default

        return guarded

    return wrap


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, whose absence is a miss."""

    add = _or(True)(RedisCache.add)
    set = _or(None)(RedisCache.set)
    touch = _or(False)(RedisCache.touch)
    delete = _or(False)(RedisCache.delete)
    get_many = _or({})(RedisCache.get_many)
    set_many = _or([])(RedisCache.set_many)
    delete_many = _or(None)(RedisCache.delete_many)
    has_key = _or(False)(RedisCache.has_key)
    incr = _or(1)(RedisCache.incr)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return what is kept, or the default."""
        return _or(default)(RedisCache.get)(self, key, default, version)
