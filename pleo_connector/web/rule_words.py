"""Rules in sentences: when they hold, what they set, and why one was passed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from pleo_connector.bookkeeping.facts import Facts
from pleo_connector.bookkeeping.mapping import MappingRule
from pleo_connector.bookkeeping.rules import Condition, unmet
from pleo_connector.web.ledger_names import LedgerNames, with_name
from pleo_connector.web.templatetags.words import money
from pleo_connector.web.words import Badge, Headline, entry_type


def when(rule: MappingRule) -> list[str]:
    """Its conditions; one sentence where it has none."""
    types = ", ".join(map(entry_type, rule.types))
    told = [
        (rule.types, _("type is %(value)s") % {"value": types}),
        (rule.category, _("category is %(value)s") % {"value": rule.category}),
        (rule.supplier, _("supplier contains “%(value)s”") % {"value": rule.supplier}),
        (rule.team, _("team is %(value)s") % {"value": rule.team}),
        (rule.currency, _("currency is %(value)s") % {"value": rule.currency}),
        (rule.min_amount, _("at least %(value)s") % {"value": _limit(rule, rule.min_amount)}),
        (rule.max_amount, _("at most %(value)s") % {"value": _limit(rule, rule.max_amount)}),
    ]
    found = [text for value, text in told if value not in (None, ())]
    return found or [_("always")]


def _limit(rule: MappingRule, amount: Decimal | None) -> str:
    if rule.currency:
        return money(amount, rule.currency)
    return _("%(amount)s in the entry's currency") % {"amount": money(amount)}


def then(rule: MappingRule, names: LedgerNames) -> list[str]:
    """What it sets."""
    account = with_name(rule.account, names.accounts.get(rule.account or ""))
    tax_code = with_name(rule.tax_code, names.tax_codes.get(rule.tax_code or ""))
    told = [
        (rule.account, _("account %(value)s") % {"value": account}),
        (rule.tax_code, _("tax code %(value)s") % {"value": tax_code}),
        *((value, names.told(axis, value)) for axis, value in rule.dimensions.items()),
        (rule.journal, _("journal %(value)s") % {"value": rule.journal}),
    ]
    return [text for value, text in told if value]


def told(rule: MappingRule, names: LedgerNames) -> str:
    """All of it in one sentence."""
    filled = {"when": ", ".join(when(rule)), "then": ", ".join(then(rule, names))}
    sentence = _("When %(when)s: %(then)s") % filled
    return f"{rule.name}. {sentence}" if rule.name else sentence


def why_not(rule: MappingRule, facts: Facts) -> list[str]:
    """A sentence for each condition that does not hold."""
    return [_missed(rule, facts, condition) for condition in unmet(rule, facts)]


def _missed(rule: MappingRule, facts: Facts, condition: Condition) -> str:
    wanted = {
        "types": ", ".join(map(entry_type, rule.types)),
        "min_amount": money(rule.min_amount),
        "max_amount": money(rule.max_amount),
    }.get(condition) or str(getattr(rule, condition))
    amount = money(facts.amount, facts.currency)
    found = {
        "types": entry_type(facts.type),
        "category": facts.category or "",
        "supplier": ", ".join(dict.fromkeys((*facts.supplier_names, *facts.supplier_codes))),
        "team": ", ".join(facts.team),
        "currency": facts.currency,
        "min_amount": amount,
        "max_amount": amount,
    }[condition]
    sentences = {
        "types": _("The type is %(found)s, not %(wanted)s."),
        "category": _("The category is %(found)s, not %(wanted)s."),
        "supplier": _("The supplier is %(found)s, without “%(wanted)s”."),
        "team": _("The team is %(found)s, not %(wanted)s."),
        "currency": _("The currency is %(found)s, not %(wanted)s."),
        "min_amount": _("The amount is %(found)s, below %(wanted)s."),
        "max_amount": _("The amount is %(found)s, above %(wanted)s."),
    }
    return sentences[condition] % {"found": found or _("not given"), "wanted": wanted}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in the list; `verdict` and `reasons` where an entry is being tried."""

    place: int
    rule: MappingRule
    when: Sequence[str]
    then: Sequence[str]
    verdict: Badge | None = None
    reasons: Sequence[str] = ()

    @property
    def name(self) -> str:
        return named(self.rule, self.place)


def named(rule: MappingRule, place: int) -> str:
    return rule.name or _("Rule %(number)s") % {"number": place}


@dataclass(frozen=True, slots=True)
class Trial:
    """What the rules make of one line."""

    facts: Facts
    headline: Headline
    rows: Sequence[RuleRow]


def tried(facts: Facts, rules: Sequence[MappingRule], names: LedgerNames) -> Trial:
    """Which rule takes it, which were passed over and why, and which were not reached."""
    rows = []
    taken: RuleRow | None = None
    for place, rule in enumerate(rules, start=1):
        reasons = [] if taken else why_not(rule, facts)
        if taken:
            verdict = Badge("quiet", _("Not reached"))
        else:
            verdict = Badge("quiet", _("Passed over")) if reasons else Badge("ok", _("Takes it"))
        row = RuleRow(place, rule, when(rule), then(rule, names), verdict, reasons)
        rows.append(row)
        if not taken and not reasons:
            taken = row
    return Trial(facts, _told(taken), rows)


def _told(taken: RuleRow | None) -> Headline:
    if taken is None:
        text = _("No rule takes it. Category, tax code and tags of Pleo decide.")
        return Headline("quiet", text)
    text = _("Rule %(number)s, %(name)s, takes it: %(what)s.")
    filled = {"number": taken.place, "name": taken.name, "what": ", ".join(taken.then)}
    return Headline("ok", text % filled)
