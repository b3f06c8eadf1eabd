"""What became of one record of a plan, in sentences, and the place that mends it."""

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.catalog.models import SyncPlan, SyncPlanItem
from pleo_connector.connections.models import Connection
from pleo_connector.web import said
from pleo_connector.web.fixes import Fix
from pleo_connector.web.plan_words import ACTIONS
from pleo_connector.web.tally import Tally
from pleo_connector.web.words import Headline, Text, Tone, erp_label

Action, State = SyncPlanItem.Action, SyncPlanItem.State
STATES: dict[str, tuple[Tone, Text]] = {
    State.PLANNED: ("busy", gettext_lazy("The change is about to be made.")),
    State.SENT: ("busy", gettext_lazy("The change is sent, and its answer is looked up.")),
    State.DONE: ("ok", gettext_lazy("The change is made.")),
    State.FAILED: ("bad", gettext_lazy("The change could not be made.")),
    State.KEPT: ("ok", gettext_lazy("It stays in Pleo, because somebody keeps it.")),
    State.DROPPED: ("quiet", gettext_lazy("Nothing had to be changed any more.")),
}

FROM_ERP = (Action.NONE, Action.ADOPT)
REFUSED = "Pleo did not take it:"  # the record as the ERP has it: its name, its code
ONCE_APPROVED: dict[str, Text] = {
    Action.CREATE: gettext_lazy("It is created in Pleo once the plan is approved."),
    Action.UPDATE: gettext_lazy("It is renamed or changed in Pleo once the plan is approved."),
    Action.UNARCHIVE: gettext_lazy("It is brought back in Pleo once the plan is approved."),
    Action.ARCHIVE: gettext_lazy("It is archived in Pleo once the plan is approved."),
    Action.ADOPT: gettext_lazy("It is created in %(system)s once the plan is approved."),
}


def change_of(item: SyncPlanItem) -> str:
    return _("Keep") if item.state == State.KEPT else str(ACTIONS[item.action])


def why_of(item: SyncPlanItem) -> str:
    """The reason for archiving is none for a record that stays."""
    return _("Somebody keeps it in Pleo.") if item.state == State.KEPT else said.again(item.reason)


def record_headline(plan: SyncPlan, item: SyncPlanItem, *, system: str) -> Headline:
    detail = said.again(item.problem)
    if item.action == Action.NONE:
        return Headline("attention", _("It is left out, so Pleo does not show it."), detail=detail)
    if plan.state == SyncPlan.State.WAITING and item.state == State.PLANNED:
        told = ONCE_APPROVED[item.action] % {"system": system}
        return Headline("attention", told)
    tone, text = STATES[item.state]
    return Headline(tone, str(text), detail=detail)


def fix_of_record(connection: Connection, item: SyncPlanItem) -> Fix | None:
    """On the side that did not take it, or has what cannot be shown; None of what is not wrong."""
    if item.state != State.FAILED:
        return None
    is_in_erp = item.action in FROM_ERP or item.problem.startswith(REFUSED)
    return _in_erp(connection) if is_in_erp else _in_pleo()


def fix_of_plan(connection: Connection, plan: SyncPlan, tally: Tally) -> Fix | None:
    """Where most is to be mended that it could not change."""
    if not tally.failed:
        return None
    failed = plan.items.filter(state=State.FAILED).exclude(action=Action.NONE)
    in_erp = failed.filter(Q(action=Action.ADOPT) | Q(problem__startswith=REFUSED)).count()
    return _in_erp(connection) if in_erp * 2 > tally.failed else _in_pleo()


def _in_pleo() -> Fix:
    return Fix(_("Open Pleo"), settings.PLEO_APP_URL, is_outside=True)


def _in_erp(connection: Connection) -> Fix:
    system = {"system": erp_label(connection)}
    if url := connection.erp_settings.get("base_url"):
        return Fix(_("Open %(system)s") % system, url, is_outside=True)
    label = _("Check the connection to %(system)s") % system
    return Fix(label, reverse("erp-choose", args=[connection.public_id]))
