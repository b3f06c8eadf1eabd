"""What is left to do before a connection can go live, and why."""

from dataclasses import dataclass, replace
from itertools import count

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from erp_adapters.ledger import Account, Dimension
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.catalog.queries import plans_to_decide, records_of
from pleo_connector.catalog.records import Kind
from pleo_connector.catalog.values import number_of_values
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.actions import load_mapping
from pleo_connector.web import said, words
from pleo_connector.web.account_words import accounts_chosen, accounts_problem
from pleo_connector.web.rights import NEEDED, rights
from pleo_connector.web.templatetags.words import day
from pleo_connector.web.visit import Seat


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    title: str
    is_done: bool
    sentence: str
    action: str  # the words on the link
    url: str
    is_post: bool = False
    is_broken: bool = False  # what was done before does not work any more
    is_optional: bool = False
    number: int = 0  # none where it is optional
    details: str = ""
    waits: bool = False  # for what is broken in another one
    who: str = ""  # can do it, where the reader cannot


def steps_of(connection: Connection) -> list[Step]:
    mapping = load_mapping(connection)
    steps = [
        _pleo(connection),
        _erp(connection),
        _company(connection),
        _accounts(connection, mapping),
        _dimensions(connection),
        _posting(connection, mapping),
    ]
    if connection.state == Connection.State.SETUP:
        steps.append(_preview(connection))
    has_broken = any(step.is_broken for step in steps)
    needed = [step for step in steps if not step.is_optional]
    steps.append(_go_live(connection, needed, has_broken=has_broken))
    if connection.state == Connection.State.LIVE:
        steps.append(_syncs(connection, has_broken=has_broken))
    numbers = count(1)
    return [step if step.is_optional else replace(step, number=next(numbers)) for step in steps]


def as_read(steps: list[Step], seat: Seat) -> list[Step]:
    """Only what the person may do is asked of them."""
    return [_as_read(step, seat) for step in steps]


def _as_read(step: Step, seat: Seat) -> Step:
    who = _("An owner, admin or bookkeeper does this.")
    may = seat.can_operate
    if step.name in ("pleo", "erp", "live"):
        who, may = _("An owner or admin does this."), seat.can_configure
    if may or not step.action:
        return step
    action = "" if step.is_post else _("Look at it")
    return replace(step, action=action, who="" if step.is_done or step.is_optional else who)


def open_steps(steps: list[Step]) -> list[Step]:
    """What is left to do, in order."""
    return [step for step in steps if not step.is_done and not step.is_optional]


def next_step(steps: list[Step]) -> Step | None:
    return next(iter(open_steps(steps)), None)


def go_on_at(connection: Connection) -> str:
    """The page of the next step; the overview of all where that is a button."""
    step = next_step(steps_of(connection))
    if step is None or step.is_post or not step.url:
        return reverse("setup", args=[connection.public_id])
    return step.url


def _pleo(connection: Connection) -> Step:
    title, url = _("Connect Pleo"), reverse("pleo-connect", args=[connection.public_id])
    if not words.has_pleo(connection):
        why = _(
            "Pleo asks which company to connect and what it allows. You can still say no there."
        )
        return Step("pleo", title, False, why, title, url, is_post=True)
    again, grant = _("Reconnect Pleo"), connection.pleo_grant
    if words.is_pleo_dead(connection):
        return Step(
            "pleo", title, False, said.again(grant.dead_reason), again, url, True, is_broken=True
        )
    allowed = set(grant.scopes.split())
    if allowed and (lacking := NEEDED - allowed):
        text = _("This access lacks rights that exports need: %(rights)s. Allow them in Pleo.")
        why = text % {"rights": rights(lacking)}
        return Step("pleo", title, False, why, again, url, True, is_broken=True)
    done = _("Connected to %(company)s.")
    if grant.api_key is not None:
        done = _("Connected to %(company)s with an API key.")
    details = _("We may use: %(rights)s.") % {"rights": rights(allowed)} if allowed else ""
    done %= {"company": connection.pleo_company_name}
    return Step("pleo", title, True, done, again, url, is_post=True, details=details)


def _erp(connection: Connection) -> Step:
    title = _("Connect the accounting system")
    url = reverse("erp-choose", args=[connection.public_id])
    if connection.erp_confirmed_at is None:
        why = _("Access is tested, and you confirm the company, before anything is kept.")
        return Step("erp", title, False, why, title, url)
    url = reverse("erp-connect", args=[connection.public_id, connection.erp_kind])
    label = words.erp_label(connection)
    if connection.erp_problem:
        why = said.again(connection.erp_problem)
        return Step("erp", title, False, why, words.reconnect(label), url, is_broken=True)
    done = _("The access to %(system)s works.") % {"system": label}
    return Step("erp", title, True, done, _("Change the access"), url)


