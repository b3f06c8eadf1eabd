from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pleo_connector.pleo.export_items import (
    MalformedItem,
    MinorMoney,
    entry_id_of,
    minor_units,
    parse_export_item,
    parse_moment,
    to_decimal,
    to_iso_units,
)

USD_AS_EUR = {
    "inSupplierCurrency": {"currency": "USD", "value": 10000},
    "inWalletCurrency": {"currency": "EUR", "value": 9200},
}
# The example of Pleo's field reference, with every optional member filled.
ITEM: dict[str, Any] = {
    "companyId": "aaaaaaaa-0000-4000-8000-000000000001",
    "accountingEntryId": "11111111-1111-4111-8111-111111111111",
    "type": "card_invoice",
    "subType": "something_new",
    "date": "2026-05-02T09:00:00Z",
    "amount": USD_AS_EUR,
    "accountingEntryLines": [
        {
            "accountingEntryLineId": "bbbbbbbb-0000-4000-8000-000000000001",
            "lineAmount": USD_AS_EUR,
            "netAmount": USD_AS_EUR,
            "account": {"id": "c", "name": "Software", "code": "6540", "identifier": None},
            "tags": [{"id": "d", "code": "CC10", "groupCode": "costcentre"}],
            "tax": {
                "id": "t",
                "rate": Decimal("0.25"),
                "type": "inclusive",
                "amount": USD_AS_EUR,
                "code": "I25",
                "ingoingTaxAccount": "2640",
                "outgoingTaxAccount": None,
            },
            "unknown": {"ignored": True},
        }
    ],
    "additionalInformation": {
        "reconciliationId": "1000001",
        "reconciledEntries": ["1000002"],
        "attendees": ["Guest"],
        "invoiceInformation": {
            "invoiceNumber": "A-1",
            "invoiceDate": "2026-04-01",
            "status": "on_the_moon",
            "dueDate": "2026-05-01T00:00:00Z",
            "paymentDate": None,
            "supplierBankAccount": {"bankName": "Bank", "country": "SE", "iban": "SE1"},
        },
    },
    "contraAccount": {"id": "e", "name": "Pleo EUR", "code": "1945", "identifier": None},
    "bookkeeping": {"method": "accounts_payable"},
    "vendor": {"id": "v", "name": "Acme", "defaultCurrency": "EUR", "code": "V100"},
    "supplier": {"name": "EXAMPLE*SAAS", "country": "US", "categoryCode": "5734"},
    "user": {"id": "u", "name": "Driver", "code": "E7"},
    "team": {"id": "w", "name": "IT", "code": None},
    "note": "licence",
    "servicePeriod": {"from": "2026-05-01T00:00:00Z", "to": "2026-05-31T00:00:00Z"},
    "files": [{"url": "https://files.example/r1", "type": "application/pdf", "size": 20480}],
    "_links": {"web": {"exportItem": "https://app.example/e/1"}},
}
OPTIONAL = [
    "subType",
    "contraAccount",
    "bookkeeping",
    "vendor",
    "supplier",
    "user",
    "team",
    "note",
    "servicePeriod",
    "files",
    "_links",
]


def spoiled(path: str, value: Any) -> dict[str, Any]:
    raw = deepcopy(ITEM)
    place: Any = raw
    *way, last = [int(x) if x.isdigit() else x for x in path.split(".")]
    for step in way:
        place = place[step]
    place[last] = value
    return raw


def test_a_full_item() -> None:
    item = parse_export_item(ITEM)
    line = item.lines[0]
    assert item.entry_id == ITEM["accountingEntryId"]
    assert (item.type, item.sub_type, item.method) == (
        "card_invoice",
        "something_new",
        "accounts_payable",
    )
    assert item.amount.in_wallet_currency == MinorMoney("EUR", 9200)
    assert line.account is not None
    assert line.account.code == "6540"
    assert line.tax is not None
    assert (line.tax.rate, line.tax.ingoing_tax_account) == (Decimal("0.25"), "2640")
    assert line.tags[0].group_code == "costcentre"
    assert item.invoice is not None
    assert (item.invoice.number, item.invoice.status) == ("A-1", "on_the_moon")
    assert item.invoice.date == datetime(2026, 4, 1, tzinfo=UTC)
    assert item.invoice.due_date == datetime(2026, 5, 1, tzinfo=UTC)
    assert item.invoice.bank_account is not None
    assert item.reconciled_entries == ("1000002",)
    assert item.files[0].size == 20480
    assert item.web_link == "https://app.example/e/1"
    assert item.user is not None
    assert item.user.code == "E7"


