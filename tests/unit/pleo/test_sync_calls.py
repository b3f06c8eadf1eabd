"""Master data over the wire: what is sent, and what of Pleo's answers is taken for what."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from erp_adapters.errors import NotAllowed, OutcomeUnknown, Rejected, Unavailable
from pleo_connector.pleo.account_calls import NewAccount
from pleo_connector.pleo.client import PleoClient
from pleo_connector.pleo.vendor_calls import PleoVendor
from tests.unit.pleo.scripted import Script, answer, no_answer
from tests.unit.pleo.test_client import client, refusal

COMPANY = UUID("aaaaaaaa-0000-4000-8000-000000000001")
TAG = {"id": "t1", "code": "ENG", "name": "Engineering", "archived": False, "groupId": "g"}
GROUP = {"id": "g1", "code": "DEPT", "name": "Department", "archived": True, "companyId": "c"}
ACCOUNT = {"id": "a1", "externalId": "x1", "name": "Travel", "archived": False, "companyId": "c"}
TAX = {"id": "x1", "name": "Input", "rate": 0.25, "type": "inclusive", "archived": False}
VENDOR = {"id": "v1", "name": "Cafe", "state": "DRAFT"}
Read = Callable[[PleoClient], Any]
READS: dict[str, tuple[Read, dict[str, Any]]] = {
    "groups": (lambda pleo: pleo.tag_groups(COMPANY), GROUP),
    "tags": (lambda pleo: pleo.tags("g1"), TAG),
    "accounts": (lambda pleo: pleo.accounts(COMPANY), ACCOUNT),
    "tax codes": (lambda pleo: pleo.tax_codes(COMPANY), TAX),
    "vendors": (lambda pleo: pleo.vendors(COMPANY), VENDOR),
}
WRITES: dict[str, Read] = {
    "group": lambda pleo: pleo.create_tag_group(COMPANY, code="D", name="Department"),
    "tag": lambda pleo: pleo.create_tag("g1", code="A", name="Sales"),
    "account": lambda pleo: pleo.create_account(
        COMPANY, NewAccount(external_id="1", code="1", name="One")
    ),
    "vendor": lambda pleo: pleo.create_vendor(COMPANY, PleoVendor(name="Cafe", currency="DKK")),
    "many tags": lambda pleo: pleo.archive_tags(COMPANY, ["t1"]),
}
reads = pytest.mark.parametrize(("read", "row"), READS.values(), ids=READS)
writes = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


def page(*rows: Any, more: bool = False) -> Any:
    position = {"hasNextPage": more, "hasPreviousPage": False, "currentRequestPagination": {}}
    return answer({"data": list(rows), "pagination": position | {"endCursor": "MZXW6==="}})


@reads
def test_members_that_nobody_knows_are_ignored(
    script: Script, read: Read, row: dict[str, Any]
) -> None:
    script.play(page(row | {"somethingNew": {"deep": [1]}}))
    (found,) = read(client(script))
    assert found.id == row["id"]


@reads
def test_a_row_without_what_a_sync_needs_is_no_answer(
    script: Script, read: Read, row: dict[str, Any]
) -> None:
    script.play(page({name: value for name, value in row.items() if name != "id"}))
    with pytest.raises(Unavailable):
        read(client(script))


@pytest.mark.parametrize(
    ("read", "row"), [READS[x] for x in ("tags", "accounts", "tax codes", "vendors")]
)
def test_lists_are_read_to_their_end(script: Script, read: Read, row: dict[str, Any]) -> None:
    script.play(page(row, more=True), page(row | {"id": "second", "archived": True}))
    assert [x.id for x in read(client(script))] == [row["id"], "second"]
    assert [x.query.get("after") for x in script.requests] == [None, ["MZXW6==="]]


@pytest.mark.parametrize("name", ["accounts", "tax codes", "vendors"])
def test_a_search_is_a_read_and_tried_again(script: Script, name: str) -> None:
    read, row = READS[name]
    script.play(no_answer, page(row | {"archived": True}))
    assert len(read(client(script))) == 1
    assert {x.method for x in script.requests} == {"POST"}


@writes
def test_a_write_without_an_answer_is_sent_once(script: Script, write: Read) -> None:
    script.play(no_answer)
    with pytest.raises(OutcomeUnknown):
        write(client(script))
    assert len(script.requests) == 1


@writes
def test_a_write_answered_in_another_shape_is_of_unknown_outcome(
    script: Script, write: Read
) -> None:
    script.play(answer({"data": {"odd": True}}, 201))
    with pytest.raises(OutcomeUnknown):
        write(client(script))


@pytest.mark.parametrize("status", [400, 404, 409])
@writes
def test_a_refusal_has_its_status(script: Script, write: Read, status: int) -> None:
    script.play(refusal("CONFLICT", status))
    with pytest.raises(Rejected) as caught:
        write(client(script))
    assert caught.value.status == status


def test_a_missing_scope_is_told_apart(script: Script) -> None:
    script.play(refusal("ACCESS_DENIED", 403))
    with pytest.raises(NotAllowed):
        client(script).tag_groups(COMPANY)


def test_of_a_batch_both_lists_are_read(script: Script) -> None:
    failed = {"reasons": ["NAME_EMPTY"], "request": {"externalId": "2"}}
    script.play(answer({"data": {"created": [ACCOUNT], "failed": [failed]}}, 201))
    new = [NewAccount(external_id=x, code=x, name=x) for x in ("x1", "2")]
    made = client(script).create_accounts(COMPANY, new)
    assert made.accounts["x1"].id == "a1"
    assert made.refused == {"2": ("NAME_EMPTY",)}


def test_vendors_are_activated_by_an_empty_answer(script: Script) -> None:
    script.play(answer(b"", 204, Content_Type="text/html"))
    client(script).activate_vendor("v1", external_id="E1", code="E1")
    assert script.requests[0].json() == {"externalId": "E1", "code": "E1"}
