"""Writes companies, log-ins and entries into the store."""

from collections.abc import Iterable
from typing import Any

from ..state import Simulator
from ..store import encode
from . import demo, master_data
from .builder import Builder, Draft
from .chart import chart
from .companies import COMPANIES, GROUP_LOGIN, WALLET_ACCOUNTS, Company
from .ids import uid

SEEDS = ("demo",)


def load(simulator: Simulator, seed: str) -> None:
    if seed not in SEEDS:
        raise ValueError(f"unknown seed {seed}")
    with simulator.store.write():
        for position, company in enumerate(COMPANIES, 1):
            _save_company(simulator, company, position)
            master_data.load(simulator, company)
            save_drafts(simulator, company, demo.drafts(company), first=1)
        email, password, name = GROUP_LOGIN
        _save_user(simulator, email, password, name, [c.id for c in COMPANIES])


def _save_company(simulator: Simulator, company: Company, position: int) -> None:
    street, code, town = company.address
    email, password = f"bookkeeper@{company.domain}", f"demo-{company.slug}"
    profile = {
        "slug": company.slug,
        "registrationNumber": company.registration,
        "login": {"email": email, "password": password},
        "address": {
            "addressLine1": street,
            "addressLine2": None,
            "postalCode": code,
            "locality": town,
            "region": None,
            "country": company.country,
        },
    }
    simulator.store.insert(
        "companies",
        {
            "id": company.id,
            "position": position,
            "name": company.name,
            "currency": company.currency,
            "profile": encode(profile),
            "chart": encode(chart(company)),
        },
    )
    for currency in company.wallets:
        simulator.store.insert(
            "wallets",
            {
                "company_id": company.id,
                "currency": currency,
                "contra_account": WALLET_ACCOUNTS[currency],
            },
        )
    _save_user(simulator, email, password, "Bookkeeper", [company.id])


def _save_user(
    simulator: Simulator, email: str, password: str, name: str, company_ids: list[str]
) -> None:
    user_id = uid("login", email)
    simulator.store.insert(
        "users", {"id": user_id, "email": email, "password": password, "name": name}
    )
    for company_id in company_ids:
        simulator.store.insert("company_users", {"company_id": company_id, "user_id": user_id})


def save_drafts(
    simulator: Simulator, company: Company, drafts: Iterable[Draft], first: int
) -> list[str]:
    """Stores the drafts under consecutive numbers; gives back their ids."""
    builder = Builder(company)
    return [
        save_entry(
            simulator,
            builder.item(draft, number),
            position=number,
            lane=draft.lane,
            expected_failure=draft.expected_failure,
            files=[{"kind": kind} for kind in draft.files],
        )
        for number, draft in enumerate(drafts, first)
    ]


def save_entry(
    simulator: Simulator,
    payload: dict[str, Any],
    *,
    position: int,
    lane: str,
    files: list[dict[str, Any]],
    expected_failure: str | None = None,
) -> str:
    entry_id = str(payload["accountingEntryId"])
    simulator.store.insert(
        "entries",
        {
            "id": entry_id,
            "company_id": payload["companyId"],
            "position": position,
            "lane": lane,
            "payload": encode(payload),
            "expected_failure": expected_failure,
            "external_id": None,
            "external_url": None,
            "last_error": None,
            "job_id": None,
        },
    )
    for place, file in enumerate(files):
        simulator.receipts.attach(entry_id, place, file["kind"], file.get("bytes"))
    return entry_id


def next_number(simulator: Simulator, company_id: str) -> int:
    row = simulator.store.one(
        "SELECT COALESCE(MAX(position), 0) + 1 AS number FROM entries WHERE company_id = ?",
        company_id,
    )
    return int(row["number"]) if row else 1
