"""The codes that Pleo sends, and the account or tax code that each stands for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.catalog.queries import read_at, records_of
from pleo_connector.catalog.records import Kind
from pleo_connector.exports.shown import waiting_codes
from pleo_connector.mapping.actions import load_numbered
from pleo_connector.mapping.coverage import CodeRow, Codes
from pleo_connector.mapping.models import SeenCode
from pleo_connector.mapping.queries import seen_codes
from pleo_connector.mapping.suggest import Suggestion
from pleo_connector.web import words
from pleo_connector.web.forms.codes import TO, CodesForm, Typed
from pleo_connector.web.offers import offer_of, saved_at
from pleo_connector.web.saving import save_over, version_seen
from pleo_connector.web.tables.base import page_of
from pleo_connector.web.views.mapping import read_again
from pleo_connector.web.visit import Visit, on_connection

ROWS = 50
SHOW: dict[str, words.Text] = {
    "": gettext_lazy("All"),
    "missing": gettext_lazy("Still open"),
    "suggested": gettext_lazy("With a suggestion"),
    "mapped": gettext_lazy("Mapped"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """What categories and tax codes differ in."""

    name: str  # of the address
    kinds: tuple[str, ...]
    field: str  # of the mapping
    fixes: tuple[str, ...]
    is_tax: bool = False

    def put(self, mapping: Mapping, chosen: dict[str, str]) -> Mapping:
        changed: dict[str, Any] = {self.field: chosen}
        return replace(mapping, **changed)


CATEGORIES = Page(
    "categories",
    (SeenCode.Kind.CATEGORY, SeenCode.Kind.CONTRA),
    "account_codes",
    ("codes",),
)
TAX_CODES = Page("tax-codes", (SeenCode.Kind.TAX,), "tax_codes", ("tax",), is_tax=True)


BADGES = {
    "unknown": words.Badge("attention", gettext_lazy("Not known there")),
    "inactive": words.Badge("attention", gettext_lazy("Inactive there")),
    "heading": words.Badge("attention", gettext_lazy("Takes no postings")),
}


@dataclass(frozen=True, slots=True)
class CodeView:
    """One row of the list, with what was typed into it."""

    row: CodeRow
    target: Typed
    badge: words.Badge | None  # where it is a gap
    reason: str  # of its suggestion
    suggested: Any

    @classmethod
    def of(cls, row: CodeRow, form: CodesForm) -> "CodeView":
        found = row.suggestion
        return cls(
            row,
            form.field(TO + row.key, row.chosen),
            BADGES.get(row.state),
            _reason(found) if found else "",
            form.codes.find(found.code) if found else None,
        )


def _reason(found: Suggestion) -> str:
    sentences = {
        "number": _("it is the same number, written otherwise"),
        "name": _("it has the same name"),
        "word": _("its name has “%(word)s” too"),
        "rate": _("no other tax code has this rate"),
    }
    return sentences[found.why] % {"word": found.word}


@on_connection(write="operate")
def categories(request: HttpRequest, visit: Visit) -> HttpResponse:
    return _codes(request, visit, CATEGORIES)


@on_connection(write="operate")
def tax_codes(request: HttpRequest, visit: Visit) -> HttpResponse:
    return _codes(request, visit, TAX_CODES)


def _codes(request: HttpRequest, visit: Visit, page: Page) -> HttpResponse:
    connection = visit.connection
    if request.method == "POST" and "read" in request.POST:
        return read_again(request, connection, page.name)
    mapping, version = load_numbered(connection)
    kind = Kind.TAX_CODES if page.is_tax else Kind.ACCOUNTS
    records = records_of(connection, kind)
    codes = Codes(tax_codes=records, is_tax=True) if page.is_tax else Codes(accounts=records)
    chosen = dict(getattr(mapping, page.field))
    rows = codes.rows(seen_codes(connection, page.kinds), chosen, waiting_codes(connection))
    form = CodesForm(codes, chosen)
    if request.method == "POST":
        form.read(request.POST, rows)
        if not form.errors:
            _save(request, visit, mapping, page, form)
            return redirect(_back(request, visit, page))
    shown: dict[str, Any] = {
        "visit": visit,
        "connection": connection,
        "is_tax": page.is_tax,
        "version": version,
        "form": form,
        "is_read": bool(records),
        "read_at": read_at(connection),
        "targets": [x for x in records if codes.state_of(x, chosen=True) == "chosen"],
        "wrong": form.wrong(rows),
        "headline": _headline(rows, page, words.erp_label(connection)),
        "suggested": sum(row.suggestion is not None for row in rows),
        "offer": offer_of(request, connection, page.fixes, is_mended=_mended(rows)),
    }
    shown |= _filtered(request, rows)
    shown["views"] = [CodeView.of(row, form) for row in shown["page"]]
    return render(request, "web/codes.html", shown)


def _mended(rows: Sequence[CodeRow]) -> Any:
    gaps = {row.key for row in rows if not row.is_mapped}
    return lambda subject: subject not in gaps


def _filtered(request: HttpRequest, rows: Sequence[CodeRow]) -> dict[str, Any]:
    """The rows that were asked for. A code that a link names is shown alone, if it is known."""
    wanted, show = request.GET.get("q", "").strip(), request.GET.get("show", "")
    alone = [row for row in rows if row.key == request.GET.get("code")]
    tests: dict[str, Callable[[CodeRow], bool]] = {
        "missing": lambda row: not row.is_mapped,
        "suggested": lambda row: row.suggestion is not None,
        "mapped": lambda row: row.is_mapped,
    }
    found = [row for row in rows if _is_like(row, wanted) and tests.get(show, _is_any)(row)]
    found.sort(key=lambda row: (row.is_mapped, 0 if row.is_mapped else -row.waits, row.key))
    page = page_of(request, alone or found, per_page=ROWS)
    return {
        "q": wanted,
        "show": show,
        "choices": SHOW,
        "page": page,
        "is_alone": bool(alone),
        "all": len(rows),
    }


def _is_any(row: CodeRow) -> bool:
    return True


def _is_like(row: CodeRow, wanted: str) -> bool:
    names = [row.key, row.name, row.chosen]
    if row.target:
        names += [row.target.code, row.target.name]
    return any(wanted.casefold() in name.casefold() for name in names)


def _headline(rows: Sequence[CodeRow], page: Page, system: str) -> words.Headline:
    gaps = [row for row in rows if not row.is_mapped]
    filled = {
        "some": words.number(len(rows) - len(gaps)),
        "gaps": words.number(len(gaps)),
        "all": words.number(len(rows)),
        "system": system,
    }
    if page.is_tax:
        text = ngettext(
            "%(gaps)s of %(all)s tax codes is not known in %(system)s.",
            "%(gaps)s of %(all)s tax codes are not known in %(system)s.",
            len(gaps),
        )
        done = _("All %(all)s tax codes that Pleo sends are known in %(system)s.")
        none = _("Which tax code stands for which?")
    else:
        text = _("%(some)s of %(all)s categories have an account.")
        done = _("All %(all)s categories that Pleo sends have an account.")
        none = _("Which category goes to which account?")
    if not rows:
        return words.Headline("quiet", none)
    if not gaps:
        return words.Headline("ok", done % filled)
    waits = sum(row.waits for row in gaps)
    wait = ngettext(
        "%(count)s entry could not be booked for want of one.",
        "%(count)s entries could not be booked for want of one.",
        waits,
    )
    detail = words.counted(wait, waits) if waits else ""
    return words.Headline("attention", text % filled, detail=detail)


def _save(
    request: HttpRequest, visit: Visit, mapping: Mapping, page: Page, form: CodesForm
) -> None:
    before, after = getattr(mapping, page.field), form.chosen
    count = sum(before.get(key) != after.get(key) for key in {*before, *after})
    changed, seen = page.put(mapping, form.chosen), version_seen(request)
    if not save_over(request, visit, changed, based_on=seen):
        return
    if not count:
        messages.info(request, _("Nothing was changed."))
    else:
        text = ngettext(
            "%(count)s category was changed.", "%(count)s categories were changed.", count
        )
        if page.is_tax:
            text = ngettext(
                "%(count)s tax code was changed.", "%(count)s tax codes were changed.", count
            )
        messages.success(request, words.counted(text, count))


def _back(request: HttpRequest, visit: Visit, page: Page) -> str:
    """To the same part of the list, where the exports that wait are offered."""
    kept = {name: request.GET[name] for name in ("q", "show", "page") if request.GET.get(name)}
    query = f"&{urlencode(kept)}" if kept else ""
    return saved_at(page.name, visit.connection) + query
