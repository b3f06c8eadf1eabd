"""What an ERP consists of whose records are searched by domains: [field, operator, value]."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from erp_adapters.auth import setting
from erp_adapters.base import Access
from erp_adapters.currency import Currency, Rates
from erp_adapters.errors import Rejected
from erp_adapters.json_door import JsonDoor
from erp_adapters.ledger import Voucher
from erp_adapters.lookup import Lookup

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSettings:
    """An adapter adds its journals."""

    base_url: str = field(metadata=setting(label="Address", help="https://erp.example.com"))
    database: str = field(default="", metadata=setting(label="Database", help="If there are more."))
    company: str = field(default="", metadata=setting(label="Company", help="Name or number."))


@dataclass(frozen=True, slots=True)
class Source:
    """Where the records of a kind are, how one is read, and which of them count."""

    model: str
    fields: Sequence[str]
    read: Callable[..., Any] = dict
    domain: Sequence[Any] = ()
    by: Sequence[str] = ("code",)  # the fields by which a record is named
    company: str = ""  # the field that names its company, where a search has to ask for ours
    booking: Sequence[str] = ()  # further fields, that only booking needs


def named(row: Row, code: str) -> dict[str, Any]:
    """What each record of master data has."""
    known = {"id": str(row["id"]), "name": row["name"] or "", "is_active": bool(row["active"])}
    return {**known, "code": code}


def nested(fields: Sequence[str]) -> Row:
    """Dotted names as a tree: {name: {"fields": {…}}}, a leaf without `fields`."""
    tree: Row = {}
    for name in fields:
        node: Row = {"fields": tree}
        for part in name.split("."):
            node = node.setdefault("fields", {}).setdefault(part, {})
    return tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What a batch refers to, as it stands in the ERP; an adapter's own `plan` by it."""

    settings: Any
    site: Row  # the company
    lookup: Lookup
    journals: dict[str, Row]  # by code
    taxes: dict[str, Row]  # by id
    currencies: dict[str, Currency]  # by code, the company's own among them
    rates: Rates

    def currency(self, voucher: Voucher) -> Currency:
        if voucher.currency not in self.currencies:
            message = f"{voucher.currency} is not active in {self.lookup.label}."
            raise Rejected(message, code="currency")
        return self.currencies[voucher.currency]


class DomainWire(JsonDoor):
    company: int | None = None  # in the context of every call, once it is known
    missing: frozenset[str] = frozenset()  # models and fields that this installation has not got

    def __init__(self, access: Access, *, name: str, settings: DomainSettings) -> None:
        super().__init__(access, base_url=settings.base_url, name=name)
        self.database, self.secrets = settings.database, access.secrets

    @abstractmethod
    def find(self, model: str, domain: list[Any], *fields: str, **more: Any) -> list[Row]:
        """Records, archived ones too, by ascending id; the part behind a dotted field is a record
        in its place. `more`: order, limit."""

    @abstractmethod
    def either(self, clauses: list[Any]) -> list[Any]:
        """A domain of records to which one of the clauses applies."""

    def search(self, model: str, domain: list[Any], *fields: str, **more: Any) -> list[Row]:
        """Where all that is asked for is in empty lists, nothing is, and nobody is asked."""
        lists = [*_lists(domain)]
        if model in self.missing or (lists and not any(lists)):
            return []
        here = [name for name in fields if self.missing.isdisjoint(name.split("."))]
        return self.find(model, domain, *here, **more)


def _lists(domain: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Those that something has to be in."""
    for clause in domain:
        if isinstance(clause, list):
            yield from [clause[2]] if clause[1:2] == ["in"] else _lists(clause)
