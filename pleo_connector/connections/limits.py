"""Rate limits that all workers keep together: moving windows in Redis, one set per far side.

A call that would be too many is not made. A moment is waited for on the spot; for longer the caller
gets RateLimited and gives its worker back. Where Redis is away each process keeps a window of its
own: nothing stands still, and at worst the far side says 429, which is waited for as well.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property

from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from erp_adapters.base import RateWindow
from erp_adapters.errors import RateLimited, System
from erp_adapters.limits import pause_asked, told

# Seconds slept on the spot: a lease lasts many times that, and to begin a run again costs calls.
PATIENCE = 5.0
SHORTEST = 0.01  # seconds between two tries
WITHOUT_REDIS = 30.0  # seconds until Redis is tried again
SYNC_SHARE = 0.8  # of a window that master data may use up: exports come first
TIMEOUT = 1.0  # seconds for an answer of Redis

Clock = Callable[[], float]
logger = logging.getLogger(__name__)


class SharedStorage(RedisStorage):
    """By the clock of the Redis server, as those of the workers' machines may differ."""

    def __init__(self, address: str, *, clock: Clock | None = None) -> None:
        super().__init__(
            address.replace("redis+socket://", "redis+unix://"),
            key_prefix="calls",
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
        )
        self.clock = clock

    def now(self) -> float:
        if self.clock:
            return self.clock()
        seconds, micros = self.storage.time()
        return float(seconds) + float(micros) / 1e6

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        values = [self.now(), limit, expiry, amount]
        return bool(self.lua_acquire_moving_window([self.prefixed_key(key)], values))

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        now = self.now()
        found = self.lua_moving_window([self.prefixed_key(key)], [now - expiry, limit])
        return (float(found[0]), int(found[1])) if found else (now, 0)

    def pause(self, who: str, seconds: float) -> None:
        if seconds > self.paused_for(who):
            until = self.now() + seconds
            self.storage.set(self._paused(who), until, px=max(int(seconds * 1000), 1))

    def paused_for(self, who: str) -> float:
        until = self.storage.get(self._paused(who))
        return max(float(until) - self.now(), 0.0) if until else 0.0

    def _paused(self, who: str) -> str:
        return self.prefixed_key(f"paused:{who}")


class OwnStorage(MemoryStorage):
    """What one process knows by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.until: dict[str, float] = {}

    def now(self) -> float:
        return time.time()

    def pause(self, who: str, seconds: float) -> None:
        self.until[who] = max(self.until.get(who, 0.0), self.now() + seconds)

    def paused_for(self, who: str) -> float:
        return max(self.until.get(who, 0.0) - self.now(), 0.0)


Storage = SharedStorage | OwnStorage


class Windows:
    """The calls that were made, by far side."""

    def __init__(self, address: str, *, clock: Clock | None = None) -> None:
        self.shared = SharedStorage(address, clock=clock)
        self.is_away = False
        self.retry_at = 0.0  # by this process's monotonic clock

    @cached_property
    def own(self) -> OwnStorage:
        """Made when it is needed first, in the process that needs it."""
        return OwnStorage()

    def take(self, who: str, windows: Sequence[RateWindow], *, share: float = 1.0) -> float:
        """0 where one call may be made now, which is counted then; else seconds to wait.

        `share` is the part of each window that may be full before this caller has to wait.
        """
        return self._with_storage(lambda storage: _take(storage, who, windows, share))

    def heard(
        self,
        who: str,
        windows: Sequence[RateWindow],
        status: int,
        headers: Mapping[str, str],
    ) -> None:
        self._with_storage(lambda storage: _heard(storage, who, windows, status, headers))

    def _with_storage(self, do: Callable[[Storage], float]) -> float:
        if self.is_away and time.monotonic() < self.retry_at:
            return do(self.own)
        try:
            done = do(self.shared)
        except RedisError as error:
            self._without_redis(error)
            return do(self.own)
        if self.is_away:
            self.is_away = False
            logger.info("Redis is back, and rate limits are kept together again.")
        return done

    def _without_redis(self, error: RedisError) -> None:
        self.retry_at = time.monotonic() + WITHOUT_REDIS
        if not self.is_away:
            self.is_away = True
            logger.warning("Redis is away, so each process keeps rate limits by itself: %s", error)


def _take(storage: Storage, who: str, windows: Sequence[RateWindow], share: float) -> float:
    """The shortest window first: what it refuses is not counted in the longer ones."""
    if paused := storage.paused_for(who):
        return max(paused, SHORTEST)
    limiter = MovingWindowRateLimiter(storage)
    for window in sorted(windows, key=lambda x: x.seconds):
        item = _item(window)
        reserved = window.calls - int(window.calls * share)
        is_free = not reserved or limiter.test(item, who, cost=reserved + 1)
        if not is_free or not limiter.hit(item, who):
            free_at = limiter.get_window_stats(item, who).reset_time
            return min(max(free_at - storage.now(), SHORTEST), float(window.seconds))
    return 0.0


def _heard(
    storage: Storage,
    who: str,
    windows: Sequence[RateWindow],
    status: int,
    headers: Mapping[str, str],
) -> float:
    """What the far side says counts for more than what we counted."""
    now = time.time()
    if pause := pause_asked(status, headers, now=now):
        storage.pause(who, pause)
    limiter = MovingWindowRateLimiter(storage)
    for said in told(headers, now=now):
        window = _spoken_of(said.seconds, windows)
        if window is None or (said.remaining == 0 and said.resets_in):
            continue
        item = _item(window)
        unknown = limiter.get_window_stats(item, who).remaining - said.remaining
        if unknown > 0:  # calls of somebody else
            limiter.hit(item, who, cost=unknown)
    return 0.0


def _spoken_of(seconds: int | None, windows: Sequence[RateWindow]) -> RateWindow | None:
    fitting = [x for x in windows if seconds in (None, x.seconds)]
    return min(fitting, key=lambda x: x.seconds, default=None)


def _item(window: RateWindow) -> RateLimitItem:
    return RateLimitItemPerSecond(window.calls, window.seconds)


class SharedThrottle:
    """A far side's `Throttle` (erp_adapters.limits) for one worker."""

    def __init__(
        self,
        windows: Windows,
        *,
        who: str,
        system: System,
        label: str,
        limits: Sequence[RateWindow] = (),
        share: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.windows = windows
        self.who = who
        self.system: System = system
        self.label = label
        self.limits = limits
        self.share = share
        self.sleep = sleep

    def acquire(self) -> None:
        slept = 0.0
        while wait := self.windows.take(self.who, self.limits, share=self.share):
            if slept + wait > PATIENCE:
                message = f"{self.label} takes no more calls from us for the moment."
                raise RateLimited(message, system=self.system, retry_after=wait)
            self.sleep(wait)
            slept += wait

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        self.windows.heard(self.who, self.limits, status, headers)


@cache
def shared_windows(address: str) -> Windows:
    """Of this process; its connections are made anew in a fork."""
    return Windows(address)


def throttle_for(
    public_id: object,
    *,
    system: System,
    label: str,
    limits: Sequence[RateWindow] = (),
    is_sync: bool = False,
) -> SharedThrottle:
    """Of one connection and one of its two far sides. A connection has one grant at Pleo."""
    return SharedThrottle(
        shared_windows(settings.REDIS_URL),
        who=f"{system}:{public_id}",
        system=system,
        label=label,
        limits=limits,
        share=SYNC_SHARE if is_sync else 1.0,
    )
