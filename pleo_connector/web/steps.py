"""What is left to do before a connection can go live, and why."""

from dataclasses import dataclass

from django.urls import reverse

from erp_adapters.ledger import Account, Dimension, DimensionValue
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.catalog.queries import records_of
from pleo_connector.catalog.records import Kind
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.actions import load_mapping
from pleo_connector.web import words
from pleo_connector.web.forms.choices import account_codes


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    title: str
    is_done: bool
    sentence: str
    action: str  # the words on the link
    url: str
    is_post: bool = False


def steps_of(connection: Connection) -> list[Step]:
    mapping = load_mapping(connection)
    steps = [
        _pleo(connection),
        _erp(connection),
        _accounts(connection, mapping),
        _dimensions(connection),
        _posting(connection, mapping),
    ]
    return [*steps, _go_live(connection, all(step.is_done for step in steps))]


def next_step(steps: list[Step]) -> Step | None:
    return next((step for step in steps if not step.is_done), None)


def _pleo(connection: Connection) -> Step:
    url = reverse("pleo-connect", args=[connection.public_id])
    if not words.has_pleo(connection):
        why = "Pleo asks which company to connect and what it allows. You can still say no there."
        return Step(1, "Connect Pleo", False, why, "Connect Pleo", url, is_post=True)
    if words.is_pleo_dead(connection):
        reason = connection.pleo_grant.dead_reason
        return Step(1, "Connect Pleo", False, reason, "Reconnect Pleo", url, is_post=True)
    done = f"Connected to {connection.pleo_company_name}."
    return Step(1, "Connect Pleo", True, done, "Reconnect Pleo", url, is_post=True)


def _erp(connection: Connection) -> Step:
    title, url = "Connect the accounting system", reverse("erp-choose", args=[connection.public_id])
    if connection.erp_confirmed_at is None:
        why = "Access is tested, and you confirm the company, before anything is kept."
        return Step(2, title, False, why, "Connect the accounting system", url)
    url = reverse("erp-connect", args=[connection.public_id, connection.erp_kind])
    label = words.erp_label(connection)
    if connection.erp_problem:
        return Step(2, title, False, connection.erp_problem, f"Reconnect {label}", url)
    done = f"{words.books_of(connection)}, books in {connection.erp_currency}."
    return Step(2, title, True, done, "Change the access", url)


def _accounts(connection: Connection, mapping: Mapping) -> Step:
    url = reverse("accounts", args=[connection.public_id])
    accounts: list[Account] = records_of(connection, Kind.ACCOUNTS)
    problem = accounts_problem(connection, mapping, accounts)
    if problem:
        return Step(3, "Accounts", False, problem, "Choose the accounts", url)
    chosen = len(account_codes(mapping.accounts))
    done = f"{words.amount_of(chosen, 'account')} chosen out of {len(accounts):,}."
    return Step(3, "Accounts", True, done, "Change the accounts", url)


def accounts_problem(connection: Connection, mapping: Mapping, accounts: list[Account]) -> str:
    """Why entries cannot be booked with these accounts; empty where they can."""
    if not accounts:
        return "The accounts are read when the accounting system is connected."
    if mapping.accounts.out_of_pocket is None:
        return "The account for what people paid themselves is not chosen yet."
    if mapping.accounts.wallet_source == "configured" and not mapping.accounts.wallet:
        return "The wallet account is not chosen yet."
    usable = {x.code for x in accounts if x.is_active and x.is_postable}
    usable |= {x.id for x in accounts if x.is_active and x.is_postable}
    gone = sorted(code for code in account_codes(mapping.accounts) if code not in usable)
    if gone:
        take = "take" if len(gone) > 1 else "takes"
        name = words.books_of(connection)
        return f"{', '.join(gone)} {take} no postings in {name}. Choose other accounts."
    return ""


def _dimensions(connection: Connection) -> Step:
    url = reverse("dimensions", args=[connection.public_id])
    if connection.erp_confirmed_at is None:
        why = "The dimensions are read when the accounting system is connected."
        return Step(4, "Dimensions", False, why, "Look at the dimensions", url)
    dimensions: list[Dimension] = records_of(connection, Kind.DIMENSIONS)
    values: list[DimensionValue] = records_of(connection, Kind.DIMENSION_VALUES)
    names = ", ".join(x.name for x in dimensions if x.is_active)
    done = (
        f"{names}: {words.amount_of(len(values), 'value')} in all."
        if names
        else (f"{words.erp_label(connection)} has no dimensions, so tags are named in the text.")
    )
    return Step(4, "Dimensions", True, done, "Look at the dimensions", url)


BEHAVIOUR = {"draft": "Vouchers are drafts until they are approved", "final": "Vouchers are final"}
CLOSED = {
    "next_open_day": "entries of a closed period move to the next open day",
    "export_date": "entries of a closed period move to the day of the export",
    "fail": "entries of a closed period are not booked",
}


def _posting(connection: Connection, mapping: Mapping) -> Step:
    url = reverse("posting", args=[connection.public_id])
    if connection.erp_confirmed_at is None:
        why = "Drafts or final vouchers, and what happens in closed periods."
        return Step(5, "Posting", False, why, "Choose how entries are posted", url)
    done = f"{BEHAVIOUR[mapping.posting_behaviour]}; {CLOSED[mapping.closed_period]}."
    return Step(5, "Posting", True, done, "Change how entries are posted", url)


def _go_live(connection: Connection, is_ready: bool) -> Step:
    url = reverse("go-live", args=[connection.public_id])
    is_live = connection.state == Connection.State.LIVE
    if is_live:
        return Step(6, "Go live", True, "Exports are booked as they come.", "", "")
    why = "From then on, what is exported in Pleo is booked. You can pause it at any time."
    if not is_ready:
        why = "Possible when all steps above are done."
    return Step(6, "Go live", False, why, "Go live" if is_ready else "", url, is_post=True)
