"""For an ERP with drafts whose records are searched by domains: lists of [field, operator, value].

An adapter lists its `sources` and says how a search, a file, a match and a mirror are called.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar

from erp_adapters.base import CatalogKind, Settlement
from erp_adapters.batches import each_part, unknown_after_a_write
from erp_adapters.drafts import DraftingAdapter, Standing
from erp_adapters.errors import Rejected
from erp_adapters.json_door import JsonDoor
from erp_adapters.ledger import (
    Account,
    Attachment,
    Dimension,
    DimensionValue,
    PostedVoucher,
    TaxCode,
    Vendor,
)
from erp_adapters.lookup import pages
from erp_adapters.matching import Group, MatchLine, match
from erp_adapters.text import clean

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the records of a kind are, how one is read, and which of them count."""

    model: str
    fields: Sequence[str]
    read: Callable[[Row], Any]
    domain: Sequence[Any] = ()


class DomainWire(JsonDoor):
    missing: frozenset[str] = frozenset()  # models that this installation has not got

    @abstractmethod
    def find(self, model: str, domain: list[Any], *fields: str, **more: Any) -> list[Row]:
        """Records, archived ones too, by ascending id; the part behind a dotted field is a record
        in its place. `more`: order, limit."""

    def search(self, model: str, domain: list[Any], *fields: str, **more: Any) -> list[Row]:
        """Where all that is asked for is in empty lists, nothing is, and nobody is asked."""
        lists = [clause[2] for clause in domain if clause[1:2] == ["in"]]
        is_empty = model in self.missing or (lists and not any(lists))
        return [] if is_empty else self.find(model, domain, *fields, **more)

    def by(
        self, model: str, field: str, names: Sequence[str | None], *more: str, active: bool = True
    ) -> dict[str, Row]:
        """Records by a field of theirs that is one of the names."""
        named = [[field, "in", sorted({name for name in names if name})]]
        domain = [*named, ["active", "=", True]] if active else named
        return {row[field]: row for row in self.search(model, domain, field, *more)}


class DomainAdapter(DraftingAdapter):
    wire: DomainWire
    sources: ClassVar[Mapping[CatalogKind, Source]]  # "dimensions" are their values
    axis: ClassVar[str]  # the field of a value that names its dimension
    matched_at_once: ClassVar[int | None] = None  # groups in one call; None: any number
    matches_whole: ClassVar[bool]  # whether it matches only what comes to zero

    # Reading

    def accounts(self, *domain: Any) -> Iterator[Account]:
        yield from self.read("accounts", *domain)

    def tax_codes(self, *domain: Any) -> Iterator[TaxCode]:
        yield from self.read("tax_codes", *domain)

    def vendors(self, *domain: Any) -> Iterator[Vendor]:
        yield from self.read("vendors", *domain)

    def dimension_values(self, dimension: Dimension) -> Iterator[DimensionValue]:
        yield from self.read("dimensions", [self.axis, "=", int(dimension.id)])

    def read(self, kind: CatalogKind, *domain: Any) -> Iterator[Any]:
        yield from map(self.sources[kind].read, self.rows(kind, *domain))

    def rows(self, kind: CatalogKind, *domain: Any, more: Sequence[str] = ()) -> Iterator[Row]:
        source = self.sources[kind]
        asked = [*self.mine(kind), *domain, *source.domain]

        def page(last: int, size: int) -> list[Row]:
            after = [*asked, ["id", ">", last]]
            return self.wire.search(source.model, after, *source.fields, *more, limit=size)

        yield from pages(page)

    @abstractmethod
    def mine(self, kind: CatalogKind) -> list[Any]:
        """Which records of a kind are the company's; the wire knows the company then."""

    def fingerprint(self, kind: CatalogKind) -> str:
        return sha256(repr(self.traces(kind)).encode()).hexdigest()

    @abstractmethod
    def traces(self, kind: CatalogKind) -> list[Any]:
        """What differs once a record changed; one call."""

    # Files, matches and mirrors

    def attach(self, posted: PostedVoucher, file: Attachment, *, may_exist: bool = True) -> None:
        name = clean(file.name) or "attachment"
        if not may_exist or not self.has_file(posted.id, name):
            self.upload(posted.id, name, file)

    @abstractmethod
    def has_file(self, number: str, name: str) -> bool: ...

    @abstractmethod
    def upload(self, number: str, name: str, file: Attachment) -> None: ...

    def reconcile(self, settlements: Sequence[Settlement]) -> list[Rejected | None]:
        ids = [int(x.id) for pair in settlements for x in (pair.payment, *pair.paid)]

        def call(groups: Sequence[Group]) -> list[Group | Rejected]:
            return each_part(groups, self.matched, size=self.matched_at_once)

        with unknown_after_a_write(self.wire, label=self.label):
            return match(settlements, self.match_lines(ids), call, whole=self.matches_whole)

    @abstractmethod
    def match_lines(self, ids: list[int]) -> Iterator[MatchLine]:
        """Of these vouchers, on accounts whose lines can be matched."""

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
    def mirrors(self, number: str) -> Sequence[Standing]: ...

    @abstractmethod
    def mirror(self, number: str, reason: str) -> None: ...
