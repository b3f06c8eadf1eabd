"""The fake ERP's rules: what it refuses, what it changes, and what its ledger gets."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
COMPANY = {"id": "1", "name": "Fake Company", "currency": "EUR", "country": "DK", "lockDate": None}
CENT = Decimal("0.01")


class Refused(Exception):
    """A machine code and a sentence, as an ERP says no."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Rules:
    """`find` reads master data: a kind and a code to a record, or None."""

    def __init__(self, find: Callable[[str, str], Json | None]) -> None:
        self.find = find

    def company(self) -> Json:
        return self.find("company", "") or dict(COMPANY)

    # What it changes, where PUT /_admin/seed said so

    def taken(self, sent: Json) -> Json:
        """The voucher as this ERP takes it; Refused where it would change what it must not."""
        rules = self.find("changes", "") or {}
        changed = {**sent}
        if rules.get("suspenseAccount"):
            changed["lines"] = self._with_own_tax(sent["lines"], rules["suspenseAccount"])
        if changed != sent and not sent.get("allowChanges"):
            raise Refused("would_change", "The tax differs by our rates; the rest is suspense.")
        if rules.get("movesClosedDates") and sent.get("allowChanges"):
            changed["postingDate"] = self._first_open_day(sent["postingDate"])
        return changed

    def _with_own_tax(self, lines: list[Json], suspense: str) -> list[Json]:
        """Tax by its own rates, and a line that makes up for what then does not balance."""
        taken = [self._own_tax(x) if x["tax"] and x["tax"]["role"] == "added" else x for x in lines]
        gap = sum((_signed(x) for x in self.entries({"lines": taken})), Decimal(0))
        if not gap:
            return taken
        side = _entry(suspense, "credit" if gap > 0 else "debit", abs(gap))
        rest: Json = {"text": "", "vendor": None, "dimensions": {}, "original": None, "tax": None}
        return [*taken, {**side, **rest}]

    def _own_tax(self, line: Json) -> Json:
        amount = Decimal(line["debit"]) + Decimal(line["credit"])
        own = (amount * Decimal(str(self.tax(line["tax"]["code"])["rate"]))).quantize(CENT)
        if own == Decimal(line["tax"]["taxAmount"]):
            return line
        return {**line, "tax": {**line["tax"], "taxAmount": str(own)}}

    def _first_open_day(self, day: str) -> str:
        found = date.fromisoformat(day)
        while self._closed(found.isoformat()):
            found += timedelta(days=1)
        return found.isoformat()

    def _closed(self, day: str) -> str:
        """Why nothing can be booked on this day; nothing where it is open."""
        lock = self.company()["lockDate"]
        if lock and day <= lock:
            return f"{day} is closed: the books are locked to {lock}."
        months = (self.find("closedMonths", "") or {"months": []})["months"]
        return f"{day} lies in a closed month." if day[:7] in months else ""

    # What it refuses

    def check(self, sent: Json) -> None:
        if reason := self._closed(sent["postingDate"]):
            raise Refused("period_closed", reason)
        if not sent["lines"]:
            raise Refused("no_lines", "A voucher needs at least one line.")
        journals = self.find("journals", "")
        if sent.get("journal") and journals and sent["journal"] not in journals["codes"]:
            raise Refused("journal_unknown", f"There is no journal {sent['journal']}.")
        self._check_vendor(sent.get("vendor"))
        for line in sent["lines"]:
            self._check_line(line, sent)
        if gap := sum((_signed(x) for x in self.entries(sent)), Decimal(0)):
            raise Refused("unbalanced", f"Debits and credits differ by {gap}.")

    def _check_vendor(self, code: str | None) -> None:
        if code is None:
            return
        vendor = self.find("vendors", code)
        if vendor is None or not vendor.get("isActive", True):
            raise Refused("vendor_unknown", f"There is no active vendor {code}.")

    def _check_line(self, line: Json, sent: Json) -> None:
        account = self.account(line["account"])
        self._check_vendor(line["vendor"])
        if account.get("needsVendor") and not (line["vendor"] or sent.get("vendor")):
            raise Refused("vendor_unknown", f"Account {line['account']} needs a vendor.")
        if line["tax"]:
            self.tax(line["tax"]["code"])
        for dimension, value in line["dimensions"].items():
            self._check_value(dimension, value)
        for missing in set(account.get("requiredDimensions", ())) - set(line["dimensions"]):
            raise Refused("dimension_value_unknown", f"{line['account']} needs a {missing}.")

    def account(self, code: str) -> Json:
        account = self.find("accounts", code)
        if account is None:
            raise Refused("account_unknown", f"There is no account {code}.")
        if not account.get("isActive", True) or not account.get("isPostable", True):
            raise Refused("account_unknown", f"Account {code} takes no entries.")
        return account

    def tax(self, code: str) -> Json:
        tax = self.find("taxCodes", code)
        if tax is None or not tax.get("isActive", True):
            raise Refused("tax_code_unknown", f"There is no active tax code {code}.")
        return tax

    def _check_value(self, dimension: str, code: str) -> None:
        axis = self.find("dimensions", dimension) or {"values": []}
        for value in axis["values"]:
            usable = value.get("isActive", True) and value.get("isPostable", True)
            if value["code"] == code and usable:
                return
        raise Refused("dimension_value_unknown", f"{dimension} has no active value {code}.")

    # What the ledger gets: the lines, and the tax that this ERP adds to or takes out of them

    def entries(self, sent: Json) -> Iterator[Json]:
        for line in sent["lines"]:
            side = "debit" if Decimal(line["debit"]) else "credit"
            amount, tax = Decimal(line[side]), line["tax"] or {"role": "base", "taxAmount": "0"}
            part = Decimal(tax["taxAmount"])
            yield _entry(line["account"], side, amount - INCLUDED[tax["role"]] * part)
            for account, reverse in TAX_ENTRIES[tax["role"]] if part else ():
                known = self.tax(tax["code"])
                yield _entry(known[account], OTHER[side] if reverse else side, part)


OTHER = {"debit": "credit", "credit": "debit"}
# role of a line's tax -> entries that this ERP makes: (field of the tax code, on the other side?)
TAX_ENTRIES: dict[str, tuple[tuple[str, bool], ...]] = {
    "base": (),
    "tax": (),
    "added": (("ingoingTaxAccount", False),),
    "included": (("ingoingTaxAccount", False),),
    "reverse": (("ingoingTaxAccount", False), ("outgoingTaxAccount", True)),
}
INCLUDED = {"base": 0, "tax": 0, "added": 0, "included": 1, "reverse": 0}


def _entry(account: str, side: str, amount: Decimal) -> Json:
    return {"account": account, "debit": "0", "credit": "0", side: str(amount)}


def _signed(entry: Json) -> Decimal:
    return Decimal(entry["debit"]) - Decimal(entry["credit"])
