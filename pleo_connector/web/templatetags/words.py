"""How values look: money, moments, states. Text is escaped; markup is made here only."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.formats import number_format, time_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from lucide.templatetags.lucide import lucide

from pleo_connector.pleo.export_money import minor_units
from pleo_connector.web import export_words, menu, said, words

register = template.Library()

ICONS = {
    "ok": "check",
    "busy": "clock",
    "attention": "triangle-alert",
    "bad": "circle-x",
    "quiet": "minus",
}
register.filter("entry_type", words.entry_type)
register.filter("entries", words.entries)
register.filter("number", words.number)
register.filter("run_badge", export_words.run_badge)
register.filter("connection_badge", words.connection_badge)
register.filter("erp_label", words.erp_label)
register.filter("books", words.books_of)
register.filter("country", words.country)
register.filter("cause", said.cause)
register.filter("said", said.again)
register.filter("because", said.because)


@register.simple_tag
@lru_cache(maxsize=128)
def icon(name: str) -> SafeString:
    """One of Lucide's, as wide as the text is high; the words beside it say what it means."""
    drawn = lucide(name, size=16, **{"class": "icon", "aria_hidden": "true", "focusable": "false"})
    return mark_safe(drawn)  # noqa: S308  (from the package's own files)


@register.simple_tag
def field(bound: BoundField, label: str = "", help: str | None = None) -> SafeString:
    """One field of a form, with errors and help; `label` and `help` replace its own."""
    bound.label = label or bound.label
    bound.help_text = bound.help_text if help is None else help
    bound.field.widget.attrs.pop("placeholder", None)  # the label says it
    return cast(SafeString, as_crispy_field(bound))


@register.simple_tag
def control(bound: BoundField) -> SafeString:
    """Only the control of a field, where label and help stand elsewhere."""
    css = "form-select" if bound.widget_type == "select" else "form-control"
    return bound.as_widget(attrs={"class": f"{css} is-invalid" if bound.errors else css})


@register.simple_tag
def state(tone: words.Tone, word: str) -> SafeString:
    return badge(words.Badge(tone, word))


@register.inclusion_tag("_tabs.html", takes_context=True)
def tabs(context: template.Context, group: str, label: str) -> dict[str, Any]:
    """The pages of a group of `menu.TABS`, the present one marked."""
    return {"tabs": menu.tabs_of(context["request"], group), "label": label}


@register.filter
def badge(value: words.Badge) -> SafeString:
    """A state as icon and word; the colour only repeats them."""
    return format_html(
        '<span class="state state-{}">{} {}</span>', value.tone, icon(ICONS[value.tone]), value.word
    )


def explained(value: words.Badge, why: str) -> SafeString:
    """A state, and under it why."""
    return format_html("{}<br>{}", badge(value), why) if why else badge(value)


@register.filter
def whole(text: str) -> SafeString:
    """An address: on a line of its own rather than broken at a hyphen."""
    return format_html('<span class="whole">{}</span>', text)


@register.filter
def web_address(url: str) -> SafeString:
    """Broken after a slash before within a word."""
    return format_html_join("", "{}<wbr>", ((part,) for part in re.findall(r"[^/]*/*", url)))


@register.filter
def tone_icon(tone: str) -> SafeString:
    return icon(ICONS[tone])


@register.filter
def item_badge(status: str) -> SafeString:
    return badge(export_words.ITEM_BADGES[status])


@register.filter
def posting_badge(state: str) -> SafeString:
    return badge(export_words.POSTING_BADGES[state])


@register.filter
def money(amount: Decimal | str | None, currency: str = "") -> str:
    """12,345.60 DKK as the reader writes it, with as many decimals as the currency has."""
    if amount in (None, ""):
        return ""
    places = minor_units(currency) if currency else 2
    written = number_format(Decimal(str(amount)), decimal_pos=places, force_grouping=True)
    written = written.replace("-", "\N{MINUS SIGN}")
    return f"{written}\N{NO-BREAK SPACE}{currency}" if currency else written


@register.filter
def side(amount: Decimal | str, currency: str = "") -> str:
    """A debit or credit without its currency; nothing where the line has the other one."""
    return (
        money(amount, currency).removesuffix(f"\N{NO-BREAK SPACE}{currency}")
        if Decimal(amount)
        else ""
    )


@register.filter
def day(value: date | str | None) -> str:
    """2 Mar 2026. Also for dates stored as text."""
    if not value:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return said.day(value)


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A readable time in the zone that the reader chose; without one, a script turns UTC into
    the browser's."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    text = time_format(local, "H:i")
    if timezone.get_current_timezone() is timezone.get_default_timezone():
        text += " UTC"
    if local.date() != timezone.localdate():
        text = f"{day(local.date())}, {text}"
    iso = f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return format_html('<time datetime="{}" title="{}">{}</time>', iso, iso, text)


def upto(headline: words.Headline) -> SafeString | str:
    """Its sentence, with the moment at its end where there is one."""
    if headline.until is None:
        return headline.text
    return format_html("{} {}.", headline.text, moment(headline.until))


@register.filter
def percent(rate: Decimal) -> str:
    """0.25 is 25 %."""
    written = number_format((rate * 100).normalize().__format__("f"))
    return f"{written}\N{NO-BREAK SPACE}%"


@register.filter
def lasted(seconds: Any) -> str:
    """3 s · 2 min 5 s · 1 h 4 min · 2 h"""
    if seconds is None:
        return ""
    whole = int(seconds.total_seconds() if hasattr(seconds, "total_seconds") else seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    hour = pgettext("short for hour", "h")
    return f"{hours} {hour} {minutes} min" if minutes else f"{hours} {hour}"


@register.filter
def tax(value: Mapping[str, Any] | None, currency: str) -> str:
    """What a ledger line says about tax, by who computes it."""
    if not value:
        return ""
    code: str = value["code"]
    filled = {
        "code": code,
        "amount": side(value["tax_amount"], currency) or "0",
        "base": side(value["base_amount"], currency) or "0",
    }
    sentences = {
        "tax": _("%(code)s on %(base)s"),
        "added": _("%(code)s, %(amount)s added"),
        "included": _("%(code)s, %(amount)s included"),
        "reverse": _("%(code)s, %(amount)s reverse charge"),
    }
    return sentences[value["role"]] % filled if value["role"] in sentences else code
