"""Tries to log in are counted by all processes together, and go on being counted without Redis."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as product
from django.core.cache import cache, caches
from django.test import Client
from django.urls import reverse
from redis import Redis

from pleo_connector.tenants.attempts import Attempts, redis_address
from tests.app import factories
from tests.conftest import ROOT

WRONG = "not-the-password"
NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """No tries of other tests, and Redis is asked again."""
    Attempts.retry_at = 0.0
    cache.clear()
    yield
    Attempts.retry_at = 0.0


@pytest.fixture
def away(settings: Any) -> None:
    settings.CACHES = {"default": product.CACHES["default"] | {"LOCATION": NOWHERE}}
    without = caches["default"]
    assert isinstance(without, Attempts)
    without.own.clear()


def log_in(email: str, password: str) -> int:
    return (
        Client().post(reverse("account_login"), {"login": email, "password": password}).status_code
    )


@pytest.mark.django_db
def test_a_password_is_guessed_a_few_times_only() -> None:
    user = factories.make_user()
    for _ in range(5):
        assert log_in(user.email, WRONG) == 200
    assert log_in(user.email, "a-long-password") == 200  # not even the right one
    assert log_in(factories.make_user().email, "a-long-password") == 302  # others may


def test_what_one_process_counts_another_knows() -> None:
    cache.set("tries", [1.5], 60)
    script = (
        "import django; django.setup(); from django.core.cache import cache; "
        "print(cache.get('tries'), cache.add('tries', 1)); cache.set('more', True, 60)"
    )
    environ = {
        "DJANGO_SETTINGS_MODULE": "pleo_connector.settings",
        "ENVIRONMENT": "test",
        "REDIS_URL": product.REDIS_URL,
        "DATABASE_URL": "postgres://127.0.0.1/none",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[1.5] False"
    assert cache.get("more") is True


@pytest.mark.django_db
def test_without_redis_people_log_in_and_a_password_is_still_guessed_a_few_times_only(
    away: None, caplog: Any
) -> None:
    user, other = factories.make_user(), factories.make_user()
    assert log_in(other.email, "a-long-password") == 302
    for _ in range(5):
        assert log_in(user.email, WRONG) == 200
    assert log_in(user.email, "a-long-password") == 200
    assert caplog.text.count("Redis is away") == 1


def test_what_else_redis_keeps_is_not_cleared() -> None:
    with Redis.from_url(redis_address(product.REDIS_URL)) as redis:
        redis.set("calls:somebody", 7, ex=60)
        cache.set("tries", [1.5], 60)
        cache.clear()
        assert redis.get("calls:somebody") == b"7"
    assert cache.get("tries") is None


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis+socket:///run/redis.sock", "unix:///run/redis.sock"),
        ("redis+socket:///run/redis.sock?virtual_host=3", "unix:///run/redis.sock?db=3"),
        ("rediss://redis.example:6380/0", "rediss://redis.example:6380/0"),
    ],
)
def test_an_address_is_read_as_celery_writes_it(url: str, address: str) -> None:
    assert redis_address(url) == address
