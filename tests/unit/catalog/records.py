"""Short ways to write records of both sides."""

from decimal import Decimal
from typing import Any

from erp_adapters.ledger import Account, Dimension, DimensionValue, TaxCode, Vendor
from pleo_connector.catalog.changes import Plan
from pleo_connector.pleo.account_calls import PleoAccount
from pleo_connector.pleo.tag_calls import Tag, TagGroup
from pleo_connector.pleo.tax_code_calls import PleoTaxCode
from pleo_connector.pleo.vendor_calls import PleoVendor


def dimension(code: str, name: str = "", **more: Any) -> Dimension:
    return Dimension(code=code, name=name or code.title(), id=code, **more)


def value(code: str, name: str = "", **more: Any) -> DimensionValue:
    return DimensionValue(
        dimension="DEPT", code=code, name=name or code.title(), id=code or "-", **more
    )


def group(code: str, name: str = "", *, archived: bool = False, **more: Any) -> TagGroup:
    more = {"id": f"id-{code}", **more}
    return TagGroup(code=code, name=name or code.title(), archived=archived, **more)


def tag(code: str, name: str = "", *, archived: bool = False, **more: Any) -> Tag:
    more = {"id": f"id-{code}", **more}
    return Tag(code=code, name=name or code.title(), archived=archived, **more)


def account(key: str, name: str, *, code: str = "", **more: Any) -> Account:
    return Account(id=key, code=code or key.removeprefix("ext-"), name=name, **more)


def pleo_account(key: str, name: str, *, archived: bool = False, **more: Any) -> PleoAccount:
    code = more.pop("code", key.removeprefix("ext-"))
    return PleoAccount(
        id=f"id-{key}", external_id=key, code=code, name=name, archived=archived, **more
    )


def tax_code(code: str, rate: str, name: str = "", **more: Any) -> TaxCode:
    return TaxCode(code=code, name=name or code, id=code, rate=Decimal(rate), **more)


def pleo_tax_code(code: str, rate: str, name: str = "", **more: Any) -> PleoTaxCode:
    more = {"id": f"id-{code}", **more}
    return PleoTaxCode(code=code, name=name or code, rate=Decimal(rate), **more)


def vendor(key: str, name: str, **more: Any) -> Vendor:
    return Vendor(**{"id": key, "code": key, "name": name, **more})


def pleo_vendor(name: str, **more: Any) -> PleoVendor:
    return PleoVendor(**{"id": f"id-{name}", "name": name, "currency": "DKK", **more})


def shape(plan: Plan) -> list[tuple[str, str, str]]:
    return [(change.action, change.key, change.name) for change in plan.changes]
