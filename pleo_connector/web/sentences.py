"""The sentences that tell what went wrong, with places for what differs.

They are written where the trouble is found, in English, as Pleo is told them, and stored so. `said`
knows them again by this list and tells them in the reader's language. A worked case whose sentence
is not in it fails a test. What the product decided by itself is in `decided`.
"""

from django.utils.translation import gettext_noop as _

# What is wrong. The first one that fits is taken, so those with few words of their own come last.
WHYS = (
    _("account %(account)s does not exist in the accounting system"),
    _("account %(account)s is inactive in the accounting system"),
    _("account %(account)s is a heading or closed and takes no postings"),
    _("account %(account)s needs a vendor on each line, and the entry has none"),
    _("account %(account)s needs a value for %(dimension)s"),
    _("no wallet account is set for %(currency)s"),
    _("no wallet account is set"),
    _("no out-of-pocket account is set"),
    _("no external reimbursement account is set"),
    _("no transfer account is set"),
    _("no accounts payable account is set"),
    _("no input tax account is set"),
    _("no reverse charge input tax account is set"),
    _("no reverse charge output tax account is set"),
    _("no exchange gain account is set"),
    _("no exchange loss account is set"),
    _("no rounding account is set"),
    _("category %(category)s has no account"),
    _("it has no category"),
    _("tax code %(code)s does not exist in the accounting system"),
    _("tax code %(code)s is inactive in the accounting system"),
    _("its tax at %(rate)s has no tax code"),
    _("it has no vendor, and no generic vendor is set"),
    _("the employee has no code, and no default employee vendor is set"),
    _("vendor %(vendor)s does not exist in the accounting system"),
    _("vendor %(vendor)s is blocked in the accounting system"),
    _("the card purchase has no receipt"),
    _("the card invoice has no receipt"),
    _("the out-of-pocket expense has no receipt"),
    _("the invoice has no receipt"),
    _("it has no lines"),
    _("its currency is %(currency)s"),
    _("it is in %(currency)s, and the accounting system books in %(base)s only"),
    _("it is in %(currency)s, and one of its lines is in %(other)s"),
    _("%(amount)s in hundredths has more than %(decimals)s decimals"),
    _("tax of %(amount)s at %(rate)s (tax type %(type)s) does not add up"),
    _("tax of %(amount)s is more than the line itself (tax type %(type)s) does not add up"),
    _("its total of %(amount)s is neither the sum of its lines nor that sum with tax"),
    _("its lines add up to %(lines)s, and its total is %(total)s"),
    _("%(day)s lies in a closed period of the accounting system"),
    _("bookkeeping method %(method)s is not known"),
    _("type %(type)s is not known"),
    _("subtype %(subtype)s of %(type)s is not known"),
    _("%(value)s does not exist in the accounting system"),
    _("%(value)s is blocked in the accounting system"),
)
# What to do about it.
HINTS = (
    _("Choose another category in Pleo, or an account for it in the mapping."),
    _("Choose another contra account in Pleo, or an account for it in the mapping."),
    _("Choose another account for %(code)s in the mapping."),
    _("Choose another account in the account settings."),
    _("Choose it in the account settings."),
    _("Choose another account in the rule."),
    _("Choose another account, or choose a vendor in Pleo."),
    _("Choose a category with an account in Pleo and export it again."),
    _("Choose a tag for it in Pleo, or set it by a rule."),
    _("Let dimensions be copied to counter lines, or choose another account."),
    _("Choose another tax code in the rule."),
    _("Choose another tax code in Pleo, or one for it in the mapping."),
    _("Give the tax code of the line a code in Pleo."),
    _("Choose a vendor in Pleo, or set a generic vendor."),
    _("Choose another generic vendor in the vendor settings."),
    _("Check the vendor in the accounting system, or choose another one in Pleo."),
    _("Give the employee a code in Pleo, or set a default employee vendor."),
    _("Add the vendor in the accounting system, or change the employee's code in Pleo."),
    _("Choose another tag in Pleo, or add the value in the accounting system."),
    _("Choose another value in the rule, or add it in the accounting system."),
    _("Add the receipt in Pleo, or allow entries without one in the posting settings."),
    _(
        "Mend the receipt in Pleo and export the entry again, or let entries be booked without "
        "their receipts in the posting settings."
    ),
    _("Open the entry in Pleo, choose a category and export it again."),
    _("Correct the currency in Pleo and export it again."),
    _("Book it by hand, or use a wallet in %(currency)s."),
    _("Set the currency of invoices to the wallet's currency."),
    _("Check the amounts in Pleo and export it again."),
    _("Check how Pleo sends currencies without decimals in the posting settings."),
    _("Correct the tax of the line in Pleo and export it again."),
    _("Correct the account of the tax code in Pleo."),
    _("Choose the contra account of each currency in Pleo's settings."),
    _("Check the amounts and the tax in Pleo and export it again."),
    _("Check the split in Pleo and export it again."),
    _("Open the period, or let the posting settings move the date."),
    _("Open the period; the export date %(day)s is closed as well."),
    _("Open a period in the accounting system; no later one is open."),
    _("Choose another bookkeeping method in Pleo and export it again."),
    _("Book it by hand, and tell support that Pleo sends it."),
    # After the accounting system's own words.
    _("Export it again in Pleo when %(erp)s works: what is booked already is not booked twice."),
    _("Reconnect %(erp)s, and export it again in Pleo."),
    _("Give the user of this connection the right in %(erp)s, or reconnect with another user."),
    _(
        "Choose another category in Pleo or another account for it in the mapping, or open the "
        "account in %(erp)s."
    ),
    _("Check the vendor in %(erp)s, or choose another one in Pleo."),
    _("Choose another tax code in Pleo, or add it in %(erp)s."),
    _("Choose another tag in Pleo, or add the value in %(erp)s."),
    _("Name a journal of %(erp)s in the posting settings."),
    _("Open the period in %(erp)s, or let the posting settings move the date."),
    _("Change it in Pleo or in %(erp)s, and export it again."),
)
# Told as a whole: why a run waits or ended, and what is wrong with a connection.
WHOLES = (
    _("Checking in %(erp)s what was booked."),
    _("Checking in %(erp)s what was attached."),
    _("Checking in %(erp)s what was created."),
    _("Checking in %(erp)s what was reversed."),
    _("Nothing has changed in %(erp)s."),
    _("%(erp)s does not accept our credentials."),
    _("%(erp)s cannot be reached."),
    _("%(erp)s asks us to slow down."),
    _("%(erp)s takes no more calls from us for the moment."),
    _("%(erp)s did not answer, so it is not known whether it did what we asked."),
    _("%(erp)s is out of order (%(status)s)."),
    _("%(erp)s gave an answer that cannot be read."),
    _("%(erp)s does not allow this."),
    _("%(erp)s answered with an error (%(status)s)."),
    _("%(erp)s refused the request (%(status)s)."),
    _("%(erp)s takes no file as large as this."),
    _("%(erp)s knows nothing at this address."),
    _("Pleo has ended our authorisation."),
    _("Pleo has ended our authorisation. Reconnect Pleo: until then nothing is exported."),
    _("Pleo does not accept the API key any more."),
    _("Pleo does not accept the API key any more. Reconnect Pleo: until then nothing is exported."),
    _("The access to %(erp)s ends on %(day)s. Reconnect it with a new key."),
    _(
        "The access to %(erp)s opens the books of %(now)s now, and those of %(before)s were "
        "confirmed. Reconnect %(again)s."
    ),
    _("It is not set yet how entries are booked. Choose the accounts first."),
    _("%(erp)s keeps no vendor ledger. Turn off Vendor Tagging in Pleo."),
    _("%(erp)s shows no accounts to this connection, so nothing can be booked."),
    _("No period is open in %(erp)s, so nothing can be booked. Open one there."),
    _("None of the %(count)s entries could be booked."),
    _("Something went wrong on our side. We have been told, and try again."),
    _("Something went wrong on our side. We have been told and look into it."),
    _("Something went wrong on our side. Write to us."),
    _(
        "Pleo ended this export because an hour passed without a result. What is booked stays "
        "booked. Export the entries again in Pleo: booked ones are reported and not booked twice."
    ),
    _(
        "This export was cancelled in Pleo. What is booked stays booked. Export the entries again "
        "in Pleo: booked ones are reported and not booked twice."
    ),
    _(
        "Pleo has ended this export. What is booked stays booked. Export the entries again in "
        "Pleo: booked ones are reported and not booked twice."
    ),
    _("Pleo sent no accounting data for this entry."),
    _("Pleo's data of this entry could not be read: %(words)s."),
    _(
        "A part of this entry is booked as %(number)s. The entry, or how entries are booked, has "
        "changed since, so that the rest does not fit that part. Undo the change and export it "
        "again, or correct %(again)s by hand and book the rest there."
    ),
    _("This entry is being reversed in %(erp)s. Export it again when that is done."),
    _(
        "This entry was reversed in %(erp)s. To have it booked again, say so on its page, and "
        "export it again."
    ),
    _(
        "%(erp)s did not answer when this entry was booked, and cannot tell whether it is. Look "
        "there for %(reference)s in the field %(field)s, and say on the entry's page what you "
        "found."
    ),
)
# Why a receipt is not attached; under a headline, where that keeps an entry from being booked.
RECEIPTS = (
    _("Receipt %(number)s could not be fetched: %(said)s"),
    _("Receipt %(number)s is empty."),
    _("Receipt %(number)s has %(size)s; %(erp)s can be given files of up to %(most)s."),
    _("Receipt %(number)s is too large; %(erp)s can be given files of up to %(most)s."),
    _("Receipt %(number)s is of type %(type)s, which %(erp)s does not take."),
    _("Receipt %(number)s is of type %(type)s, which cannot be made a part of a PDF."),
    _("Receipt %(number)s is a picture that cannot be read."),
    _("Receipt %(number)s is a picture of too many pixels to convert."),
    _("Receipt %(number)s is a picture of %(size)s pixels, too many to convert."),
    _("Receipt %(number)s is a PDF that cannot be read."),
    _("Receipt %(number)s is a PDF with a password."),
    _("Receipt %(number)s is a PDF without pages."),
    _("Receipt %(number)s was not attached before the export ended."),
    _("The merged receipt has %(size)s; %(erp)s can be given files of up to %(most)s."),
    _("The merged receipt could not be merged: %(erp)s does not take PDF."),
    _("The merged receipt cannot be merged."),
    _("Pleo's link to the receipt is no web address."),
    _("Pleo's link to the receipt does not work (%(status)s)."),
)
# How a sync went, and why a record is not in step. Those without places are marked where they are
# written; they need no list.
SYNCS = (
    _("No dimension is selected. Choose which dimensions of %(erp)s are tags in Pleo."),
    _("Waits for an approval. %(said)s"),
    _("The connection books into another company now, so this plan was given up."),
    _("%(count)s records are not in step. %(said)s"),
    _("%(erp)s gave an empty list, so nothing was archived in Pleo."),
    _("%(erp)s gave no values of this dimension, so none of its tags was archived."),
    _("Its id must have 1 to %(count)s characters for Pleo."),
    _("Its rate of %(rate)s is none that Pleo takes."),
    _("Its tag group is not there."),
    _("Pleo did not say that it was done."),
    _("Pleo did not say what became of it."),
    _("Pleo did not take it: %(reasons)s."),
    _("Pleo takes no more tags in %(group)s: %(said)s"),
    _("Pleo's answers contradict each other."),
    _("Pleo's list does not end."),
    _(
        "Pleo does not let us change %(records)s: the permission %(permission)s is missing. "
        "Reconnect Pleo and allow it."
    ),
    _(
        "Pleo does not let us see %(records)s: the permission %(permission)s is missing. Reconnect "
        "Pleo and allow it."
    ),
    _("%(entity)s, %(count)s records: %(said)s"),
    _("%(entity)s %(name)s: %(said)s"),
    _("%(name)s has the same id in the accounting system."),
    _("%(name)s has the same code in the accounting system."),
)
# Our own words within a sentence, by the place where they stand.
ENTITIES = (_("Tag group"), _("Tag"), _("Account"), _("Tax code"), _("Vendor"))
REASONS = (
    _("its id is too long"),
    _("it has no id"),
    _("its name is too long"),
    _("it has no name"),
    _("its code is too long"),
    _("Pleo gives no reason"),
)
RECORDS = (_("tags"), _("accounts"), _("tax codes"), _("vendors"))
