"""Payloads of the demo companies: complete, consistent, within the contract."""

from collections import Counter
from typing import Any

import pytest
import requests

from tests.contract.validate import check_schema, contract

from .support import Company, Pleo, Simulator

ITEM = contract()["components"]["schemas"]["ExportItem"]
TYPES = set(ITEM["properties"]["type"]["x-known-values"])
SUB_TYPES = set(ITEM["properties"]["subType"]["x-known-values"])
CONTRA_TYPES = set(ITEM["x-contra-account-types"])
REIMBURSEMENTS = ("direct_reimbursement", "external_reimbursement")
Item = dict[str, Any]


def export_items(simulator: Simulator, company: Company, **wish: Any) -> list[Item]:
    job = simulator.export(company, **wish)
    pleo = simulator.connect(company)
    return list(pleo.pages("/v3/export-items", job_id=job["id"], limit=100))


@pytest.mark.parametrize("number", range(4))
def test_each_company_has_every_type_and_adds_up(simulator: Simulator, number: int) -> None:
    company = simulator.companies()[number]
    items = export_items(simulator, company, vendorBasedBookkeeping=True)
    assert len(items) >= 30
    assert {item["type"] for item in items} == TYPES
    assert {item["subType"] for item in items} - {None} == SUB_TYPES
    for item in items:
        check_sums(item)
        check_rules(item)
    assert {len(item["accountingEntryLines"]) for item in items} >= {1, 2, 3}
    assert {len(item["files"]) for item in items} >= {0, 1, 2, 3}
    taxes = [line["tax"] for item in items for line in item["accountingEntryLines"] if line["tax"]]
    assert {tax["type"] for tax in taxes} == {"inclusive", "reverse"}
    assert 0 in {tax["rate"] for tax in taxes}
    check_references(items)


def check_sums(item: Item) -> None:
    lines = item["accountingEntryLines"]
    for side in ("inSupplierCurrency", "inWalletCurrency"):
        total = item["amount"][side]
        assert sum(line["lineAmount"][side]["value"] for line in lines) == total["value"]
        for line in lines:
            assert line["lineAmount"][side]["currency"] == total["currency"]
            assert line["netAmount"] == line["lineAmount"]
            if line["tax"]:
                check_tax(line, side)


def check_tax(line: Item, side: str) -> None:
    tax, value = line["tax"], line["lineAmount"][side]["value"]
    rate = tax["rate"]
    exact = value * rate if tax["type"] == "reverse" else value * rate / (1 + rate)
    assert abs(tax["amount"][side]["value"] - exact) <= 0.5 + 1e-9
    assert tax["amount"][side]["currency"] == line["lineAmount"][side]["currency"]


def check_rules(item: Item) -> None:
    assert (item["contraAccount"] is not None) == (item["type"] in CONTRA_TYPES)
    assert "2026-02" <= item["date"] < "2026-11"
    if item["bookkeeping"]["method"] == "accounts_payable":
        assert item["vendor"] is not None
    information = item["additionalInformation"]
    assert (information["reconciledEntries"] is None) or item["type"] in REIMBURSEMENTS
    invoiced = item["type"] in ("invoice", "invoice_payment", "card_invoice")
    assert (information["invoiceInformation"] is not None) == invoiced


def check_references(items: list[Item]) -> None:
    by_book_id = {item["additionalInformation"]["reconciliationId"]: item for item in items}
    assert len(by_book_id) == len(items)
    for item in items:
        settled = item["additionalInformation"]["reconciledEntries"]
        if settled:
            value = sum(by_book_id[i]["amount"]["inWalletCurrency"]["value"] for i in settled)
            assert value == item["amount"]["inWalletCurrency"]["value"]
    paid = [i for i in items if i["type"] == "invoice_payment"]
    for payment in paid:
        matches = [i for i in items if i["type"] == "invoice" and same_invoice(i, payment)]
        assert len(matches) == 1


def same_invoice(invoice: Item, payment: Item) -> bool:
    side = "inSupplierCurrency"
    numbers = [
        i["additionalInformation"]["invoiceInformation"]["invoiceNumber"]
        for i in (invoice, payment)
    ]
    return bool(numbers[0] == numbers[1] and invoice["amount"][side] == payment["amount"][side])


def test_companies_cover_the_currencies(simulator: Simulator) -> None:
    rows = simulator.admin("GET", "/sim/companies")
    assert [[w["currency"] for w in row["wallets"]] for row in rows] == [
        ["EUR"],
        ["DKK"],
        ["GBP"],
        ["EUR", "USD", "SEK"],
    ]
    many = simulator.companies()[3]
    items = export_items(simulator, many)
    assert {i["amount"]["inWalletCurrency"]["currency"] for i in items} == {"EUR", "USD", "SEK"}
    codes = {
        i["amount"]["inWalletCurrency"]["currency"]: i["contraAccount"]["code"]
        for i in items
        if i["contraAccount"]
    }
    assert codes == {"EUR": "1940", "USD": "1943", "SEK": "1944"}


