"""A problem is seen, muted, resolved from its entry's page and gone: by mouse, and by keyboard."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from pleo_connector.connections.actions import mark_erp_problem
from pleo_connector.exports.by_hand import mark_by_hand
from pleo_connector.exports.models import Posting
from pleo_connector.history.messages import add_endpoint, send_test
from pleo_connector.history.models import Message, Problem
from pleo_connector.history.problems import Found, mute, note_booked, note_problems
from tests.app import factories
from tests.app.test_web_roles import Place
from tests.browser.test_every_page import look
from tests.browser.test_members import Keyboard, Mouse


@pytest.mark.parametrize("hands", [Mouse(), Keyboard()], ids=["mouse", "keyboard"])
def test_a_problem_is_resolved(visitor: Page, place: Place, hands: Mouse | Keyboard) -> None:
    connection = factories.make_connection(place.tenant, name="Vesthavn ApS")
    factories.make_job(connection, booked=2, failed=1)
    visitor.goto(reverse("connection", args=[connection.public_id]))
    menu = visitor.get_by_role("navigation", name="Pages").first
    hands.press(menu.get_by_role("link", name="Problems 1 open"))
    expect(visitor.get_by_role("heading", level=1)).to_have_text("1 problem needs you.")
    hands.press(visitor.get_by_role("link", name="1 entry could not be booked"))
    expect(visitor.get_by_role("heading", level=1)).to_have_text("1 entry could not be booked.")
    hands.press(visitor.locator("#entries").get_by_role("link", name="Card purchase"))
    hands.press(visitor.get_by_role("link", name="Mark as booked by hand"))
    hands.press(visitor.get_by_role("button", name="Mark as booked by hand"))
    expect(visitor.locator(".is-invalid").first).to_be_visible()
    hands.write(visitor.get_by_label("Number of the voucher"), "JE-77")
    hands.write(visitor.get_by_label("Why"), "The account was open for an hour.")
    hands.press(visitor.get_by_role("button", name="Mark as booked by hand"))
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Booked by hand as JE-77.")
    hands.press(menu.get_by_role("link", name="Problems", exact=True))
    expect(visitor.get_by_role("heading", level=1)).to_have_text("No problem is open.")
    assert Problem.objects.get(connection=connection).state == "resolved"


def close(problem: Problem) -> None:
    """All its entries are booked, for the third time."""
    kept = [x.accounting_entry_id for x in problem.entries.all()]
    for _ in range(2):
        note_booked(connection=problem.connection, entries=kept, now=timezone.now())
        again = Found(
            origin=problem.origin,
            type=problem.type,
            subject=problem.subject,
            sentence=problem.sentence,
            fix=problem.fix,
            entries=kept,
        )
        note_problems(
            connection=problem.connection, kind=problem.kind, found=[again], now=timezone.now()
        )
    note_booked(connection=problem.connection, entries=kept, now=timezone.now())


def test_problems_of_every_kind(visitor: Page, place: Place) -> None:
    mark_erp_problem(connection=place.connection, sentence="Tryton: the key is not valid.")
    now = timezone.now()
    owner = place.people["owner"]
    mute(problem=Problem.objects.get(type="tag_unknown"), actor=owner, until=None, now=now)
    close(Problem.objects.get(type="missing_configuration"))
    wrong = []
    for state in ("", "muted", "resolved", "all"):
        visitor.goto(f"{reverse('problems')}?state={state}")
        wrong += look(visitor, f"problems-{state or 'open'}")
    for problem in Problem.objects.filter(connection=place.connection):
        visitor.goto(reverse("problem", args=[problem.public_id]))
        wrong += look(visitor, f"problem-{problem.type}")
    assert not wrong, "\n".join(wrong)


def test_entries_that_a_person_corrected(visitor: Page, place: Place) -> None:
    items = list(place.job.items.filter(status="successful")[:2])
    by_hand = place.job.items.filter(status="failed")[0]
    note: dict[str, Any] = {
        "note": "It belongs to another company.",
        "noted_by": place.people["owner"],
    }
    values: tuple[dict[str, Any], ...] = (
        {
            "state": "reversed",
            "reversed_at": timezone.now(),
            "reversal_number": "EXP-0099",
            "reversal_url": "https://erp.example.com/#books/model/account.move/99",
        },
        {"state": "reversing"},
    )
    wrong = []
    for item, changed in zip(items, values, strict=True):
        mine = Posting.objects.filter(accounting_entry_id=item.accounting_entry_id)
        mine.update(**changed, **note)
        visitor.goto(reverse("entry", args=[place.job.public_id, item.public_id]))
        wrong += look(visitor, f"entry-{changed['state']}")
    mark_by_hand(
        item=by_hand,
        number="JE-77",
        reason="The account was open for an hour.",
        actor=place.people["owner"],
        now=timezone.now(),
    )
    visitor.goto(reverse("entry", args=[place.job.public_id, by_hand.public_id]))
    wrong += look(visitor, "entry-by-hand")
    pages = ((items[0], "book-again"), (by_hand, "not-by-hand"))
    for item, name in pages:
        visitor.goto(reverse(f"entry-{name}", args=[place.job.public_id, item.public_id]))
        wrong += look(visitor, f"entry-{name}")
    visitor.goto(place.url("export"))
    wrong += look(visitor, "export-corrected")
    assert not wrong, "\n".join(wrong)


def test_a_log_of_what_was_sent(visitor: Page, place: Place) -> None:
    now = timezone.now()
    host, failed = "tools.nordhavn-handelsbolag.example", "answered with an error (500)."
    url = f"https://{host}/hooks/problems"
    endpoint, _ = add_endpoint(tenant=place.tenant, url=url, actor=None, now=now)
    for changed in (
        {},
        {"sent_at": now, "next_try_at": None, "tries": 1},
        {"next_try_at": now + timedelta(hours=2), "tries": 3, "problem": f"{host} {failed}"},
        {"next_try_at": None, "tries": 10, "problem": f"{host} cannot be reached."},
    ):
        made = send_test(endpoint=endpoint, actor=None, now=now)
        Message.objects.filter(pk=made.pk).update(**{"tries": 0} | changed)
    visitor.goto(reverse("webhooks"))
    assert look(visitor, "webhooks-log") == []
