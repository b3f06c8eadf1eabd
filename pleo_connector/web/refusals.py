"""What adapters say of an accounting system that refuses, or would do something else.

As `sentences`: known again by this list, and told in the reader's language.
"""

from django.utils.translation import gettext_noop as _

REFUSALS = (
    _("Account %(account)s takes no entries in %(erp)s: it is a heading or closed."),
    _("Account %(account)s needs a value for %(dimension)s."),
    _("Account %(account)s needs a vendor."),
    _("%(erp)s has no active account %(account)s."),
    _("%(erp)s has no active tax code %(code)s."),
    _("%(erp)s has no active vendor %(vendor)s."),
    _("%(erp)s has no active value %(value)s of %(dimension)s."),
    _("%(erp)s has no active journal %(journal)s."),
    _("%(erp)s has more than one account %(account)s."),
    _("%(erp)s has more than one tax code %(code)s."),
    _("%(erp)s has more than one vendor %(vendor)s."),
    _("%(erp)s has more than one value %(value)s of %(dimension)s."),
    _("%(erp)s has no rate of %(currency)s for %(day)s."),
    _("%(currency)s is not active in %(erp)s."),
    _("No open period in %(erp)s holds %(day)s. The first open day after it is %(first)s."),
    _("No open period in %(erp)s holds %(day)s. No later one is open."),
    _("%(day)s is locked in %(erp)s. The first open day after it is %(first)s."),
    _("Tax %(code)s adds %(rate)s of itself in %(erp)s, and not what was sent."),
    _("A bill needs one line on an account that is of the type Payable in %(erp)s."),
    _("%(erp)s computes no tax on a move; send tax lines."),
    _("%(erp)s would alter this reference."),
    _("%(erp)s would book this entry otherwise than it was sent."),
    _("The draft is no longer in %(erp)s; somebody deleted it."),
    _("The reversal is there as a draft (%(number)s), and is not final: %(said)s"),
    _("The payment and what it pays are not both final on one account that can be matched."),
    _("One of the two is matched with something else already."),
    _("The payment and what it pays differ by %(amount)s."),
    _("Somebody is changing the same records in %(erp)s."),
    _("Too large: raise max_size in %(erp)s's [request]."),
    _("The file is larger than %(count)s bytes."),
    _("No %(erp)s %(version)s or later answers here."),
    _("No %(erp)s %(version)s or later has this database here."),
    _("%(erp)s knows no such database."),
    _("%(erp)s is at a private network address, which is not allowed."),
    _(
        "The request to %(erp)s cannot be made; a credential or an address in it has characters "
        "that do not belong there."
    ),
    _("Name one company. The key's user works in: %(companies)s."),
    _("%(erp)s gave an answer of another shape."),
    _("%(erp)s failed, or gave an answer of another shape, after it had done a part."),
    _("%(erp)s failed without saying why."),
    _("%(erp)s refused."),
)
