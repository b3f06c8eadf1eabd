"""Where a person can go: the menu beside each page, and the tabs of a group of pages.

A new page gets one line here. `also` names the pages below it, where it stays marked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pleo_connector.connections.models import Connection
from pleo_connector.web.visit import Visit
from pleo_connector.web.words import Text


@dataclass(frozen=True, slots=True)
class Item:
    name: str  # of the URL
    label: Text
    icon: str  # of Lucide
    also: tuple[str, ...] = ()
    is_shown: Callable[[Connection], bool] = lambda connection: True


@dataclass(frozen=True, slots=True)
class Link:
    label: Text
    url: str
    icon: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Group:
    title: Text
    links: Sequence[Link]


COMPANY = (
    Item("home", _("Home"), "house"),
    Item("history", _("History"), "history", ("run",)),
    Item("members", _("Members"), "users", ("member", "member-remove", "hand-over", "leave")),
    Item("tokens", _("API tokens"), "key-round", ("token-revoke",)),
    Item("audit", _("Audit log"), "scroll-text"),
)
STAFF: tuple[Item, ...] = ()
TABS: dict[str, tuple[Item, ...]] = {
    "mapping": (
        Item("accounts", _("Accounts"), ""),
        Item("dimensions", _("Dimensions"), ""),
        Item("rules", _("Rules"), "", ("rule", "rule-new")),
    ),
}


def _is_used(connection: Connection) -> bool:
    return connection.state != Connection.State.SETUP


CONNECTION = (
    Item("connection", _("Overview"), "gauge", ("preview",), _is_used),
    Item("exports", _("Exports"), "list-checks", ("export", "entry"), _is_used),
    Item("setup", _("Set-up"), "plug", ("erp-choose", "erp-connect")),
    Item(
        "accounts",
        _("Mapping"),
        "scale",
        tuple(name for x in TABS["mapping"] for name in (x.name, *x.also)),
    ),
    Item("posting", _("Posting"), "book-open-check"),
    Item("changes", _("Changes"), "git-compare"),
)


def menu_of(request: HttpRequest) -> list[Group]:
    """Of the company, of the connection that the person looks at, and for staff."""
    visit: Visit | None = getattr(request, "visit", None)
    groups = [Group("", _links(request, COMPANY))]
    if visit:
        title = visit.connection.pleo_company_name or _("New connection")
        groups.append(Group(title, _links(request, CONNECTION, visit.connection)))
    if STAFF and request.user.is_authenticated and request.user.is_staff:
        groups.append(Group(_("Staff"), _links(request, STAFF)))
    return groups


def tabs_of(request: HttpRequest, group: str) -> list[Link]:
    """The pages of a group, on a connection where the person looks at one."""
    visit: Visit | None = getattr(request, "visit", None)
    return _links(request, TABS[group], visit.connection if visit else None)


def _links(
    request: HttpRequest, items: Sequence[Item], connection: Connection | None = None
) -> list[Link]:
    here = request.resolver_match.url_name if request.resolver_match else ""
    args = [connection.public_id] if connection else []
    return [
        Link(x.label, reverse(x.name, args=args), x.icon, here == x.name or here in x.also)
        for x in items
        if connection is None or x.is_shown(connection)
    ]
