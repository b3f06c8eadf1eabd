"""Words of modules that know no Django: named here, so that they are found and translated."""

from django.utils.translation import gettext_noop as _

WEBHOOK_ENDS = (_("The address was removed."), _("The address is gone."))
ENTRY_TYPES = (
    _("Card purchase"),
    _("Card invoice"),
    _("Fee"),
    _("Out-of-pocket expense"),
    _("Mileage"),
    _("Per diem"),
    _("Invoice"),
    _("Refund"),
    _("Chargeback"),
    _("Cashback"),
    _("Cash withdrawal"),
    _("Private purchase"),
    _("Wallet top-up"),
    _("Wallet unload"),
    _("Reimbursement from the wallet"),
    _("Reimbursement outside Pleo"),
    _("Invoice payment"),
)
