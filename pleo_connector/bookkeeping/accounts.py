"""From a role, a category or a setting to an account that takes postings."""

from dataclasses import dataclass

from erp_adapters.ledger import Account, Vendor
from pleo_connector.bookkeeping.case import NO_ACCOUNT, Case
from pleo_connector.bookkeeping.codes import key_of
from pleo_connector.bookkeeping.result import Fix
from pleo_connector.bookkeeping.sides import NAMES, Role
from pleo_connector.pleo.export_types import ExportAccount, ExportLine

ROLE_NAMES: dict[Role, str] = {
    "wallet": "wallet account",
    "out_of_pocket": "out-of-pocket account",
    "external_reimbursement": "external reimbursement account",
    "transfer": "transfer account",
    "accounts_payable": "accounts payable account",
    "tax_in": "input tax account",
    "tax_reverse_in": "reverse charge input tax account",
    "tax_reverse_out": "reverse charge output tax account",
    "exchange_gain": "exchange gain account",
    "exchange_loss": "exchange loss account",
    "rounding": "rounding account",
}


OTHER_CATEGORY = "Choose another category in Pleo, or an account for it in the mapping."


@dataclass(slots=True)
class Place:
    """Where an amount goes, and why in plain words."""

    account: Account
    because: str
    vendor: str | None = None


def named(account: Account) -> str:
    """The name in quotation marks: it may hold a comma, or a verb."""
    return f"{account.code} “{account.name}”" if account.name else account.code


def usable(case: Case, code: str, fix: Fix, what_to_do: str, subject: str = "") -> Account:
    """The account behind a code or id, refused where it does not take postings.

    `subject` is what Pleo calls it, where that is something else.
    """
    account = case.catalog.account(code)
    if account is None:
        why = f"account {code} does not exist in the accounting system"
    elif not account.is_active:
        why = f"account {named(account)} is inactive in the accounting system"
    elif not account.is_postable:
        why = f"account {named(account)} is a heading or closed and takes no postings"
    else:
        return account
    case.refuse("account_unknown", why, what_to_do, fix, subject or code)
    return NO_ACCOUNT


def from_setting(case: Case, code: str, because: str) -> Place:
    account = usable(case, code, "accounts", "Choose another account in the account settings.")
    return Place(account, because)


def configured(case: Case, role: Role) -> Place:
    code: str | None = getattr(case.mapping.accounts, role)
    name = ROLE_NAMES[role]
    if code is None:
        return _not_set(case, f"no {name} is set", role)
    return from_setting(case, code, name)


def _not_set(case: Case, why: str, subject: str) -> Place:
    hint = "Choose it in the account settings."
    case.refuse("missing_configuration", why, hint, "accounts", subject)
    return Place(NO_ACCOUNT, why)


def from_pleo(case: Case, account: ExportAccount, what_to_do: str) -> Account | None:
    """What the customer chose for it; else by number, by ERP id; None where Pleo gives neither."""
    key = key_of(account)
    if chosen := case.mapping.account_codes.get(key):
        hint = f"Choose another account for {key} in the mapping."
        return usable(case, chosen, "codes", hint, key)
    keys = [x for x in (account.code, account.identifier) if x]
    if not keys:
        return None
    known = next((x for x in keys if case.catalog.account(x)), keys[0])
    if account.code and known != account.code:
        case.decide(
            "account_identifier",
            f"There is no account {account.code}; Pleo's identifier {known} of it is known.",
        )
    return usable(case, known, "codes", what_to_do, key)


def wallet(case: Case, currency: str) -> Place:
    own = case.item.contra_account
    setting = case.mapping.accounts.wallet.get(currency)
    if setting and case.mapping.accounts.wallet_source == "configured":
        return from_setting(case, setting, f"wallet account set for {currency}")
    hint = "Choose another contra account in Pleo, or an account for it in the mapping."
    found = from_pleo(case, own, hint) if own else None
    if found:
        return Place(found, f"Pleo's contra account for {currency}")
    if setting:
        case.decide(
            "wallet_account",
            f"Pleo names no contra account; account {setting} is set for {currency}.",
        )
        return from_setting(case, setting, f"wallet account set for {currency}")
    return _not_set(case, f"no wallet account is set for {currency}", f"wallet {currency}")


def category(case: Case, line: ExportLine) -> Place:
    own = line.account
    found = from_pleo(case, own, OTHER_CATEGORY) if own else None
    if own and found:
        return Place(found, f"category {own.name or found.name} → {found.code}")
    default = case.mapping.accounts.default_expense.get(case.item.type)
    name = NAMES[case.item.type].lower()
    if default:
        case.decide(
            "default_account", f"The line has no category; account {default} is set for {name}."
        )
        return from_setting(case, default, f"account set for {name} without category")
    if own and own.name:
        what = f"category {own.name} has no account"
        case.refuse("missing_configuration", what, OTHER_CATEGORY, "codes", own.name)
    else:
        what = "it has no category"
        hint = "Choose a category with an account in Pleo and export it again."
        case.refuse("missing_configuration", what, hint, "pleo", "category")
    return Place(NO_ACCOUNT, what)


def payable(case: Case, vendor: Vendor | None, *, is_generic: bool = False) -> Place:
    """A vendor's own payable account wins, except for the vendor that stands for all others."""
    code = vendor.code if vendor else None
    fallback = case.mapping.accounts.accounts_payable
    if vendor and vendor.payable_account and not (is_generic and fallback):
        place = from_setting(
            case, vendor.payable_account, f"payable account of vendor {vendor.code}"
        )
    else:
        place = configured(case, "accounts_payable")
        place.because = "fallback payable account"
        if code and not is_generic:
            case.decide(
                "payable_account",
                f"Vendor {code} has no payable account of its own; account {place.account.code} "
                "is used.",
            )
    place.vendor = code
    return place


def employee(case: Case, vendor: Vendor | None) -> Place:
    """The employee's balance: their vendor account where employees are vendors."""
    if vendor and vendor.payable_account:
        place = from_setting(case, vendor.payable_account, f"account of employee {vendor.code}")
    else:
        place = configured(case, "out_of_pocket")
        if vendor:
            case.decide(
                "payable_account",
                f"Employee {vendor.code} has no payable account of their own; account "
                f"{place.account.code} is used.",
            )
    place.vendor = vendor.code if vendor else None
    return place
