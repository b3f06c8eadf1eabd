"""Plans for accounts, tax codes and vendors. The rule, and the order, are those of `plan`."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop as _

from erp_adapters.ledger import Account, TaxCode
from pleo_connector.catalog.changes import (
    NOTHING,
    Action,
    Change,
    Plan,
    by_code,
    chosen,
    in_order,
    left_out,
)
from pleo_connector.pleo.account_calls import PleoAccount
from pleo_connector.pleo.tax_code_calls import PleoTaxCode

LONGEST = 255  # characters of an account's id, code and name at Pleo
DEFAULT_KIND = "inclusive"  # of a tax code that is new at Pleo and of which nobody chose the kind
CHANGED = _("The accounting system has other words for it.")
NEW_ACCOUNT = _("The accounting system has this account, and Pleo does not.")
NEW_TAX_CODE = _("The accounting system has this tax code, and Pleo does not.")
# What nobody chose is said, so that it is not taken for something the ERP told.
UNTOLD = _(
    "The accounting system has this tax code, and Pleo does not. Nobody chose its kind, so it is "
    "made as tax that the amount includes."
)
OTHER_KIND = _("Another kind is chosen for it than Pleo has.")
CUT = _("Pleo takes 255 characters of a code or name, so it shows the first part of this one.")


def plan_accounts(
    accounts: Sequence[Account], existing: Sequence[PleoAccount], *, kept: Collection[str] = ()
) -> Plan:
    """Joined by the ERP's permanent id, never by code or name."""
    usable, changes = _usable_accounts(accounts)
    known = {account.external_id: account for account in existing}
    for key, account in usable.items():
        code, name = account.code[:LONGEST], account.name[:LONGEST]
        is_cut = (code, name) != (account.code, account.name)
        there = known.get(key)
        if there is None:
            reason = CUT if is_cut else NEW_ACCOUNT
            changes.append(_account("create", key, name, reason, more={"code": code}))
        elif there.archived:
            reason = _("The account is in use in the accounting system, and was archived in Pleo.")
            changes.append(_of_account("unarchive", there, name, code, reason))
        elif (there.name, there.code) != (name, code):
            reason = CUT if is_cut else CHANGED
            changes.append(_of_account("update", there, name, code, reason))
    for there in existing:
        if not there.archived and there.external_id not in usable and there.id not in kept:
            reason = _("The accounting system does not have this account, or has closed it.")
            changes.append(_of_account("archive", there, there.name, there.code, reason))
    return Plan(in_order(changes), {"account": sum(not x.archived for x in existing)})


def _usable_accounts(accounts: Sequence[Account]) -> tuple[dict[str, Account], list[Change]]:
    """By id: open accounts that can be booked on; and what Pleo cannot show."""
    usable: dict[str, Account] = {}
    problems = []
    for account in accounts:
        if not account.is_active or not account.is_postable:
            continue
        if not 0 < len(account.id) <= LONGEST:
            sentence = f"Its id must have 1 to {LONGEST} characters for Pleo."
        elif not account.name.strip():
            sentence = _("It has no name in the accounting system, and Pleo needs one.")
        elif account.id in usable:
            sentence = f"{usable[account.id].name} has the same id in the accounting system."
        else:
            usable[account.id] = account
            continue
        problems.append(left_out("account", account.code, account.name, sentence))
    return usable, problems


def _account(action: Action, key: str, name: str, reason: str, **more: Any) -> Change:
    return Change(action=action, entity="account", key=key, name=name, reason=reason, **more)


def _of_account(action: Action, there: PleoAccount, name: str, code: str, reason: str) -> Change:
    more: dict[str, Any] = {"code": code}
    if there.tax_code is not None:
        more["tax_code"] = there.tax_code
    if there.metadata is not None:
        more["metadata"] = dict(there.metadata)
    return _account(
        action,
        there.external_id,
        name,
        reason,
        old_name=there.name if there.name != name else "",
        pleo_id=there.id,
        more=more,
    )


def plan_tax_codes(
    codes: Sequence[TaxCode],
    existing: Sequence[PleoTaxCode],
    *,
    kinds: Mapping[str, str] = NOTHING,
    kept: Collection[str] = (),
) -> Plan:
    """Joined by code, ignoring case. `kinds` are those that were chosen here, by folded code.

    Of the others the kind that Pleo has stays, and new ones are `DEFAULT_KIND`.
    """
    usable, changes = _usable_tax_codes(codes)
    matched, rest = by_code(existing, usable)
    for key, code in usable.items():
        found, name = matched[key], code.name or code.code
        if not found:
            more = {"rate": str(code.rate), "type": kinds.get(key, DEFAULT_KIND)}
            reason = NEW_TAX_CODE if key in kinds else UNTOLD
            changes.append(_tax_code("create", code.code, name, reason, more=more))
            continue
        best = chosen(found, name)
        rest += [x for x in found if x is not best]
        kind = kinds.get(key, best.type)
        if best.archived:
            reason = _("The tax code is in use in the accounting system, and was archived in Pleo.")
            changes.append(_of_tax_code("unarchive", best, name, code.rate, kind, reason))
        elif (best.name, best.rate, best.type) != (name, code.rate, kind):
            reason = OTHER_KIND if best.type != kind else CHANGED
            changes.append(_of_tax_code("update", best, name, code.rate, kind, reason))
    for there in rest:
        if not there.archived and there.id not in kept:
            reason = _("The accounting system does not have this tax code, or has closed it.")
            if there.code.casefold() in usable:
                reason = _("Another tax code has the same code.")
            changes.append(
                _of_tax_code("archive", there, there.name, there.rate, there.type, reason)
            )
    return Plan(in_order(changes), {"tax_code": sum(not x.archived for x in existing)})


def _usable_tax_codes(codes: Sequence[TaxCode]) -> tuple[dict[str, TaxCode], list[Change]]:
    usable: dict[str, TaxCode] = {}
    problems = []
    for code in codes:
        key = code.code.casefold()
        if not code.is_active:
            continue
        if not key.strip():
            sentence = _("It has no code in the accounting system, and Pleo needs one.")
        elif not 0 <= code.rate <= 1:
            sentence = f"Its rate of {code.rate * 100:.2f} % is none that Pleo takes."
        elif key in usable:
            sentence = f"{usable[key].name} has the same code in the accounting system."
        else:
            usable[key] = code
            continue
        problems.append(left_out("tax_code", code.code, code.name, sentence))
    return usable, problems


def _tax_code(action: Action, key: str, name: str, reason: str, **more: Any) -> Change:
    return Change(action=action, entity="tax_code", key=key, name=name, reason=reason, **more)


def _of_tax_code(
    action: Action, there: PleoTaxCode, name: str, rate: Decimal, kind: str, reason: str
) -> Change:
    more = {
        "rate": str(rate),
        "type": kind,
        "ingoing_account": there.ingoing_account,
        "outgoing_account": there.outgoing_account,
    }
    old = there.name if there.name != name else ""
    return _tax_code(action, there.code, name, reason, old_name=old, pleo_id=there.id, more=more)
