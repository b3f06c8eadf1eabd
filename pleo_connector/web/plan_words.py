"""What a plan would do, does or did, in sentences. Facts in, words out."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pleo_connector.catalog.models import SyncPlan, SyncPlanItem
from pleo_connector.history.models import Run
from pleo_connector.web import said
from pleo_connector.web.tally import CHANGES, Tally
from pleo_connector.web.words import Badge, Headline, Text, counted, number

Action, State = SyncPlanItem.Action, SyncPlanItem.State
ACTIONS: dict[str, Text] = {
    Action.CREATE: gettext_lazy("Create"),
    Action.UPDATE: gettext_lazy("Rename or change"),
    Action.UNARCHIVE: gettext_lazy("Bring back"),
    Action.ARCHIVE: gettext_lazy("Archive"),
    Action.ADOPT: gettext_lazy("Create in the accounting system"),
    Action.NONE: gettext_lazy("Leave out"),
}
ITEM_BADGES: dict[str, Badge] = {
    State.PLANNED: Badge("quiet", gettext_lazy("Planned")),
    State.SENT: Badge("busy", gettext_lazy("Sent")),
    State.DONE: Badge("ok", gettext_lazy("Done")),
    State.FAILED: Badge("bad", gettext_lazy("Could not")),
    State.KEPT: Badge("attention", gettext_lazy("Kept")),
    State.DROPPED: Badge("quiet", gettext_lazy("Not needed any more")),
}
LEFT_OUT = Badge("attention", gettext_lazy("Left out"))
PLAN_BADGES: dict[str, Badge] = {
    SyncPlan.State.WAITING: Badge("attention", gettext_lazy("Waits for you")),
    SyncPlan.State.APPROVED: Badge("busy", gettext_lazy("Approved")),
    SyncPlan.State.APPLYING: Badge("busy", gettext_lazy("Being made")),
    SyncPlan.State.OVER: Badge("ok", gettext_lazy("Made")),
}


def will_do(tally: Tally) -> list[str]:
    """What a plan does, a phrase for each kind of change: "create 120 tags"."""
    phrases: dict[str, str] = {
        Action.CREATE: _("create %(records)s"),
        Action.UPDATE: _("rename or change %(records)s"),
        Action.UNARCHIVE: _("bring back %(records)s"),
        Action.ARCHIVE: _("archive %(records)s"),
        Action.ADOPT: _("create %(records)s in the accounting system"),
    }
    return [
        phrase % {"records": tally.records_of(action)}
        for action, phrase in phrases.items()
        if tally.of(action)
    ]


def sentence(phrases: list[str]) -> str:
    """Create 120 tags, archive 14 tags"""
    joined = ", ".join(phrases)
    return joined[:1].upper() + joined[1:]


def plan_headline(plan: SyncPlan, tally: Tally) -> Headline:
    """What the plan would do, does or did."""
    what = sentence(will_do(tally))
    if plan.state == SyncPlan.State.WAITING:
        text = _("Nothing is changed in Pleo before you approve.")
        return Headline("attention", text, detail=str(plan.get_why_display()))
    if plan.state != SyncPlan.State.OVER:
        if plan.state == SyncPlan.State.APPLYING and plan.run.state == Run.State.WAITING:
            return run_waits(plan.run)
        if not tally.done:
            return Headline("busy", _("Approved. The changes begin in a moment."), detail=what)
        return Headline("busy", made(tally))
    if tally.failed:
        return Headline("bad", could_not(tally), detail=said.again(plan.run.headline))
    if not tally.changes:
        return Headline("ok", _("Nothing had to be changed in Pleo."))
    text = ngettext(
        "The change is made in Pleo.", "All %(count)s changes are made in Pleo.", tally.changes
    )
    return Headline("ok", counted(text, tally.changes))


def run_waits(run: Run) -> Headline:
    why = said.again(run.headline)
    if run.waiting_for == "reconnect":
        return Headline("attention", _("Reconnect Pleo to go on."), detail=why)
    if run.waiting_until is None:
        return Headline("busy", _("Waiting to go on."), detail=why)
    if run.waiting_for in ("us", ""):
        return Headline("busy", _("Trying again at"), run.waiting_until, why)
    text = _("Waiting for %(system)s until") % {"system": run.waiting_for}
    return Headline("busy", text, run.waiting_until, why)


def made(tally: Tally) -> str:
    text = ngettext(
        "Pleo is being changed: %(done)s of %(count)s change made.",
        "Pleo is being changed: %(done)s of %(count)s changes made.",
        tally.changes,
    )
    return text % {"done": number(tally.done), "count": number(tally.changes)}


def could_not(tally: Tally) -> str:
    text = ngettext(
        "%(failed)s of %(count)s change could not be made.",
        "%(failed)s of %(count)s changes could not be made.",
        tally.changes,
    )
    return text % {"failed": number(tally.failed), "count": number(tally.changes)}


# -- What a person is asked ---------------------------------------------------------------------


def parts(tally: Tally) -> list[tuple[Text, int, str]]:
    """(what, how many, the filter that shows them), where there are some."""
    found: list[tuple[Text, int, str]] = [
        (ACTIONS[action], tally.of(action), f"action={action}") for action in CHANGES
    ]
    found += [
        (gettext_lazy("Kept"), tally.kept, f"state={State.KEPT}"),
        (gettext_lazy("Could not"), tally.failed, f"state={State.FAILED}"),
        (gettext_lazy("Left out"), tally.left_out, f"action={Action.NONE}"),
    ]
    return [part for part in found if part[1]]


def keep_all(tally: Tally) -> str:
    """The words on a button; empty where nothing would be archived."""
    if not tally.of(Action.ARCHIVE):
        return ""
    return _("Keep the %(records)s") % {"records": tally.records_of(Action.ARCHIVE)}


def consequences(tally: Tally, *, system: str, limit: int, is_first: bool) -> list[str]:
    """What happens, what does not, and whether it can be undone."""
    happens: dict[str, str] = {
        Action.CREATE: _("Created in Pleo: %(records)s."),
        Action.UPDATE: _("Renamed or changed in Pleo: %(records)s."),
        Action.UNARCHIVE: _("Brought back in Pleo: %(records)s."),
        Action.ARCHIVE: _("Archived in Pleo: %(records)s."),
        Action.ADOPT: _("Created in %(system)s: %(records)s."),
    }
    said = [
        text % {"records": tally.records_of(action), "system": system}
        for action, text in happens.items()
        if tally.of(action)
    ]
    if tally.kept:
        kept = ngettext(
            "%(count)s record is kept in Pleo, by this run and all later ones.",
            "%(count)s records are kept in Pleo, by this run and all later ones.",
            tally.kept,
        )
        said.append(counted(kept, tally.kept))
    if tally.of(Action.ARCHIVE):
        text = _("What is archived is not deleted. It comes back when %(system)s has it again.")
        said.append(text % {"system": system})
    if not tally.of(Action.ADOPT):
        said.append(_("Nothing changes in %(system)s.") % {"system": system})
    if is_first:
        text = _(
            "From now on runs change Pleo by themselves. You are asked again where one would "
            "archive more than %(limit)s %% of Pleo's records."
        )
        said.append(text % {"limit": limit})
    return said
