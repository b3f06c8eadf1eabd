"""What a plan would do, does or did, in sentences. Facts in, words out."""

from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from pleo_connector.catalog.models import SyncPlan, SyncPlanItem
from pleo_connector.history.models import Run
from pleo_connector.web import said
from pleo_connector.web.tally import CHANGES, Tally
from pleo_connector.web.words import Badge, Headline, Text, counted, number, plans_wait, run_waits

Action, State = SyncPlanItem.Action, SyncPlanItem.State
ACTIONS: dict[str, Text] = {
    Action.CREATE: gettext_lazy("Create"),
    Action.UPDATE: gettext_lazy("Rename or change"),
    Action.UNARCHIVE: gettext_lazy("Bring back"),
    Action.ARCHIVE: gettext_lazy("Archive"),
    Action.ADOPT: gettext_lazy("Create in the accounting system"),
    Action.NONE: gettext_lazy("Leave out"),
}
MADE: dict[str, Text] = {
    Action.CREATE: gettext_lazy("Created"),
    Action.UPDATE: gettext_lazy("Renamed or changed"),
    Action.UNARCHIVE: gettext_lazy("Brought back"),
    Action.ARCHIVE: gettext_lazy("Archived"),
    Action.ADOPT: gettext_lazy("Created in the accounting system"),
}
ITEM_BADGES: dict[str, Badge] = {
    State.PLANNED: Badge("quiet", gettext_lazy("Planned")),
    State.SENT: Badge("busy", gettext_lazy("Sent")),
    State.DONE: Badge("ok", gettext_lazy("Done")),
    State.FAILED: Badge("bad", gettext_lazy("Could not be made")),
    State.KEPT: Badge("quiet", gettext_lazy("Kept")),
    State.DROPPED: Badge("quiet", gettext_lazy("Not needed any more")),
}
LEFT_OUT = Badge("attention", gettext_lazy("Left out"))
PLAN_BADGES: dict[str, Badge] = {
    SyncPlan.State.WAITING: Badge("attention", gettext_lazy("Waits for approval")),
    SyncPlan.State.APPROVED: Badge("busy", gettext_lazy("Approved")),
    SyncPlan.State.APPLYING: Badge("busy", gettext_lazy("Being made")),
    SyncPlan.State.OVER: Badge("ok", pgettext_lazy("plan", "Made")),
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
        return Headline("attention", _waits(tally), detail=str(plan.get_why_display()))
    if plan.state != SyncPlan.State.OVER:
        if plan.state == SyncPlan.State.APPLYING and plan.run.state == Run.State.WAITING:
            return run_waits(plan.run)
        if not tally.done:
            begins = _("The changes begin in a moment.")
            if plan.decided_at:
                begins = _("Approved. The changes begin in a moment.")
            return Headline("busy", begins, detail=f"{what}." if what else "")
        return Headline("busy", made(tally))
    if tally.failed:
        return Headline("bad", could_not(tally), detail=said.again(plan.run.headline))
    if not tally.changes:
        return Headline("ok", _("Nothing had to be changed in Pleo."))
    text = ngettext(
        "The change is made in Pleo.", "All %(count)s changes are made in Pleo.", tally.changes
    )
    return Headline("ok", counted(text, tally.changes))


def plans_headline(latest: Collection[SyncPlan], tallies: Mapping[int, Tally]) -> Headline:
    """Over the newest plan of each kind, the gravest first."""
    found, over = need_a_look(latest, tallies), _over(latest)
    if any(plan.state == SyncPlan.State.WAITING for plan in found):
        return Headline("attention", plans_wait(len(found)))
    if found:
        failed = [tallies[plan.pk] for plan in found]
        return Headline(
            "bad", _could_not(sum(x.failed for x in failed), sum(x.changes for x in failed))
        )
    if not latest:
        return Headline("quiet", _("No run has found anything to change in Pleo yet."))
    if len(over) < len(latest):
        return Headline("busy", _("Pleo is being changed."))
    return Headline("ok", _("What the last runs found is changed in Pleo."))


def need_a_look(latest: Collection[SyncPlan], tallies: Mapping[int, Tally]) -> list[SyncPlan]:
    """Those that wait for a person; where none does, those that could not be made."""
    waiting = [plan for plan in latest if plan.state == SyncPlan.State.WAITING]
    return waiting or [plan for plan in _over(latest) if tallies[plan.pk].failed]


def _over(latest: Collection[SyncPlan]) -> list[SyncPlan]:
    return [plan for plan in latest if plan.state == SyncPlan.State.OVER]


def _waits(tally: Tally) -> str:
    if not tally.changes:
        return _("A plan that changes nothing in Pleo waits for approval.")
    text = ngettext(
        "%(count)s change in Pleo waits for approval.",
        "%(count)s changes in Pleo wait for approval.",
        tally.changes,
    )
    return counted(text, tally.changes)


def unasked(tally: Tally) -> str:
    """Why a plan did not wait for anybody."""
    if tally.of(Action.ARCHIVE):
        return _(
            "This plan archives less than the share that you allow, so nobody had to approve it."
        )
    return _("This plan archives nothing, so nobody had to approve it.")


def made(tally: Tally) -> str:
    text = ngettext(
        "Pleo is being changed: %(done)s of %(count)s change made.",
        "Pleo is being changed: %(done)s of %(count)s changes made.",
        tally.changes,
    )
    return text % {"done": number(tally.done), "count": number(tally.changes)}


def could_not(tally: Tally) -> str:
    return _could_not(tally.failed, tally.changes)


def _could_not(failed: int, count: int) -> str:
    text = ngettext(
        "%(failed)s of %(count)s change could not be made.",
        "%(failed)s of %(count)s changes could not be made.",
        count,
    )
    return text % {"failed": number(failed), "count": number(count)}


# -- What a person is asked ---------------------------------------------------------------------


def parts(tally: Tally, *, is_over: bool) -> list[tuple[Text, int, str]]:
    """(what, how many, the filter that shows them), where there are some."""
    found: list[tuple[Text, int, str]]
    if is_over:
        found = [
            (MADE[x], tally.of(x, state=State.DONE), f"action={x}&state={State.DONE}")
            for x in CHANGES
        ]
        found.append(_part(State.DROPPED, tally.in_state(State.DROPPED)))
    else:
        found = [(ACTIONS[x], tally.of(x), f"action={x}") for x in CHANGES]
    found += [
        _part(State.KEPT, tally.kept),
        _part(State.FAILED, tally.failed),
        (gettext_lazy("Left out"), tally.left_out, f"action={Action.NONE}"),
    ]
    return [part for part in found if part[1]]


def _part(state: str, count: int) -> tuple[Text, int, str]:
    return ITEM_BADGES[state].word, count, f"state={state}"


def keep_all(tally: Tally) -> str:
    """The words on a button, with what is changed all the same; empty where nothing goes."""
    if not tally.of(Action.ARCHIVE):
        return ""
    keep = _("keep %(records)s") % {"records": tally.records_of(Action.ARCHIVE)}
    return sentence([keep, *will_do(tally.keeping())])


def consequences(
    tally: Tally, *, gone: Sequence[str], system: str, limit: int, is_first: bool
) -> list[str]:
    """What happens, what does not, and whether it can be undone; `gone` are names, where few."""
    happens: dict[str, str] = {
        Action.CREATE: _("Created in Pleo: %(records)s."),
        Action.UPDATE: _("Renamed or changed in Pleo: %(records)s."),
        Action.UNARCHIVE: _("Brought back in Pleo: %(records)s."),
        Action.ARCHIVE: _("Archived in Pleo: %(records)s."),
        Action.ADOPT: _("Created in %(system)s: %(records)s."),
    }
    named: dict[str, str] = {Action.ARCHIVE: f" ({', '.join(gone)})" if gone else ""}
    said = [
        text % {"records": tally.records_of(action) + named.get(action, ""), "system": system}
        for action, text in happens.items()
        if tally.of(action)
    ]
    if tally.kept:
        kept = tally.records_of(Action.ARCHIVE, state=State.KEPT)
        text = _("Kept in Pleo, by this run and all later ones: %(records)s.")
        said.append(text % {"records": kept})
    if tally.left_out:
        text = _("Left out: %(records)s, which Pleo cannot show.")
        said.append(text % {"records": tally.records_of(Action.NONE)})
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
