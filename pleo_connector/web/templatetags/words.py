"""How values look: money, moments, states. Text is escaped; markup is made here only."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pleo_connector.pleo.export_money import minor_units
from pleo_connector.web import words

register = template.Library()

ICONS = {
    "ok": "check",
    "busy": "clock",
    "attention": "hand",
    "bad": "cross",
    "quiet": "dash",
}
register.filter("entry_type", words.entry_type)
register.filter("entries", words.entries)
register.filter("run_badge", words.run_badge)
register.filter("connection_badge", words.connection_badge)
register.filter("erp_label", words.erp_label)
register.filter("books", words.books_of)
register.filter("cause", words.cause)


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("web/icons.svg"),
        name,
    )


@register.filter
def badge(value: words.Badge) -> SafeString:
    """A state as icon and word; the colour only repeats them."""
    return format_html(
        '<span class="state state-{}">{} {}</span>', value.tone, icon(ICONS[value.tone]), value.word
    )


@register.filter
def tone_icon(tone: str) -> SafeString:
    return icon(ICONS[tone])


@register.filter
def item_badge(status: str) -> SafeString:
    return badge(words.ITEM_BADGES[status])


@register.filter
def posting_badge(state: str) -> SafeString:
    return badge(words.POSTING_BADGES[state])


@register.filter
def money(amount: Decimal | str | None, currency: str = "") -> str:
    """12,345.60 DKK, with as many decimals as the currency has."""
    if amount in (None, ""):
        return ""
    places = minor_units(currency) if currency else 2
    number = f"{Decimal(str(amount)):,.{places}f}".replace("-", "\N{MINUS SIGN}")
    return f"{number}\N{NO-BREAK SPACE}{currency}" if currency else number


@register.filter
def side(amount: Decimal | str, currency: str = "") -> str:
    """A debit or credit without its currency; nothing where the line has the other one."""
    return money(amount, currency).partition("\N{NO-BREAK SPACE}")[0] if Decimal(amount) else ""


@register.filter
def day(value: date | str | None) -> str:
    """2 Mar 2026. Also for dates stored as text."""
    if not value:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return f"{value.day} {value:%b %Y}"


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A readable time; the script turns it into the reader's own time zone."""
    if value is None:
        return ""
    value = value.astimezone(UTC)
    text = f"{value:%H:%M} UTC"
    if value.date() != timezone.now().date():
        text = f"{value.day} {value:%b %Y}, {text}"
    iso = f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return format_html('<time datetime="{}" title="{}">{}</time>', iso, iso, text)


@register.filter
def lasted(seconds: Any) -> str:
    """3 s · 2 min 5 s · 1 h 4 min"""
    if seconds is None:
        return ""
    whole = int(seconds.total_seconds() if hasattr(seconds, "total_seconds") else seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


@register.filter
def tax(value: Mapping[str, Any] | None, currency: str) -> str:
    """What a ledger line says about tax, by who computes it."""
    if not value:
        return ""
    code: str = value["code"]
    amount = side(value["tax_amount"], currency) or "0"
    return {
        "base": code,
        "tax": f"{code} on {side(value['base_amount'], currency) or '0'}",
        "added": f"{code}, {amount} added",
        "included": f"{code}, {amount} included",
        "reverse": f"{code}, {amount} reverse charge",
    }.get(value["role"], code)


SETTING_NAMES = {
    "accounts.wallet_source": "Which account is the wallet",
    "accounts.tax_in": "Input tax account",
    "accounts.tax_reverse_in": "Reverse charge account, input side",
    "accounts.tax_reverse_out": "Reverse charge account, output side",
    "posting_behaviour": "Vouchers are booked",
    "closed_period": "An entry of a closed period",
    "missing_receipt": "A receipt that cannot be fetched",
}


@register.filter
def setting_name(path: str) -> str:
    """The path of a setting in words: `accounts.wallet.EUR` is "Wallet account EUR"."""
    if path in SETTING_NAMES:
        return SETTING_NAMES[path]
    head, _, rest = path.partition(".")
    words = rest.replace("_", " ").replace(".", " ") if rest else head.replace("_", " ")
    if head == "accounts":
        name, _, key = words.partition(" ") if words.startswith("wallet") else (words, "", "")
        return f"{name.capitalize()} account {key}".strip()
    if head in ("dimensions", "journals") and rest:
        return f"{head.rstrip('s').capitalize()} for {words}"
    return words.capitalize()


@register.filter
def setting_value(value: object) -> str:
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return f"{len(value)} in all"
    return str(value).replace("_", " ")
