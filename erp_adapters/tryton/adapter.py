"""Tryton 8.0: https://www.tryton.org, REST of `trytond` and the `account` modules."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Any

from erp_adapters.auth import ApiKey, Secret, fit, setting
from erp_adapters.base import Access, Capabilities, CatalogKind, Settlement
from erp_adapters.batches import unknown_after_a_write
from erp_adapters.currency import Listed, Rates
from erp_adapters.drafts import DraftingAdapter, Plan, Standing
from erp_adapters.errors import Rejected
from erp_adapters.ledger import (
    Account,
    Attachment,
    Company,
    Dimension,
    DimensionValue,
    PostedVoucher,
    TaxCode,
    Vendor,
    Voucher,
)
from erp_adapters.lookup import Lookup, Names, Period, one_company, pages
from erp_adapters.matching import Group, match
from erp_adapters.text import clean
from erp_adapters.tryton import records
from erp_adapters.tryton.moves import Books
from erp_adapters.tryton.wire import Row, Wire

REST_BODY = 1_400_000  # bytes; in base64 they stay under the 2 MiB that REST takes by default
FASTER = "With the password: faster posting, reversals, files over 2 MB."
ANALYTIC = "analytic_account.account"
MODELS: dict[CatalogKind, str] = {
    "accounts": "account.account",
    "dimensions": ANALYTIC,
    "tax_codes": "account.tax",
    "vendors": "party.party",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrytonSettings:
    base_url: str = field(metadata=setting(label="Address", help="https://erp.example.com"))
    database: str = field(metadata=setting(label="Database"))
    company: str = field(default="", metadata=setting(label="Company", help="Name or number."))
    journal: str = field(default="EXP", metadata=setting(label="Journal", help="Its code."))
    web_url: str = field(
        default="", metadata=setting(label="Web client", help="If people open Tryton elsewhere.")
    )


class TrytonAdapter(DraftingAdapter):
    kind = "tryton"
    label = "Tryton"
    auth = ApiKey(
        secrets=(
            Secret(name="key", label="API key", help="A validated REST key of the user."),
            Secret(name="user", label="User name", help=FASTER, required=False),
            Secret(name="password", label="Password", required=False),
        )
    )
    Settings = TrytonSettings
    # We stop waiting after 30 s, Tryton goes on: a hundred moves take it seconds, or some retries
    # of seconds. What a later create would leave is a draft, which `finish` removes.
    capabilities = Capabilities(
        batch_size=100,
        tax_manner="send_tax_lines",
        can_reconcile=True,
        can_create_vendors=True,
        reference_place="Description",
        settle_seconds=60,
    )
    wire: Wire

    def __init__(self, access: Access) -> None:
        self.settings = fit(TrytonSettings, access.settings)
        address, database = self.settings.base_url, self.settings.database
        self.wire = Wire(access, base_url=address, database=database)
        self.link = f"{(self.settings.web_url or address).rstrip('/')}/#{database}"
        self.finalised = None if self.wire.has_rpc else 1
        self.capabilities = replace(self.capabilities, can_reverse=self.wire.has_rpc)
        self._company: Company | None = None

    # Reading

    def company(self) -> Company:
        """The lock date is the end of what is closed without a gap."""
        company, open_ones = self._site(), self._periods(["state", "=", "open"])
        start = open_ones[0].start if open_ones else date.max
        closed = self._periods(["end_date", "<", start])
        return replace(company, lock_date=max((x.end for x in closed), default=None))

    def accounts(self, *domain: list[Any]) -> Iterator[Account]:
        coded = ["code", "!=", None]
        yield from map(records.account, self._all("accounts", records.ACCOUNT, coded, *domain))

    def dimensions(self) -> Iterator[Dimension]:
        roots = ["type", "=", "root"]
        yield from map(records.dimension, self._all("dimensions", records.ANALYTIC, roots))

    def dimension_values(self, dimension: Dimension) -> Iterator[DimensionValue]:
        yield from self._values(["root", "=", int(dimension.id)])

    def _values(self, *domain: list[Any]) -> Iterator[DimensionValue]:
        below = ["type", "!=", "root"]
        rows = self._all("dimensions", records.ANALYTIC, below, *domain)
        yield from map(records.dimension_value, rows)

    def tax_codes(self, *domain: list[Any]) -> Iterator[TaxCode]:
        parents = ["parent", "=", None]
        yield from map(records.tax_code, self._all("tax_codes", records.TAX, parents, *domain))

    def vendors(self, *domain: list[Any]) -> Iterator[Vendor]:
        yield from map(records.vendor, self._all("vendors", records.PARTY, *domain))

    def fingerprint(self, kind: CatalogKind) -> str:
        """When each record was written; one that is deleted leaves no other trace in Tryton."""
        mine = self._mine(MODELS[kind])
        rows = self.wire.search(MODELS[kind], mine, "write_date") if self._has(kind) else []
        return sha256(repr([(x["id"], x["write_date"]) for x in rows]).encode()).hexdigest()

    def _all(self, kind: CatalogKind, fields: Sequence[str], *domain: list[Any]) -> Iterator[Row]:
        mine = [*self._mine(MODELS[kind]), *domain]

        def page(last: int, size: int) -> list[Row]:
            return self.wire.search(MODELS[kind], [*mine, ["id", ">", last]], *fields, limit=size)

        yield from pages(page) if self._has(kind) else ()

    def _has(self, kind: CatalogKind) -> bool:
        return self._has_analytic or MODELS[kind] != ANALYTIC

    def _mine(self, model: str) -> list[list[Any]]:
        company = int(self._site().id)
        return [] if model == "party.party" else [["company", "=", company]]

    def _site(self) -> Company:
        """Kept for the life of the adapter: which company it is about does not change.

        Only what the user works in: Tryton shows other companies' names, but hides their books
        without an error, and then every search by reference would come back empty.
        """
        if self._company is None:
            user = self.wire.rest("POST", "res.user/get_preferences", {}, is_write=False)
            is_all = user.get("company_filter") == "all"
            sees = user["companies"] if is_all else [user.get("company", -1)]
            rows = self.wire.search("company.company", [["id", "in", sees]], *records.COMPANY)
            self._company = one_company([*map(records.company, rows)], self.settings.company)
            self.wire.company = int(self._company.id)
            analytic = [["name", "=", "analytic_account"], ["state", "=", "activated"]]
            self._has_analytic = bool(self.wire.search("ir.module", analytic, "name"))
        return self._company

    def _periods(self, *domain: list[Any]) -> list[Period]:
        mine = [*self._mine("account.period"), ["type", "=", "standard"], *domain]
        more: Row = {"order": [["start_date", "ASC"]]}
        rows = self.wire.search("account.period", mine, "start_date", "end_date", **more)
        return [Period(str(row["id"]), row["start_date"], row["end_date"]) for row in rows]

    # Writing

    def planner(self, vouchers: Sequence[Voucher]) -> Callable[[Voucher], Plan]:
        company, names = self._site(), Names.of(vouchers)
        values = ["OR", ["code", "in", names.values], ["name", "in", names.values]]
        foreign = [x for x in names.currencies if x != company.currency]
        used = [["code", "in", foreign and [*foreign, company.currency]]]
        named = [["code", "in", [x.journal or self.settings.journal for x in vouchers]]]
        journals = self.wire.search("account.journal", [*named, ["active", "=", True]], "code")
        currencies = self.wire.search("currency.currency", used, "code", "digits")
        books = Books(
            company=int(company.id),
            journals={row["code"]: row["id"] for row in journals},
            journal=self.settings.journal,
            periods=self._periods(["state", "=", "open"]),
            lookup=Lookup(
                self.label,
                accounts=self.accounts(["code", "in", names.accounts]),
                tax_codes=self.tax_codes(["name", "in", names.tax_codes]),
                values=self._values(values) if names.values else (),
                vendors=self.vendors(["code", "in", names.vendors]),
            ),
            currencies={row["code"]: row for row in currencies},
            rates=Rates.read(vouchers, self._rates, own=company.currency, label=self.label),
        )
        return books.plan

    def _rates(self, currency: str, until: date, most: int) -> Listed:
        domain = [["currency.code", "=", currency], ["date", "<=", until]]
        more: Row = {"order": [["date", "DESC"]], "limit": most}
        rows = self.wire.search("currency.currency.rate", domain, "date", "rate", **more)
        return [(row["date"], row["rate"]) for row in rows]

    def drafted(self, plans: Sequence[Plan]) -> list[str]:
        return [str(x) for x in self._create("account.move", [plan.values for plan in plans])]

    def _create(self, model: str, values: list[Row]) -> list[int]:
        """For one, Tryton says why it refuses; for a batch not always."""
        if len(values) == 1:
            return [self.wire.rest("POST", f"{model}?f=id", values[0])["id"]]
        return list(self.wire.rest("POST", f"{model}/create", {"vlist": values}))

    def finalise(self, ids: Sequence[str]) -> Sequence[str]:
        if self.wire.has_rpc:
            self.wire.rpc("model.account.move.post", [int(x) for x in ids])
        else:
            self.wire.rest("POST", f"account.move/{ids[0]}/post?f=state", {})
        return ids

    def remove(self, number: str) -> None:
        self.wire.rest("DELETE", f"account.move/{number}")

    def standing(
        self, *, ids: Sequence[str] = (), references: Sequence[str] = ()
    ) -> list[Standing]:
        """Without people's reversals, which have the description of what they reverse."""
        named = ["id", "in", [int(x) for x in ids]] if ids else None
        rows = self._moves(named or ["description", "in", list(references)])
        ours = (x for x in rows if ids or not (x["origin"] or "").startswith("account.move,"))
        return [records.standing(row, link=self.link) for row in ours]

    def _moves(self, *domain: list[Any]) -> list[Row]:
        mine = [*self._mine("account.move"), *domain]
        values = ("lines.analytic_lines.account",) if self._has_analytic else ()
        return self.wire.search("account.move", mine, *records.MOVE, *values)

    def attach(self, posted: PostedVoucher, file: Attachment, *, may_exist: bool = True) -> None:
        """A file of the same name is kept. Over REST, Tryton takes 2 MiB unless told otherwise."""
        name, resource = clean(file.name) or "attachment", f"account.move,{posted.id}"
        same = [["resource", "=", resource], ["name", "=", name]]
        if may_exist and self.wire.search("ir.attachment", same, "name", limit=1):
            return
        values = {"name": name, "type": "data", "resource": resource, "data": file.content}
        if self.wire.has_rpc and len(file.content) > REST_BODY:
            self.wire.rpc("model.ir.attachment.create", [values])
        else:
            self.wire.rest("POST", "ir.attachment?f=name", values)

    def reverse(self, posted: PostedVoucher, *, reason: str) -> PostedVoucher:
        """The mirror move of Tryton's own wizard; one that stands already is returned."""
        if not self.wire.has_rpc:
            return super().reverse(posted, reason=reason)
        number, mirrors = int(posted.id), ["origin", "=", f"account.move,{posted.id}"]
        if not (rows := self._moves(mirrors)):
            active = {"active_model": "account.move", "active_id": number, "active_ids": [number]}
            values = {"default": {"description": clean(reason), "reversal": True}}
            session = self.wire.rpc("wizard.account.move.cancel.create")[0]
            self.wire.rpc("wizard.account.move.cancel.execute", session, values, "cancel", **active)
            rows = self._moves(mirrors)
        return records.standing(rows[0], link=self.link).posted

    def reconcile(self, settlements: Sequence[Settlement]) -> list[Rejected | None]:
        """Tryton matches only what comes to zero, and checks nothing that is matched already."""
        ids = [int(x.id) for pair in settlements for x in (pair.payment, *pair.paid)]
        final = [["move.company", "=", int(self._site().id)], ["move.state", "=", "posted"]]
        domain = [*final, ["move", "in", ids], ["account.reconcile", "=", True]]
        rows = {
            row["id"]: row for row in self.wire.search("account.move.line", domain, *records.MATCH)
        }

        def call(groups: Sequence[Group]) -> list[int]:
            values = [
                {
                    "company": self.wire.company,
                    "date": max(rows[line.id]["date"] for line in group),
                    "lines": [["add", [line.id for line in group]]],
                }
                for group in groups
            ]
            return self._create("account.move.reconciliation", values)

        with unknown_after_a_write(self.wire, label=self.label):
            return match(settlements, map(records.match_line, rows.values()), call, whole=True)

    def create_vendor(self, vendor: Vendor, *, reference: str) -> Vendor:
        """The reference stands among the party's identifiers; Tryton gives the code."""
        known = ["identifiers.code", "=", reference]
        if not (found := [*self.vendors(known)]):
            codes = [{"code": x} for x in (reference, clean(vendor.tax_number)) if x]
            values = {"name": clean(vendor.name), "identifiers": [["create", codes]]}
            self.wire.rest("POST", "party.party?f=code", values)
            found = [*self.vendors(known)]
        return found[0]
