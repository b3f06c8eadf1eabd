"""What the ERP has of one kind, read to the end, and a mark by which a change of it is seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from erp_adapters.base import CatalogKind, ErpAdapter
from erp_adapters.ledger import Dimension, DimensionValue
from pleo_connector.catalog.models import SyncKind
from pleo_connector.catalog.plan import turns_on

CATALOG_KINDS: dict[str, CatalogKind] = {
    SyncKind.ACCOUNTS: "accounts",
    SyncKind.TAGS: "dimensions",
    SyncKind.TAX_CODES: "tax_codes",
    SyncKind.VENDORS: "vendors",
}


@dataclass
class Source:
    """Records of a kind; of tags the dimensions, with the values of those that are asked for."""

    records: Sequence[Any]
    values: dict[str, list[DimensionValue]] = field(default_factory=dict)  # by dimension code

    def turns_on(self, today: date) -> date | None:
        days = [turns_on(values, today) for values in self.values.values()]
        return min((day for day in days if day), default=None)

    def mark(self) -> str:
        rows = [*self.records, *(x for values in self.values.values() for x in values)]
        return marked(repr([_facts(row) for row in rows]))


def _facts(record: Any) -> list[Any]:
    """As it is said in every process: sets have an order of their own in each."""
    facts = [getattr(record, name) for name in record.__slots__]
    return [sorted(x) if isinstance(x, frozenset) else x for x in facts]


def marked(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def read_records(erp: ErpAdapter, kind: str) -> Source:
    """All of them; an error of the ERP's is raised, so that a part is never taken for the whole."""
    reads = {
        SyncKind.ACCOUNTS: erp.accounts,
        SyncKind.TAGS: erp.dimensions,
        SyncKind.TAX_CODES: erp.tax_codes,
        SyncKind.VENDORS: erp.vendors,
    }
    return Source(list(reads[SyncKind(kind)]()))


def read_values(erp: ErpAdapter, source: Source, dimensions: Iterable[Dimension]) -> None:
    for dimension in dimensions:
        source.values[dimension.code] = list(erp.dimension_values(dimension))
