"""The plan for vendors, the one kind that is born on either side."""

from collections.abc import Collection, Container, Sequence
from typing import Any

from django.utils.translation import gettext_noop as _

from erp_adapters.ledger import Vendor
from pleo_connector.catalog.changes import Action, Change, Plan, in_order, left_out
from pleo_connector.catalog.plan_records import CHANGED
from pleo_connector.pleo.vendor_calls import ACTIVE, ARCHIVED, DRAFT, PleoVendor


def plan_vendors(
    vendors: Sequence[Vendor],
    existing: Sequence[PleoVendor],
    *,
    currency: str,
    kept: Collection[str] = (),
    can_create: bool = True,
) -> Plan:
    """Joined by external id, then code, then tax number. A draft was born in Pleo.

    It is created in the ERP, where `can_create` says that this can be done.
    """
    usable, changes = _usable_vendors(vendors)
    match = _VendorIndex(existing, usable)
    hit = set[str]()
    for vendor in usable.values():
        there = match.of(vendor, hit)
        if there is None:
            reason = _("The accounting system has this vendor, and Pleo does not.")
            more = _vendor_more(vendor, None, currency)
            changes.append(_vendor("create", vendor.code, vendor.name, reason, more=more))
            continue
        hit.add(there.id)
        if change := _of_vendor(vendor, there, currency):
            changes.append(change)
    unmatched = [x for x in existing if x.id not in hit and x.id not in kept]
    for there in unmatched:
        changes += _unmatched(there, can_create=can_create)
    # It may be the draft itself, created by a call without an answer: that is known once the ERP
    # was asked for our reference. If it is not, the next run creates it.
    adopted = {_plain(change.name) for change in changes if change.action == "adopt"}
    changes = [x for x in changes if x.action != "create" or _plain(x.name) not in adopted]
    return Plan(in_order(changes), {"vendor": sum(x.state == ACTIVE for x in existing)})


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _usable_vendors(vendors: Sequence[Vendor]) -> tuple[dict[str, Vendor], list[Change]]:
    usable: dict[str, Vendor] = {}
    problems = []
    for vendor in vendors:
        if not vendor.is_active:
            continue
        if not vendor.id or not vendor.name.strip():
            sentence = _("It has no id or no name in the accounting system, and Pleo needs both.")
        elif vendor.id in usable:
            sentence = f"{usable[vendor.id].name} has the same id in the accounting system."
        else:
            usable[vendor.id] = vendor
            continue
        problems.append(left_out("vendor", vendor.code, vendor.name, sentence))
    return usable, problems


class _VendorIndex:
    """Pleo's vendors by each of their three keys; active ones are found before archived ones."""

    def __init__(self, existing: Sequence[PleoVendor], ids: Container[str]) -> None:
        """`ids` are those that the ERP has now."""
        self.ids = ids
        self.by_external: dict[str, PleoVendor] = {}
        self.by_code: dict[str, PleoVendor] = {}
        self.by_tax: dict[str, PleoVendor] = {}
        for there in sorted(existing, key=lambda x: (x.state == ARCHIVED, x.id)):
            if there.external_id:
                self.by_external.setdefault(there.external_id, there)
            if there.code:
                self.by_code.setdefault(there.code.casefold(), there)
            if there.tax_number:
                self.by_tax.setdefault(_digits(there.tax_number), there)

    def of(self, vendor: Vendor, taken: Collection[str]) -> PleoVendor | None:
        """What belongs to another vendor of the ERP is not found by its code or tax number.

        An id that the ERP does not have is one of other books, or of a vendor that was made anew.
        """
        there = self.by_external.get(vendor.id)
        if there is not None:
            return there
        for found in (
            self.by_code.get(vendor.code.casefold()),
            self.by_tax.get(_digits(vendor.tax_number)),
        ):
            if found and found.external_id not in self.ids and found.id not in taken:
                return found
        return None


def _digits(tax_number: str) -> str:
    """Without the blanks and signs that people write differently."""
    return "".join(filter(str.isalnum, tax_number)).casefold()


def _of_vendor(vendor: Vendor, there: PleoVendor, currency: str) -> Change | None:
    more = _vendor_more(vendor, there, currency)
    now = (there.name, there.external_id, there.code, there.tax_number)
    wanted = (vendor.name, vendor.id, vendor.code, more["tax_number"])
    more["differs"] = now != wanted
    old = there.name if there.name != vendor.name else ""
    action: Action = "update"
    if there.state == DRAFT:
        more["differs"] = there.name != vendor.name or there.tax_number != more["tax_number"]
        reason = _("The accounting system has a vendor with its code or tax number.")
    elif there.state == ARCHIVED:
        action = "unarchive"
        reason = _("The vendor is in use in the accounting system, and was archived in Pleo.")
    elif now == wanted:
        return None
    else:
        reason = CHANGED
    return _vendor(
        action, vendor.code, vendor.name, reason, old_name=old, pleo_id=there.id, more=more
    )


def _unmatched(there: PleoVendor, *, can_create: bool) -> list[Change]:
    key, more = there.code or there.external_id, {"tax_number": there.tax_number}
    if there.state == ACTIVE:
        reason = _("The accounting system does not have this vendor, or has closed it.")
        return [_vendor("archive", key, there.name, reason, pleo_id=there.id)]
    if there.state != DRAFT:
        return []
    if can_create:
        reason = _("It was made in Pleo, and the accounting system does not have it yet.")
        return [_vendor("adopt", key, there.name, reason, pleo_id=there.id, more=more)]
    sentence = _(
        "It was made in Pleo. Add it in the accounting system with the same tax number or code."
    )
    return [left_out("vendor", key, there.name, sentence)]


def _vendor(action: Action, key: str, name: str, reason: str, **more: Any) -> Change:
    return Change(action=action, entity="vendor", key=key, name=name, reason=reason, **more)


def _vendor_more(vendor: Vendor, there: PleoVendor | None, currency: str) -> dict[str, Any]:
    """The complete record, as Pleo has it where the ERP knows nothing of it."""
    more: dict[str, Any] = {
        "external_id": vendor.id,
        "code": vendor.code,
        "tax_number": vendor.tax_number or (there.tax_number if there else ""),
        "currency": (there.currency if there else "") or currency,
        "state": there.state if there else ACTIVE,
    }
    if there:
        more |= {"country": there.country, "registration_number": there.registration_number}
    return more
