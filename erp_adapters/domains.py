"""For an ERP with drafts whose records are searched by domains.

An adapter lists its `sources` and says how what is written is called.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, ClassVar

from erp_adapters.auth import fit
from erp_adapters.base import Access, CatalogKind, Settlement
from erp_adapters.batches import each_part, unknown_after_a_write
from erp_adapters.currency import Currency, Listed, Rates
from erp_adapters.drafts import DraftingAdapter, Standing
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
from erp_adapters.lookup import Lookup, Names, one_company, pages
from erp_adapters.matching import Group, MatchLine, match
from erp_adapters.sources import DomainSettings, DomainWire, Row, Source
from erp_adapters.text import clean, is_kept


class DomainAdapter(DraftingAdapter):
    settings: DomainSettings
    wire: DomainWire
    connect: ClassVar[type[DomainWire]]
    # Of each kind of master data ("dimensions" are their values), and of "company", "journals",
    # "currencies" (code and digits are their fields), "vouchers" (by our reference and their own
    # number; final in the state "posted"), "mirrors" (by what they reverse), "match_lines" and
    # "files" (both by their voucher).
    sources: ClassVar[Mapping[str, Source]]
    axis: ClassVar[str]  # the field of a value that names its dimension
    page: ClassVar[str]  # where people see a voucher, behind `link`
    own_currency: ClassVar[str]  # the field of a company that is its currency
    matched_at_once: ClassVar[int | None] = None  # groups in one call; None: any number
    matches_whole: ClassVar[bool]  # whether it matches only what comes to zero

    def __init__(self, access: Access) -> None:
        self.settings = fit(self.Settings, access.settings)
        self.wire = self.connect(access, name=self.label, settings=self.settings)
        self.link = self.wire.base_url  # of what people see
        self._site: Row | None = None

    # The company

    def company(self) -> Company:
        found: Company = self.sources["company"].read(self.site(anew=True))
        return found

    def site(self, *, anew: bool = False) -> Row:
        """The company's record. Which one it is does not change; what stands in it may."""
        if anew or self._site is None:
            rows, read = self.companies(), self.sources["company"].read
            chosen = one_company([*map(read, rows)], self.settings.company)
            self._site = next(row for row in rows if str(row["id"]) == chosen.id)
            self.wire.company = self._site["id"]
        return self._site

    def companies(self, *domain: Any) -> list[Row]:
        """Those that the user works in."""
        source = self.sources["company"]
        return self.wire.search(source.model, [*domain], *source.fields)

    # Reading

    def accounts(self, *domain: Any) -> Iterator[Account]:
        yield from self.read("accounts", *domain)

    def tax_codes(self, *domain: Any) -> Iterator[TaxCode]:
        yield from self.read("tax_codes", *domain)

    def vendors(self, *domain: Any) -> Iterator[Vendor]:
        yield from self.read("vendors", *domain)

    def dimension_values(self, dimension: Dimension) -> Iterator[DimensionValue]:
        yield from self.read("dimensions", [self.axis, "=", int(dimension.id)])

    def read(self, kind: str, *domain: Any) -> Iterator[Any]:
        yield from map(self.sources[kind].read, self.rows(kind, *domain))

    def rows(self, kind: str, *domain: Any, more: Sequence[str] = ()) -> Iterator[Row]:
        source = self.sources[kind]
        asked = [*self.mine(kind), *domain, *source.domain]

        def page(last: int, size: int) -> list[Row]:
            after = [*asked, ["id", ">", last]]
            return self.wire.search(source.model, after, *source.fields, *more, limit=size)

        yield from pages(page)

    def mine(self, kind: str) -> list[Any]:
        """Which records of a kind are the company's; the wire knows the company then."""
        company, field = self.site()["id"], self.sources[kind].company
        return [[field, "=", company]] if field else []

    def coded(self, kind: str, codes: Sequence[str]) -> list[Any]:
        """Which have one of these codes; a number of the ERP's own may be one."""
        numbers: Sequence[Any] = [int(code) for code in codes if code.isdecimal()]
        by = self.sources[kind].by
        return self.wire.either([[x, "in", numbers if x == "id" else codes] for x in by])

    def of_voucher(self, kind: str, number: str) -> list[Any]:
        return [self._by(kind), "=", self.pointer(number)]

    def _by(self, kind: str) -> str:
        return self.sources[kind].by[0]

    def pointer(self, number: str) -> Any:
        """A voucher in a field that names one."""
        return int(number)

    def fingerprint(self, kind: CatalogKind) -> str:
        return sha256(repr(self.traces(kind)).encode()).hexdigest()

    @abstractmethod
    def traces(self, kind: CatalogKind) -> list[Any]:
        """What differs once a record changed; one call."""

    # Vouchers

    def known(self, vouchers: Sequence[Voucher]) -> dict[str, Any]:
        """All of `Books`: what the vouchers refer to."""
        names, site = Names.of(vouchers), self.site()
        own = self._currency(site[self.own_currency])
        foreign = [x for x in names.currencies if x != own.code]
        others = self.rows("currencies", *self.coded("currencies", foreign))
        tax, tax_codes = self.sources["tax_codes"], self.coded("tax_codes", names.tax_codes)
        taxes = [*self.rows("tax_codes", *tax_codes, more=tax.booking)]
        return {
            "settings": self.settings,
            "site": site,
            "lookup": Lookup(
                self.label,
                accounts=self.accounts(*self.coded("accounts", names.accounts)),
                tax_codes=map(tax.read, taxes),
                values=self.read("dimensions", *self.coded("dimensions", names.values)),
                vendors=self.vendors(*self.coded("vendors", names.vendors)),
            ),
            "journals": {row["code"]: row for row in self.rows("journals")},
            "taxes": {str(row["id"]): row for row in taxes},
            "currencies": {x.code: x for x in (own, *map(self._currency, others))},
            "rates": Rates.read(vouchers, self.rates, own=own, label=self.label),
        }

    def _currency(self, row: Row) -> Currency:
        code, digits = self.sources["currencies"].fields
        return Currency(id=row["id"], code=row[code], digits=row[digits])

    @abstractmethod
    def rates(self, currency: str, until: date, most: int) -> Listed:
        """The latest of a currency, up to a day."""

    def standing(
        self, *, ids: Sequence[str] = (), references: Sequence[str] = ()
    ) -> list[Standing]:
        wanted = ["id", "in", [int(x) for x in ids]]
        named = [self._by("vouchers"), "in", [x for x in references if is_kept(x)]]
        return self._stand("vouchers", wanted if ids else named)

    def mirrors(self, number: str) -> list[Standing]:
        return self._stand("mirrors", self.of_voucher("mirrors", number))

    def _stand(self, kind: str, *domain: Any) -> list[Standing]:
        found, read = [], self.sources[kind].read
        reference, number = self.sources["vouchers"].by
        for row in self.rows(kind, *domain):
            known = {"id": str(row["id"]), "url": f"{self.link}/{self.page}/{row['id']}"}
            known |= {"reference": row[reference], "number": row[number] or ""}
            found.append(read(row, is_final=row["state"] == "posted", **known))
        return found

    # Files

    def attach(self, posted: PostedVoucher, file: Attachment, *, may_exist: bool = True) -> None:
        name = clean(file.name) or "attachment"
        same = self.of_voucher("files", posted.id), ["name", "=", name]
        if not may_exist or not any(self.rows("files", *same)):
            self.upload(posted.id, name, file)

    @abstractmethod
    def upload(self, number: str, name: str, file: Attachment) -> None: ...

    # Matches and mirrors

    def reconcile(self, settlements: Sequence[Settlement]) -> list[Rejected | None]:
        ids = [int(x.id) for pair in settlements for x in (pair.payment, *pair.paid)]
        lines: Iterator[MatchLine] = self.read("match_lines", [self._by("match_lines"), "in", ids])

        def call(groups: Sequence[Group]) -> list[Group | Rejected]:
            return each_part(groups, self.matched, size=self.matched_at_once)

        with unknown_after_a_write(self.wire, label=self.label):
            return match(settlements, lines, call, whole=self.matches_whole)

    @abstractmethod
    def matched(self, groups: Sequence[Group]) -> Sequence[Group]:
        """The groups again; all or nothing."""

    def reverse(self, posted: PostedVoucher, *, reason: str) -> PostedVoucher:
        """By the ERP's own wizard; the mirror that stands already is returned."""
        if not self.capabilities.can_reverse:
            return super().reverse(posted, reason=reason)
        if not (found := self.mirrors(posted.id)):
            self.mirror(posted.id, clean(reason))
            found = self.mirrors(posted.id)
        if not found[0].posted.is_final:  # left to a person by the wizard
            self._finalise_mirror(found[0].posted)
            found = self.mirrors(posted.id)
        return found[0].posted

    def _finalise_mirror(self, mirror: PostedVoucher) -> None:
        try:
            self.finalise([mirror.id])
        except Rejected as no:
            name = mirror.number or mirror.id
            message = f"The reversal is there as a draft ({name}), and is not final: {no.message}"
            raise Rejected(message, code=no.code, detail=no.detail) from no

    @abstractmethod
    def mirror(self, number: str, reason: str) -> None: ...
