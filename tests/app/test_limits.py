"""Rate limits are kept by all workers together: what would be too many is not sent."""

import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as product
from django.utils import timezone

from erp_adapters.base import RateWindow
from erp_adapters.errors import RateLimited
from erp_adapters.fake.adapter import FakeAdapter
from pleo_connector.connections.erp import open_erp, open_pleo
from pleo_connector.connections.limits import (
    PATIENCE,
    SYNC_SHARE,
    SharedThrottle,
    Windows,
    shared_windows,
)
from pleo_connector.exports.models import ExportJob, ExportJobItem
from pleo_connector.history.models import RemoteCall, Run
from tests.app.conftest import Desk, FakeErp

MINUTE, DAY = RateWindow(10, 60), RateWindow(25, 86400)


class Clock:
    """A moment that the test moves."""

    def __init__(self) -> None:
        self.now = timezone.now().timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def who() -> str:
    return f"erp:{uuid.uuid4()}"


@pytest.fixture
def worker(clock: Clock) -> Callable[[], Windows]:
    """Each call is another process's view of the same windows."""
    return lambda: Windows(product.REDIS_URL, clock=clock)


def takes(windows: Windows, who: str, *limits: RateWindow, share: float = 1.0) -> int:
    """How many calls in a row may be made."""
    count = 0
    while not windows.take(who, limits, share=share):
        count += 1
    return count


def test_a_window_is_shared_and_frees_as_time_passes(
    worker: Callable[[], Windows], clock: Clock, who: str
) -> None:
    one, other = worker(), worker()
    assert not one.take(who, [MINUTE])
    clock.now += 20
    assert takes(other, who, MINUTE) == 9
    assert one.take(who, [MINUTE]) == pytest.approx(40, abs=0.1)
    clock.now += 41
    assert takes(one, who, MINUTE) == 1
    clock.now += 61
    assert takes(other, who, MINUTE) == 10


def test_the_longest_window_counts_too(
    worker: Callable[[], Windows], clock: Clock, who: str
) -> None:
    windows, made = worker(), 0
    for _ in range(5):
        made += takes(windows, who, DAY, MINUTE)
        clock.now += 61
    assert made == 25
    assert windows.take(who, [DAY, MINUTE]) > 80_000


def test_others_have_windows_of_their_own(worker: Callable[[], Windows], who: str) -> None:
    windows = worker()
    assert takes(windows, who, MINUTE) == 10
    assert takes(windows, f"erp:{uuid.uuid4()}", MINUTE) == 10


def test_master_data_leaves_a_part_to_exports(worker: Callable[[], Windows], who: str) -> None:
    windows = worker()
    assert takes(windows, who, MINUTE, share=SYNC_SHARE) == 8
    assert takes(windows, who, MINUTE) == 2
    assert windows.take(who, [MINUTE], share=SYNC_SHARE)


def test_one_that_is_asked_to_wait_makes_all_wait(
    worker: Callable[[], Windows], clock: Clock, who: str
) -> None:
    one, other = worker(), worker()
    one.heard(who, [], 429, {"Retry-After": "30"})
    one.heard(who, [], 429, {"Retry-After": "5"})
    assert other.take(who, []) == pytest.approx(30, abs=0.1)
    clock.now += 31
    assert other.take(who, []) == 0


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"X-MinLimit-Remaining": "3"}, 3),
        ({"X-DayLimit-Remaining": "4"}, 4),
        ({"X-RateLimit-Remaining": "2"}, 2),
        ({"X-MinLimit-Remaining": "99"}, 10),
        ({"X-HourLimit-Remaining": "1"}, 10),
    ],
)
def test_what_the_far_side_counts_is_believed(
    worker: Callable[[], Windows], who: str, headers: dict[str, str], left: int
) -> None:
    """Somebody else may be using the same access."""
    windows = worker()
    windows.heard(who, [MINUTE, DAY], 200, headers)
    assert takes(windows, who, MINUTE, DAY) == left


def test_without_redis_each_process_counts_by_itself_and_says_so_once(
    who: str, caplog: pytest.LogCaptureFixture
) -> None:
    windows = Windows("redis://127.0.0.1:9/0")
    with caplog.at_level(logging.INFO):
        assert takes(windows, who, MINUTE) == 10
        windows.heard(who, [MINUTE], 429, {"Retry-After": "9"})
        windows.retry_at = 0  # the time to try again has come
        assert 8 < windows.take(who, [MINUTE]) <= 9
    assert [x.message[:13] for x in caplog.records] == ["Redis is away"]


def test_redis_that_is_back_is_used_again(who: str, caplog: pytest.LogCaptureFixture) -> None:
    windows, back = Windows("redis://127.0.0.1:9/0"), Windows(product.REDIS_URL)
    assert not windows.take(who, [MINUTE])
    windows.shared, windows.retry_at = back.shared, 0
    with caplog.at_level(logging.INFO):
        assert takes(windows, who, MINUTE) == 10
        assert takes(back, who, MINUTE) == 0
    assert [x.message[:13] for x in caplog.records] == ["Redis is away", "Redis is back"]


