"""Accounting entries: lanes, deep merges, and their look as export items."""

import copy
from typing import Any

from .files import presigned_url
from .master_data import choices
from .state import Simulator
from .store import Row, decode, encode

UNEXPORTED, QUEUE, EXPORTED, TROUBLE = "unexported", "queue", "exported", "trouble"
LANES = (UNEXPORTED, QUEUE, EXPORTED, TROUBLE)
# Types whose item carries the contra account, because they move the wallet.
CONTRA_TYPES = frozenset(
    {
        "card_purchase",
        "fee",
        "cashback",
        "refund",
        "chargeback",
        "direct_reimbursement",
        "invoice_payment",
        "card_invoice",
        "atm_withdrawal",
        "personal_spend",
        "wallet_topup",
        "wallet_unload",
    }
)
VENDOR_TYPES = frozenset(
    {"card_purchase", "fee", "chargeback", "refund", "cashback", "invoice", "invoice_payment"}
)
MONEY_IN_TYPES = frozenset({"refund", "chargeback", "cashback"})
FIXED_SIDE_TYPES = frozenset(
    {
        "atm_withdrawal",
        "personal_spend",
        "wallet_topup",
        "wallet_unload",
        "direct_reimbursement",
        "external_reimbursement",
        "invoice_payment",
    }
)
WHOLE_UNIT_CURRENCIES = frozenset({"JPY", "ISK", "KRW"})


def find(simulator: Simulator, entry_id: str) -> Row | None:
    return simulator.store.one("SELECT * FROM entries WHERE id = ?", entry_id)


def of_company(simulator: Simulator, company_id: str) -> list[Row]:
    return simulator.store.all(
        "SELECT e.*, (SELECT COUNT(*) FROM files f WHERE f.entry_id = e.id) AS file_count"
        " FROM entries e WHERE company_id = ? ORDER BY position",
        company_id,
    )


def move(simulator: Simulator, company_id: str, entry_ids: list[str], lane: str) -> int:
    """Into a lane; entries of an unfinished job are locked and stay where they are."""
    moved = 0
    with simulator.store.write():
        for entry_id in entry_ids:
            moved += simulator.store.run(
                "UPDATE entries SET lane = ?, last_error = NULL WHERE id = ? AND company_id = ?"
                " AND job_id IS NULL",
                lane,
                entry_id,
                company_id,
            )
    return moved


def ids_in_lane(simulator: Simulator, company_id: str, lane: str) -> list[str]:
    rows = simulator.store.all(
        "SELECT id FROM entries WHERE company_id = ? AND lane = ? ORDER BY position",
        company_id,
        lane,
    )
    return [str(row["id"]) for row in rows]


def merge(base: Any, change: Any) -> Any:
    """Objects merge by member, lists of objects by place; everything else is replaced."""
    if isinstance(base, dict) and isinstance(change, dict):
        merged = dict(base)
        for name, value in change.items():
            merged[name] = merge(base.get(name), value)
        return merged
    if _objects(base) and _objects(change):
        longer = max(len(base), len(change))
        return [
            merge(
                base[i] if i < len(base) else copy.deepcopy(base[-1]),
                change[i] if i < len(change) else {},
            )
            for i in range(longer)
        ]
    return copy.deepcopy(change)


def _objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def update_payload(simulator: Simulator, entry_id: str, change: dict[str, Any]) -> None:
    with simulator.store.write():
        row = find(simulator, entry_id)
        if row is not None:
            payload = merge(decode(row["payload"]), change)
            simulator.store.run(
                "UPDATE entries SET payload = ? WHERE id = ?", encode(payload), entry_id
            )


def contra_accounts(simulator: Simulator, company_id: str) -> dict[str, dict[str, Any]]:
    """The accounts standing for the Pleo balance, by wallet currency."""
    rows = simulator.store.all(
        "SELECT w.currency, w.contra_account, c.chart FROM wallets w JOIN companies c"
        " ON c.id = w.company_id WHERE w.company_id = ? AND w.contra_account IS NOT NULL",
        company_id,
    )
    return {row["currency"]: _account(decode(row["chart"]), row["contra_account"]) for row in rows}


def _account(chart: dict[str, Any], code: str) -> dict[str, Any]:
    for account in chart["accounts"]:
        if account["code"] == code:
            return {"id": account["id"], "name": account["name"], "code": code, "identifier": None}
    raise LookupError(f"account {code} is not in the chart")


