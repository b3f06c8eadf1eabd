"""Reads what a batch refers to: one call per kind of record, none for what nothing names."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from erp_adapters.errors import Rejected
from erp_adapters.ledger import Voucher
from erp_adapters.tryton import payloads
from erp_adapters.tryton.books import Books, Grouped, Row, Site
from erp_adapters.tryton.wire import Wire

COMPANY = ("party.name", "party.addresses.country.code", "currency.code", "currency.digits")
RATES = 1000  # per call


def site(wire: Wire, wanted: str) -> Site:
    """The company `wanted` (name, number or, where the key sees only one, nothing).

    Only what the user works in: Tryton shows other companies' names, but hides their books
    without an error, and then every search by reference would come back empty.
    """
    user = wire.rest("POST", "res.user/get_preferences", {}, is_write=False)
    sees = user["companies"] if user.get("company_filter") == "all" else [user.get("company", -1)]
    rows = wire.search("company.company", [["id", "in", sees]], COMPANY)
    fits = [row for row in rows if wanted in ("", str(row["id"]), row["party."]["name"])]
    if len(fits) != 1:
        names = ", ".join(row["party."]["name"] for row in rows) or "no company"
        raise Rejected(f"Name one company. The key's user works in: {names}.", code="company")
    analytic = [["name", "=", "analytic_account"], ["state", "=", "activated"]]
    return payloads.site(fits[0], has_analytic=bool(wire.search("ir.module", analytic, ("name",))))


def periods(wire: Wire, site: Site) -> list[dict[str, Any]]:
    domain = [["company", "=", site.company], ["type", "=", "standard"]]
    order = [["start_date", "ASC"]]
    return wire.search("account.period", domain, ("start_date", "end_date", "state"), order=order)


def analytic(wire: Wire, site: Site, *domain: list[Any]) -> Iterator[Row]:
    """Dimensions or values; none where the module is not activated."""
    if site.has_analytic:
        mine = ["company", "=", site.company]
        yield from wire.pages("analytic_account.account", [mine, *domain], payloads.DIMENSION)


def books(wire: Wire, site: Site, vouchers: Sequence[Voucher], *, journal: str) -> Books:
    mine = ["company", "=", site.company]
    lines = [line for voucher in vouchers for line in voucher.lines]
    accounts = {line.account for line in lines}
    taxes = {line.tax.code for line in lines if line.tax}
    journals = {voucher.journal or journal for voucher in vouchers}
    parties = {x.vendor for x in lines if x.vendor} | {x.vendor for x in vouchers if x.vendor}
    currencies = _currencies(wire, site, vouchers)
    return Books(
        site=site,
        journals=_by(wire, "account.journal", "code", journals, ("active",)),
        periods=periods(wire, site),
        accounts=_by(wire, "account.account", "code", accounts, payloads.ACCOUNT, mine),
        taxes=_by(wire, "account.tax", "name", taxes, payloads.TAX, mine, ["parent", "=", None]),
        values=_values(wire, site, {value for line in lines for _, value in line.dimensions}),
        parties=_by(wire, "party.party", "code", parties, ("active",)),
        currencies=currencies,
        rates=_rates(wire, site, vouchers, currencies),
    )


def _by(
    wire: Wire, model: str, key: str, codes: set[str], fields: tuple[str, ...], *domain: list[Any]
) -> Grouped:
    found: dict[str, list[Row]] = defaultdict(list)
    if codes:
        for row in wire.search(model, [[key, "in", sorted(codes)], *domain], (key, *fields)):
            found[row[key]].append(row)
    return found


def _values(wire: Wire, site: Site, codes: set[str]) -> list[Row]:
    if not codes:
        return []
    named = ["OR", ["code", "in", sorted(codes)], ["name", "in", sorted(codes)]]
    return list(analytic(wire, site, named, ["type", "!=", "root"]))


def _currencies(wire: Wire, site: Site, vouchers: Sequence[Voucher]) -> dict[str, int]:
    """Ids of all currencies that the batch uses, where it uses another than the company's."""
    originals = (line.original for voucher in vouchers for line in voucher.lines)
    codes = {voucher.currency for voucher in vouchers} | {x.currency for x in originals if x}
    if codes <= {site.currency}:
        return {}
    found = _by(wire, "currency.currency", "code", codes | {site.currency}, ())
    return {code: rows[0]["id"] for code, rows in found.items()}


def _rates(
    wire: Wire, site: Site, vouchers: Sequence[Voucher], currencies: dict[str, int]
) -> dict[str, list[tuple[date, Decimal]]]:
    """Tryton's own table for vouchers in a foreign currency, back to the first posting date."""
    foreign = [voucher for voucher in vouchers if voucher.currency != site.currency]
    needed = {x.currency for x in foreign} | ({site.currency} if foreign else set())
    codes = {currencies[code]: code for code in needed if code in currencies}
    found: dict[str, list[tuple[date, Decimal]]] = {code: [] for code in needed}
    days = [voucher.posting_date for voucher in foreign]
    domain = [["currency", "in", sorted(codes)], ["date", "<=", max(days, default=date.min)]]
    read = 0
    while codes and not all(_reaches(rows, min(days)) for rows in found.values()):
        order = [["date", "DESC"], ["id", "DESC"]]
        fields = ("date", "rate", "currency")
        page = wire.search(
            "currency.currency.rate", domain, fields, order=order, limit=RATES, offset=read
        )
        for row in page:
            found[codes[row["currency"]]].append((row["date"], row["rate"]))
        read += len(page)
        if len(page) < RATES:
            break
    return found


def _reaches(rows: list[tuple[date, Decimal]], day: date) -> bool:
    return bool(rows) and rows[-1][0] <= day