def test_a_foreign_purchase_keeps_both_amounts(simulator: Simulator, company: Company) -> None:
    amounts = [row["amount"] for row in simulator.entries(company)]
    assert {
        "inSupplierCurrency": {"currency": "USD", "value": 10000},
        "inWalletCurrency": {"currency": "EUR", "value": 9200},
    } in amounts


def test_two_entries_are_meant_to_fail(simulator: Simulator) -> None:
    for company in simulator.companies():
        chart = simulator.admin("GET", f"/sim/companies/{company.id}/chart")
        codes = {account["code"] for account in chart["accounts"]}
        marked = [row for row in simulator.entries(company) if row["expectedFailure"]]
        assert [row["expectedFailure"] for row in marked] == [
            "missing_configuration",
            "account_unknown",
        ]
        assert all(row["lane"] == "queue" for row in marked)
        assert marked[0]["accountingEntryLines"][0]["account"] is None
        assert marked[1]["accountingEntryLines"][0]["account"]["code"] not in codes


def test_charts_look_like_an_erp(simulator: Simulator) -> None:
    for company in simulator.companies():
        chart = simulator.admin("GET", f"/sim/companies/{company.id}/chart")
        kinds = Counter(account["kind"] for account in chart["accounts"])
        assert set(kinds) == {"asset", "liability", "expense", "revenue"}
        codes = {account["code"] for account in chart["accounts"]}
        assert len(codes) == len(chart["accounts"]) >= 29
        for code in chart["taxCodes"]:
            for name in ("ingoingTaxAccount", "outgoingTaxAccount"):
                assert code[name] is None or code[name] in codes
        assert [d["code"] for d in chart["dimensions"]] == ["department", "project"]


def test_vendors_only_with_vendor_based_bookkeeping(simulator: Simulator, company: Company) -> None:
    items = export_items(simulator, company)
    assert {item["vendor"] is None and item["bookkeeping"] is None for item in items} == {True}


def test_the_trouble_pool_waits_outside_the_queue(simulator: Simulator, company: Company) -> None:
    before = len(simulator.entries(company, "queue"))
    moved = simulator.admin("POST", f"/sim/companies/{company.id}/queue", {"pool": "trouble"})
    assert moved["moved"] == 2
    items = {
        i["accountingEntryId"]: i
        for i in export_items_unchecked(simulator, company, moved["entryIds"])
    }
    assert len(simulator.entries(company, "queue")) == before + 2
    strange, broken = sorted(items.values(), key=lambda item: len(item["files"]))
    assert strange["type"] not in TYPES
    links = [requests.get(file["url"], timeout=10).status_code for file in broken["files"]]
    assert links == [200, 404]


def export_items_unchecked(
    simulator: Simulator, company: Company, entry_ids: list[str]
) -> list[Item]:
    """The pool breaks the contract's known types on purpose."""
    job = simulator.export(company, entryIds=entry_ids)
    token = simulator.connect(company).headers
    response = requests.get(
        f"{simulator.url}/v3/export-items", {"job_id": job["id"]}, headers=token, timeout=10
    )
    rows: list[Item] = response.json()["data"]
    return rows


def first_with_file(simulator: Simulator, pleo: Pleo, company: Company) -> tuple[str, Item]:
    job = simulator.small_job(company, 1)
    return job["id"], pleo.get("/v3/export-items", job_id=job["id"])["data"][0]["files"][0]