def test_what_a_database_does_not_keep_is_replaced() -> None:
    item = parse_export_item({**ITEM, "note": "a\0b\ud83dc", "reconciledEntries": ["1\0"]})
    assert item.note == "a\ufffdb\ufffdc"
    assert item.note.encode()


@pytest.mark.parametrize("name", OPTIONAL)
def test_optional_members_may_be_null_or_absent(name: str) -> None:
    absent = {key: value for key, value in ITEM.items() if key != name}
    assert parse_export_item(absent) == parse_export_item({**ITEM, name: None})


def test_optional_members_of_a_line_may_be_absent() -> None:
    raw = deepcopy(ITEM)
    raw["accountingEntryLines"] = [{"lineAmount": USD_AS_EUR}]
    line = parse_export_item(raw).lines[0]
    assert (line.account, line.tags, line.tax) == (None, (), None)


def test_a_file_may_be_only_a_url() -> None:
    item = parse_export_item(spoiled("files", [{"url": "https://files.example/1"}]))
    assert (item.files[0].type, item.files[0].size) == (None, None)


@pytest.mark.parametrize(
    ("links", "found"),
    [
        ({"web": {"b": "https://b", "a": "https://a"}}, "https://a"),
        ({"web": {"a": 1}}, None),
        ({"web": []}, None),
        ([], None),
        ({}, None),
    ],
)
def test_odd_links_are_dropped(links: Any, found: str | None) -> None:
    assert parse_export_item({**ITEM, "_links": links}).web_link == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-02", datetime(2026, 5, 2, tzinfo=UTC)),
        ("2026-05-02T09:00:00Z", datetime(2026, 5, 2, 9, tzinfo=UTC)),
        ("2026-05-02T09:00Z", datetime(2026, 5, 2, 9, tzinfo=UTC)),
        ("2026-05-02T09:00:00", datetime(2026, 5, 2, 9, tzinfo=UTC)),
        ("2026-05-02T09:00:00.1Z", datetime(2026, 5, 2, 9, 0, 0, 100_000, UTC)),
        ("2026-05-02T09:00:00.123456789Z", datetime(2026, 5, 2, 9, 0, 0, 123_456, UTC)),
        ("2026-05-02T01:00:00+02:00", datetime(2026, 5, 1, 23, tzinfo=UTC)),
        ("2026-05-02T01:00:00-0230", datetime(2026, 5, 2, 3, 30, tzinfo=UTC)),
        ("2026-02-30", None),
        ("2026-05-02T25:00:00Z", None),
        ("2026-05-02T09:00:00.1234567890Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31", None),
        ("yesterday", None),
        ("２０２６-05-02", None),
    ],
)
def test_moments(text: str, expected: datetime | None) -> None:
    assert parse_moment(text) == expected


@pytest.mark.parametrize(
    "value", [9200, Decimal("9200"), Decimal("9200.0"), Decimal("92E2"), 9200.0]
)
def test_an_integral_number_is_a_value(value: Any) -> None:
    item = parse_export_item(spoiled("amount.inWalletCurrency.value", value))
    assert item.amount.in_wallet_currency.value == 9200
    assert type(item.amount.in_wallet_currency.value) is int


@pytest.mark.parametrize("rate", [Decimal("0.25"), 0.25, Decimal("0.250")])
def test_a_rate_is_a_decimal(rate: Any) -> None:
    tax = parse_export_item(spoiled("accountingEntryLines.0.tax.rate", rate)).lines[0].tax
    assert tax is not None
    assert tax.rate == Decimal("0.25")


def test_codes_may_arrive_as_numbers() -> None:
    item = parse_export_item(spoiled("accountingEntryLines.0.account.code", 6540))
    assert item.lines[0].account is not None
    assert item.lines[0].account.code == "6540"
    assert (
        parse_export_item(
            spoiled("additionalInformation.reconciliationId", 1000001)
        ).reconciliation_id
        == "1000001"
    )


