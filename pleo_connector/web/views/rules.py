"""The rules of a connection: their order, each of them, and which one would take an entry."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from pleo_connector.bookkeeping.facts import Facts, facts_from_json
from pleo_connector.bookkeeping.mapping import Mapping, MappingRule
from pleo_connector.catalog.queries import all_records
from pleo_connector.catalog.records import Kind
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJobItem
from pleo_connector.exports.shown import entry_of, recent_entries
from pleo_connector.mapping.actions import load_numbered
from pleo_connector.mapping.models import SeenCode
from pleo_connector.mapping.queries import seen_codes
from pleo_connector.mapping.rules import NoSuchRule, Rules, moved, put, rule_at, without
from pleo_connector.web.forms.rules import RuleForm, TrialForm
from pleo_connector.web.ledger_names import LedgerNames
from pleo_connector.web.offers import offer_of, saved_at
from pleo_connector.web.rule_words import RuleRow, named, then, tried, when
from pleo_connector.web.saving import save_over, version_seen
from pleo_connector.web.visit import Visit, on_connection

NEW = MappingRule()


@on_connection(write="operate")
def rules_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    mapping, version = load_numbered(connection)
    if request.method == "POST":
        return _change(request, visit, mapping)
    values = {code for rule in mapping.rules for code in rule.dimensions.values()}
    names = LedgerNames.with_values(connection, values)
    entries = recent_entries(connection)
    item = _chosen(request, connection, entries)
    form = TrialForm(request.GET if "type" in request.GET else None)
    trials = [tried(facts, mapping.rules, names) for facts in _facts(item, form, connection)]
    shown = {
        "visit": visit,
        "connection": connection,
        "version": version,
        "rows": trials[0].rows if len(trials) == 1 else _rows(mapping.rules, names),
        "trials": trials,
        "entries": entries,
        "item": item,
        "form": form,
        "doomed": _doomed(request, mapping.rules, names),
        "offer": offer_of(request, connection, ("rules",)),
    }
    return render(request, "web/rules.html", shown)


def _rows(rules: Sequence[MappingRule], names: LedgerNames) -> list[RuleRow]:
    return [
        RuleRow(place, rule, when(rule), then(rule, names))
        for place, rule in enumerate(rules, start=1)
    ]


def _chosen(
    request: HttpRequest, connection: Connection, entries: Sequence[ExportJobItem]
) -> ExportJobItem | None:
    """The entry that the rules are tried on: one of the recent ones, or of a link."""
    try:
        wanted = UUID(request.GET.get("entry", ""))
    except ValueError:
        return None
    listed = next((x for x in entries if x.public_id == wanted), None)
    return listed or entry_of(connection, wanted)


def _facts(item: ExportJobItem | None, form: TrialForm, connection: Connection) -> list[Facts]:
    if item:
        return [facts_from_json(row) for row in item.facts or []]
    return [form.facts(connection.erp_currency)] if form.is_valid() else []


def _doomed(
    request: HttpRequest, rules: Sequence[MappingRule], names: LedgerNames
) -> RuleRow | None:
    """The rule that a person is about to delete."""
    place = request.GET.get("delete", "")
    if not place.isdecimal() or not 1 <= int(place) <= len(rules):
        return None
    return _rows(rules, names)[int(place) - 1]


def _change(request: HttpRequest, visit: Visit, mapping: Mapping) -> HttpResponse:
    """A rule up, down or away."""
    for verb in ("up", "down", "delete"):
        place = request.POST.get(verb, "")
        if place.isdecimal():
            return _moved(request, visit, mapping, verb, int(place))
    return redirect("rules", visit.connection.public_id)


def _moved(
    request: HttpRequest, visit: Visit, mapping: Mapping, verb: str, place: int
) -> HttpResponse:
    page = redirect("rules", visit.connection.public_id)
    try:
        name = named(rule_at(mapping.rules, place), place)
        if verb == "delete":
            rules, done = without(mapping.rules, place), _("%(name)s is deleted.")
        else:
            to = place - 1 if verb == "up" else place + 1
            rules, done = moved(mapping.rules, place, to), _("%(name)s moved.")
    except NoSuchRule:
        return page
    if _save(request, visit, mapping, rules):
        messages.success(request, done % {"name": name})
    return page


def _save(request: HttpRequest, visit: Visit, mapping: Mapping, rules: Rules) -> bool:
    changed = replace(mapping, rules=rules)
    return save_over(request, visit, changed, based_on=version_seen(request))


@on_connection(write="operate")
def rule_page(request: HttpRequest, visit: Visit, place: int = 0) -> HttpResponse:
    """One rule; place 0 is one that is added at the end."""
    connection = visit.connection
    mapping, version = load_numbered(connection)
    try:
        rule = rule_at(mapping.rules, place) if place else NEW
    except NoSuchRule:
        raise Http404(_("There is no such rule.")) from None
    form = _form(request, connection, rule)
    if request.method == "POST" and form.is_valid():
        rules = put(mapping.rules, form.as_rule(), place or None)
        if _save(request, visit, mapping, rules):
            messages.success(
                request, _("Saved. It counts for entries that are booked from now on.")
            )
            return redirect(saved_at("rules", connection))
    shown = {
        "visit": visit,
        "connection": connection,
        "form": form,
        "version": request.POST.get("version") or version,
        "place": place,
        "is_read": form.has_accounts,
        "name": named(rule, place),
        "categories": seen_codes(connection, [SeenCode.Kind.CATEGORY]),
    }
    return render(request, "web/rule.html", shown)


def _form(request: HttpRequest, connection: Connection, rule: MappingRule) -> RuleForm:
    records = all_records(connection)
    return RuleForm(
        request.POST if request.method == "POST" else None,
        rule=rule,
        accounts=records[Kind.ACCOUNTS],
        tax_codes=records[Kind.TAX_CODES],
        dimensions=records[Kind.DIMENSIONS],
        values=records[Kind.DIMENSION_VALUES],
    )
