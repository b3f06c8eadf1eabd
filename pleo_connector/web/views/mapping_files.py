"""Rules and mapped codes out to a file and in again, all of it or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.catalog.queries import all_records
from pleo_connector.catalog.records import Kind
from pleo_connector.mapping.actions import load_numbered
from pleo_connector.mapping.coverage import Codes
from pleo_connector.mapping.queries import changes, seen_codes
from pleo_connector.web import words
from pleo_connector.web.csv_file import file_of
from pleo_connector.web.csv_read import Line, NoTable, read_lines
from pleo_connector.web.mapping_files import (
    CODE,
    TARGET,
    Wrong,
    code_lines,
    read_codes,
    read_rules,
    rule_columns,
    rule_lines,
)
from pleo_connector.web.saving import save_over
from pleo_connector.web.views.codes import CATEGORIES, TAX_CODES, Page
from pleo_connector.web.visit import Visit, on_connection

LISTS: dict[str, words.Text] = {
    "rules": gettext_lazy("Rules"),
    "categories": gettext_lazy("Categories"),
    "tax-codes": gettext_lazy("Tax codes"),
}
PAGES = {page.name: page for page in (CATEGORIES, TAX_CODES)}
Read = Callable[[UploadedFile, Mapping], tuple[Mapping, Sequence[Wrong]]]


@on_connection()
def mapping_csv(request: HttpRequest, visit: Visit, which: str) -> HttpResponseBase:
    connection = visit.connection
    mapping, _number = load_numbered(connection)
    if which == "rules":
        return file_of(which, rule_lines(mapping, all_records(connection)))
    if which not in PAGES:
        raise Http404("No such list.")
    page = PAGES[which]
    chosen = dict(getattr(mapping, page.field))
    return file_of(which, code_lines(seen_codes(connection, page.kinds), chosen))


@on_connection(write="operate")
def files(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    which = request.POST.get("list", "rules")
    problem, wrong = "", list[Wrong]()
    if request.method == "POST":
        mapping, number = load_numbered(connection)
        try:
            changed, wrong = _read(request, visit, which, mapping)
        except NoTable as error:
            problem = str(error)
        else:
            if not wrong and _save(request, visit, mapping, changed, number):
                return redirect(which, connection.public_id)
    shown = {
        "visit": visit,
        "connection": connection,
        "lists": LISTS,
        "which": which,
        "refused": LISTS.get(which, ""),
        "problem": problem,
        "wrong": sorted(wrong, key=lambda x: x.line),
        "columns": ", ".join(rule_columns(all_records(connection))),
        "code_columns": ", ".join((CODE, TARGET)),
    }
    return render(request, "web/mapping_files.html", shown)


def _read(
    request: HttpRequest, visit: Visit, which: str, mapping: Mapping
) -> tuple[Mapping, list[Wrong]]:
    """The mapping with the list of the file, and what is wrong with its lines."""
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile) or which not in LISTS:
        raise NoTable(_("Choose a list and a file."))
    records = all_records(visit.connection)
    if which == "rules":
        columns = set(rule_columns(records))
        lines = read_lines(sent, columns, required=set())
        rules, wrong = read_rules(lines, records)
        return replace(mapping, rules=tuple(rules)), wrong
    return _read_codes(sent, PAGES[which], records, mapping)


def _read_codes(
    sent: UploadedFile, page: Page, records: dict[str, list[Any]], mapping: Mapping
) -> tuple[Mapping, list[Wrong]]:
    lines: list[Line] = read_lines(sent, {CODE, "name", TARGET}, required={CODE, TARGET})
    codes = Codes(
        accounts=records[Kind.ACCOUNTS], tax_codes=records[Kind.TAX_CODES], is_tax=page.is_tax
    )
    chosen, wrong = read_codes(lines, codes)
    return page.put(mapping, chosen), wrong


def _save(request: HttpRequest, visit: Visit, before: Mapping, after: Mapping, number: int) -> bool:
    if not save_over(request, visit, after, based_on=number):
        return False
    count = len(changes(before.to_json(), after.to_json()))
    if count:
        text = ngettext(
            "The file is taken over: %(count)s change. Under Changes it can be taken back.",
            "The file is taken over: %(count)s changes. Under Changes they can be taken back.",
            count,
        )
        messages.success(request, words.counted(text, count))
    else:
        messages.info(request, _("The file says what is set already. Nothing was changed."))
    return True
