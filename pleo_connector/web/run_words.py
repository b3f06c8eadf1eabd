"""What runs of every kind are called, how they end, and where they failed."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pleo_connector.catalog.closing import APPROVAL
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob
from pleo_connector.exports.shown import Cause, Counts
from pleo_connector.exports.translation import origin_of_fix
from pleo_connector.history.models import Run
from pleo_connector.web import export_words, said, tally, words
from pleo_connector.web.words import Badge, Headline, Text

EXPORT = "export"
KINDS: dict[str, Text] = {
    EXPORT: gettext_lazy("Export"),
    "reversal": gettext_lazy("Reversal"),
    "accounts": gettext_lazy("Accounts"),
    "tags": gettext_lazy("Tags"),
    "tax_codes": gettext_lazy("Tax codes"),
    "vendors": gettext_lazy("Vendors"),
}
ORIGINS: dict[str, Text] = {
    Run.Origin.PLEO: "Pleo",
    Run.Origin.ERP: gettext_lazy("Accounting system"),
    Run.Origin.MAPPING: gettext_lazy("Mapping"),
    Run.Origin.OURS: gettext_lazy("Our side"),
}
# Of any kind: what is said of exports alone is in `words`.
BADGES: dict[str, Badge] = {
    Run.State.RUNNING: Badge("busy", gettext_lazy("At work")),
    Run.State.WAITING: Badge("busy", gettext_lazy("Waiting")),
    Run.State.COMPLETED: Badge("ok", gettext_lazy("Done")),
    Run.State.COMPLETED_WITH_ERRORS: Badge("bad", gettext_lazy("Some not done")),
    Run.State.FAILED: Badge("bad", gettext_lazy("Ended early")),
}


def kind_word(kind: str) -> Text:
    return KINDS.get(kind) or kind.replace("_", " ").capitalize()


def origin_word(origin: str, connection: Connection | None = None) -> Text:
    """The accounting system by its name, where one is known."""
    if origin == Run.Origin.ERP and connection and connection.erp_kind:
        return words.erp_label(connection)
    return ORIGINS.get(origin, "")


def is_on_both(failure_type: str, fix: str) -> bool:
    """A tag that one of the two sides does not have."""
    return (failure_type, fix) == ("tag_unknown", "dimensions")


def places_of(causes: Sequence[Cause], connection: Connection) -> str:
    """Where an export is mended that has these."""
    both = (Run.Origin.PLEO, Run.Origin.ERP)
    origins = [
        origin
        for x in causes
        for origin in (both if is_on_both(x.failure_type, x.fix) else (origin_of_fix(x.fix),))
    ]
    return tally.both([str(origin_word(x, connection)) for x in dict.fromkeys(origins)])


def waits_for_approval(run: Run) -> bool:
    return run.state == Run.State.WAITING and run.waiting_for == APPROVAL


def badge_of(run: Run) -> Badge:
    if waits_for_approval(run):
        return Badge("attention", gettext_lazy("Waits for approval"))
    return export_words.run_badge(run) if run.kind == EXPORT else BADGES[run.state]


def job_of(run: Run) -> ExportJob | None:
    """Of an export, with this run and its connection; without a query where it was joined."""
    job: ExportJob | None = getattr(run, "export_job", None)
    if job:
        job.run, job.connection = run, run.connection
    return job


def counts_of_run(run: Run) -> Counts:
    rest = max(run.total - run.succeeded - run.failed, 0) if run.is_over else 0
    return Counts(run.total, run.succeeded, run.failed, rest)


def headline_of(run: Run) -> Headline:
    """How it went, in one sentence."""
    if job := job_of(run):
        return export_words.export_headline(job, counts_of_run(run))
    if run.state == Run.State.WAITING:
        if waits_for_approval(run):
            return Headline("attention", said.again(run.headline))
        return words.run_waits(run)
    if not run.is_over:
        return Headline("busy", _("At work."))
    if run.state == Run.State.COMPLETED:
        return Headline("ok", said.again(run.headline) or _done(run))
    if run.state == Run.State.FAILED:
        return Headline("bad", _("It ended early."), detail=said.again(run.headline))
    text = words.counted(
        ngettext(
            "%(count)s record could not be changed.",
            "%(count)s records could not be changed.",
            run.failed,
        ),
        run.failed,
    )
    return Headline("bad", text, detail=said.again(run.headline))


def is_led(runs: Sequence[Run], *, is_newest: bool, is_filtered: bool) -> bool:
    """Whether a list of runs, newest first, begins with the last one there was."""
    return bool(runs) and is_newest and not is_filtered


def list_headline(runs: Sequence[Run], *, is_newest: bool, is_filtered: bool) -> Headline:
    """Of a list of runs, newest first: how the last one went, unless it shows others."""
    if not runs:
        return Headline("quiet", _("No run matches.") if is_filtered else _("Nothing has run yet."))
    if not is_led(runs, is_newest=is_newest, is_filtered=is_filtered):
        return Headline("quiet", _("Runs that match") if is_filtered else _("Earlier runs"))
    return headline_of(runs[0])


def list_title(runs: Sequence[Run], *, is_newest: bool, is_filtered: bool) -> str:
    """The line above it."""
    if not is_led(runs, is_newest=is_newest, is_filtered=is_filtered):
        return _("History")
    names = {"kind": kind_word(runs[0].kind), "connection": runs[0].connection.pleo_company_name}
    return _("The last run: %(kind)s of %(connection)s") % names


def _done(run: Run) -> str:
    if not run.total:
        return _("Nothing had to be changed.")
    text = ngettext("%(count)s record was changed.", "%(count)s records were changed.", run.total)
    return words.counted(text, run.total)
