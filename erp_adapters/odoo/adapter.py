"""Odoo 19 and later: https://www.odoo.com, its external JSON-2 API.

`load`, the import, is the write: it keeps our key of an entry and of each of its lines in the same
transaction, so that the same entry sent twice is one entry.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from erp_adapters import ledger
from erp_adapters.auth import ApiKey, Secret, fit, setting
from erp_adapters.base import Access, Capabilities, CatalogKind
from erp_adapters.batches import each
from erp_adapters.currency import Listed, Rates
from erp_adapters.domains import DomainAdapter, Row
from erp_adapters.drafts import Plan, Standing
from erp_adapters.errors import NotAllowed, OutcomeUnknown
from erp_adapters.lookup import Lookup, Names, one_company
from erp_adapters.matching import Group, MatchLine
from erp_adapters.odoo import moves, records
from erp_adapters.odoo.wire import Wire
from erp_adapters.text import clean, is_kept

MOVE, LINE = "account.move", "account.move.line"


@dataclass(frozen=True, slots=True, kw_only=True)
class OdooSettings:
    base_url: str = field(metadata=setting(label="Address", help="https://acme.odoo.com"))
    database: str = field(default="", metadata=setting(label="Database", help="If there are more."))
    company: str = field(
        default="", metadata=setting(label="Company", help="Where the key sees several.")
    )
    journal: str = field(default="MISC", metadata=setting(label="Journal", help="Its short code."))
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
    sources = records.SOURCES
    axis = "root_plan_id"
    matched_at_once = 1
    matches_whole = False
    wire: Wire

    def __init__(self, access: Access) -> None:
        self.settings = fit(OdooSettings, access.settings)
        self.link = self.settings.base_url.rstrip("/")
        self.wire = Wire(access, base_url=self.link, database=self.settings.database)
        self._found: Row | None = None

    # Reading

    def company(self) -> ledger.Company:
        return records.company(self._site(anew=True))

    def accounts(self, *domain: Any) -> Iterator[ledger.Account]:
        """With the plans that are mandatory; none are where the user may not even see them."""
        plans: list[Row] = []
        with suppress(NotAllowed):
            self._site()
            roots = [["parent_id", "=", False]]
            plans = self.wire.search("account.analytic.plan", roots, *records.PLAN)
        for row in self.rows("accounts", *domain):
            yield records.account(row, plans)

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

    def mine(self, kind: CatalogKind) -> list[Any]:
        """By the company in the context."""
        self._site()
        return []

    def _site(self, *, anew: bool = False) -> Row:
        """Which company it is about does not change; its locks do."""
        if anew or self._found is None:
            rows = self.wire.search("res.company", [], *records.SITE)
            chosen = one_company([*map(records.company, rows)], self.settings.company)
            self._found = next(row for row in rows if str(row["id"]) == chosen.id)
            self.wire.context["allowed_company_ids"] = [self._found["id"]]
        return self._found

    # Writing

    def planner(self, vouchers: Sequence[ledger.Voucher]) -> Callable[[ledger.Voucher], Plan]:
        names, site, settings = Names.of(vouchers), self._site(anew=True), self.settings
        own = site["currency_id"]["name"]
        codes = [settings.journal, settings.bill_journal, *(x.journal for x in vouchers)]
        taxes = list(self.rows("tax_codes", ["name", "in", names.tax_codes], more=moves.SHARES))
        numbers = ["id", "in", [int(code) for code in names.vendors if code.isdecimal()]]
        return moves.Books(
            site=site,
            default={False: settings.journal, True: settings.bill_journal},
            journals=self.wire.by("account.journal", "code", codes, "type"),
            lookup=Lookup(
                self.label,
                accounts=self.accounts(["code", "in", names.accounts]),
                tax_codes=map(records.tax_code, taxes),
                values=self.read(
                    "dimensions", "|", *([x, "in", names.values] for x in ("code", "name"))
                ),
                vendors=self.vendors("|", ["ref", "in", names.vendors], numbers),
            ),
            taxes={str(row["id"]): row for row in taxes},
            currencies=self.wire.by(
                "res.currency", "name", [*names.currencies, own], "decimal_places"
            ),
            rates=Rates.read(vouchers, self._rates, own=own, label=self.label),
        ).plan

    def _rates(self, currency: str, until: date, most: int) -> Listed:
        """Of the company before those of all, as Odoo takes them; without one it would take 1."""
        domain = [["currency_id.name", "=", currency], ["name", "<=", str(until)]]
        more: Row = {"order": "company_id, name desc", "limit": 2 * most}
        rows = self.wire.search("res.currency.rate", domain, "name", "rate", **more)
        found = [(records.day(row["name"]), records.money(row["rate"])) for row in rows]
        is_own = currency == self._site()["currency_id"]["name"]
        return found or ([(date.min, Decimal(1))] if is_own else [])

    def drafted(self, plans: Sequence[Plan]) -> list[str]:
        """Odoo computes the taxes of a new bill itself, and takes ours once the bill stands."""
        made: dict[str, str] = {}
        bills = [plan for plan in plans if moves.is_bill(plan.voucher)]
        for some in ([plan for plan in plans if plan not in bills], bills):
            unique = {plan.voucher.reference: plan.values for plan in some}
            ids = self.wire.load(MOVE, [*unique.values()]) if unique else []
            made |= dict(zip(unique, map(str, ids), strict=True))
        stands = self.standing(ids=[made[x.voucher.reference] for x in bills]) if bills else []
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

    def standing(
        self, *, ids: Sequence[str] = (), references: Sequence[str] = ()
    ) -> list[Standing]:
        """But for cancelled ones."""
        wanted = ["id", "in", [int(x) for x in ids]]
        named = ["ref", "in", [x for x in references if is_kept(x)]]
        return self._moves(wanted if ids else named, ["state", "!=", "cancel"])

    def _moves(self, *domain: Any) -> list[Standing]:
        mine = ["company_id", "=", self._site()["id"]]
        rows = self.wire.search(MOVE, [mine, *domain], *records.MOVE)
        return [records.standing(row, link=self.link) for row in rows]

    def has_file(self, number: str, name: str) -> bool:
        self._site()
        values = {"name": name, "res_model": MOVE, "res_id": int(number)}
        same = [[field, "=", value] for field, value in values.items()]
        return bool(self.wire.search("ir.attachment", same, "name", limit=1))

    def upload(self, number: str, name: str, file: ledger.Attachment) -> None:
        self._site()
        values: Row = {"id": moves.key("file", number, name), "name": name, "res_model": MOVE}
        values |= {"res_id": int(number), "mimetype": file.content_type}
        self.wire.load("ir.attachment", [values | {"datas": b64encode(file.content).decode()}])

    def mirrors(self, number: str) -> list[Standing]:
        return self._moves(["reversed_entry_id", "=", int(number)])

    def mirror(self, number: str, reason: str) -> None:
        """As of today."""
        (row,) = self.wire.search(MOVE, [["id", "=", int(number)]], "journal_id")
        active = {"active_model": MOVE, "active_ids": [int(number)]}
        values = [{"reason": reason, "journal_id": row["journal_id"]}]
        wizard = "account.move.reversal"
        ids = self.wire.do(f"{wizard}/create", vals_list=values, context=active)
        self.wire.do(f"{wizard}/reverse_moves", ids=ids, context=active)

    def match_lines(self, ids: list[int]) -> Iterator[MatchLine]:
        self._site()
        domain = [["account_id.reconcile", "=", True], ["parent_state", "=", "posted"]]
        rows = self.wire.search(LINE, [["move_id", "in", ids], *domain], *records.MATCH)
        yield from map(records.match_line, rows)

    def matched(self, groups: Sequence[Group]) -> Sequence[Group]:
        for group in groups:
            self.wire.do(f"{LINE}/reconcile", ids=sorted({line.id for line in group}))
        return groups

    def create_vendor(self, vendor: ledger.Vendor, *, reference: str) -> ledger.Vendor:
        """One that stands under the reference is left as it is."""
        values = {
            "id": moves.key("vendor", self._site()["id"], reference),
            "name": clean(vendor.name),
            "ref": vendor.code,
            "vat": clean(vendor.tax_number),
            "supplier_rank": 1,
        }
        ids = self.wire.load("res.partner", [values])
        return next(self.vendors(["id", "in", ids]))
