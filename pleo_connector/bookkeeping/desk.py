"""The lines of each document of one entry, and what the documents share."""

from erp_adapters.ledger import Vendor
from pleo_connector.bookkeeping.accounts import Place, configured, employee, payable, wallet
from pleo_connector.bookkeeping.amounts import Amounts
from pleo_connector.bookkeeping.case import Case, Part
from pleo_connector.bookkeeping.dimensions import Values, common, values_of
from pleo_connector.bookkeeping.exchange import with_exchange
from pleo_connector.bookkeeping.expenses import Expenses, read_expenses
from pleo_connector.bookkeeping.rules import rule_for
from pleo_connector.bookkeeping.sides import Document, Role
from pleo_connector.bookkeeping.text import original_of
from pleo_connector.bookkeeping.vendors import Route


class Desk:
    __slots__ = ("amounts", "case", "expenses", "original", "places", "route", "staff")

    def __init__(self, case: Case, amounts: Amounts, route: Route, staff: Vendor | None) -> None:
        self.case = case
        self.amounts = amounts
        self.route = route
        self.staff = staff
        self.expenses: Expenses | None = None
        self.places: dict[Role, Place] = {}
        self.original = original_of(case, case.item.amount, amounts.currency)

    def parts(self, paper: Document) -> list[Part]:
        total = self.amounts.total
        if "expense" in (paper.debit, paper.credit):
            return self._with_expenses(paper)
        if not total:
            return []
        parts = [self._part(paper.debit, total), self._part(paper.credit, -total)]
        return with_exchange(self.case, parts)

    def _with_expenses(self, paper: Document) -> list[Part]:
        side = 1 if paper.debit == "expense" else -1
        self.expenses = read_expenses(self.case, self.amounts, side)
        parts = [*self.expenses.parts]
        if self.amounts.total:
            counter = paper.credit if side == 1 else paper.debit
            parts.append(self._part(counter, -side * self.amounts.total))
        return parts

    def _part(self, role: Role, amount: int) -> Part:
        place = self.places.get(role)
        if place is None:
            place = self.places[role] = self._place(role)
        return Part(
            role,
            place.account,
            amount,
            place.because,
            dimensions=self._dimensions(),
            vendor=place.vendor,
            original=self.original,
        )

    def _place(self, role: Role) -> Place:
        if role == "wallet":
            return wallet(self.case, self.amounts.currency)
        if role == "accounts_payable":
            return payable(self.case, self.route.vendor, is_generic=self.route.is_generic)
        if role == "out_of_pocket":
            return employee(self.case, self.staff)
        return configured(self.case, role)

    def _dimensions(self) -> Values:
        if not self.case.mapping.dimensions_on_counter_lines:
            return ()
        if self.expenses:
            return self.expenses.dimensions
        return common(values_of(self.case, line.tags) for line in self.case.item.lines)

    def journal(self) -> str | None:
        """A rule's journal wins over the one set for the type."""
        if self.expenses:
            chosen = self.expenses.journal
        else:
            rule = rule_for(self.case, None, self.amounts.currency, self.amounts.total)
            chosen = rule.journal if rule else None
        return chosen or self.case.mapping.journals.get(self.case.item.type)
