"""One entry on the desk: what is known about it, what was decided, what stands against it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from erp_adapters.ledger import Account, LineTax, Money
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.bookkeeping.result import OPENING, Decision, Fix, NotBookable, Reason
from pleo_connector.bookkeeping.sides import Role
from pleo_connector.pleo.export_types import ExportItem

# Stands in where an account is refused, so that the remaining checks can still run.
NO_ACCOUNT = Account(code="?", name="", id="?")


@dataclass(slots=True)
class Part:
    """A ledger line in the making: minor units, debit positive."""

    role: Role
    account: Account
    amount: int
    because: str
    tax: LineTax | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    vendor: str | None = None
    original: Money | None = None


@dataclass(slots=True)
class Case:
    item: ExportItem
    mapping: Mapping
    catalog: Catalog
    export_date: date
    bill_base: Decimal | None = None
    decisions: list[Decision] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    loose_tags: list[str] = field(default_factory=list)  # tags without an ERP dimension

    def decide(self, kind: str, sentence: str) -> None:
        decision = Decision(kind, sentence)
        if decision not in self.decisions:  # the lines of a split often repeat each other
            self.decisions.append(decision)

    def refuse(self, kind: str, why: str, what_to_do: str, fix: Fix, subject: str) -> None:
        reason = Reason(kind, f"{OPENING}{why}. {what_to_do}", fix, subject)
        if reason not in self.reasons:
            self.reasons.append(reason)

    def stop_if_refused(self) -> None:
        if self.reasons:
            raise NotBookable(self.reasons, self.item.entry_id)
