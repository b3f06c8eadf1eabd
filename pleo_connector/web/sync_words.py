"""How far Pleo is in step with the ERP, in sentences. Facts in, words out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pleo_connector.catalog.models import Entity, SyncKind, SyncPlan, SyncSchedule, SyncSettings
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Run
from pleo_connector.web import said
from pleo_connector.web.plan_words import could_not, made, will_do
from pleo_connector.web.tally import Tally, both, records
from pleo_connector.web.words import Headline, Text, Tone, erp_label, number, plans_wait, run_waits

MAIN = {
    SyncKind.TAGS: Entity.TAG,
    SyncKind.ACCOUNTS: Entity.ACCOUNT,
    SyncKind.TAX_CODES: Entity.TAX_CODE,
    SyncKind.VENDORS: Entity.VENDOR,
}
KIND_ICONS = {"tags": "tags", "accounts": "list-tree", "tax_codes": "percent", "vendors": "store"}
INTERVALS: dict[int, Text] = {
    1: gettext_lazy("Every hour"),
    12: gettext_lazy("Every 12 hours"),
    24: gettext_lazy("Every day"),
}
# -- The state of one kind ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one kind."""

    connection: Connection
    kind: SyncKind
    schedule: SyncSchedule | None
    run: Run | None  # the latest
    plan: SyncPlan | None  # the latest
    tally: Tally
    whole: SyncPlan | None  # the latest that looked at everything and is over
    whole_tally: Tally
    has_dimensions: bool
    kept: Mapping[str, int]  # records that a person keeps in Pleo, by entity

    @property
    def label(self) -> str:
        return str(self.kind.label)

    @property
    def icon(self) -> str:
        return KIND_ICONS[self.kind]

    @property
    def is_waiting(self) -> bool:
        return self.plan is not None and self.plan.state == SyncPlan.State.WAITING

    @property
    def is_moving(self) -> bool:
        return self.run is not None and not self.run.is_over and not self.is_waiting


def kind_headline(known: Known) -> Headline:
    """What Pleo shows of this kind, or why that is not known, in one sentence."""
    schedule = known.schedule
    if known.connection.state != Connection.State.LIVE:
        return Headline("quiet", _("Nothing is kept in step while the connection is not live."))
    if schedule and schedule.missing_permission:
        return Headline("bad", _missing(known, schedule.missing_permission))
    if known.is_waiting:
        return Headline("attention", _waits(known.tally))
    if schedule is None:
        return Headline("busy", first_look())
    if schedule.problem:
        return Headline("bad", said.again(schedule.problem))
    if known.is_moving and known.run:
        return _moving(known, known.run)
    if schedule.is_paused:
        return Headline("quiet", _("Paused. Pleo stays as it is until you resume."))
    return _at_rest(known)


def first_look() -> str:
    return _("The first look at both sides begins in a moment.")


def _waits(tally: Tally) -> str:
    if not tally.changes:
        return _("A plan that changes nothing in Pleo waits for approval.")
    return _("A plan waits for approval: %(what)s.") % {"what": ", ".join(will_do(tally))}


def _missing(known: Known, permission: str) -> str:
    """Each kind has a sentence of its own, because the words bend differently."""
    change = {
        SyncKind.TAGS: _("Pleo does not let us change tags."),
        SyncKind.ACCOUNTS: _("Pleo does not let us change accounts."),
        SyncKind.TAX_CODES: _("Pleo does not let us change tax codes."),
        SyncKind.VENDORS: _("Pleo does not let us change vendors."),
    }
    see = {
        SyncKind.TAGS: _("Pleo does not show us its tags."),
        SyncKind.ACCOUNTS: _("Pleo does not show us its accounts."),
        SyncKind.TAX_CODES: _("Pleo does not show us its tax codes."),
        SyncKind.VENDORS: _("Pleo does not show us its vendors."),
    }
    return (see if permission.endswith(":read") else change)[known.kind]


def _moving(known: Known, run: Run) -> Headline:
    if known.plan and known.plan.state == SyncPlan.State.APPROVED:
        return Headline("busy", _("Approved. The changes begin in a moment."))
    if run.state == Run.State.WAITING:
        return run_waits(run)
    if known.plan and known.plan.run_id == run.pk and known.tally.changes:
        return Headline("busy", made(known.tally))
    return Headline("busy", _("Both sides are being compared."))


