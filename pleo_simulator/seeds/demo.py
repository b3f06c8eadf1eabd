"""The demo entries of a company: every type and sub-type, splits, taxes, currencies."""

from dataclasses import replace
from itertools import chain

from .builder import Builder, Draft
from .companies import Company
from .demo_cards import card, foreign, more_card
from .demo_edges import meant_to_fail, not_queued
from .demo_invoices import foreign_invoice, rent, returned_payment
from .demo_people import employees, reimbursements
from .demo_wallets import more_wallets, wallet


def drafts(company: Company) -> list[Draft]:
    """In order of position; keys of reconciled entries are replaced by book ids."""
    local = [
        chain(card(), more_card()),
        wallet(),
        employees(),
        reimbursements(),
        meant_to_fail(),
        not_queued(),
    ]
    scaled = [[_scaled(d, company.amount_factor) for d in group] for group in local]
    invoices = [
        _scaled_invoice(d, company)
        for d in chain(rent(), foreign_invoice(company), returned_payment())
    ]
    ordered = [
        *scaled[0],
        *foreign(company),
        *scaled[1],
        *scaled[2],
        *scaled[3],
        *invoices,
        *more_wallets(company),
        *scaled[4],
        *scaled[5],
    ]
    return _with_book_ids(company, ordered)


def _scaled(draft: Draft, factor: int) -> Draft:
    return replace(
        draft, lines=tuple(replace(line, value=line.value * factor) for line in draft.lines)
    )


def _scaled_invoice(draft: Draft, company: Company) -> Draft:
    # Foreign drafts have the company's rate in their amounts already.
    return draft if draft.foreign else _scaled(draft, company.amount_factor)


def _with_book_ids(company: Company, ordered: list[Draft]) -> list[Draft]:
    builder = Builder(company)
    book_ids = {d.key: builder.book_id(n) for n, d in enumerate(ordered, 1) if d.key}
    return [
        replace(
            d,
            reconciles=d.reconciles and tuple(book_ids[key] for key in d.reconciles),
            pays=d.pays and book_ids[d.pays],
        )
        for d in ordered
    ]
