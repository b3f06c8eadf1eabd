"""Records of the ERP beside those of Pleo that stand for them, as far as runs know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_adapters.ledger import Account, DimensionValue
from pleo_connector.catalog.models import SyncPlan, SyncPlanItem
from pleo_connector.catalog.plan import is_in_use
from pleo_connector.web import said
from pleo_connector.web.templatetags.words import day
from pleo_connector.web.words import Badge, Text

Action, State = SyncPlanItem.Action, SyncPlanItem.State
IN_PLEO = Badge("ok", gettext_lazy("In Pleo"))
NOT_YET = Badge("busy", gettext_lazy("Not compared yet"))
NOT_SHOWN = Badge("quiet", gettext_lazy("Not shown"))
WAITS = Badge("attention", gettext_lazy("Waits for approval"))
COMING = Badge("busy", gettext_lazy("Being made"))
COULD_NOT = Badge("bad", gettext_lazy("Could not be made"))
TO_DO: dict[str, Text] = {
    Action.CREATE: gettext_lazy("To be created"),
    Action.UPDATE: gettext_lazy("To be renamed or changed"),
    Action.UNARCHIVE: gettext_lazy("To be brought back"),
    Action.ARCHIVE: gettext_lazy("To be archived"),
    Action.ADOPT: gettext_lazy("To be created"),
}


@dataclass(frozen=True, slots=True)
class ValueRow:
    value: DimensionValue | Account
    tag: str  # what it is called in Pleo; empty where there is none, or none is known
    badge: Badge
    why: str


def value_rows(
    values: Sequence[DimensionValue],
    items: Mapping[str, SyncPlanItem],
    plan: SyncPlan | None,
    *,
    compared_at: datetime | None,
    today: date,
) -> list[ValueRow]:
    """`items` are those of the latest plan, by code ignoring case."""
    return [
        _row(
            value,
            items.get(value.code.casefold()),
            plan,
            compared_at,
            "" if is_in_use(value, today) else _why_not(value, today),
        )
        for value in values
    ]


def account_rows(
    accounts: Sequence[Account],
    items: Mapping[str, SyncPlanItem],
    plan: SyncPlan | None,
    *,
    compared_at: datetime | None,
) -> list[ValueRow]:
    """`items` are those of the latest plan, by the account's permanent id."""
    return [_row(x, items.get(x.id), plan, compared_at, _no_account(x)) for x in accounts]


def _row(
    value: DimensionValue | Account,
    item: SyncPlanItem | None,
    plan: SyncPlan | None,
    compared_at: datetime | None,
    why_not: str,
) -> ValueRow:
    name = value.name or value.code
    if item and plan and item.state not in (State.DONE, State.DROPPED):
        return _changing(value, item, plan)
    if why_not:
        return ValueRow(value, "", NOT_SHOWN, why_not)
    if compared_at is None:
        return ValueRow(value, "", NOT_YET, "")
    return ValueRow(value, name, IN_PLEO, "")


def _changing(value: DimensionValue | Account, item: SyncPlanItem, plan: SyncPlan) -> ValueRow:
    """Where the latest plan has something to do, or could not do it."""
    now = "" if item.action == Action.CREATE else item.old_name or item.name
    if item.action == Action.NONE:
        return ValueRow(value, "", NOT_SHOWN, said.again(item.problem))
    if item.state == State.FAILED:
        return ValueRow(value, now, COULD_NOT, said.again(item.problem))
    if item.state == State.KEPT:
        return ValueRow(value, now, IN_PLEO, _("Kept, although it is closed."))
    shown = WAITS if plan.state == SyncPlan.State.WAITING else COMING
    return ValueRow(value, now, shown, str(TO_DO[item.action]))


def _no_account(account: Account) -> str:
    if not account.is_active:
        return _("Closed")
    return "" if account.is_postable else _("A heading or total")


def _why_not(value: DimensionValue, today: date) -> str:
    if not value.is_active:
        return _("Closed")
    if not value.is_postable:
        return _("A heading or total")
    if value.valid_from and value.valid_from > today:
        return _("Begins on %(day)s") % {"day": day(value.valid_from)}
    return _("Ended on %(day)s") % {"day": day(value.valid_until)}