def _at_rest(known: Known) -> Headline:
    if known.plan and known.tally.failed:
        why = said.again(known.plan.run.headline)
        return Headline("bad", could_not(known.tally), detail=why)
    if known.run and known.run.state == Run.State.FAILED:
        text = _("The last look ended early, and nothing was archived.")
        return Headline("bad", text, detail=said.again(known.run.headline))
    if known.kind == SyncKind.TAGS and not known.has_dimensions and known.run:
        text = _("No dimension is chosen, so no tags are kept in step.")
        return Headline("attention", text)
    if known.whole:
        tone: Tone = "attention" if known.tally.left_out else "ok"
        return Headline(tone, _shows(known, known.whole), detail=_besides(known))
    if known.run or (known.schedule and known.schedule.compared_at):
        text = _("Pleo has what %(system)s has.") % {"system": erp_label(known.connection)}
        return Headline("ok", text)
    return Headline("busy", first_look())


def _shows(known: Known, whole: SyncPlan) -> str:
    active = known.whole_tally.active_after(whole.active)
    ours = {entity: max(count - known.kept.get(entity, 0), 0) for entity, count in active.items()}
    filled = {
        "records": records(MAIN[known.kind], ours[MAIN[known.kind]]),
        "groups": records(Entity.TAG_GROUP, ours[Entity.TAG_GROUP]),
        "system": erp_label(known.connection),
    }
    if known.kind == SyncKind.TAGS:
        return _("Pleo shows %(records)s in %(groups)s, as %(system)s has them.") % filled
    return _("Pleo shows %(records)s, as %(system)s has them.") % filled


def _besides(known: Known) -> str:
    """What Pleo does not show, or shows besides."""
    parts = []
    entities = [MAIN[known.kind], *([Entity.TAG_GROUP] if known.kind == SyncKind.TAGS else [])]
    kept = [records(x, known.kept[x]) for x in entities if known.kept.get(x)]
    if kept:
        parts.append(_("Kept besides: %(records)s.") % {"records": both(kept)})
    if known.tally.left_out:
        text = ngettext(
            "%(count)s record of %(system)s cannot be shown in Pleo.",
            "%(count)s records of %(system)s cannot be shown in Pleo.",
            known.tally.left_out,
        )
        filled = {"count": number(known.tally.left_out), "system": erp_label(known.connection)}
        parts.append(text % filled)
    return " ".join(parts)


def nothing_chosen(connection: Connection, chosen: SyncSettings) -> Headline:
    """Where no dimension is a tag group: because that was chosen, or not yet."""
    if chosen.dimensions is not None:
        return Headline("quiet", _("No dimension is chosen, so no tags are kept in step."))
    detail = _(
        "The first run chooses by itself: each dimension of %(system)s that has an active "
        "tag group with the same code in Pleo. You can choose before."
    )
    filled = {"system": erp_label(connection)}
    return Headline("quiet", _("Nothing is chosen yet."), detail=detail % filled)


# -- All kinds ---------------------------------------------------------------------------------


def syncs_headline(connection: Connection, all_known: list[Known]) -> Headline:
    """Over all kinds, the gravest first."""
    lines = [kind_headline(known) for known in all_known]
    waiting = sum(known.is_waiting for known in all_known)
    if connection.state != Connection.State.LIVE:
        text = _("Pleo is kept in step with %(system)s once the connection is live.")
        return Headline("quiet", text % {"system": erp_label(connection)})
    rest = plans_wait(waiting) if waiting else ""
    bad = [
        (known.label, line)
        for known, line in zip(all_known, lines, strict=True)
        if line.tone == "bad"
    ]
    if bad:
        others = [_("%(kind)s: %(said)s") % {"kind": kind, "said": x.text} for kind, x in bad[1:]]
        said_first = bad[0][1]
        return replace(
            said_first, detail=" ".join(filter(None, (said_first.detail, *others, rest)))
        )
    if rest:
        return Headline("attention", rest)
    if found := next((line for line in lines if line.tone == "attention"), None):
        return found
    if all(line.text == first_look() for line in lines):
        return Headline("busy", first_look())
    if any(line.tone == "busy" for line in lines):
        return Headline("busy", _("Both sides are being compared."))
    text = _("Pleo's tags and accounts are as %(system)s has them.")
    return Headline("ok", text % {"system": erp_label(connection)})
