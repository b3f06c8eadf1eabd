"""Admin calls about entries: list, create, change, move between lanes."""

from typing import Any

from flask import Blueprint, Response

from . import entries, entry_choices
from .admin_support import body_of, company_row, members, seed_company
from .errors import answer, invalid, missing
from .receipts import TYPES
from .seeds import loader, year
from .seeds.builder import Builder
from .seeds.ids import uid
from .seeds.templates import template
from .state import Simulator, sim
from .store import Row, decode, encode

blueprint = Blueprint("admin_entries", __name__)
MOST_YEAR_ENTRIES = 20_000


def show(row: Row) -> dict[str, Any]:
    return {
        **decode(row["payload"]),
        "lane": row["lane"],
        "expectedFailure": row["expected_failure"],
        "externalId": row["external_id"],
        "externalUrl": row["external_url"],
        "fileCount": row["file_count"],
        "lastError": decode(row["last_error"]),
        "exportJobId": row["job_id"],
    }


def _shown(simulator: Simulator, company_id: str, entry_ids: list[str]) -> list[dict[str, Any]]:
    wanted = set(entry_ids)
    return [show(row) for row in entries.of_company(simulator, company_id) if row["id"] in wanted]


@blueprint.get("/sim/companies/<company_id>/entries")
def read_all(company_id: str) -> Response:
    company_row(company_id)
    return answer([show(row) for row in entries.of_company(sim(), company_id)])


@blueprint.post("/sim/companies/<company_id>/entries")
def create(company_id: str) -> Response:
    company_row(company_id)
    body = members(body_of(), "entries")
    simulator = sim()
    with simulator.store.write():
        ids = [_create_one(simulator, company_id, wish) for wish in body.get("entries", [])]
    return answer(_shown(simulator, company_id, ids), 201)


def _create_one(simulator: Simulator, company_id: str, wish: dict[str, Any]) -> str:
    members(
        wish,
        "template",
        "overrides",
        "lane",
        "files",
        "expectedFailure",
        "choices",
        "vendorId",
    )
    try:
        draft = template(wish.get("template", "card_purchase"))
    except LookupError as error:
        raise invalid(str(error)) from error
    lane = wish.get("lane", entries.QUEUE)
    if lane not in entries.LANES:
        raise invalid(f"lane is not one of {', '.join(entries.LANES)}")
    company = seed_company(company_id)
    number = loader.next_number(simulator, company_id)
    payload = entries.merge(Builder(company).item(draft, number), wish.get("overrides", {}))
    _complete(payload, company.slug)
    entry_choices.apply(simulator, payload, wish.get("choices"), wish.get("vendorId"))
    return loader.save_entry(
        simulator,
        payload,
        position=number,
        lane=lane,
        files=_files(wish.get("files"), list(draft.files)),
        expected_failure=wish.get("expectedFailure"),
    )


def _complete(payload: dict[str, Any], slug: str) -> None:
    """Line ids stay unique when overrides add lines; accounts given by code get the rest."""
    entry_id = payload["accountingEntryId"]
    for index, line in enumerate(payload["accountingEntryLines"]):
        line["accountingEntryLineId"] = uid(entry_id, "line", index)
        account = line.get("account")
        if account and "code" in account:
            account.setdefault("id", uid(slug, "account", account["code"]))
            account.setdefault("name", f"Account {account['code']}")


def _files(wish: Any, usual: list[str]) -> list[dict[str, Any]]:
    if wish is None:
        return [{"kind": kind} for kind in usual]
    if isinstance(wish, int):
        return [{"kind": "jpeg" if place % 2 else "pdf"} for place in range(wish)]
    for file in wish:
        if members(file, "kind", "bytes").get("kind") not in TYPES:
            raise invalid(f"files.kind is not one of {', '.join(TYPES)}")
    return list(wish)


@blueprint.post("/sim/companies/<company_id>/year")
def create_year(company_id: str) -> Response:
    company_row(company_id)
    count = members(body_of(), "count").get("count")
    if not isinstance(count, int) or not 0 < count <= MOST_YEAR_ENTRIES:
        raise invalid(f"count is not a whole number from 1 to {MOST_YEAR_ENTRIES}")
    simulator = sim()
    company = seed_company(company_id)
    with simulator.store.write():
        first = loader.next_number(simulator, company_id)
        ids = loader.save_drafts(simulator, company, year.drafts(company, count, first), first)
    return answer({"created": len(ids), "entryIds": ids}, 201)


@blueprint.put("/sim/entries/<entry_id>")
def update(entry_id: str) -> Response:
    simulator = sim()
    row = entries.find(simulator, entry_id)
    if row is None:
        raise missing("Entry not found.")
    change = body_of()
    with simulator.store.write():
        if "expectedFailure" in change:
            simulator.store.run(
                "UPDATE entries SET expected_failure = ? WHERE id = ?",
                change.pop("expectedFailure"),
                entry_id,
            )
        chosen, vendor_id = change.pop("choices", None), change.pop("vendorId", None)
        entries.update_payload(simulator, entry_id, change)
        payload = decode((entries.find(simulator, entry_id) or row)["payload"])
        entry_choices.apply(simulator, payload, chosen, vendor_id)
        simulator.store.update("entries", entry_id, {"payload": encode(payload)})
    return answer(_shown(simulator, row["company_id"], [entry_id])[0])


@blueprint.post("/sim/companies/<company_id>/queue")
def queue(company_id: str) -> Response:
    return _move(company_id, entries.QUEUE)


@blueprint.post("/sim/companies/<company_id>/unqueue")
def unqueue(company_id: str) -> Response:
    return _move(company_id, entries.UNEXPORTED)


def _move(company_id: str, lane: str) -> Response:
    company_row(company_id)
    wish = members(body_of(), "entryIds", "all", "pool")
    simulator = sim()
    if wish.get("pool"):
        if wish["pool"] != entries.TROUBLE:
            raise invalid("pool is trouble")
        ids = entries.ids_in_lane(simulator, company_id, entries.TROUBLE)
    elif wish.get("all"):
        ids = [
            row["id"]
            for row in entries.of_company(simulator, company_id)
            if row["lane"] not in (lane, entries.TROUBLE)
        ]
    else:
        ids = [str(entry_id).lower() for entry_id in wish.get("entryIds", [])]
    return answer({"moved": entries.move(simulator, company_id, ids, lane), "entryIds": ids})
