"""Whether entries can be booked with the accounts that are chosen, in words."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp_adapters.ledger import Account
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.connections.models import Connection
from pleo_connector.web import words
from pleo_connector.web.forms.choices import account_codes


def accounts_chosen() -> str:
    return _("The accounts that every connection needs are chosen.")


def accounts_headline(
    connection: Connection, mapping: Mapping, accounts: Sequence[Account], *, suggested: int
) -> words.Headline:
    """Whether entries can be booked with the accounts that are chosen."""
    if not accounts:
        return words.Headline("quiet", _("Which account stands for what?"))
    if suggested:
        text = ngettext(
            "%(count)s account is suggested, and not saved yet.",
            "%(count)s accounts are suggested, and not saved yet.",
            suggested,
        )
        return words.Headline("attention", words.counted(text, suggested))
    if problem := accounts_problem(connection, mapping, accounts):
        return words.Headline("attention", problem)
    return words.Headline("ok", accounts_chosen())


def accounts_problem(connection: Connection, mapping: Mapping, accounts: Sequence[Account]) -> str:
    """Why entries cannot be booked with these accounts; empty where they can."""
    if not accounts:
        return _("The accounts are read when the accounting system is connected.")
    if mapping.accounts.out_of_pocket is None:
        return _("The account for out-of-pocket expenses is not chosen yet.")
    if mapping.accounts.wallet_source == "configured" and not mapping.accounts.wallet:
        return _("The wallet account is not chosen yet.")
    usable = {x.code for x in accounts if x.is_active and x.is_postable}
    usable |= {x.id for x in accounts if x.is_active and x.is_postable}
    gone = sorted(code for code in account_codes(mapping.accounts) if code not in usable)
    if gone:
        text = ngettext(
            "%(accounts)s takes no postings in %(where)s. Choose another account.",
            "%(accounts)s take no postings in %(where)s. Choose other accounts.",
            len(gone),
        )
        return text % {"accounts": ", ".join(gone), "where": words.books_of(connection)}
    return ""
