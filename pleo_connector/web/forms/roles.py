"""What an account can stand for, as the form of accounts asks for it."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from pleo_connector.web.words import Text

LEDGERS = (
    ("account", _("One account for all")),
    ("vendor", _("A vendor account for each, by the employee's code")),
)


@dataclass(frozen=True, slots=True)
class RoleText:
    title: str  # of the section, in `SECTIONS`
    label: Text
    help: Text
    required: bool = False


# Section, what it is called, what it is for and what happens without it.
ROLES: dict[str, RoleText] = {
    "out_of_pocket": RoleText(
        "People",
        _("Out-of-pocket expenses"),
        _("What the company owes people for what they paid themselves, until it is paid back."),
        True,
    ),
    "external_reimbursement": RoleText(
        "People",
        _("Reimbursement outside Pleo"),
        _(
            "Where money comes from that is paid back to people outside Pleo, such as with the "
            "salary. Without it, such reimbursements are not booked."
        ),
    ),
    "transfer": RoleText(
        "Wallet",
        _("Transfers to and from the wallet"),
        _("Money on its way between your bank and Pleo. Without it, top-ups are not booked."),
    ),
    "accounts_payable": RoleText(
        "Suppliers",
        _("Accounts payable"),
        _(
            "What the company owes suppliers whose vendor has no account of its own. Without it, "
            "invoices of such suppliers are not booked."
        ),
    ),
    "tax_in": RoleText(
        "Tax",
        _("Input tax"),
        _("Tax that you get back. Used where Pleo's tax code names no account of its own."),
    ),
    "tax_reverse_in": RoleText(
        "Tax",
        _("Reverse charge, input side"),
        _("The tax that you get back under reverse charge."),
    ),
    "tax_reverse_out": RoleText(
        "Tax",
        _("Reverse charge, output side"),
        _("The tax that you owe under reverse charge. Without both, such entries are not booked."),
    ),
    "rounding": RoleText(
        "Differences",
        _("Rounding"),
        _("Cents that remain when tax or a rate is rounded."),
    ),
    "exchange_gain": RoleText(
        "Differences",
        _("Exchange gain"),
        _("Gains between a rate at purchase and at payment."),
    ),
    "exchange_loss": RoleText(
        "Differences",
        _("Exchange loss"),
        _("Losses between a rate at purchase and at payment."),
    ),
}
SECTIONS: dict[str, Text] = {
    "Wallet": _("Wallet"),
    "People": _("People"),
    "Suppliers": _("Suppliers"),
    "Tax": _("Tax"),
    "Default": _("Entries without a category"),
    "Differences": _("Differences"),
}
SOURCES = (
    ("pleo", _("The contra account that Pleo names; the account below where Pleo names none")),
    ("configured", _("Always the account below")),
)
