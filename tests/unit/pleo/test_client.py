"""Our client of Pleo's API against a scripted far side."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from erp_adapters.errors import (
    AuthenticationFailed,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RemoteError,
    Unavailable,
)
from erp_adapters.reply import Call
from pleo_connector.pleo.client import ItemResult, Job, PleoClient, parse_timestamp, timestamp
from tests.unit.pleo.scripted import Play, Script, answer, no_answer, raw_answer, truncated

COMPANY = UUID("aaaaaaaa-0000-4000-8000-000000000001")
JOB = UUID("33333333-3333-4333-8333-333333333333")
ENTRY = UUID("11111111-1111-4111-8111-111111111111")
# What the contract requires of a job, and nothing else.
ROW: dict[str, Any] = {
    "id": str(JOB),
    "companyId": str(COMPANY),
    "status": "pending",
    "createdAt": "2026-05-04T08:00:00Z",
    "isInteractive": True,
    "numberOfItems": 2,
    "expiresIn": 3600,
    "vendorBasedBookkeeping": False,
}
Read = Callable[[PleoClient], object]


class Wallet:
    """Hands out one token after the other."""

    def __init__(self, *headers: str) -> None:
        self.headers = list(headers)
        self.refused: list[str | None] = []

    def header(self, *, refused: str | None = None) -> str:
        self.refused.append(refused)
        return self.headers[min(len(self.refused), len(self.headers)) - 1]


def client(script: Script, wallet: Wallet | None = None, **more: Any) -> PleoClient:
    return PleoClient(
        base_url=script.url,
        authorizer=wallet or Wallet("Bearer one", "Bearer two"),
        allow_private=True,
        **more,
    )


def page(*rows: Any, cursor: str | None = None, **more: Any) -> Play:
    block: dict[str, Any] = {"currentRequestPagination": {"parameters": {}}}
    block |= {"hasNextPage": cursor is not None, "hasPreviousPage": False}
    block |= {"endCursor": cursor} if cursor else {}
    return answer({"data": list(rows), "pagination": block | more})


def refusal(kind: str, status: int, message: str = "Because.") -> Play:
    return answer({"type": kind, "message": message}, status)


def read_jobs(pleo: PleoClient) -> list[Job]:
    return pleo.unfinished_jobs(COMPANY)


def write_event(pleo: PleoClient) -> None:
    pleo.job_event(JOB, "started")


# Lists


def test_a_list_is_read_to_its_end(script: Script) -> None:
    script.play(
        page({"n": 1}, {"n": 2}, cursor="AA=="), page({"n": 3}, cursor="BB=="), page({"n": 4})
    )
    assert [row["n"] for row in client(script).export_items(JOB)] == [1, 2, 3, 4]
    assert [request.query.get("after") for request in script.requests] == [None, ["AA=="], ["BB=="]]
    for request in script.requests:
        assert request.path == "/v3/export-items"
        assert request.query["job_id"] == [str(JOB)]
        assert request.query["limit"] == ["100"]


def test_an_empty_page_may_be_followed_by_a_full_one(script: Script) -> None:
    script.play(page(cursor="AA=="), page({"n": 1}))
    assert [row["n"] for row in client(script).export_items(JOB)] == [1]


@pytest.mark.parametrize(
    "plays",
    [
        [page({}, cursor="AA=="), page({}, cursor="AA==")],
        [page({}, cursor="AA=="), page({}, cursor="BB=="), page({}, cursor="AA==")],
        [page({}, hasNextPage=True)],
        [page({}, hasNextPage=True, endCursor=None)],
    ],
    ids=["same cursor", "a circle", "no cursor", "null cursor"],
)
def test_a_list_that_does_not_end_is_no_list(script: Script, plays: list[Play]) -> None:
    script.play(*plays)
    with pytest.raises(Unavailable, match="does not end"):
        list(client(script).export_items(JOB))
    assert len(script.requests) == len(plays)


def test_a_list_that_breaks_on_the_way_is_no_list(script: Script) -> None:
    script.play(page({"n": 1}, cursor="AA=="), truncated())
    with pytest.raises(Unavailable):
        list(client(script).export_items(JOB))


def test_statuses_repeat_their_name_and_jobs_come_oldest_first(script: Script) -> None:
    other = ROW | {"id": str(ENTRY)}
    script.play(
        page(
            ROW | {"createdAt": "2026-05-04T08:00:00.5Z"},
            other | {"createdAt": "2026-05-04T08:00:00.123456789Z"},
        )
    )
    assert [job.id for job in read_jobs(client(script))] == [ENTRY, JOB]
    query = script.requests[0].query
    assert query["statuses"] == ["pending", "in_progress"]
    assert query["company_id"] == [str(COMPANY)]


# What may be absent, null or new


@pytest.mark.parametrize(
    "absent",
    [
        {},
        dict.fromkeys(("createdBy", "startedAt", "failureReason", "failureReasonType")),
        {"somethingNew": {"a": [1]}},
    ],
    ids=["absent", "null", "more"],
)
def test_a_job_of_the_required_members_is_enough(script: Script, absent: dict[str, Any]) -> None:
    script.play(answer({"data": ROW | absent}))
    assert client(script).job(JOB) == Job(
        id=JOB,
        company_id=COMPANY,
        status="pending",
        created_at=datetime(2026, 5, 4, 8, tzinfo=UTC),
        number_of_items=2,
        vendor_based_bookkeeping=False,
    )


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        ("pending", False),
        ("in_progress", False),
        ("completed", True),
        ("completed_with_errors", True),
        ("failed", True),
        ("on_the_moon", True),
    ],
)
def test_a_job_s_status_is_an_open_set(script: Script, status: str, finished: bool) -> None:
    script.play(answer({"data": ROW | {"status": status, "failureReasonType": "sun_went_down"}}))
    job = client(script).job(JOB)
    assert (job.status, job.is_finished) == (status, finished)
    assert job.failure_type == "sun_went_down"


@pytest.mark.parametrize(
    ("member", "status", "final"),
    [
        ({"status": "successful"}, "successful", True),
        ({"status": "abandoned"}, "abandoned", True),
        ({"status": "in_progress"}, "in_progress", False),
        ({"status": "on_the_moon"}, "on_the_moon", False),
        ({"status": None}, "pending", False),
        ({}, "pending", False),
    ],
)
def test_an_item_s_status_may_be_new_or_absent(
    script: Script, member: dict[str, Any], status: str, final: bool
) -> None:
    script.play(page({"accountingEntryId": str(ENTRY), "exportJobId": str(JOB)} | member))
    (item,) = client(script).job_items(JOB)
    assert (item.accounting_entry_id, item.status, item.is_final) == (ENTRY, status, final)


@pytest.mark.parametrize(
    ("fraction", "micros"),
    [
        ("", 0),
        (".5", 500_000),
        (".53", 530_000),
        (".530", 530_000),
        (".5304", 530_400),
        (".53045", 530_450),
        (".530450", 530_450),
        (".5304507", 530_450),
        (".53045071", 530_450),
        (".530450712", 530_450),
    ],
)
@pytest.mark.parametrize("zone", ["Z", "+00:00", "+02:00"])
def test_timestamps_have_none_to_nine_digits(fraction: str, micros: int, zone: str) -> None:
    moment = parse_timestamp(f"2025-02-21T10:05:43{fraction}{zone}")
    hours = 2 if zone == "+02:00" else 0
    assert moment == datetime(2025, 2, 21, 10 - hours, 5, 43, micros, tzinfo=UTC)
    assert moment.tzinfo is not None


def test_a_timestamp_is_sent_in_utc_and_whole_seconds() -> None:
    zone = datetime.fromisoformat("2026-05-04T10:15:00.999+02:00")
    assert timestamp(zone) == "2026-05-04T08:15:00Z"


# Introspection


@pytest.mark.parametrize(
    ("facts", "company", "scopes"),
    [
        (
            {"subjectURN": f"urn:pleo:company:{COMPANY}", "scope": "a:read b:write"},
            COMPANY,
            {"a:read", "b:write"},
        ),
        ({"subjectURN": f"urn:pleo:organisation:{COMPANY}", "scope": "a:read"}, None, {"a:read"}),
        ({"scope": ""}, None, set()),
        ({"subjectURN": None, "scope": None}, None, set()),
    ],
)
def test_introspection_names_a_company_or_none(
    script: Script, facts: dict[str, Any], company: UUID | None, scopes: set[str]
) -> None:
    script.play(answer({"data": {"authMethod": "OAUTH2", "clientId": "c", **facts}}))
    me = client(script).introspect()
    assert (me.company_id, set(me.scopes)) == (company, scopes)


# Credentials


def test_an_api_key_is_a_user_name_with_an_empty_password(script: Script) -> None:
    header = f"Basic {b64encode(b'plp_key:').decode()}"
    script.play(answer({"data": ROW}))
    client(script, Wallet(header)).job(JOB)
    assert script.requests[0].headers["authorization"] == header


@pytest.mark.parametrize("call", [read_jobs, write_event])
def test_a_401_is_refreshed_and_repeated_once(script: Script, call: Read) -> None:
    wallet = Wallet("Bearer one", "Bearer two")
    script.play(refusal("UNAUTHORIZED", 401, "JWT is expired"), page())
    call(client(script, wallet))
    assert wallet.refused == [None, "Bearer one"]
    first, second = script.requests
    assert first.headers["authorization"] == "Bearer one"
    assert second.headers["authorization"] == "Bearer two"
    assert (first.method, first.target, first.body) == (second.method, second.target, second.body)


@pytest.mark.parametrize("call", [read_jobs, write_event])
def test_a_second_401_ends_it(script: Script, call: Read) -> None:
    wallet = Wallet("Bearer one", "Bearer two", "Bearer three")
    script.play(refusal("UNAUTHORIZED", 401))
    with pytest.raises(AuthenticationFailed) as caught:
        call(client(script, wallet))
    assert caught.value.system == "pleo"
    assert len(script.requests) == 2


def test_a_token_is_used_again_for_the_next_call(script: Script) -> None:
    wallet = Wallet("Bearer one")
    script.play(page({}, cursor="AA=="), page({}))
    list(client(script, wallet).export_items(JOB))
    assert wallet.refused == [None, None]


# What a refusal means


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "MISSING_CONTRA_ACCOUNTS", Rejected),
        (403, "Access_Denied", NotAllowed),
        (404, "export_not_found", Rejected),
        (409, "EXPORT_ALREADY_IN_PROGRESS", Rejected),
        (413, "EXPORT_JOB_ITEMS_UPDATE_LIMIT", Rejected),
        (422, "INVALID_EXPORT_JOB_STATUS_CHANGE", Rejected),
        (422, "SOMETHING_NEW", Rejected),
    ],
)
@pytest.mark.parametrize("call", [read_jobs, write_event])
def test_a_refusal_keeps_pleo_s_word(
    script: Script, call: Read, status: int, kind: str, error: type[RemoteError]
) -> None:
    script.play(refusal(kind, status))
    with pytest.raises(error) as caught:
        call(client(script))
    assert type(caught.value) is error
    assert len(script.requests) == 1
    if isinstance(caught.value, Rejected):
        assert caught.value.code == kind.upper()
        assert caught.value.message == "Because."


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Not here</html>", b"[]", b'"no"', b"null", b"{}", b'{"type": null}', b"\xff"],
)
def test_a_refusal_without_pleo_s_form_says_what_the_status_means(
    script: Script, body: bytes
) -> None:
    script.play(answer(body, 404))
    with pytest.raises(Rejected) as caught:
        client(script).job(JOB)
    assert caught.value.code == "404"
    assert caught.value.message == "Pleo knows nothing at this address."


@pytest.mark.parametrize("call", [read_jobs, write_event])
@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ({"Retry_After": "7"}, 7, 7),
        ({"Retry_After": "in an hour"}, 3000, 3600),
        ({}, None, None),
    ],
    ids=["seconds", "date", "none"],
)
def test_a_429_says_how_long_to_wait(
    script: Script, call: Read, header: dict[str, str], least: float | None, most: float | None
) -> None:
    hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    sent = {name: hour if value == "in an hour" else value for name, value in header.items()}
    script.play(answer({"type": "RATE_LIMIT_EXCEEDED"}, 429, **sent))
    with pytest.raises(RateLimited) as caught:
        call(client(script))
    seconds = caught.value.retry_after
    assert seconds is least if least is None else least <= (seconds or 0) <= (most or 0)
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_s_trouble_is_waited_out_or_unknown(script: Script, status: int) -> None:
    script.play(answer(b"<html>", status))
    with pytest.raises(Unavailable):
        read_jobs(client(script))
    with pytest.raises(OutcomeUnknown):
        write_event(client(script))


@pytest.mark.parametrize(
    "play",
    [
        answer(b"<html>Log in</html>"),
        answer(b""),
        answer(b"{"),
        answer(b"\xff"),
        answer(b"[]"),
        answer(b"null"),
        answer(b"7"),
        answer({}),
        answer({"data": None}),
        answer({"data": {}}),
        answer({"data": [{"id": "x"}], "pagination": None}),
        answer({"data": [], "pagination": {}}),
        answer({"data": [7], "pagination": {"hasNextPage": False}}),
        answer({"data": [ROW | {"id": "1"}], "pagination": {"hasNextPage": False}}),
        answer({"data": [ROW | {"createdAt": "yesterday"}], "pagination": {"hasNextPage": False}}),
        truncated(),
        no_answer,
        raw_answer(b"\x00\xff\r\n\r\n"),
    ],
)
def test_a_read_that_cannot_be_understood_is_no_answer(script: Script, play: Play) -> None:
    script.play(play)
    for call in (read_jobs, lambda pleo: pleo.job(JOB), lambda pleo: pleo.introspect()):
        with pytest.raises(Unavailable) as caught:
            call(client(script))
        assert caught.value.system == "pleo"


@pytest.mark.parametrize(
    "play",
    [
        answer(b"<html>Log in</html>"),
        answer(b""),
        answer(b"[]"),
        answer(b"null"),
        answer({"data": [], "errors": 7}),
        answer({"data": [], "errors": [{}]}),
        answer({"data": [], "errors": [{"accountingEntryId": "x", "type": "y"}]}),
        truncated(),
        no_answer,
    ],
)
def test_a_write_whose_answer_cannot_be_understood_is_unknown(script: Script, play: Play) -> None:
    script.play(play)
    with pytest.raises(OutcomeUnknown):
        client(script).update_items(JOB, [ItemResult(accounting_entry_id=ENTRY, status="failed")])
    assert len(script.requests) == 1


def test_a_dripping_answer_meets_the_deadline(script: Script) -> None:
    script.play(script.drip)
    pleo = client(script)
    pleo._door.total_timeout = 0.1
    with pytest.raises(OutcomeUnknown):
        write_event(pleo)


# Reporting


def test_a_result_leaves_out_what_is_empty(script: Script) -> None:
    script.play(answer({"data": [], "errors": []}))
    results = [
        ItemResult(
            accounting_entry_id=ENTRY,
            status="successful",
            external_id="V-1",
            exported_at=datetime(2026, 5, 4, 8, 15, 0, 900, tzinfo=UTC),
        ),
        ItemResult(accounting_entry_id=JOB, status="failed", failure_type="account_unknown"),
    ]
    assert client(script).update_items(JOB, results) == {}
    request = script.requests[0]
    assert (request.method, request.path) == ("PUT", f"/v3/export-jobs/{JOB}/items")
    assert request.headers["content-type"] == "application/json"
    assert request.json() == [
        {
            "accountingEntryId": str(ENTRY),
            "status": "successful",
            "externalId": "V-1",
            "exportedAt": "2026-05-04T08:15:00Z",
        },
        {
            "accountingEntryId": str(JOB),
            "status": "failed",
            "failureReasonType": "account_unknown",
        },
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            {"type": "ACCOUNTING_ENTRY_DOES_NOT_EXIST", "message": "No such entry."},
            "No such entry.",
        ),
        ({"type": "SOMETHING_NEW", "message": None}, "SOMETHING_NEW"),
        ({"type": "SOMETHING_NEW"}, "SOMETHING_NEW"),
    ],
)
def test_refused_rows_of_a_good_answer_are_told(
    script: Script, row: dict[str, Any], reason: str
) -> None:
    script.play(answer({"data": [], "errors": [{"accountingEntryId": str(ENTRY), **row}]}))
    result = ItemResult(accounting_entry_id=ENTRY, status="successful")
    assert client(script).update_items(JOB, [result]) == {ENTRY: reason}


@pytest.mark.parametrize("errors", [{}, {"errors": None}, {"errors": []}])
def test_an_answer_without_errors_refuses_nothing(script: Script, errors: dict[str, Any]) -> None:
    script.play(answer({"data": [], **errors}))
    result = ItemResult(accounting_entry_id=ENTRY, status="successful")
    assert client(script).update_items(JOB, [result]) == {}


def test_only_a_failed_event_has_a_reason(script: Script) -> None:
    script.play(answer(b"", 202))
    pleo = client(script)
    pleo.job_event(JOB, "completed")
    pleo.job_event(
        JOB, "failed", failure_type="missing_configuration", failure_reason="No account."
    )
    assert [request.json() for request in script.requests] == [
        {"jobId": str(JOB), "event": "completed"},
        {
            "jobId": str(JOB),
            "event": "failed",
            "failureReasonType": "missing_configuration",
            "failureReason": "No account.",
        },
    ]


# Creating a job


def test_a_job_is_created_for_the_company_s_entries(script: Script) -> None:
    script.play(answer({"data": ROW}, 201))
    assert client(script).create_job(COMPANY, [ENTRY], with_vendors=True).id == JOB
    assert script.requests[0].json() == {
        "companyId": str(COMPANY),
        "accountingEntryIds": [str(ENTRY)],
        "isInteractive": True,
        "options": {"vendorBasedBookkeeping": True},
    }


@pytest.mark.parametrize("play", [answer(b"", 201), answer({}, 201), answer({"data": {}}, 201)])
def test_a_created_job_that_cannot_be_read_is_unknown(script: Script, play: Play) -> None:
    script.play(play)
    with pytest.raises(OutcomeUnknown):
        client(script).create_job(COMPANY, [ENTRY], with_vendors=False)


# Installation and subscription


def test_subscribing_fetches_the_secret(script: Script) -> None:
    script.play(
        answer({"data": {"id": "44444444-0000-4000-8000-000000000001"}}),
        answer({"data": {"secretKey": "whsec_abc"}}),
    )
    events = ["v1.export-job.created"]
    made = client(script).subscribe(endpoint_url="https://us.example/hook", events=events)
    assert made == ("44444444-0000-4000-8000-000000000001", "whsec_abc")
    assert script.requests[0].json() == {
        "endpointUrl": "https://us.example/hook",
        "eventTypes": events,
        "status": "ACTIVE",
    }
    assert (
        script.requests[1].path == "/v1/subscriptions/44444444-0000-4000-8000-000000000001/secret"
    )


@pytest.mark.parametrize("play", [answer(b"", 204), refusal("NOT_FOUND", 404)])
def test_what_is_gone_may_be_deleted(script: Script, play: Play) -> None:
    script.play(play)
    client(script).delete_installation()
    client(script).unsubscribe("a/b?c")
    assert [request.target for request in script.requests] == [
        "/v1/installations/me",
        "/v1/subscriptions/a%2Fb%3Fc",
    ]


def test_the_colon_of_a_verb_stays_one(script: Script) -> None:
    script.play(answer({}))
    client(script).activate_installation()
    assert script.requests[0].target == "/v1/installations/me:activate"


# Receipts


def test_a_receipt_is_fetched_without_our_token(script: Script, tmp_path: Path) -> None:
    script.play(answer(b"%PDF-1.7"))
    link = f"{script.url}/files/1?sig=x%2Fy"
    client(script).download(link, path=tmp_path / "receipt", limit=8)
    assert (tmp_path / "receipt").read_bytes() == b"%PDF-1.7"
    request = script.requests[0]
    assert request.target == "/files/1?sig=x%2Fy"
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("play", "size"),
    [
        (answer(b"x" * 2_500_000), "2500000"),
        (raw_answer(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n" + b"x" * 2_500_000), ""),
    ],
    ids=["announced", "not announced"],
)
def test_a_receipt_over_the_limit_is_refused(
    script: Script, tmp_path: Path, play: Play, size: str
) -> None:
    script.play(play)
    with pytest.raises(Rejected) as caught:
        client(script).download(f"{script.url}/1", path=tmp_path / "receipt", limit=2_000_000)
    assert (caught.value.code, caught.value.detail) == ("too_large", size)


@pytest.mark.parametrize("status", [301, 302, 403, 404, 410, 500])
def test_a_dead_link_is_refused(script: Script, tmp_path: Path, status: int) -> None:
    script.play(answer(b"<Error/>", status))
    with pytest.raises(Rejected, match=str(status)):
        client(script).download(f"{script.url}/1", path=tmp_path / "receipt", limit=10)


@pytest.mark.parametrize("play", [truncated(b"%PDF"), no_answer])
def test_a_receipt_cut_short_is_no_receipt(script: Script, tmp_path: Path, play: Play) -> None:
    script.play(play)
    with pytest.raises(Unavailable):
        client(script).download(f"{script.url}/1", path=tmp_path / "receipt", limit=10_000)


def test_a_dripping_receipt_meets_the_deadline(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pleo_connector.pleo.door.FILE_SECONDS", 0.1)
    monkeypatch.setattr("erp_adapters.http.READ_TRIES", 1)
    script.play(script.drip)
    with pytest.raises(Unavailable):
        client(script).download(f"{script.url}/1", path=tmp_path / "receipt", limit=1_000_000)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "http://[::1]/x"]
)
def test_a_link_into_our_network_is_refused(tmp_path: Path, url: str) -> None:
    guarded = PleoClient(base_url="https://pleo.example", authorizer=Wallet("Bearer one"))
    with pytest.raises(Rejected) as caught:
        guarded.download(url, path=tmp_path / "receipt", limit=10)
    assert caught.value.code == "private_address"


@pytest.mark.parametrize("url", ["ftp://files.example/1", "file:///etc/passwd", "", "/relative"])
def test_a_link_that_is_none_does_not_reach_pleo(script: Script, tmp_path: Path, url: str) -> None:
    script.play(answer(b"x"))
    with pytest.raises(Rejected, match="no web address"):
        client(script).download(url, path=tmp_path / "receipt", limit=10)
    assert script.requests == []


# Observation


class Diary:
    def __init__(self) -> None:
        self.calls: list[Call] = []

    def began(self, call: Call) -> None:
        self.calls.append(call)

    def ended(self, token: None, *, status: int | None, duration_ms: int, excerpt: str) -> None:
        assert "secret" not in excerpt


def test_history_gets_templates_and_neither_ids_nor_queries(script: Script) -> None:
    diary = Diary()
    script.play(page())
    pleo = client(script, observer=diary)
    pleo.unfinished_jobs(COMPANY)
    pleo.job_items(JOB)
    pleo.unsubscribe("secret")
    assert [(call.method, call.template, call.is_write) for call in diary.calls] == [
        ("GET", "/v3/export-jobs", False),
        ("GET", "/v3/export-jobs/{jobId}/items", False),
        ("DELETE", "/v1/subscriptions/{id}", True),
    ]
