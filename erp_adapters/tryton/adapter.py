"""Tryton 8.0: https://www.tryton.org, REST of `trytond` and the `account` modules."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from erp_adapters import ledger
from erp_adapters.auth import ApiKey, Secret, fit, setting
from erp_adapters.base import Access, Capabilities, CatalogKind
from erp_adapters.currency import Listed, Rates
from erp_adapters.domains import DomainAdapter, Row
from erp_adapters.drafts import Plan, Standing
from erp_adapters.lookup import Lookup, Names, Period, one_company
from erp_adapters.matching import Group, MatchLine
from erp_adapters.text import clean
from erp_adapters.tryton import records
from erp_adapters.tryton.moves import Books
from erp_adapters.tryton.wire import Wire

REST_BODY = 1_400_000  # bytes; in base64 they stay under the 2 MiB that REST takes by default
FASTER = "With the password: faster posting, reversals, files over 2 MB."
MOVE = "account.move"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrytonSettings:
    base_url: str = field(metadata=setting(label="Address", help="https://erp.example.com"))
    database: str = field(metadata=setting(label="Database"))
    company: str = field(default="", metadata=setting(label="Company", help="Name or number."))
    journal: str = field(default="EXP", metadata=setting(label="Journal", help="Its code."))
    web_url: str = field(
        default="", metadata=setting(label="Web client", help="If people open Tryton elsewhere.")
    )


class TrytonAdapter(DomainAdapter):
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
    sources = records.SOURCES
    axis = "root"
    matches_whole = True  # and it checks nothing that is matched already
    wire: Wire

    def __init__(self, access: Access) -> None:
        self.settings = fit(TrytonSettings, access.settings)
        address, database = self.settings.base_url, self.settings.database
        self.wire = Wire(access, base_url=address, database=database)
        self.link = f"{(self.settings.web_url or address).rstrip('/')}/#{database}"
        self.finalised = None if self.wire.has_rpc else 1
        self.capabilities = replace(self.capabilities, can_reverse=self.wire.has_rpc)
        self._company: ledger.Company | None = None

    # Reading

    def company(self) -> ledger.Company:
        """The lock date is the end of what is closed without a gap."""
        company, open_ones = self._site(), self._periods(["state", "=", "open"])
        start = open_ones[0].start if open_ones else date.max
        closed = self._periods(["end_date", "<", start])
        return replace(company, lock_date=max((x.end for x in closed), default=None))

    def dimensions(self) -> Iterator[ledger.Dimension]:
        roots = [["type", "=", "root"], *self.mine("dimensions")]
        rows = self.wire.search(records.ANALYTICS, roots, *records.ANALYTIC)
        yield from map(records.dimension, rows)

    def traces(self, kind: CatalogKind) -> list[Any]:
        """When each record was written; one that is deleted leaves no other trace in Tryton."""
        rows = self.wire.search(self.sources[kind].model, self.mine(kind), "write_date")
        return [(row["id"], row["write_date"]) for row in rows]

    def mine(self, kind: CatalogKind | None = None) -> list[Any]:
        company = int(self._site().id)
        return [] if kind == "vendors" else [["company", "=", company]]

    def _site(self) -> ledger.Company:
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
            if not self.wire.search("ir.module", analytic, "name"):
                self.wire.missing |= {records.ANALYTICS}
        return self._company

    def _periods(self, *domain: list[Any]) -> list[Period]:
        mine = [*self.mine(), ["type", "=", "standard"], *domain]
        more: Row = {"order": [["start_date", "ASC"]]}
        rows = self.wire.search("account.period", mine, "start_date", "end_date", **more)
        return [Period(str(row["id"]), row["start_date"], row["end_date"]) for row in rows]

    # Writing

    def planner(self, vouchers: Sequence[ledger.Voucher]) -> Callable[[ledger.Voucher], Plan]:
        own, names, journal = self._site().currency, Names.of(vouchers), self.settings.journal
        values = ["OR", ["code", "in", names.values], ["name", "in", names.values]]
        codes = [journal, *(x.journal for x in vouchers)]
        used = [*names.currencies, own] if {*names.currencies} - {own} else []
        return Books(
            company=int(self._site().id),
            journals=self.wire.by("account.journal", "code", codes),
            journal=journal,
            periods=self._periods(["state", "=", "open"]),
            lookup=Lookup(
                self.label,
                accounts=self.accounts(["code", "in", names.accounts]),
                tax_codes=self.tax_codes(["name", "in", names.tax_codes]),
                values=self.read("dimensions", values) if names.values else (),
                vendors=self.vendors(["code", "in", names.vendors]),
            ),
            currencies=self.wire.by("currency.currency", "code", used, "digits", active=False),
            rates=Rates.read(vouchers, self._rates, own=own, label=self.label),
        ).plan

    def _rates(self, currency: str, until: date, most: int) -> Listed:
        domain = [["currency.code", "=", currency], ["date", "<=", until]]
        more: Row = {"order": [["date", "DESC"]], "limit": most}
        rows = self.wire.search("currency.currency.rate", domain, "date", "rate", **more)
        return [(row["date"], row["rate"]) for row in rows]

    def drafted(self, plans: Sequence[Plan]) -> list[str]:
        return [str(x) for x in self._create(MOVE, [plan.values for plan in plans])]

    def _create(self, model: str, values: list[Row]) -> list[int]:
        """For one, Tryton says why it refuses; for a batch not always."""
        if len(values) == 1:
            return [self.wire.rest("POST", f"{model}?f=id", values[0])["id"]]
        return list(self.wire.rest("POST", f"{model}/create", {"vlist": values}))

    def finalise(self, ids: Sequence[str]) -> Sequence[str]:
        if self.wire.has_rpc:
            self.wire.rpc("model.account.move.post", [int(x) for x in ids])
        else:
            self.wire.rest("POST", f"{MOVE}/{ids[0]}/post?f=state", {})
        return ids

    def remove(self, number: str) -> None:
        self.wire.rest("DELETE", f"{MOVE}/{number}")

    def standing(
        self, *, ids: Sequence[str] = (), references: Sequence[str] = ()
    ) -> list[Standing]:
        """Without people's reversals, which have the description of what they reverse."""
        if ids:
            return self._moves(["id", "in", [int(x) for x in ids]])
        named = ["description", "in", list(references)]
        return self._moves(
            named, ["OR", ["origin", "=", None], ["origin", "not like", f"{MOVE},%"]]
        )

    def _moves(self, *domain: list[Any]) -> list[Standing]:
        mine = [*self.mine(), *domain]
        has_values = records.ANALYTICS not in self.wire.missing
        values = ("lines.analytic_lines.account",) if has_values else ()
        rows = self.wire.search(MOVE, mine, *records.MOVE, *values)
        return [records.standing(row, link=self.link) for row in rows]

    def has_file(self, number: str, name: str) -> bool:
        same = [["resource", "=", f"{MOVE},{number}"], ["name", "=", name]]
        return bool(self.wire.search("ir.attachment", same, "name", limit=1))

    def upload(self, number: str, name: str, file: ledger.Attachment) -> None:
        """Over REST, Tryton takes 2 MiB unless told otherwise."""
        values: Row = {"name": name, "type": "data", "resource": f"{MOVE},{number}"}
        values |= {"data": file.content}
        if self.wire.has_rpc and len(file.content) > REST_BODY:
            self.wire.rpc("model.ir.attachment.create", [values])
        else:
            self.wire.rest("POST", "ir.attachment?f=name", values)

    def mirrors(self, number: str) -> list[Standing]:
        return self._moves(["origin", "=", f"{MOVE},{number}"])

    def mirror(self, number: str, reason: str) -> None:
        one = int(number)
        active = {"active_model": MOVE, "active_id": one, "active_ids": [one]}
        values = {"default": {"description": reason, "reversal": True}}
        session = self.wire.rpc("wizard.account.move.cancel.create")[0]
        self.wire.rpc("wizard.account.move.cancel.execute", session, values, "cancel", **active)

    def match_lines(self, ids: list[int]) -> Iterator[MatchLine]:
        final = [["move.company", "=", int(self._site().id)], ["move.state", "=", "posted"]]
        domain = [*final, ["move", "in", ids], ["account.reconcile", "=", True]]
        rows = self.wire.search("account.move.line", domain, *records.MATCH)
        yield from map(records.match_line, rows)

    def matched(self, groups: Sequence[Group]) -> Sequence[Group]:
        values = [
            {
                "company": self.wire.company,
                "date": max(line.day for line in group),
                "lines": [["add", [line.id for line in group]]],
            }
            for group in groups
        ]
        self._create("account.move.reconciliation", values)
        return groups

    def create_vendor(self, vendor: ledger.Vendor, *, reference: str) -> ledger.Vendor:
        """The reference stands among the party's identifiers; Tryton gives the code."""
        known = ["identifiers.code", "=", reference]
        if not (found := [*self.vendors(known)]):
            codes = [{"code": x} for x in (reference, clean(vendor.tax_number)) if x]
            values = {"name": clean(vendor.name), "identifiers": [["create", codes]]}
            self.wire.rest("POST", "party.party?f=code", values)
            found = [*self.vendors(known)]
        return found[0]