@pytest.mark.parametrize(
    ("path", "value", "field", "problem"),
    [
        ("accountingEntryId", None, "accountingEntryId", "is missing"),
        ("companyId", 7, "companyId", "is not a text"),
        ("type", None, "type", "is missing"),
        ("type", "", "type", "is not a text"),
        ("subType", 3, "subType", "is not a text"),
        ("date", "soon", "date", "is not a date"),
        ("amount", None, "amount", "is missing"),
        ("amount", 5, "amount", "is not an object"),
        ("amount.inWalletCurrency.value", "9", "amount.inWalletCurrency.value", "is not a number"),
        ("amount.inWalletCurrency.value", True, "amount.inWalletCurrency.value", "is not a number"),
        (
            "amount.inWalletCurrency.value",
            Decimal("0.5"),
            "amount.inWalletCurrency.value",
            "is not a whole number",
        ),
        ("amount.inWalletCurrency.value", 10**16, "amount.inWalletCurrency.value", "is too large"),
        (
            "amount.inWalletCurrency.value",
            Decimal("1E+999999"),
            "amount.inWalletCurrency.value",
            "is too large",
        ),
        (
            "amount.inWalletCurrency.value",
            float("nan"),
            "amount.inWalletCurrency.value",
            "is not a number",
        ),
        (
            "amount.inSupplierCurrency.currency",
            "eur",
            "amount.inSupplierCurrency.currency",
            "is not a currency code",
        ),
        ("accountingEntryLines", None, "accountingEntryLines", "is missing"),
        ("accountingEntryLines", {}, "accountingEntryLines", "is not a list"),
        ("accountingEntryLines.0", 1, "accountingEntryLines[0]", "is not an object"),
        (
            "accountingEntryLines.0.lineAmount",
            None,
            "accountingEntryLines[0].lineAmount",
            "is missing",
        ),
        (
            "accountingEntryLines.0.tags.0.code",
            None,
            "accountingEntryLines[0].tags[0].code",
            "is missing",
        ),
        (
            "accountingEntryLines.0.tags.0.groupCode",
            " ",
            "accountingEntryLines[0].tags[0].groupCode",
            "is missing",
        ),
        (
            "accountingEntryLines.0.tax.rate",
            -1,
            "accountingEntryLines[0].tax.rate",
            "is not a rate such as 0.25",
        ),
        (
            "accountingEntryLines.0.tax.rate",
            Decimal("1E-999999"),
            "accountingEntryLines[0].tax.rate",
            "is not a rate such as 0.25",
        ),
        ("additionalInformation", None, "additionalInformation", "is missing"),
        (
            "additionalInformation.reconciliationId",
            None,
            "additionalInformation.reconciliationId",
            "is missing",
        ),
        (
            "additionalInformation.attendees",
            ["Guest", 3],
            "additionalInformation.attendees",
            "is not a list of texts",
        ),
        (
            "additionalInformation.invoiceInformation.invoiceDate",
            "May",
            "additionalInformation.invoiceInformation.invoiceDate",
            "is not a date",
        ),
        ("files", [{}], "files[0].url", "is missing"),
        ("servicePeriod", {"from": "2026-05-01"}, "servicePeriod.to", "is missing"),
    ],
)
def test_what_cannot_be_read_is_named(path: str, value: Any, field: str, problem: str) -> None:
    with pytest.raises(MalformedItem) as caught:
        parse_export_item(spoiled(path, value))
    assert (caught.value.field, caught.value.problem) == (field, problem)
    assert caught.value.entry_id == (
        None if path == "accountingEntryId" else ITEM["accountingEntryId"]
    )


def test_something_else_than_an_object() -> None:
    with pytest.raises(MalformedItem) as caught:
        parse_export_item([])  # type: ignore[arg-type]
    assert (caught.value.entry_id, caught.value.field) == (None, "item")


@pytest.mark.parametrize(
    ("currency", "value", "iso", "hundredths"),
    [
        ("EUR", 89696, "896.96", "896.96"),
        ("JPY", 12500, "12500", "125"),
        ("ISK", 8990, "8990", "89.90"),
        ("KWD", 12345, "12.345", "123.450"),
        ("CLF", 12345, "1.2345", "123.4500"),
        ("SEK", -5, "-0.05", "-0.05"),
    ],
)
def test_minor_units(currency: str, value: int, iso: str, hundredths: str) -> None:
    money = MinorMoney(currency, value)
    assert str(to_decimal(money)) == iso
    assert str(to_decimal(money, "hundredths")) == hundredths


def test_exponents() -> None:
    assert [minor_units(x) for x in ("EUR", "JPY", "KWD", "UYW")] == [2, 0, 3, 4]


def test_hundredths_must_be_whole_minor_units() -> None:
    with pytest.raises(ValueError, match="no whole number"):
        to_iso_units(MinorMoney("JPY", 150), "hundredths")


@pytest.mark.parametrize(
    "raw", [{}, None, {"accountingEntryId": None}, {"accountingEntryId": "12"}]
)
def test_a_row_without_an_id_is_nobodys(raw: Any) -> None:
    assert entry_id_of(raw) is None
