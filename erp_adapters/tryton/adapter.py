"""Tryton 8.0: https://www.tryton.org, REST of `trytond` and the `account` modules."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from erp_adapters import ledger
from erp_adapters.auth import ApiKey, Secret, setting
from erp_adapters.base import Access, Capabilities, CatalogKind
from erp_adapters.currency import Listed
from erp_adapters.domains import DomainAdapter
from erp_adapters.drafts import Plan
from erp_adapters.lookup import Period
from erp_adapters.matching import Group
from erp_adapters.sources import DomainSettings, Row
from erp_adapters.text import clean
from erp_adapters.tryton.payloads import ANALYTICS, MOVE, SOURCES, TrytonBooks
from erp_adapters.tryton.wire import Wire

REST_BODY = 1_400_000  # bytes; in base64 they stay under the 2 MiB that REST takes by default
FASTER = "With the password: faster posting, reversals, files over 1.4 MB."
OPEN = ["state", "=", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrytonSettings(DomainSettings):
    database: str = field(metadata=setting(label="Database"))
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
    connect = Wire
    sources = SOURCES
    axis = "root"
    page = f"model/{MOVE}"
    own_currency = "currency"
    matches_whole = True  # and it checks nothing that is matched already
    settings: TrytonSettings
    wire: Wire

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        web = self.settings.web_url or self.link
        self.link = f"{web.rstrip('/')}/#{self.settings.database}"
        self.finalised = None if self.wire.has_rpc else 1
        self.capabilities = replace(self.capabilities, can_reverse=self.wire.has_rpc)

    # Reading

    def company(self) -> ledger.Company:
        """The lock date is the end of what is closed without a gap."""
        company, open_ones = super().company(), self._periods(OPEN)
        start = open_ones[0].start if open_ones else date.max
        closed = self._periods(["end_date", "<", start])
        return replace(company, lock_date=max((x.end for x in closed), default=None))

    def companies(self, *domain: Any) -> list[Row]:
        """Tryton shows other companies' names too, but hides their books without an error, and
        then every search by reference would come back empty."""
        user = self.wire.rest("POST", "res.user/get_preferences", {}, is_write=False)
        is_all = user.get("company_filter") == "all"
        sees = user["companies"] if is_all else [user.get("company", -1)]
        analytic = [["name", "=", "analytic_account"], ["state", "=", "activated"]]
        if not self.wire.search("ir.module", analytic, "name"):
            self.wire.missing |= {ANALYTICS, "analytic_lines"}
        return super().companies(["id", "in", sees], *domain)

    def dimensions(self) -> Iterator[ledger.Dimension]:
        yield from self.read("axes")

    def traces(self, kind: CatalogKind) -> list[Any]:
        """When each record was written; one that is deleted leaves no other trace in Tryton."""
        rows = self.wire.search(self.sources[kind].model, self.mine(kind), "write_date")
        return [(row["id"], row["write_date"]) for row in rows]

    def _periods(self, *domain: Any) -> list[Period]:
        return sorted(self.read("periods", *domain), key=lambda x: x.start)

    def pointer(self, number: str) -> str:
        return f"{MOVE},{number}"

    # Writing

    def planner(self, vouchers: Sequence[ledger.Voucher]) -> Callable[[ledger.Voucher], Plan]:
        return TrytonBooks(**self.known(vouchers), periods=self._periods(OPEN)).plan

    def rates(self, currency: str, until: date, most: int) -> Listed:
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

    def upload(self, number: str, name: str, file: ledger.Attachment) -> None:
        """Over REST, Tryton takes 2 MiB unless told otherwise."""
        values: Row = {"name": name, "type": "data", "resource": self.pointer(number)}
        values |= {"data": file.content}
        if self.wire.has_rpc and len(file.content) > REST_BODY:
            self.wire.rpc("model.ir.attachment.create", [values])
        else:
            self.wire.rest("POST", "ir.attachment?f=name", values)

    def mirror(self, number: str, reason: str) -> None:
        one = int(number)
        active = {"active_model": MOVE, "active_id": one, "active_ids": [one]}
        values = {"default": {"description": reason, "reversal": True}}
        session = self.wire.rpc("wizard.account.move.cancel.create")[0]
        self.wire.rpc("wizard.account.move.cancel.execute", session, values, "cancel", **active)

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
