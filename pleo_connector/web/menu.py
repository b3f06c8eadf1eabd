"""Where a person can go: the menu beside each page, and the tabs of a group of pages.

A new page gets one line here. `also` names the pages below it, where it stays marked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import scope

from pleo_connector.connections.models import Connection
from pleo_connector.history.queries import problem_counts
from pleo_connector.web.visit import Visit, current_membership
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
    count: int = 0  # of what needs the person


@dataclass(frozen=True, slots=True)
class Group:
    title: Text
    links: Sequence[Link]


CORRECTIONS = (
    *("entry-by-hand", "entry-not-by-hand", "entry-reverse", "entry-book-again", "entry-receipts"),
)
COMPANY = (
    Item("home", _("Home"), "house"),
    Item("problems", _("Problems"), "triangle-alert", ("problem",)),
    Item("history", _("History"), "history", ("run",)),
    Item(
        "members",
        _("Members"),
        "users",
        ("member", "member-remove", "hand-over", "leave", "second-step-rule"),
    ),
    Item("tokens", _("API tokens"), "key-round", ("token-revoke",)),
    Item("webhooks", _("Webhooks"), "webhook", ("webhook-remove", "webhook-again")),
    Item("audit", _("Audit log"), "scroll-text"),
)
STAFF = (
    Item("ops", _("Dashboard"), "activity"),
    Item("ops-runs", _("Runs"), "list-checks", ("ops-run",)),
    Item("ops-connections", _("Connections"), "plug", ("ops-connection", "ops-act")),
)
TABS: dict[str, tuple[Item, ...]] = {
    "mapping": (
        Item("accounts", _("Accounts"), ""),
        Item("categories", _("Categories"), ""),
        Item("tax-codes", _("Tax codes"), ""),
        Item("dimensions", _("Dimensions"), ""),
        Item("rules", _("Rules"), "", ("rule", "rule-new")),
        Item("mapping-files", _("Files"), ""),
    ),
    "syncs": (
        Item("syncs", _("State"), ""),
        Item("sync-dimensions", _("Tag groups"), ""),
        Item("sync-values", _("Tags"), ""),
        Item("sync-accounts", _("Accounts"), ""),
        Item("sync-tax-codes", _("Tax codes"), ""),
        Item("plans", _("Plans"), "", ("plan", "plan-record", "plan-approve")),
        Item("kept", _("Kept"), "", ("kept-let-go",)),
    ),
}


def _is_used(connection: Connection) -> bool:
    return connection.state != Connection.State.SETUP


CONNECTION = (
    Item("connection", _("Overview"), "gauge", ("preview",), _is_used),
    Item("exports", _("Exports"), "list-checks", ("export", "entry", *CORRECTIONS), _is_used),
    Item("connection-problems", _("Problems"), "triangle-alert", (), _is_used),
    Item(
        "syncs",
        _("Tags and accounts"),
        "tags",
        tuple(name for x in TABS["syncs"] for name in (x.name, *x.also)),
        _is_used,
    ),
    Item("setup", _("Set-up"), "plug", ("erp-choose", "erp-connect", "pleo-key")),
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
    counts = problems_of(request)
    groups = []
    if current_membership(request):
        groups.append(Group("", _links(request, COMPANY, count=sum(counts.values()))))
    if visit:
        title = visit.connection.pleo_company_name or _("New connection")
        count = counts.get(visit.connection.pk, 0)
        links = _links(request, CONNECTION, visit.connection, count=count)
        if not any(x.is_current for x in links):  # its page gets an item once it is live
            links = [replace(x, is_current=x.icon == "plug") for x in links]
        groups.append(Group(title, links))
    if request.user.is_authenticated and request.user.is_staff:
        groups.append(Group(_("Staff"), _links(request, STAFF)))
    return groups


def problems_of(request: HttpRequest) -> dict[int, int]:
    """Open problems by connection, in the company that the person looks at; read once a request."""
    if not hasattr(request, "_problems"):
        found: dict[int, int] = {}
        if seat := current_membership(request):
            with scope(tenant=seat.tenant):
                found = problem_counts(now=timezone.now())
        request._problems = found  # type: ignore[attr-defined]
    return cast(dict[int, int], request._problems)  # type: ignore[attr-defined]


def tabs_of(request: HttpRequest, group: str) -> list[Link]:
    """The pages of a group, on a connection where the person looks at one."""
    visit: Visit | None = getattr(request, "visit", None)
    return _links(request, TABS[group], visit.connection if visit else None)


def _links(
    request: HttpRequest,
    items: Sequence[Item],
    connection: Connection | None = None,
    *,
    count: int = 0,
) -> list[Link]:
    """`count` stands beside the problems."""
    here = request.resolver_match.url_name if request.resolver_match else ""
    args = [connection.public_id] if connection else []
    return [
        Link(
            x.label,
            reverse(x.name, args=args),
            x.icon,
            here == x.name or here in x.also,
            count if x.name in ("problems", "connection-problems") else 0,
        )
        for x in items
        if connection is None or x.is_shown(connection)
    ]
