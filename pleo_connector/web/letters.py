"""E-mails that a page sends. What cannot be sent is said to whoever asked for it."""

import logging
from collections.abc import Callable
from datetime import datetime
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_scopes import scope

from pleo_connector.history.messages import BATCH, note_not_sent, note_sent, take_due
from pleo_connector.history.models import Message, Problem
from pleo_connector.history.queries import kept_counts
from pleo_connector.tenants.models import CAN_OPERATE, Invitation, Membership, User
from pleo_connector.web.problems import rows_of

__all__ = ["BATCH", "send_due", "send_invitation", "url_of"]
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


# -- Problems -------------------------------------------------------------------------------------


def url_of(problem: Problem) -> str:
    return f"{settings.PUBLIC_URL}{reverse('problem', args=[problem.public_id])}"


def send_due(*, now: Callable[[], datetime]) -> int:
    """Letters about problems that are due; how many were tried."""
    due = take_due(now=now(), is_mail=True)
    for message in due:
        assert message.user
        try:
            if letter := _letter_of(message, now()):
                letter.send()
        except (SMTPException, OSError) as error:
            log.warning("A letter could not be sent: %s", error)
            note_not_sent(message, str(error), now=now())
        except Exception as error:
            # One letter's trouble does not keep back those of others.
            log.exception("Letter %s could not be written", message.public_id)
            note_not_sent(message, type(error).__name__, now=now())
        else:
            note_sent(message, now=now())
    return len(due)


def _letter_of(message: Message, now: datetime) -> EmailMessage | None:
    """None where there is nothing to say any more, or the person has left the company meanwhile."""
    assert message.user
    seats = Membership.objects.filter(
        tenant=message.tenant, user=message.user, role__in=CAN_OPERATE, user__is_active=True
    )
    if not seats.exists():
        return None
    language = message.user.language or settings.LANGUAGE_CODE
    with scope(tenant=message.tenant), translation.override(language):
        return _about_problems(message, now)


def _about_problems(message: Message, now: datetime) -> EmailMessage | None:
    """None where meanwhile nothing of it is open."""
    assert message.user
    is_urgent = message.kind == Message.Kind.URGENT
    ids = [message.event.problem_id] if message.event else message.body.get("problems", [])
    problems = [
        x
        for x in Problem.objects.filter(pk__in=ids).select_related("connection").order_by("pk")
        if x.is_open and not x.is_muted(now)
    ]
    if not problems:
        return None
    rows = rows_of(problems, kept_counts(problems), {}, now=now)
    company = " ".join(message.tenant.name.split())
    text = ngettext(
        "%(count)s new problem in %(company)s", "%(count)s new problems in %(company)s", len(rows)
    )
    # A subject has one line, whatever the far sides call things.
    subject = " ".join(f"{rows[0].title}: {problems[0].connection.pleo_company_name}".split())
    shown = {
        "rows": rows,
        "is_urgent": is_urgent,
        "base": settings.PUBLIC_URL,
        "all": settings.PUBLIC_URL + reverse("problems"),
        "preferences": settings.PUBLIC_URL + reverse("settings"),
    }
    return EmailMessage(
        subject if is_urgent else text % {"count": len(rows), "company": company},
        render_to_string("web/letters/problems.txt", shown),
        to=[message.user.email],
        headers={"Message-ID": f"<{message.public_id}@{urlsplit(settings.PUBLIC_URL).hostname}>"},
    )
