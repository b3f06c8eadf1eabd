"""Tryton 8.0: https://www.tryton.org, REST of `trytond` and the `account` modules."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from json import dumps
from typing import Any, TypeVar

from erp_adapters.auth import ApiKey, Secret, fit, setting
from erp_adapters.base import Access, Capabilities, ErpAdapter
from erp_adapters.errors import NotAllowed, OutcomeUnknown, Rejected, RemoteError
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
from erp_adapters.tryton import lookups, payloads
from erp_adapters.tryton.books import Books, Row, Site
from erp_adapters.tryton.wire import Wire, binary

Item = TypeVar("Item")
Done = TypeVar("Done")
Outcome = PostedVoucher | Rejected

REST_BODY = 1_400_000  # bytes; in base64 they stay under the 2 MiB that REST takes by default
GONE = "The draft is no longer in Tryton; somebody deleted it."
SEARCHED = 100  # references in one search


@dataclass(frozen=True, slots=True, kw_only=True)
class TrytonSettings:
    base_url: str = field(metadata=setting(label="Address", help="https://erp.example.com"))
    database: str = field(metadata=setting(label="Database"))
    company: str = field(
        default="",
        metadata=setting(
            label="Company", help="Its name or number. Needed where the key sees several."
        ),
    )
    journal: str = field(
        default="EXP", metadata=setting(label="Journal", help="The code of the journal to book in.")
    )
    web_url: str = field(
        default="",
        metadata=setting(label="Web client", help="Where links point, if not to the address."),
    )


class TrytonAdapter(ErpAdapter):
    kind = "tryton"
    label = "Tryton"
    auth = ApiKey(
        secrets=(
            Secret(name="key", label="API key", help="A validated REST key of the user."),
            Secret(
                name="user",
                label="User name",
                help="With the password: faster posting, reversals, files over 2 MB.",
                required=False,
            ),
            Secret(name="password", label="Password", required=False),
        )
    )
    Settings = TrytonSettings
    # We stop waiting after 30 s, Tryton goes on: a hundred moves take it seconds, or some retries
    # of seconds. What a later create would leave is a draft, which `finish` removes.
    capabilities = Capabilities(batch_size=100, tax_manner="send_tax_lines", settle_seconds=60)

    def __init__(self, access: Access) -> None:
        self.settings = fit(TrytonSettings, access.settings)
        address = self.settings.base_url
        self.wire = Wire(access, base_url=address, database=self.settings.database)
        self.link = f"{(self.settings.web_url or address).rstrip('/')}/#{self.settings.database}"
        self._found: Site | None = None
        if self.wire.has_rpc:
            self.capabilities = replace(self.capabilities, can_reverse=True)

    def company(self) -> Company:
        """Its name and currency; the lock date is the end of what is closed without a gap."""
        site = self._site()
        periods = lookups.periods(self.wire, site)
        start = next((x["start_date"] for x in periods if x["state"] == "open"), date.max)
        closed = [x["end_date"] for x in periods if x["end_date"] < start]
        return Company(
            id=str(site.company),
            name=site.name,
            currency=site.currency,
            country=site.country,
            lock_date=max(closed, default=None),
        )

    def accounts(self) -> Iterator[Account]:
        for row in self._pages("account.account", payloads.ACCOUNT, ["code", "!=", None]):
            yield payloads.account(row)

    def dimensions(self) -> Iterator[Dimension]:
        roots = lookups.analytic(self.wire, self._site(), ["type", "=", "root"])
        yield from map(payloads.dimension, roots)

    def dimension_values(self, dimension: Dimension) -> Iterator[DimensionValue]:
        below = ["root", "=", int(dimension.id)], ["type", "!=", "root"]
        yield from map(payloads.dimension_value, lookups.analytic(self.wire, self._site(), *below))

    def tax_codes(self) -> Iterator[TaxCode]:
        for row in self._pages("account.tax", payloads.TAX, ["parent", "=", None]):
            yield payloads.tax_code(row)

    def vendors(self) -> Iterator[Vendor]:
        self._site()
        yield from map(payloads.vendor, self.wire.pages("party.party", [], payloads.VENDOR))

    def find_posted(self, references: Sequence[str]) -> dict[str, PostedVoucher]:
        """One search for up to a hundred references, by the exact description of the move."""
        found = payloads.best(self._standing(references))
        return {reference: self._posted(row) for reference, row in found.items()}

    def post(self, vouchers: Sequence[Voucher]) -> list[Outcome]:
        """Drafts in one call, read back and compared, then posted; one refusal harms no other."""
        books = lookups.books(self.wire, self._site(), vouchers, journal=self.settings.journal)
        plans = [self._plan(voucher, books) for voucher in vouchers]
        ready = [plan for plan in plans if isinstance(plan, dict)]
        with self._unknown_after_a_write():
            made = iter(self._compared(self._each(ready, self._create), ready))
            outcomes = [plan if isinstance(plan, Rejected) else next(made) for plan in plans]
            pairs = list(zip(outcomes, vouchers, strict=True))
            drafts = [x.id for x, v in pairs if isinstance(x, PostedVoucher) and v.is_final]
            final = self._finalise([int(number) for number in drafts])
        return [_named(final.get(_id(x), x), voucher) for x, voucher in pairs]

    def finish(self, drafts: Sequence[PostedVoucher]) -> list[Outcome]:
        """Posts what is still a draft; further drafts under the same reference are deleted."""
        rows = list(self._standing([draft.reference for draft in drafts]))
        keep = payloads.best(rows)
        kept = {row["id"] for row in keep.values()}
        loose = [row["id"] for row in rows if row["state"] == "draft"]
        with self._unknown_after_a_write():
            self._delete([number for number in loose if number not in kept])
            final = self._finalise([number for number in loose if number in kept])
        standing = {key: final.get(row["id"]) or self._posted(row) for key, row in keep.items()}
        return [_named(standing.get(x.reference) or Rejected(GONE, code="gone"), x) for x in drafts]

    def attach(self, posted: PostedVoucher, file: Attachment, *, may_exist: bool = True) -> None:
        """A file of the same name is kept. Over REST, Tryton takes 2 MiB unless told otherwise."""
        name = payloads.clean(file.name) or "attachment"
        resource = f"account.move,{posted.id}"
        same = [["resource", "=", resource], ["name", "=", name]]
        if may_exist and self.wire.search("ir.attachment", same, ("name",), limit=1):
            return
        values = {"name": name, "type": "data", "resource": resource, "data": binary(file.content)}
        if self.wire.has_rpc and len(file.content) > REST_BODY:
            self.wire.rpc("model.ir.attachment.create", [values])
        else:
            self.wire.rest("POST", "ir.attachment?f=name", values)

    def reverse(self, posted: PostedVoucher, *, reason: str) -> PostedVoucher:
        """The mirror move of Tryton's own wizard; one that stands already is returned."""
        if not self.wire.has_rpc:
            return super().reverse(posted, reason=reason)
        self._site()
        mirrors = [["origin", "=", f"account.move,{posted.id}"]]
        if not (rows := self._moves(mirrors)):
            number = int(posted.id)
            active = {"active_model": "account.move", "active_id": number, "active_ids": [number]}
            values = {"default": {"description": payloads.clean(reason), "reversal": True}}
            session = self.wire.rpc("wizard.account.move.cancel.create")[0]
            self.wire.rpc("wizard.account.move.cancel.execute", session, values, "cancel", **active)
            self.wire.rpc("wizard.account.move.cancel.delete", session)
            rows = self._moves(mirrors)
        return self._posted(min(rows, key=lambda row: int(row["id"])))

    # Reading

    def _site(self) -> Site:
        """Kept for the life of the adapter: which company it is about does not change."""
        if self._found is None:
            self._found = lookups.site(self.wire, self.settings.company)
            self.wire.company = self._found.company
        return self._found

    def _pages(self, model: str, fields: tuple[str, ...], *domain: list[Any]) -> Iterator[Row]:
        yield from self.wire.pages(model, [["company", "=", self._site().company], *domain], fields)

    def _standing(self, references: Sequence[str]) -> Iterator[Row]:
        """All moves under the references, drafts included, without people's reversals of them."""
        for start in range(0, len(references), SEARCHED):
            some = list(references[start : start + SEARCHED])
            for row in self._moves([["description", "in", some]]):
                if not payloads.is_reversal(row):
                    yield row

    def _moves(self, domain: list[Any]) -> list[dict[str, Any]]:
        site = self._site()
        fields = payloads.MOVE + (payloads.ANALYTIC if site.has_analytic else ())
        return self.wire.search("account.move", [["company", "=", site.company], *domain], fields)

    def _by_id(self, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        return {row["id"]: row for row in self._moves([["id", "in", list(ids)]])} if ids else {}

    def _posted(self, row: Row) -> PostedVoucher:
        return payloads.posted(row, link=self.link)

    # Writing

    def _plan(self, voucher: Voucher, books: Books) -> dict[str, Any] | Rejected:
        try:
            return payloads.move(voucher, books, journal=self.settings.journal)
        except Rejected as refusal:
            return refusal

    def _each(
        self, items: Sequence[Item], call: Callable[[Sequence[Item]], Sequence[Done]]
    ) -> list[Done | Rejected]:
        """One call for all. Tryton refuses the lot for one: then by halves, down to that one."""
        if not items:
            return []
        try:
            return list(call(items))
        except (Rejected, NotAllowed) as refusal:
            half = len(items) // 2
            if half:
                return self._each(items[:half], call) + self._each(items[half:], call)
            if isinstance(refusal, Rejected):
                return [refusal]
            raise

    def _create(self, moves: Sequence[dict[str, Any]]) -> list[int]:
        if len(moves) == 1:  # for one, Tryton says why it refuses; for a batch not always
            return [self.wire.rest("POST", "account.move?f=id", moves[0])["id"]]
        if len(dumps(payloads.tagged(moves))) > REST_BODY:
            raise Rejected("The batch is too large for one call.", code="too_large")
        ids: list[int] = self.wire.rest("POST", "account.move/create", {"vlist": list(moves)})
        return ids

    def _compared(
        self, ids: Sequence[int | Rejected], sent: Sequence[dict[str, Any]]
    ) -> list[Outcome]:
        """Drafts as they stand; one that is not as sent is deleted, while that is possible."""
        rows = self._by_id([number for number in ids if isinstance(number, int)])
        outcomes: list[Outcome] = []
        for number, move in zip(ids, sent, strict=True):
            if isinstance(number, Rejected):
                outcomes.append(number)
            elif number in rows and payloads.is_as_sent(rows[number], move):
                outcomes.append(self._posted(rows[number]))
            else:
                self._delete([number])
                outcomes.append(Rejected("Tryton changed this entry.", code="not_as_sent"))
        return outcomes

    def _finalise(self, ids: Sequence[int]) -> dict[int, Outcome]:
        """Post drafts and read them back. What is refused is deleted: refused means not there."""
        batches = [ids] if self.wire.has_rpc else [[number] for number in ids]
        answers = [x for batch in batches for x in self._each(batch, self._post_moves)]
        rows = self._by_id(ids)
        outcomes: dict[int, Outcome] = {}
        for number, answer in zip(ids, answers, strict=True):
            row = rows.get(number)
            # Posted is posted, whatever was answered: Tryton refuses to post a second time.
            if row is None:
                outcomes[number] = Rejected(GONE, code="gone")
            elif isinstance(answer, Rejected) and row["state"] == "draft":
                self._delete([number])
                outcomes[number] = answer
            else:
                outcomes[number] = self._posted(row)
        return outcomes

    def _post_moves(self, ids: Sequence[int]) -> Sequence[int]:
        if self.wire.has_rpc:
            self.wire.rpc("model.account.move.post", list(ids))
        else:
            self.wire.rest("POST", f"account.move/{ids[0]}/post?f=state", {})
        return ids

    def _delete(self, ids: Sequence[int]) -> None:
        """Drafts only: Tryton itself refuses to delete a posted move."""
        for number in ids:
            self.wire.rest("DELETE", f"account.move/{number}")

    @contextmanager
    def _unknown_after_a_write(self) -> Iterator[None]:
        """Once something was written, no error may claim that nothing was."""
        before = self.wire.writes
        try:
            yield
        except OutcomeUnknown:
            raise
        except (RemoteError, AttributeError, LookupError, TypeError, ValueError) as error:
            if self.wire.writes == before:
                raise
            message = "Tryton failed, or gave an answer of another shape, after it had done a part."
            raise OutcomeUnknown(message, detail=str(error)) from error


def _id(outcome: Outcome) -> int:
    return int(outcome.id) if isinstance(outcome, PostedVoucher) else 0


def _named(outcome: Outcome, of: Voucher | PostedVoucher) -> Outcome:
    if isinstance(outcome, Rejected):
        outcome.reference = of.reference
    return outcome
