"""Which payment is matched with what, in the fake ERP."""

from collections import defaultdict
from decimal import Decimal

from erp_adapters.fake.books import Books
from erp_adapters.fake.rules import Json, Refused


class Settlements:
    def __init__(self, books: Books) -> None:
        self.books = books

    def settle(self, sent: Json) -> Json:
        """Matches a payment with what it pays; what is left over stays open."""
        with self.books.transaction():
            group = [self.books.voucher(x) for x in (sent["payment"], *sent["paid"])]
            self._check(group)
            self.books.db.executemany(
                "insert or ignore into settlement values (?, ?)",
                [(sent["payment"], x) for x in sent["paid"]],
            )
            return {"open": str(_open(group))}

    def _check(self, group: list[Json]) -> None:
        for body in group:
            if not body["isFinal"]:
                raise Refused("draft", f"{body['reference']} is a draft, which cannot be matched.")
        if len(group) < 2 or not _common(group):
            raise Refused("no_common_account", "The vouchers have no account in common.")
        payment, *paid = group
        for body in paid:
            payers = self.payers(body["id"])
            closed = payers and not _open([body, *map(self.books.voucher, payers)])
            if closed and payment["id"] not in payers:
                raise Refused("matched", f"{body['number']} is matched with another payment.")

    def payers(self, number: str) -> list[str]:
        return self._column("select payment from settlement where paid = ?", number)

    def of(self, number: str) -> list[str]:
        """Ids of the vouchers that it is matched with, whichever pays the other."""
        paid = "select paid from settlement where payment = ? order by paid"
        return self._column(paid, number) + self.payers(number)

    def all(self) -> list[Json]:
        pairs: dict[str, list[str]] = defaultdict(list)
        query = "select payment, paid from settlement order by payment, paid"
        with self.books.lock:
            for payment, paid in self.books.db.execute(query):
                pairs[str(payment)].append(str(paid))
        return [self._shown(payment, paid) for payment, paid in pairs.items()]

    def _shown(self, payment: str, paid: list[str]) -> Json:
        group = [self.books.voucher(x) for x in (payment, *paid)]
        names = [body["reference"] for body in group]
        return {"payment": names[0], "paid": names[1:], "open": str(_open(group))}

    def _column(self, query: str, number: str) -> list[str]:
        with self.books.lock:
            return [str(row[0]) for row in self.books.db.execute(query, [number])]


def _common(group: list[Json]) -> set[str]:
    return set.intersection(*({x["account"] for x in body["entries"]} for body in group))


def _open(group: list[Json]) -> Decimal:
    """Debit - credit of the group on the accounts that they have in common."""
    accounts = _common(group)
    entries = (x for body in group for x in body["entries"] if x["account"] in accounts)
    return sum((Decimal(x["debit"]) - Decimal(x["credit"]) for x in entries), Decimal(0))
