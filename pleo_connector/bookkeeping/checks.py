"""What the catalog demands of finished lines, and what the settings demand of the entry."""

from collections.abc import Iterable

from pleo_connector.bookkeeping.accounts import named
from pleo_connector.bookkeeping.case import Case, Part
from pleo_connector.bookkeeping.sides import NAMES, RECEIPT_TYPES


def check_parts(case: Case, parts: Iterable[Part]) -> None:
    for part in parts:
        account = part.account
        if account.required_dimensions:
            _check_dimensions(case, part)
        if account.needs_vendor and part.vendor is None:
            case.refuse(
                "invalid_configuration",
                f"account {named(account)} needs a vendor on each line, and the entry has none",
                "Choose another account, or choose a vendor in Pleo.",
                "accounts",
                account.code,
            )


def _check_dimensions(case: Case, part: Part) -> None:
    given = {name.casefold() for name, _ in part.dimensions}
    is_expense = part.role == "expense"
    for code in sorted(part.account.required_dimensions):
        if code.casefold() in given:
            continue
        axis = case.catalog.dimension(code)
        label = axis.name if axis else code
        hint = "Choose a tag for it in Pleo, or set it by a rule."
        if not is_expense:
            hint = "Let dimensions be copied to counter lines, or choose another account."
        case.refuse(
            "validation_failure" if is_expense else "missing_configuration",
            f"account {named(part.account)} needs a value for {label}",
            hint,
            "pleo" if is_expense else "dimensions",
            f"{part.account.code} {code}",
        )


def check_receipt(case: Case) -> None:
    item = case.item
    if item.files or item.type not in RECEIPT_TYPES:
        return
    name = NAMES[item.type].lower()
    if case.mapping.missing_receipt == "warn":
        case.decide("missing_receipt", f"The {name} has no receipt.")
        return
    case.refuse(
        "validation_failure",
        f"the {name} has no receipt",
        "Add the receipt in Pleo, or allow entries without one in the posting settings.",
        "pleo",
        "receipt",
    )


def is_final(case: Case) -> bool:
    if case.mapping.posting_behaviour == "final":
        return True
    if case.catalog.capabilities.supports_draft:
        return False
    case.decide("final", "The accounting system keeps no drafts; the entry is booked as final.")
    return True
