"""The sentences of what the product decided by itself, with places for what differs.

Written and stored in English where it is decided; `said` knows them again by this list. A decision
of a worked case, or of an export in a test, that is not in it fails that test.
"""

from django.utils.translation import gettext_noop as _

from pleo_connector.bookkeeping.sides import NAMES

KINDS = tuple(NAMES.values())  # of entries: each is marked for translation by `words`
# The first one that fits is taken, so those with few words of their own come last.
DECISIONS = (
    # What is booked, and on which side.
    _("The amount is zero; there is nothing to book."),
    _("%(kind)s is negative; its sides are swapped."),
    _("%(kind)s is negative; its type decides the sides."),
    _("A line of zero is left out."),
    _("The lines differ from the total by %(amount)s; it goes to the rounding account."),
    _("The lines differ from the total by %(amount)s; the largest takes it."),
    _("The text is longer than %(limit)s characters and is cut."),
    _("The %(kind)s has no receipt."),
    _("The accounting system keeps no drafts; the entry is booked as final."),
    _("%(day)s lies in a closed period; the entry is booked on %(moved)s."),
    _("The period of %(day)s is closed, so the entry is booked on %(moved)s."),
    # Accounts, vendors, dimensions.
    _("There is no account %(code)s; Pleo's identifier %(known)s of it is known."),
    _("Pleo names no contra account; account %(account)s is set for %(currency)s."),
    _("The line has no category; account %(account)s is set for %(kind)s."),
    _("Vendor %(vendor)s has no payable account of its own; account %(account)s is used."),
    _("Employee %(vendor)s has no payable account of their own; account %(account)s is used."),
    _("The supplier matches vendor %(vendor)s."),
    _("No vendor is chosen; generic vendor %(vendor)s is used."),
    _("There is no vendor %(code)s; vendor %(vendor)s has its id %(id)s."),
    _("There is no vendor %(code)s; vendor %(vendor)s has its tax number %(number)s."),
    _("The employee has no code; vendor %(vendor)s is used."),
    _("Tag %(tag)s has no dimension of its own; the text names it."),
    # Tax and exchange.
    _("In Pleo, tax code %(code)s has no account; %(account)s is set for it."),
    _("In Pleo, tax at %(rate)s has no account; %(account)s is set for it."),
    _(
        "The accounting system computes %(computed)s of tax where Pleo has %(stated)s; the "
        "difference is rounding."
    ),
    _(
        "Tax of %(tax)s is not %(rate)s of the line; %(base)s is booked with tax code %(code)s, "
        "the rest without."
    ),
    _("The rule's tax code has %(rate)s; the tax is %(tax)s."),
    _("The reverse charge came without an amount; %(rate)s of %(paid)s is %(tax)s."),
    _(
        "The booked amount of the bill is not known here; the accounting system finds the exchange "
        "difference when it settles the bill."
    ),
    _("The exchange difference is booked once it is known what the invoice stands at."),
    # Matching.
    _("The payment is not matched: it came back, and what it reopens is for a person to say."),
    _("The payment is not matched: Pleo does not say what it pays."),
    _("The payment is not matched: %(count)s invoices fit the payment."),
    _("The payment is not matched: the payment and its invoice differ in amount."),
    _("The payment is not matched: several entries share a reconciliation id."),
    _("The payment is not matched: it and the expenses that it pays differ in amount."),
    _("The payment is not matched: it stands in one voucher with other entries."),
    _(
        "The payment is not matched: drafts cannot be matched; match it in %(erp)s once all are "
        "final."
    ),
    _("The payment is not matched: what it pays is no longer booked."),
    _("The payment is not matched: %(vouchers)s is matched with another payment."),
    _("The payment is not matched: %(erp)s does not allow this."),
    _("The payment is not matched: %(erp)s: %(words)s"),
    _(
        "Not matched yet: the expense that it pays is not booked here. It is matched once that is "
        "done."
    ),
    _(
        "Not matched yet: the invoice that it pays is not booked here. It is matched once that is "
        "done."
    ),
    _(
        "Not matched yet: %(count)s expenses that it pays are not booked here. It is matched once "
        "that is done."
    ),
    _(
        "Not matched yet: %(count)s invoices that it pays are not booked here. It is matched once "
        "that is done."
    ),
    _("Not matched yet: %(said)s It is tried again with the next export."),
    _("Matched with %(vouchers)s."),
    # What became of a voucher.
    _("It was reversed in %(erp)s as %(number)s, as asked for: %(note)s"),
    _("It could not be reversed and stays booked. %(said)s"),
    _("It was booked by hand as %(number)s: %(note)s"),
    _("It is not booked by hand after all. The next export books it."),
    _(
        "Somebody looked it up: it is booked as %(number)s. Receipts that are missing there are to "
        "be attached by hand."
    ),
    _("Somebody looked it up: it is not booked."),
    _(
        "It was not known whether the entry is booked. %(erp)s was asked: it is booked as "
        "%(number)s."
    ),
    _("It was not known whether the entry is booked. %(erp)s was asked: it was not booked."),
    _(
        "The connection was moved to other books before it was known whether the entry is booked "
        "in those of %(books)s. Look for %(number)s there."
    ),
    _(
        "The connection was moved to other books before it was known whether %(number)s is "
        "reversed in those of %(books)s. Look there; here it stays booked."
    ),
    _("The common voucher of the export was refused (%(words)s); this is its own."),
    _("Pleo did not take the result of this entry: %(said)s"),
    _("%(erp)s booked the entry on %(day)s, not on %(other)s."),
    _("%(erp)s holds the voucher as final."),
    _("%(erp)s holds the voucher as a draft."),
    _("%(erp)s shows a total of %(total)s; %(other)s was sent."),
    _("%(erp)s holds %(count)s line; %(other)s were sent."),
    _("%(erp)s holds %(count)s lines; %(other)s were sent."),
    # Receipts: what was done to them, and what was booked without.
    _("Receipt %(number)s was converted from %(from)s to %(to)s for %(erp)s."),
    _("Receipt %(number)s was scaled down from %(from)s to %(to)s for %(erp)s."),
    _("%(count)s receipts are attached as one PDF, because %(erp)s takes %(most)s per voucher."),
    _("%(said)s The entry is booked without %(name)s."),
    # Dimensions, and the customer's own rules.
    _("Selected by itself, because Pleo has tag groups for them: %(names)s."),
    _("Not selected, because five is the most: %(names)s."),
    _("%(code)s is closed in %(erp)s, so it is selected no longer."),
    _("%(rule)s applies: %(sets)s."),
)
# Why a line stands on its account.
BECAUSE = (
    _("wallet account set for %(currency)s"),
    _("Pleo's contra account for %(currency)s"),
    _("category %(category)s → %(account)s"),
    _("account set for %(kind)s without category"),
    _("payable account of vendor %(vendor)s"),
    _("fallback payable account"),
    _("account of employee %(vendor)s"),
    _("tax code %(code)s → %(account)s"),
    _("tax at %(rate)s → %(account)s"),
    _("tax rounding"),
    _("rounding of the split"),
    _("bill and payment at different rates"),
    _("out-of-pocket account"),
    _("external reimbursement account"),
    _("transfer account"),
    _("input tax account"),
    _("reverse charge input tax account"),
    _("reverse charge output tax account"),
    _("exchange gain account"),
    _("exchange loss account"),
    _("rounding account"),
    _("rule → %(account)s"),
    "%(rule)s → %(account)s",  # with a name of its own; nothing of it is told otherwise
)
# Our own words within a sentence, by the place where they stand.
RULES = (_("Rule %(number)s"),)  # without a name of its own
SETS = (_("account %(account)s"), _("tax code %(code)s"), _("journal %(journal)s"))
VOUCHERS = (
    _("expense %(numbers)s"),
    _("expenses %(numbers)s"),
    _("invoice %(numbers)s"),
    _("invoices %(numbers)s"),
    _("reimbursement %(numbers)s"),
    _("reimbursements %(numbers)s"),
    _("payment %(numbers)s"),
    _("payments %(numbers)s"),
)