def test_file_links_differ_and_die_after_a_day(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    job_id, file = first_with_file(simulator, pleo, company)
    again = pleo.get("/v3/export-items", job_id=job_id)["data"][0]["files"][0]
    assert file["url"] != again["url"]
    assert (file["type"], file["size"]) == (again["type"], again["size"])
    content = requests.get(file["url"], timeout=10)
    assert content.headers["Content-Type"] == file["type"]
    assert len(content.content) == file["size"]
    assert content.content == requests.get(again["url"], timeout=10).content
    assert requests.get(file["url"] + "0", timeout=10).status_code == 403
    simulator.advance(86_390)
    assert requests.get(file["url"], timeout=10).status_code == 200
    simulator.advance(20)
    assert requests.get(file["url"], timeout=10).status_code == 403


def test_receipts_are_real_pdfs_and_jpegs(simulator: Simulator, company: Company) -> None:
    items = export_items(simulator, company)
    found = {}
    for file in (file for item in items[:6] for file in item["files"]):
        found[file["type"]] = requests.get(file["url"], timeout=10).content
    assert found["application/pdf"].startswith(b"%PDF-")
    assert found["image/jpeg"].startswith(b"\xff\xd8\xff")


def test_files_of_every_kind_can_be_made(simulator: Simulator, company: Company) -> None:
    kinds = [
        {"kind": "pdf"},
        {"kind": "jpeg", "bytes": 50_000},
        {"kind": "heic"},
        {"kind": "big", "bytes": 2_000_000},
        {"kind": "dead"},
    ]
    made = simulator.admin(
        "POST", f"/sim/companies/{company.id}/entries", {"entries": [{"files": kinds}]}
    )
    item = export_items(simulator, company, entryIds=[made[0]["accountingEntryId"]])[0]
    assert [file["size"] for file in item["files"]][1:4:2] == [50_000, 2_000_000]
    answers = [requests.get(file["url"], timeout=10) for file in item["files"]]
    assert [a.status_code for a in answers] == [200, 200, 200, 200, 404]
    assert answers[2].content[4:12] == b"ftypheic"


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_template_makes_a_valid_item(
    simulator: Simulator, company: Company, kind: str
) -> None:
    wish = {"entries": [{"template": kind, "overrides": {"note": "made by a test"}}]}
    made = simulator.admin("POST", f"/sim/companies/{company.id}/entries", wish)
    item = export_items(simulator, company, entryIds=[made[0]["accountingEntryId"]])[0]
    assert (item["type"], item["note"]) == (kind, "made by a test")
    check_sums(item)


def test_overrides_merge_deeply(simulator: Simulator, company: Company) -> None:
    overrides = {"accountingEntryLines": [{"account": None}, {"tags": []}], "user": None}
    made = simulator.admin(
        "POST",
        f"/sim/companies/{company.id}/entries",
        {"entries": [{"overrides": overrides, "lane": "unexported", "files": 0}]},
    )[0]
    first, second = made["accountingEntryLines"]
    assert first["account"] is None
    assert first["tax"] is not None
    assert second["account"]["code"] == "6310"
    assert first["accountingEntryLineId"] != second["accountingEntryLineId"]
    assert (made["lane"], made["fileCount"], made["user"]) == ("unexported", 0, None)
    change = {"accountingEntryLines": [{"account": second["account"]}]}
    fixed = simulator.admin("PUT", f"/sim/entries/{made['accountingEntryId']}", change)
    assert fixed["accountingEntryLines"][0]["account"]["code"] == "6310"


def test_a_year_is_the_same_every_time(simulator: Simulator, company: Company) -> None:
    path = f"/sim/companies/{company.id}"
    first = simulator.admin("POST", f"{path}/year", {"count": 150})
    rows = {row["accountingEntryId"]: row for row in simulator.entries(company)}
    simulator.admin("POST", "/sim/reset", {"seed": "demo"})
    simulator.register_client()
    again = simulator.admin("POST", f"{path}/year", {"count": 150})
    assert again == first
    repeated = {row["accountingEntryId"]: row for row in simulator.entries(company)}
    assert repeated == rows
    for item in export_items(simulator, company, entryIds=first["entryIds"]):
        check_sums(item)


VARIANTS: list[tuple[str, Any]] = [
    ("money_in_sign", "negative"),
    ("fixed_side_line_account", "category"),
    ("reverse_tax_amount", "zero"),
    ("invoice_payment_names_invoice", True),
    ("minor_units", "hundredths"),
    ("invoice_date_form", "date-time"),
    ("user_and_supplier", False),
]


@pytest.mark.parametrize(("switch", "value"), VARIANTS)
def test_variants_stay_within_the_contract(
    simulator: Simulator, company: Company, pleo: Pleo, switch: str, value: Any
) -> None:
    job = simulator.export(company)
    usual = list(pleo.pages("/v3/export-items", job_id=job["id"], limit=100))
    simulator.switch(**{switch: value})
    changed = list(pleo.pages("/v3/export-items", job_id=job["id"], limit=100))
    strip(usual)
    strip(changed)
    assert usual != changed


def strip(items: list[Item]) -> None:
    for item in items:
        for file in item["files"]:
            del file["url"]


def test_final_items_can_be_left_out(simulator: Simulator, company: Company, pleo: Pleo) -> None:
    job = simulator.small_job(company)
    first = pleo.get("/v3/export-items", job_id=job["id"])["data"][0]["accountingEntryId"]
    pleo.report(job["id"], {"accountingEntryId": first, "status": "successful"})
    assert len(pleo.get("/v3/export-items", job_id=job["id"])["data"]) == 3
    simulator.switch(export_items_leave_out_final=True)
    assert len(pleo.get("/v3/export-items", job_id=job["id"])["data"]) == 2


def test_job_id_is_needed_unless_switched_off(
    simulator: Simulator, company: Company, pleo: Pleo
) -> None:
    pleo.refused(400, "GET", "/v3/export-items")
    simulator.switch(export_items_require_job_id=False)
    assert pleo.get("/v3/export-items")["data"] == []
    simulator.small_job(company)
    assert len(pleo.get("/v3/export-items")["data"]) == 3


def test_seeds_without_a_job_fit_the_item_schema(simulator: Simulator) -> None:
    for company in simulator.companies():
        for row in simulator.entries(company):
            if row["lane"] != "trouble":
                check_schema("ExportItem", {**row, "_links": {}})