def test_a_moment_is_slept_out_and_no_more(
    worker: Callable[[], Windows], clock: Clock, who: str
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.now += seconds + 0.001

    windows = worker()
    short, long = [RateWindow(3, 1)], [MINUTE]
    throttle = SharedThrottle(
        windows, who=who, system="erp", label="Books", limits=short, sleep=sleep
    )
    for _ in range(9):
        throttle.acquire()
    assert len(slept) == 2
    assert max(slept) < PATIENCE
    throttle.limits = long
    for _ in range(10):
        throttle.acquire()
    with pytest.raises(RateLimited) as caught:
        throttle.acquire()
    assert caught.value.retry_after == pytest.approx(60, abs=2)
    assert "Books" in caught.value.message
    assert len(slept) == 2


# -- Against the simulator ------------------------------------------------------------------------


def answers(desk: Desk) -> list[int]:
    return [row["status"] for row in desk.simulator("GET", "/calls")["calls"]]


@pytest.mark.django_db
def test_many_workers_never_exceed_the_limit(desk: Desk, settings: Any) -> None:
    settings.PLEO_CALLS_PER_MINUTE = 40
    desk.simulator("PUT", "/switches", rate_limit_per_minute=40)
    pass_minute(desk)
    desk.simulator("POST", "/calls:clear")
    clients = [open_pleo(desk.connection) for _ in range(8)]
    for client in clients:
        client.introspect()  # in this thread, where the grant can be read

    def ask(number: int) -> bool:
        try:
            clients[number % len(clients)].introspect()
        except RateLimited:
            return False
        return True

    with ThreadPoolExecutor(len(clients)) as pool:
        passed = sum(pool.map(ask, range(80)))
    assert passed == 32
    assert answers(desk) == [200] * 40


def pass_minute(desk: Desk) -> None:
    """For us and for Pleo."""
    storage = shared_windows(product.REDIS_URL).shared
    storage.storage.delete(*storage.storage.keys(f"calls:*{desk.connection.public_id}*") or ["-"])
    desk.simulator("POST", "/clock", advanceSeconds=60)


@pytest.mark.django_db
def test_a_run_that_must_wait_gives_its_place_back_and_goes_on_by_itself(
    desk: Desk, fake_erp: FakeErp, settings: Any
) -> None:
    settings.PLEO_CALLS_PER_MINUTE = 5
    desk.simulator("PUT", "/switches", rate_limit_per_minute=5)
    pass_minute(desk)
    desk.simulator("POST", "/calls:clear")
    ids = desk.simulator.add(desk.company, "card_purchase", count=3, files=0)
    job = desk.export(entryIds=ids)
    run = job.run
    assert (run.state, run.waiting_for) == (Run.State.WAITING, "Pleo")
    assert run.waiting_until is not None
    assert 30 < (run.waiting_until - timezone.now()).total_seconds() <= 60
    assert desk.connection.lease_until is None
    assert desk.connection.wake_at is not None
    assert abs((desk.connection.wake_at - run.waiting_until).total_seconds()) < 5
    called = RemoteCall.objects.filter(attempt__run=run, system="pleo")
    assert {call.status for call in called} <= {200, 202}
    for _ in range(4):
        pass_minute(desk)
        desk.work()
    job.refresh_from_db()
    assert job.status == "completed"
    assert {i.status for i in job.items.all()} == {ExportJobItem.Status.SUCCESSFUL}
    assert len(fake_erp.vouchers) == 3
    assert 429 not in answers(desk)


@pytest.mark.django_db
def test_an_erps_limit_is_kept_as_its_adapter_names_it(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp = open_erp(desk.connection)
    throttle: Any = erp.door.throttle  # type: ignore[attr-defined]
    assert throttle.limits == erp.capabilities.rate_limits
    throttle.limits = (RateWindow(2, 60),)
    erp.company()
    erp.company()
    with pytest.raises(RateLimited):
        erp.company()


@pytest.mark.django_db
def test_a_run_waits_for_an_erp_that_takes_few_calls_and_books_once(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(FakeAdapter.capabilities, batch_size=2, rate_limits=(RateWindow(12, 60),))
    monkeypatch.setattr(FakeAdapter, "capabilities", few)
    ids = desk.simulator.add(desk.company, "card_purchase", count=12, files=1)
    job = desk.export(entryIds=ids)
    waits = 0
    while not job.run.is_over and waits < 9:
        assert (job.run.state, job.run.waiting_for) == (Run.State.WAITING, "Fake ERP")
        assert desk.connection.lease_until is None
        waits += 1
        pass_minute(desk)
        desk.work()
        job = ExportJob.objects.select_related("run").get(pk=job.pk)
    assert (job.status, waits > 0) == ("completed", True)
    assert sorted(x["reference"] for x in fake_erp.vouchers) == sorted(f"pleo:{i}" for i in ids)
    assert {len(x["attachments"]) for x in fake_erp.vouchers} == {1}


@pytest.mark.django_db
def test_a_pause_that_outlasts_the_job_is_told_at_once(desk: Desk, fake_erp: FakeErp) -> None:
    """Else the job would die at Pleo without a reason."""
    fake_erp.fault("GET /company", status=429, headers={"Retry-After": "21600"})
    ids = desk.simulator.add(desk.company, "card_purchase", files=0)
    job = desk.export(entryIds=ids)
    assert (job.status, job.failure_type) == ("failed", "accounting_system_rate_limit")
    at_pleo = desk.simulator.job(str(job.pleo_job_id)).job
    assert at_pleo["failureReasonType"] == "accounting_system_rate_limit"
