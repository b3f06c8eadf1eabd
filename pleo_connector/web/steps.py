"""What is left to do before a connection can go live, and why."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from erp_adapters.ledger import Account, Dimension, DimensionValue
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.catalog.queries import plans_to_decide, records_of
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
    steps.append(_go_live(connection, all(step.is_done for step in steps)))
    if connection.state == Connection.State.LIVE:
        steps.append(_syncs(connection))
    return steps


def next_step(steps: list[Step]) -> Step | None:
    return next((step for step in steps if not step.is_done), None)


def _pleo(connection: Connection) -> Step:
    title, url = _("Connect Pleo"), reverse("pleo-connect", args=[connection.public_id])
    if not words.has_pleo(connection):
        why = _(
            "Pleo asks which company to connect and what it allows. You can still say no there."
        )
        return Step(1, title, False, why, title, url, is_post=True)
    if words.is_pleo_dead(connection):
        reason = connection.pleo_grant.dead_reason
        return Step(1, title, False, reason, _("Reconnect Pleo"), url, is_post=True)
    done = _("Connected to %(company)s.") % {"company": connection.pleo_company_name}
    return Step(1, title, True, done, _("Reconnect Pleo"), url, is_post=True)


def _erp(connection: Connection) -> Step:
    title = _("Connect the accounting system")
    url = reverse("erp-choose", args=[connection.public_id])
    if connection.erp_confirmed_at is None:
        why = _("Access is tested, and you confirm the company, before anything is kept.")
        return Step(2, title, False, why, title, url)
    url = reverse("erp-connect", args=[connection.public_id, connection.erp_kind])
    label = words.erp_label(connection)
    if connection.erp_problem:
        return Step(2, title, False, connection.erp_problem, words.reconnect(label), url)
    done = _("%(where)s, books in %(currency)s.") % {
        "where": words.books_of(connection),
        "currency": connection.erp_currency,
    }
    return Step(2, title, True, done, _("Change the access"), url)


def _accounts(connection: Connection, mapping: Mapping) -> Step:
    url = reverse("accounts", args=[connection.public_id])
    accounts: list[Account] = records_of(connection, Kind.ACCOUNTS)
    problem = accounts_problem(connection, mapping, accounts)
    if problem:
        return Step(3, _("Accounts"), False, problem, _("Choose the accounts"), url)
    chosen = len(account_codes(mapping.accounts))
    text = ngettext(
        "%(count)s account chosen out of %(all)s.",
        "%(count)s accounts chosen out of %(all)s.",
        chosen,
    )
    done = text % {"count": words.number(chosen), "all": words.number(len(accounts))}
    return Step(3, _("Accounts"), True, done, _("Change the accounts"), url)


def accounts_problem(connection: Connection, mapping: Mapping, accounts: list[Account]) -> str:
    """Why entries cannot be booked with these accounts; empty where they can."""
    if not accounts:
        return _("The accounts are read when the accounting system is connected.")
    if mapping.accounts.out_of_pocket is None:
        return _("The account for what people paid themselves is not chosen yet.")
    if mapping.accounts.wallet_source == "configured" and not mapping.accounts.wallet:
        return _("The wallet account is not chosen yet.")
    usable = {x.code for x in accounts if x.is_active and x.is_postable}
    usable |= {x.id for x in accounts if x.is_active and x.is_postable}
    gone = sorted(code for code in account_codes(mapping.accounts) if code not in usable)
    if gone:
        text = ngettext(
            "%(accounts)s takes no postings in %(where)s. Choose another account.",
            "%(accounts)s take no postings in %(where)s. Choose other accounts.",
            len(gone),
        )
        return text % {"accounts": ", ".join(gone), "where": words.books_of(connection)}
    return ""


def _dimensions(connection: Connection) -> Step:
    url = reverse("dimensions", args=[connection.public_id])
    if connection.erp_confirmed_at is None:
        why = _("The dimensions are read when the accounting system is connected.")
        return Step(4, _("Dimensions"), False, why, _("Look at the dimensions"), url)
    dimensions: list[Dimension] = records_of(connection, Kind.DIMENSIONS)
    values: list[DimensionValue] = records_of(connection, Kind.DIMENSION_VALUES)
    names = ", ".join(x.name for x in dimensions if x.is_active)
    done = _("%(system)s has no dimensions, so tags are named in the text.")
    if names:
        done = ngettext(
            "%(names)s: %(count)s value in all.", "%(names)s: %(count)s values in all.", len(values)
        )
    done %= {
        "names": names,
        "count": words.number(len(values)),
        "system": words.erp_label(connection),
    }
    return Step(4, _("Dimensions"), True, done, _("Look at the dimensions"), url)


BEHAVIOUR: dict[str, words.Text] = {
    "draft": gettext_lazy("Vouchers are drafts until they are approved"),
    "final": gettext_lazy("Vouchers are final"),
}
CLOSED: dict[str, words.Text] = {
    "next_open_day": gettext_lazy("entries of a closed period move to the next open day"),
    "export_date": gettext_lazy("entries of a closed period move to the day of the export"),
    "fail": gettext_lazy("entries of a closed period are not booked"),
}


def _posting(connection: Connection, mapping: Mapping) -> Step:
    url = reverse("posting", args=[connection.public_id])
    if connection.erp_confirmed_at is None:
        why = _("Drafts or final vouchers, and what happens in closed periods.")
        return Step(5, _("Posting"), False, why, _("Choose how entries are posted"), url)
    done = f"{BEHAVIOUR[mapping.posting_behaviour]}; {CLOSED[mapping.closed_period]}."
    return Step(5, _("Posting"), True, done, _("Change how entries are posted"), url)


def _go_live(connection: Connection, is_ready: bool) -> Step:
    url = reverse("go-live", args=[connection.public_id])
    is_live = connection.state == Connection.State.LIVE
    if is_live:
        return Step(6, _("Go live"), True, _("Exports are booked as they come."), "", "")
    why = _("From then on, what is exported in Pleo is booked. You can pause it at any time.")
    if not is_ready:
        why = _("Possible when all steps above are done.")
    title = _("Go live")
    return Step(6, title, False, why, title if is_ready else "", url, is_post=True)


def _syncs(connection: Connection) -> Step:
    """The first plan of each kind waits for a person."""
    url, title = reverse("syncs", args=[connection.public_id]), _("Tags and accounts")
    waiting = len(plans_to_decide([connection]).get(connection.pk, []))
    if not waiting:
        done = _("Pleo is kept in step. You are asked before a first plan changes anything.")
        return Step(7, title, True, done, _("Look at tags and accounts"), url)
    text = ngettext(
        "%(count)s plan waits for your approval.",
        "%(count)s plans wait for your approval.",
        waiting,
    )
    return Step(7, title, False, words.counted(text, waiting), _("Look at the plans"), url)
