"""Odoo 19 and later: https://www.odoo.com, its external JSON-2 API.

`load`, the import, is the write: it keeps our key of an entry and of each of its lines in the same
transaction, so that the same entry sent twice is one entry.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from erp_adapters import ledger
from erp_adapters.auth import ApiKey, Secret, setting
from erp_adapters.base import Capabilities, CatalogKind
from erp_adapters.batches import each
from erp_adapters.currency import Listed
from erp_adapters.domains import DomainAdapter
from erp_adapters.drafts import Plan
from erp_adapters.errors import NotAllowed, OutcomeUnknown
from erp_adapters.matching import Group
from erp_adapters.odoo.payloads import LINE, MOVE, SOURCES, OdooBooks, account, day, key, money
from erp_adapters.odoo.wire import Wire
from erp_adapters.sources import DomainSettings, Row
from erp_adapters.text import clean


@dataclass(frozen=True, slots=True, kw_only=True)
class OdooSettings(DomainSettings):
    base_url: str = field(metadata=setting(label="Address", help="https://acme.odoo.com"))
    journal: str = field(default="MISC", metadata=setting(label="Journal", help="Sequence prefix."))
    bill_journal: str = field(default="BILL", metadata=setting(label="Journal of bills"))


class OdooAdapter(DomainAdapter):
    kind = "odoo"
    label = "Odoo"
    auth = ApiKey(secrets=(Secret(name="key", label="API key", help="Of a user of its own."),))
    Settings = OdooSettings
    # What arrives after we stopped waiting writes the same records once more, and no others.
    capabilities = Capabilities(
        batch_size=100,
        tax_manner="server_computes",
        can_reverse=True,
        can_reconcile=True,
        can_create_vendors=True,
        settle_seconds=5,
    )
    connect = Wire
    sources = SOURCES
    axis = "root_plan_id"
    page = f"odoo/{MOVE}"
    own_currency = "currency_id"
    matched_at_once = 1
    matches_whole = False
    settings: OdooSettings
    wire: Wire

    # Reading

    def accounts(self, *domain: Any) -> Iterator[ledger.Account]:
        """With the plans that are mandatory; none are where the user may not even see them."""
        plans: list[Row] = []
        with suppress(NotAllowed):
            plans += self.rows("plans")
        for row in self.rows("accounts", *domain):
            yield account(row, plans)

    def dimensions(self) -> Iterator[ledger.Dimension]:
        """Plans that have values; a plan's only code is its name."""
        for number, name in (row[self.axis] for row in self.traces("dimensions")):
            yield ledger.Dimension(code=name, name=name, id=str(number))

    def access_expires_on(self) -> date | None:
        """The first end among the user's keys, as Odoo does not say which of them is ours."""
        me = self.wire.do("res.users/context_get", is_write=False, shape=dict)["uid"]
        keys = self.wire.search("res.users.apikeys", [["user_id", "=", me]], "expiration_date")
        ends = [str(key["expiration_date"])[:10] for key in keys if key["expiration_date"]]
        return date.fromisoformat(min(ends)) if ends else None

    def traces(self, kind: CatalogKind) -> list[Any]:
        """How many records there are, and when the last was changed, in one call."""
        source, groups = self.sources[kind], [self.axis] if kind == "dimensions" else []
        asked: Row = {"aggregates": ["__count", "write_date:max", "id:sum"], "groupby": groups}
        asked |= {"domain": [*self.mine(kind), *source.domain], "is_write": False, "shape": list}
        call = f"{source.model}/formatted_read_group"
        return list(self.wire.do(call, context={"active_test": False}, **asked))

    # Writing

    def planner(self, vouchers: Sequence[ledger.Voucher]) -> Callable[[ledger.Voucher], Plan]:
        self.site(anew=True)  # as its locks may have changed
        return OdooBooks(**self.known(vouchers)).plan

    def rates(self, currency: str, until: date, most: int) -> Listed:
        """Of the company before those of all, as Odoo takes them; without one it would take 1."""
        domain = [["currency_id.name", "=", currency], ["name", "<=", str(until)]]
        more: Row = {"order": "company_id, name desc", "limit": 2 * most}
        rows = self.wire.search("res.currency.rate", domain, "name", "rate", **more)
        found = [(day(row["name"]), money(row["rate"])) for row in rows]
        is_own = currency == self.site()["currency_id"]["name"]
        return found or ([(date.min, money(1))] if is_own else [])

    def drafted(self, plans: Sequence[Plan]) -> list[str]:
        """Odoo computes the taxes of a new bill itself, and takes ours once the bill stands."""
        made: dict[str, str] = {}
        bills = [plan for plan in plans if plan.voucher.is_bill]
        for some in ([plan for plan in plans if plan not in bills], bills):
            unique = {plan.voucher.reference: plan.values for plan in some}
            ids = self.wire.load(MOVE, [*unique.values()]) if unique else []
            made |= dict(zip(unique, map(str, ids), strict=True))
        stands = self.standing(ids=[made[x.voucher.reference] for x in bills])
        shapes = {x.posted.reference: x.shape for x in stands}
        again = [x.values for x in bills if x.shape != shapes.get(x.voucher.reference)]
        each(again, lambda some: self.wire.load(MOVE, some, anew=True))
        return [made[plan.voucher.reference] for plan in plans]

    def finalise(self, ids: Sequence[str]) -> Sequence[str]:
        """Odoo answers with false, or with a window that it would show to a person."""
        context = {"validate_analytic": True}  # else it does not ask for mandatory plans
        answer = self.wire.do(f"{MOVE}/action_post", ids=[int(x) for x in ids], context=context)
        if answer is False or (isinstance(answer, dict) and "type" in answer):
            return ids
        raise OutcomeUnknown("Odoo gave an answer of another shape.", detail=str(answer)[:200])

    def remove(self, number: str) -> None:
        """A posted one is made a draft again; without its number Odoo lets it go."""
        ids = [int(number)]
        (row,) = self.wire.search(MOVE, [["id", "in", ids]], "state")
        if row["state"] == "posted":
            self.wire.do(f"{MOVE}/button_draft", ids=ids)
            self.wire.do(f"{MOVE}/write", ids=ids, vals={"name": "/"})
        self.wire.do(f"{MOVE}/unlink", ids=ids)

    def upload(self, number: str, name: str, file: ledger.Attachment) -> None:
        self.site()
        values: Row = {"id": key("file", number, name), "name": name, "res_model": MOVE}
        values |= {"res_id": int(number), "mimetype": file.content_type}
        values |= {"datas": b64encode(file.content).decode()}
        self.wire.load("ir.attachment", [(values, [{}])])

    def mirror(self, number: str, reason: str) -> None:
        """As of today."""
        (row,) = self.wire.search(MOVE, [["id", "=", int(number)]], "journal_id")
        active = {"active_model": MOVE, "active_ids": [int(number)]}
        values = [{"reason": reason, "journal_id": row["journal_id"]}]
        wizard = "account.move.reversal"
        ids = self.wire.do(f"{wizard}/create", vals_list=values, context=active)
        self.wire.do(f"{wizard}/reverse_moves", ids=ids, context=active)

    def matched(self, groups: Sequence[Group]) -> Sequence[Group]:
        for group in groups:
            self.wire.do(f"{LINE}/reconcile", ids=sorted({line.id for line in group}))
        return groups

    def create_vendor(self, vendor: ledger.Vendor, *, reference: str) -> ledger.Vendor:
        """One that stands under the reference is left as it is."""
        values: Row = {"id": key("vendor", self.site()["id"], reference), "ref": vendor.code}
        values |= {"name": clean(vendor.name), "vat": clean(vendor.tax_number), "supplier_rank": 1}
        ids = self.wire.load("res.partner", [(values, [{}])])
        return next(self.vendors(["id", "in", ids]))
