"""What all lists share: how they look, how cells are written, how long a page is.

    class NoteTable(ListTable):
        made_at = MomentColumn(_("Made"), link=lambda note: reverse("note", args=[note.public_id]))
        amount = MoneyColumn(_("Amount"))
        state = StateColumn(_("State"), accessor="badge")

    page = page_of(request, notes)
    table = NoteTable(page, page=page, empty=Empty(_("No note was made yet.")))

and `{% render_table table %}`. A list that may grow very long is read by `keyset.slice_of(request,
notes, at="made_at")` and shown with `part=`. On narrow screens each row becomes a list of labels
and values.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import django_tables2
from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils.safestring import SafeString

from pleo_connector.web.keyset import Slice
from pleo_connector.web.templatetags import words as written
from pleo_connector.web.words import Badge, Text, number

ROWS = 50
RIGHT = {"th": {"class": "num"}, "td": {"class": "num"}, "tf": {"class": "num"}}


@dataclass(frozen=True, slots=True)
class Empty:
    """Instead of a list without rows: why, and what to do next where there is something."""

    text: Text
    url: str = ""
    action: Text = ""


def page_of(request: HttpRequest, rows: Any, *, per_page: int = ROWS) -> Page[Any]:
    """The page that `?page=` asks for; the nearest one where there is no such page."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


class ListTable(django_tables2.Table):
    """Rows in the order of the query: the heads sort only where a column says `orderable`."""

    def __init__(
        self,
        rows: Iterable[Any],
        *,
        page: Page[Any] | None = None,
        part: Slice | None = None,
        empty: Empty = Empty(""),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            data=list(rows), template_name="_table.html", orderable=False, default="", **kwargs
        )
        self.list_page, self.list_slice = page, part
        self.empty_text, self.empty_url, self.empty_action = empty.text, empty.url, empty.action


class LinkColumn(django_tables2.Column):
    """Text that leads to the row's own page."""

    def __init__(self, name: Text, *, link: Callable[[Any], str], **kwargs: Any) -> None:
        attrs = {"a": {"class": "main-link"}} | kwargs.pop("attrs", {})
        super().__init__(
            verbose_name=name, linkify=lambda record: link(record), attrs=attrs, **kwargs
        )


class TextColumn(django_tables2.Column):
    def __init__(self, name: Text, **kwargs: Any) -> None:
        super().__init__(verbose_name=name, **kwargs)


class NumberColumn(TextColumn):
    def __init__(self, name: Text, **kwargs: Any) -> None:
        super().__init__(name, **({"attrs": RIGHT} | kwargs))

    def render(self, value: int) -> str:
        return number(value)


class MoneyColumn(NumberColumn):
    """An amount with the currency in the row's field `currency`."""

    def __init__(self, name: Text, *, currency: str = "currency", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.currency = currency

    def render(self, value: Decimal, record: Any) -> str:  # type: ignore[override]
        return written.money(value, django_tables2.A(self.currency).resolve(record))


class LastedColumn(NumberColumn):
    """A `timedelta` or seconds."""

    def render(self, value: Any) -> str:
        return written.lasted(value)


class DayColumn(TextColumn):
    def render(self, value: date) -> str:
        return written.day(value)


class MomentColumn(TextColumn):
    def __init__(
        self, name: Text, *, link: Callable[[Any], str] | None = None, **kwargs: Any
    ) -> None:
        if link:
            kwargs |= {
                "linkify": lambda record: link(record),
                "attrs": {"a": {"class": "main-link"}},
            }
        super().__init__(name, **kwargs)

    def render(self, value: datetime) -> SafeString | str:
        return written.moment(value)


class StateColumn(TextColumn):
    def render(self, value: Badge) -> SafeString:
        return written.badge(value)
