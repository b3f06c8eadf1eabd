"""Every worked case under cases/, written from the posting rules."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from erp_adapters.ledger import LedgerLine, Voucher
from pleo_connector.bookkeeping.book import NotBookable, book
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.pleo.export_items import parse_export_item
from pleo_connector.web import said

EXPORT_DATE = date(2026, 6, 3)


def _cases() -> Iterator[Any]:
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml")):
        for case in yaml.load(path.read_text(), yaml.CSafeLoader):
            expected = case.pop("expect", {})
            if isinstance(expected, str):
                expected = {case.pop("manner", "send_tax_lines"): expected}
            elif not expected:
                expected = {case.pop("manner", "send_tax_lines"): None}
            for manner, text in expected.items():
                name = f"{path.stem}: {case['case']} ({manner})"
                yield pytest.param(case, manner, text, id=name)


CASES = list(_cases())


def shown_line(line: LedgerLine) -> str:
    side, amount = ("Dr", line.debit) if line.debit else ("Cr", line.credit)
    words = [f"{side} {line.account} {amount:f}"]
    if line.tax:
        forms = {
            "base": "",
            "tax": "",
            "added": " +{}",
            "included": " in {}",
            "reverse": " both {}",
        }
        words.append(f"[{line.tax.code}{forms[line.tax.role].format(line.tax.tax_amount)}]")
    if line.dimensions:
        words.append("{" + ", ".join(f"{name}={code}" for name, code in line.dimensions) + "}")
    if line.vendor:
        words.append(f"@{line.vendor}")
    if line.original:
        words.append(f"({line.original.currency} {line.original.amount:f})")
    return " ".join(words)


def shown(voucher: Voucher) -> list[str]:
    head = [voucher.kind, voucher.currency]
    head += [voucher.vendor] if voucher.vendor else []
    head += ["settles", *voucher.settles] if voucher.settles else []
    return [" ".join(head), *(shown_line(line) for line in voucher.lines)]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 100


@pytest.mark.parametrize(("case", "manner", "expected"), CASES)
def test_case(
    case: dict[str, Any],
    manner: str,
    expected: str | None,
    item_from: Callable[..., dict[str, Any]],
    catalog_from: Callable[..., Any],
    settings: dict[str, Any],
) -> None:
    given = case.get("mapping", {})
    accounts = {**settings, **given.get("accounts", {})}
    mapping = Mapping.from_json({**given, "accounts": accounts})
    catalog = catalog_from(manner, **case.get("catalog", {}))
    item = parse_export_item(item_from(case["item"]))
    base = Decimal(case["bill_base"]) if "bill_base" in case else None
    if "refused" in case:
        with pytest.raises(NotBookable) as caught:
            book(item, mapping, catalog, export_date=EXPORT_DATE, bill_base=base)
        found = [f"{x.type} · {x.fix} · {x.subject}" for x in caught.value.reasons]
        assert found == case["refused"]
        assert [x.sentence for x in caught.value.reasons if not said.is_known(x.sentence)] == []
        for fragment in case.get("told", []):
            assert fragment in str(caught.value)
        return
    booking = book(item, mapping, catalog, export_date=EXPORT_DATE, bill_base=base)
    lines = [line for voucher in booking.vouchers for line in shown(voucher)]
    assert lines == (expected or "").strip().splitlines()
    for name, value in case.get("voucher", {}).items():
        assert str(getattr(booking.vouchers[-1], name)) == value
    written = [x.sentence for x in booking.decisions]
    written += [line.because for voucher in booking.vouchers for line in voucher.lines]
    assert [x for x in written if not said.is_known(x)] == []
    if "decided" in case:
        assert [x.kind for x in booking.decisions] == case["decided"]
    if "because" in case:
        assert [x.because for v in booking.vouchers for x in v.lines] == case["because"]
