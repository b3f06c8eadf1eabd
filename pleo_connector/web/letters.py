"""E-mails that a page sends. What cannot be sent is said to whoever asked for it."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from pleo_connector.tenants.models import Invitation, User

log = logging.getLogger(__name__)


def send_invitation(request: HttpRequest, invitation: Invitation, secret: str) -> None:
    """In the language of the invited person where they chose one. The link goes nowhere else:
    who follows it has shown that the address is theirs."""
    known = User.objects.filter(email__iexact=invitation.email).first()
    language = (known.language if known else "") or translation.get_language()
    names = {"email": invitation.email}
    with translation.override(language):
        letter = _letter(invitation, settings.PUBLIC_URL + reverse("invitation", args=[secret]))
    try:
        letter.send()
    except (SMTPException, OSError):
        log.exception("An invitation could not be sent")
        text = _("The e-mail to %(email)s could not be sent. Send it again in a few minutes.")
        messages.error(request, text % names)
    else:
        text = _("The invitation is on its way to %(email)s.")
        messages.success(request, text % names)


def _letter(invitation: Invitation, link: str) -> EmailMessage:
    company = " ".join(invitation.tenant.name.split())
    subject = _("You are invited to %(company)s on %(brand)s")
    shown = {"invitation": invitation, "company": company, "brand": settings.BRAND, "link": link}
    return EmailMessage(
        subject % {"company": company, "brand": settings.BRAND},
        render_to_string("web/letters/invitation.txt", shown),
        to=[invitation.email],
    )
