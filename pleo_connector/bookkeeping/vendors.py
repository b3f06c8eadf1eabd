"""Whether an entry goes through the vendor ledger, and for which vendor."""

from dataclasses import dataclass

from erp_adapters.ledger import Vendor
from pleo_connector.bookkeeping.case import Case
from pleo_connector.bookkeeping.sides import PAYABLE, Method
from pleo_connector.pleo.export_types import ExportVendor

METHODS = frozenset({"journal", "none", "accounts_payable"})


@dataclass(slots=True)
class Route:
    method: Method
    vendor: Vendor | None = None
    is_generic: bool = False


def check_method(case: Case) -> None:
    item = case.item
    if item.method and item.method not in METHODS:
        case.refuse(
            "validation_failure",
            f"bookkeeping method {item.method} is not known",
            "Choose another bookkeeping method in Pleo and export it again.",
            "pleo",
            item.method,
        )


def route_of(case: Case) -> Route:
    """Wallet moves and employees' entries never go to a supplier."""
    return _supplier_route(case) if case.item.type in PAYABLE else Route("journal")


def _supplier_route(case: Case) -> Route:
    item = case.item
    if item.method == "accounts_payable":
        return _payable_route(case)
    if item.method is None and case.mapping.legacy_supplier_ap:
        vendor = _by_supplier(case)
        if vendor:
            case.decide("vendor", f"The supplier matches vendor {vendor.code} {vendor.name}.")
            return Route("accounts_payable", vendor)
    found = _lookup(case, item.vendor) if item.vendor else None
    return Route("journal", found if found and found.is_active else None)


def _payable_route(case: Case) -> Route:
    chosen = case.item.vendor
    if chosen is None:
        return Route("accounts_payable", _generic(case), is_generic=True)
    found = _lookup(case, chosen)
    label = " ".join(x for x in (chosen.code or chosen.external_id, chosen.name) if x)
    subject = chosen.code or chosen.external_id or chosen.name
    hint = "Check the vendor in the accounting system, or choose another one in Pleo."
    return Route("accounts_payable", _open(case, found, label, subject, hint))


def _generic(case: Case) -> Vendor | None:
    code = case.mapping.generic_vendor
    if code is None:
        case.refuse(
            "missing_configuration",
            "it has no vendor, and no generic vendor is set",
            "Choose a vendor in Pleo, or set a generic vendor.",
            "vendors",
            "generic_vendor",
        )
        return None
    hint = "Choose another generic vendor in the vendor settings."
    found = _open(case, case.catalog.vendor(code), code, code, hint)
    if found:
        case.decide("generic_vendor", f"No vendor is chosen; generic vendor {found.code} is used.")
    return found


def _open(case: Case, found: Vendor | None, label: str, subject: str, hint: str) -> Vendor | None:
    if found and found.is_active:
        return found
    state = "is blocked" if found else "does not exist"
    why = f"vendor {label} {state} in the accounting system"
    case.refuse("vendor_unknown", why, hint, "vendors", subject)
    return None


def _lookup(case: Case, chosen: ExportVendor) -> Vendor | None:
    catalog, tax_number = case.catalog, chosen.tax_registration_number
    if chosen.code and (found := catalog.vendor(chosen.code)):
        return found
    by_id = catalog.vendor_by_id(chosen.external_id) if chosen.external_id else None
    found = by_id or (catalog.vendor_by_tax_number(tax_number) if tax_number else None)
    if found and chosen.code:
        how = f"id {chosen.external_id}" if by_id else f"tax number {tax_number}"
        case.decide(
            "vendor", f"There is no vendor {chosen.code}; vendor {found.code} has its {how}."
        )
    return found


def _by_supplier(case: Case) -> Vendor | None:
    """Raw card text may name anybody, so no match is never an error."""
    supplier = case.item.supplier
    if supplier is None:
        return None
    keys = (supplier.code, supplier.account)
    found = next((v for key in keys if key and (v := case.catalog.vendor(key))), None)
    if found is None and supplier.tax_identifier:
        found = case.catalog.vendor_by_tax_number(supplier.tax_identifier)
    return found if found and found.is_active else None


def employee_vendor(case: Case) -> Vendor | None:
    """The vendor that stands for the employee, where employees are booked as vendors."""
    if case.mapping.employee_ledger != "vendor":
        return None
    own = case.item.user.code if case.item.user else None
    code = own or case.mapping.default_employee_vendor
    if code is None:
        case.refuse(
            "missing_configuration",
            "the employee has no code, and no default employee vendor is set",
            "Give the employee a code in Pleo, or set a default employee vendor.",
            "vendors",
            "default_employee_vendor",
        )
        return None
    if not own:
        case.decide("default_vendor", f"The employee has no code; vendor {code} is used.")
    hint = "Add the vendor in the accounting system, or change the employee's code in Pleo."
    return _open(case, case.catalog.vendor(code), code, code, hint)