def currencies_without_contra_account(
    simulator: Simulator, company_id: str, entry_ids: list[str]
) -> list[str]:
    rows = simulator.store.all(
        "SELECT DISTINCT type, wallet_currency FROM entries"
        " WHERE id IN (SELECT value FROM json_each(?))",
        encode(entry_ids),
    )
    used = {row["wallet_currency"] for row in rows if row["type"] in CONTRA_TYPES}
    return sorted(used - set(contra_accounts(simulator, company_id)))


class ItemView:
    """Turns entries of one company into export items, under the present switches."""

    def __init__(
        self, simulator: Simulator, company_id: str, *, vendor_based: bool, base: str
    ) -> None:
        self.simulator = simulator
        self.switches = simulator.switches
        self.vendor_based = vendor_based
        self.base = base
        self.contra = contra_accounts(simulator, company_id)

    def __call__(self, row: Row) -> dict[str, Any]:
        stored = find(self.simulator, row["id"]) or {}
        item: dict[str, Any] = decode(stored["payload"])
        choices.resolve(self.simulator, item)
        self._set_parties(item)
        self._set_contra_account(item)
        self._apply_sign(item)
        self._apply_lines(item)
        self._apply_invoice(item)
        if self.switches["minor_units"] == "hundredths":
            _scale_whole_units(item)
        item["files"] = [self._file(file) for file in self.simulator.receipts.of_entry(row["id"])]
        item["_links"] = item.get("_links") or {
            "web": {"exportItem": f"{self.base}/entries/{row['id']}"}
        }
        return item

    def _set_parties(self, item: dict[str, Any]) -> None:
        if not (self.vendor_based and item["type"] in VENDOR_TYPES):
            item["vendor"] = None
        if not self.vendor_based:
            item["bookkeeping"] = None
        if not self.switches.flag("user_and_supplier"):
            item["user"] = item["supplier"] = None

    def _set_contra_account(self, item: dict[str, Any]) -> None:
        currency = item["amount"]["inWalletCurrency"]["currency"]
        given = self.contra.get(currency) if item["type"] in CONTRA_TYPES else None
        item["contraAccount"] = item.get("contraAccount", given)

    def _apply_sign(self, item: dict[str, Any]) -> None:
        if item["type"] in MONEY_IN_TYPES and self.switches["money_in_sign"] == "negative":
            for amount in _amounts(item):
                for money in amount.values():
                    money["value"] = -money["value"]

    def _apply_lines(self, item: dict[str, Any]) -> None:
        keep_fixed = self.switches["fixed_side_line_account"] == "category"
        for line in item["accountingEntryLines"]:
            if item["type"] in FIXED_SIDE_TYPES and not keep_fixed:
                line["account"] = line["tax"] = None
            tax = line.get("tax")
            if tax and tax["type"] == "reverse" and self.switches["reverse_tax_amount"] == "zero":
                for money in tax["amount"].values():
                    money["value"] = 0

    def _apply_invoice(self, item: dict[str, Any]) -> None:
        info = item["additionalInformation"]
        hidden = info.pop("invoiceReconciliationId", None)
        if hidden and self.switches.flag("invoice_payment_names_invoice"):
            info["reconciledEntries"] = [hidden]
        invoice = info.get("invoiceInformation")
        if invoice and self.switches["invoice_date_form"] == "date-time":
            for name in ("invoiceDate", "dueDate", "paymentDate"):
                if invoice.get(name) and len(invoice[name]) == 10:
                    invoice[name] += "T00:00:00Z"

    def _file(self, row: Row) -> dict[str, Any]:
        url = presigned_url(self.simulator, row, self.base)
        if not self.switches.flag("file_type_and_size"):
            return {"url": url}
        return {"url": url, "type": row["type"], "size": row["size"]}


def _amounts(item: dict[str, Any]) -> list[dict[str, Any]]:
    found = [item["amount"]]
    for line in item["accountingEntryLines"]:
        found += [line["lineAmount"], line["netAmount"]]
        if line.get("tax"):
            found.append(line["tax"]["amount"])
    return found


def _scale_whole_units(item: dict[str, Any]) -> None:
    for amount in _amounts(item):
        for money in amount.values():
            if money["currency"] in WHOLE_UNIT_CURRENCIES:
                money["value"] *= 100