def _company(connection: Connection) -> Step:
    title = _("Confirm the company")
    if connection.erp_confirmed_at is None:
        why = _("You see its name, currency, country and what is closed, and confirm it.")
        return Step("company", title, False, why, "", "")
    done = _("%(where)s, books in %(currency)s.")
    if connection.erp_country and connection.erp_lock_date:
        done = _("%(where)s, country %(country)s, books in %(currency)s, closed up to %(day)s.")
    elif connection.erp_country:
        done = _("%(where)s, country %(country)s, books in %(currency)s.")
    elif connection.erp_lock_date:
        done = _("%(where)s, books in %(currency)s, closed up to %(day)s.")
    done %= {
        "where": words.books_of(connection),
        "country": words.country(connection.erp_country),
        "currency": connection.erp_currency,
        "day": day(connection.erp_lock_date),
    }
    return Step("company", title, True, done, "", "")


def _accounts(connection: Connection, mapping: Mapping) -> Step:
    url, title = reverse("accounts", args=[connection.public_id]), _("Accounts")
    accounts: list[Account] = records_of(connection, Kind.ACCOUNTS)
    problem = accounts_problem(connection, mapping, accounts)
    if problem:
        was_set = mapping.accounts.out_of_pocket is not None
        action = _("Choose the accounts") if accounts else ""
        return Step("accounts", title, False, problem, action, url, is_broken=was_set)
    done = accounts_chosen()
    return Step("accounts", title, True, done, _("Change the accounts"), url)


def _dimensions(connection: Connection) -> Step:
    url = reverse("dimensions", args=[connection.public_id])
    if connection.erp_confirmed_at is None:
        why = _("The dimensions are read when the accounting system is connected.")
        return Step("dimensions", _("Dimensions"), False, why, "", "")
    dimensions: list[Dimension] = records_of(connection, Kind.DIMENSIONS)
    values = number_of_values(connection)
    names = ", ".join(x.name for x in dimensions if x.is_active)
    done = _("%(system)s has no dimensions, so tags are named in the text.")
    if names:
        done = ngettext(
            "%(names)s: %(count)s value in all.", "%(names)s: %(count)s values in all.", values
        )
    done %= {
        "names": names,
        "count": words.number(values),
        "system": words.erp_label(connection),
    }
    return Step("dimensions", _("Dimensions"), True, done, _("Look at the dimensions"), url)


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
        return Step("posting", _("Posting"), False, why, "", "")
    done = f"{BEHAVIOUR[mapping.posting_behaviour]}; {CLOSED[mapping.closed_period]}."
    return Step("posting", _("Posting"), True, done, _("Change how entries are booked"), url)


def _preview(connection: Connection) -> Step:
    """Of what waits in Pleo, or of a sample; nobody has to look."""
    url, title = (
        reverse("preview", args=[connection.public_id]),
        _("Look before anything is booked (optional)"),
    )
    why = _("What would be booked from an export that waits, or from a sample.")
    action = _("Look at the preview") if connection.erp_confirmed_at else ""
    return Step("preview", title, False, why, action, url, is_optional=True)


def _go_live(connection: Connection, needed: list[Step], *, has_broken: bool) -> Step:
    url = reverse("go-live", args=[connection.public_id])
    is_live = connection.state == Connection.State.LIVE
    if is_live and has_broken:
        why = _("Live, and waits for what the steps above need.")
        return Step("live", _("Go live"), True, why, "", "", waits=True)
    if is_live:
        return Step("live", _("Go live"), True, _("Exports are booked as they come."), "", "")
    is_ready = all(step.is_done for step in needed)
    why = _("Possible when steps 1 to %(last)s are done.") % {"last": len(needed)}
    why = "" if is_ready else why
    title = _("Go live")
    return Step("live", title, False, why, title if is_ready else "", url, is_post=True)


def _syncs(connection: Connection, *, has_broken: bool) -> Step:
    """The first plan of each kind waits for a person."""
    url, title = reverse("syncs", args=[connection.public_id]), _("Tags and accounts")
    waiting = len(plans_to_decide([connection]).get(connection.pk, []))
    if not waiting:
        done = _("Pleo is kept in step. Somebody is asked before a first plan changes anything.")
        if has_broken:
            done = _("Waits for what the steps above need.")
        action = _("Look at tags and accounts")
        return Step("syncs", title, True, done, action, url, waits=has_broken)
    return Step("syncs", title, False, words.plans_wait(waiting), _("Look at the plans"), url)
