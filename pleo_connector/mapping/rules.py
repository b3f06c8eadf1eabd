"""Changes of the list of rules. A rule is named by its place, from 1: the order is the meaning."""

from collections.abc import Sequence

from pleo_connector.bookkeeping.mapping import MappingRule

Rules = tuple[MappingRule, ...]


class NoSuchRule(Exception):
    """There is none at this place."""


def rule_at(rules: Sequence[MappingRule], place: int) -> MappingRule:
    if not 1 <= place <= len(rules):
        raise NoSuchRule
    return rules[place - 1]


def without(rules: Rules, place: int) -> Rules:
    rule_at(rules, place)
    return rules[: place - 1] + rules[place:]


def moved(rules: Rules, place: int, to: int) -> Rules:
    """The rule stands at `to` afterwards, the nearest end where that is outside."""
    rule, others = rule_at(rules, place), without(rules, place)
    at = min(max(to, 1), len(rules)) - 1
    return (*others[:at], rule, *others[at:])


def put(rules: Rules, rule: MappingRule, place: int | None = None) -> Rules:
    """In place of the one there, or at the end."""
    if place is None:
        return (*rules, rule)
    rule_at(rules, place)
    return (*rules[: place - 1], rule, *rules[place:])
