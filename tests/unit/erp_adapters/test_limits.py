"""What headers say of limits, in the dialects that are about."""

import pytest
from requests.structures import CaseInsensitiveDict

from erp_adapters.limits import Told, pause_asked, told

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "windows"),
    [
        ({"X-MinLimit-Remaining": "59", "X-DayLimit-Remaining": "4999"}, [(59, 60), (4999, 86400)]),
        ({"X-AppMinLimit-Remaining": "9999"}, [(9999, 60)]),
        ({"X-RateLimit-Remaining": "12"}, [(12, None)]),
        ({"RateLimit-Remaining": "12"}, [(12, None)]),
        ({"x-ratelimit-remaining-minute": "3"}, [(3, 60)]),
        ({"X-RateLimit-Remaining-Day": " 7 "}, [(7, 86400)]),
        ({"X-Rate-Limit-Remaining": "-2"}, [(0, None)]),
        ({"RateLimit": '"default";r=50;t=30'}, [(50, None)]),
        ({"X-RateLimit-Remaining": "plenty"}, []),
        ({"X-RateLimit-Limit": "60", "Content-Type": "text/html"}, []),
        ({"RateLimit": "unlimited"}, []),
    ],
)
def test_what_is_left_is_read(
    headers: dict[str, str], windows: list[tuple[int, int | None]]
) -> None:
    found = told(CaseInsensitiveDict(headers), now=NOW)
    assert [(x.remaining, x.seconds) for x in found] == windows


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("30", 30.0),
        ("1800000045", 45.0),
        ("1800000045000", 45.0),
        ("2027-01-15T08:00:45Z", 45.0),
        ("Fri, 15 Jan 2027 08:00:45 GMT", 45.0),
        ("1700000000", 0.0),
        ("nan", None),
        ("later", None),
        ("", None),
    ],
)
def test_when_it_resets_is_a_duration_or_a_moment(reset: str, seconds: float | None) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    assert told(headers, now=NOW) == [Told(0, None, seconds)]


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (503, {"Retry-After": "7"}, 7.0),
        (200, {"Retry-After": "7"}, 0.0),
        (429, {}, 0.0),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9"}, 9.0),
        (200, {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "9"}, 0.0),
        (429, {"Retry-After": "7", "RateLimit": '"day";r=0;t=90'}, 90.0),
        (429, {"Retry-After": "99999999"}, 86400.0),
    ],
)
def test_how_long_nothing_may_be_sent(status: int, headers: dict[str, str], seconds: float) -> None:
    assert pause_asked(status, CaseInsensitiveDict(headers), now=NOW) == seconds
