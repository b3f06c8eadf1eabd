"""A mapping as JSON: strict on the way in, complete on the way out."""

import re
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from pleo_connector.bookkeeping.mapping import Accounts, Mapping, MappingRule
from pleo_connector.bookkeeping.sides import TYPES

Read = Callable[[str, Any], Any]


class NotASetting(ValueError):
    """A sentence, and the path of the setting that it is about, such as `rules[0].account`."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path


def _at(path: str, read: Read, value: Any) -> Any:
    try:
        return read(path, value)
    except NotASetting:
        raise
    except ValueError as error:
        raise NotASetting(path, str(error)) from error


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is {value!r}. Give a text that is not empty.")
    return value.strip()


def _maybe_text(name: str, value: Any) -> str | None:
    return None if value is None else _text(name, value)


def _label(name: str, value: Any) -> str:
    return "" if value == "" else _text(name, value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}. Give true or false.")
    return value


def _one_of(*choices: str) -> Read:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"{name} is {value!r}. Give one of: {', '.join(choices)}.")
        return value

    return read


def _amount(name: str, value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        found = Decimal(value) if isinstance(value, str | Decimal | int) else Decimal("NaN")
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite() or found < 0:
        raise ValueError(f'{name} is {value!r}. Give an amount as a text, such as "250.00".')
    return found


def _currency(name: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        raise ValueError(f"{name} is {value!r}. Give a currency code, such as EUR.")
    return value


def _maybe_currency(name: str, value: Any) -> str | None:
    return None if value is None else _currency(name, value)


def _type(name: str, value: Any) -> str:
    if not isinstance(value, str) or value not in TYPES:
        raise ValueError(f"{name} is {value!r}. Give one of: {', '.join(sorted(TYPES))}.")
    return value


def _types(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} is {value!r}. Give a list of entry types.")
    return tuple(_type(f"{name}[{n}]", x) for n, x in enumerate(value))


def _time_zone(name: str, value: Any) -> str:
    found = _text(name, value)
    try:
        ZoneInfo(found)
    except (KeyError, ValueError, OSError) as error:
        hint = "Give a time zone name, such as Europe/Copenhagen."
        raise ValueError(f"{name} is {value!r}. {hint}") from error
    return found


def _map_of(key: Read, value: Read) -> Read:
    def read(name: str, raw: Any) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise ValueError(f"{name} is {raw!r}. Give an object of names and values.")
        return {key(f"{name} key", k): _at(f"{name}.{k}", value, x) for k, x in raw.items()}

    return read


_ACCOUNTS: dict[str, Read] = dict.fromkeys((x.name for x in fields(Accounts)), _maybe_text) | {
    "wallet": _map_of(_currency, _text),
    "wallet_source": _one_of("pleo", "configured"),
    "default_expense": _map_of(_type, _text),
}
_RULE: dict[str, Read] = dict.fromkeys((x.name for x in fields(MappingRule)), _maybe_text) | {
    "name": _label,
    "types": _types,
    "currency": _maybe_currency,
    "min_amount": _amount,
    "max_amount": _amount,
    "dimensions": _map_of(_text, _text),
}


def _members(name: str, raw: Any, known: Map[str, Read]) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise ValueError(f"{name} is {raw!r}. Give an object.")
    prefix = f"{name}." if name else ""
    for key in raw:
        if key not in known:
            names = ", ".join(sorted(known))
            sentence = f"{prefix}{key} is not a setting. Remove it, or use one of: {names}."
            raise NotASetting(prefix + key, sentence)
    return {key: _at(prefix + key, known[key], value) for key, value in raw.items()}


def _accounts(name: str, raw: Any) -> Accounts:
    return Accounts(**_members(name, raw, _ACCOUNTS))


def _rule(name: str, raw: Any) -> MappingRule:
    rule = MappingRule(**_members(name, raw, _RULE))
    if not (rule.account or rule.tax_code or rule.dimensions or rule.journal):
        hint = "Give an account, tax_code, dimensions or journal."
        raise ValueError(f"{name} sets nothing. {hint}")
    low, high = rule.min_amount, rule.max_amount
    if low is not None and high is not None and low > high:
        raise ValueError(f"{name}.max_amount is below min_amount. Give a larger max_amount.")
    return rule


def _rules(name: str, raw: Any) -> tuple[MappingRule, ...]:
    if not isinstance(raw, list | tuple):
        raise ValueError(f"{name} is {raw!r}. Give a list of rules.")
    return tuple(_at(f"{name}[{n}]", _rule, x) for n, x in enumerate(raw))


_MAPPING: dict[str, Read] = {
    "accounts": _accounts,
    "posting_behaviour": _one_of("draft", "final"),
    "closed_period": _one_of("next_open_day", "export_date", "fail"),
    "journals": _map_of(_type, _text),
    "generic_vendor": _maybe_text,
    "employee_ledger": _one_of("account", "vendor"),
    "default_employee_vendor": _maybe_text,
    "legacy_supplier_ap": _flag,
    "dimensions": _map_of(_text, _maybe_text),
    "dimensions_on_counter_lines": _flag,
    "merge_tax_lines": _flag,
    "minor_units": _one_of("iso", "hundredths"),
    "invoice_currency": _one_of("supplier", "wallet"),
    "fx_difference": _one_of("erp", "line"),
    "time_zone": _time_zone,
    "missing_receipt": _one_of("warn", "fail"),
    "erp_changes": _one_of("fail", "accept"),
    "journal_per": _one_of("entry", "job"),
    "account_codes": _map_of(_text, _text),
    "tax_codes": _map_of(_text, _text),
    "rules": _rules,
}


def read_mapping(raw: Any) -> Mapping:
    """NotASetting names the setting and what to give instead."""
    if not isinstance(raw, dict):
        raise NotASetting("", f"The mapping is {raw!r}. Give an object.")
    return Mapping(**_members("", raw, _MAPPING))


def write(value: Any) -> Any:
    """Plain JSON values; what it writes, `read_mapping` reads back as the same mapping."""
    if isinstance(value, Mapping | Accounts | MappingRule):
        return {x.name: write(getattr(value, x.name)) for x in fields(value)}
    if isinstance(value, Map):
        return {key: write(x) for key, x in value.items()}
    if isinstance(value, tuple):
        return [write(x) for x in value]
    return str(value) if isinstance(value, Decimal) else value
