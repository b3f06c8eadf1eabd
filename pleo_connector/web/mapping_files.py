"""Rules and mapped codes as lines of a file, and back. A file replaces its whole list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from pleo_connector.bookkeeping.mapping import Mapping, MappingRule
from pleo_connector.catalog.records import Kind
from pleo_connector.mapping.coverage import Codes
from pleo_connector.mapping.models import SeenCode
from pleo_connector.web.csv_file import Row
from pleo_connector.web.csv_read import Line
from pleo_connector.web.forms.codes import CodesForm
from pleo_connector.web.forms.rules import DIMENSION, RuleForm

CODE, TARGET = "in_pleo", "in_the_erp"
RULE = (
    *("name", "types", "category", "supplier", "team", "currency"),
    *("min_amount", "max_amount", "account", "tax_code", "journal"),
)
AXIS = "dimension "  # before its code, as the name of a column
RULES = 500  # of one file
Records = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Wrong:
    line: int
    sentence: str


def rule_columns(records: Records) -> list[str]:
    return [*RULE, *(AXIS + x.code for x in records[Kind.DIMENSIONS] if x.is_active)]


def rule_lines(mapping: Mapping, records: Records) -> Iterator[Row]:
    columns = rule_columns(records)
    yield columns
    for rule in mapping.rules:
        yield [_cell(rule, column) for column in columns]


def _cell(rule: MappingRule, column: str) -> object:
    if column.startswith(AXIS):
        return rule.dimensions.get(column.removeprefix(AXIS), "")
    if column == "types":
        return " ".join(rule.types)
    value = getattr(rule, column)
    return "" if value is None else str(value)


def read_rules(lines: Sequence[Line], records: Records) -> tuple[list[MappingRule], list[Wrong]]:
    """The rules, and everything that is wrong with any of them."""
    rules, wrong = [], []
    if len(lines) > RULES:
        text = _("A list of rules has at most %(count)s lines.") % {"count": RULES}
        return [], [Wrong(lines[RULES].number, text)]
    for line in lines:
        form = RuleForm(
            _as_form(line, records),
            rule=MappingRule(),
            accounts=records[Kind.ACCOUNTS],
            tax_codes=records[Kind.TAX_CODES],
            dimensions=records[Kind.DIMENSIONS],
            values=records[Kind.DIMENSION_VALUES],
        )
        if form.is_valid():
            rules.append(form.as_rule())
        wrong += [Wrong(line.number, sentence) for sentence in _said(form, line)]
    return rules, wrong


def _as_form(line: Line, records: Records) -> QueryDict:
    data = QueryDict(mutable=True)
    for name in RULE:
        data[name] = line.cells.get(name, "")
    data.setlist("types", line.cells.get("types", "").replace(",", " ").split())
    axes = [x for x in records[Kind.DIMENSIONS] if x.is_active]
    for number, axis in enumerate(axes):
        data[f"{DIMENSION}{number}"] = line.cells.get(AXIS + axis.code, "")
    return data


def _said(form: forms.Form, line: Line) -> Iterator[str]:
    """Each error with the name of its column and what stands there."""
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else name
        for error in errors:
            yield f"{label}: {error}"


def code_lines(seen: Sequence[SeenCode], chosen: dict[str, str]) -> Iterator[Row]:
    """Every code that Pleo sent, also those that have no target yet."""
    yield [CODE, "name", TARGET]
    names = {code.key: code.name for code in seen}
    for key in sorted({*names, *chosen}):
        yield [key, names.get(key, ""), chosen.get(key, "")]


def read_codes(lines: Sequence[Line], codes: Codes) -> tuple[dict[str, str], list[Wrong]]:
    """Codes with a target; one without is not mapped any more."""
    chosen: dict[str, str] = {}
    wrong: list[Wrong] = []
    form = CodesForm(codes, {})
    seen = set[str]()
    for line in lines:
        key, target = line.cells.get(CODE, ""), line.cells.get(TARGET, "")
        if not key:
            wrong.append(Wrong(line.number, _("The code of Pleo is missing.")))
        elif key in seen:
            wrong.append(Wrong(line.number, _("%(code)s stands there twice.") % {"code": key}))
        elif target and (problem := form.problem(target)):
            wrong.append(Wrong(line.number, problem))
        elif target:
            chosen[key] = codes.find(target).code
        seen.add(key)
    return chosen, wrong
