"""Pages in the states that matter: half done, failed, asked for, undone. Each is looked at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled
from playwright.sync_api import Page

from pleo_connector.catalog.actions import refresh_catalog
from pleo_connector.connections.actions import mark_erp_problem
from pleo_connector.connections.erp import open_erp
from pleo_connector.connections.models import Connection, PleoGrant
from pleo_connector.exports.models import Posting
from pleo_connector.history.health import note_health
from pleo_connector.history.messages import add_endpoint
from pleo_connector.history.models import Run
from pleo_connector.mapping.actions import load_mapping
from pleo_connector.mapping.models import MappingVersion
from pleo_connector.tenants.models import User
from tests.app import factories
from tests.app.conftest import Desk, FakeErp, desk, fake_erp, fake_erp_process, wire
from tests.app.test_web_roles import Place
from tests.browser.test_every_page import log_in, look, url_name

__all__ = ["desk", "fake_erp", "fake_erp_process", "wire"]
Arrange = Callable[[Page, Place], object]
STATES: dict[str, tuple[str, Arrange]] = {}  # by what the picture is called: page, how to get there


def state(name: str) -> Callable[[Arrange], Arrange]:
    """A state of this page; the function leaves the browser there."""

    def remember(arrange: Arrange) -> Arrange:
        STATES[arrange.__name__.replace("_", "-")] = name, arrange
        return arrange

    return remember


def visit(page: Page, name: str, connection: Connection, query: str = "") -> None:
    page.goto(reverse(name, args=[connection.public_id]) + query)


def submit(page: Page, label: str) -> None:
    """Past the browser's own checks, as a program or an old browser does."""
    page.evaluate("document.querySelectorAll('form').forEach(form => { form.noValidate = true })")
    with page.expect_navigation():
        page.get_by_role("button", name=label, exact=True).click()


def one(place: Place, name: str, **fields: Any) -> Connection:
    """A connection of its own, so that the states do not meet."""
    made = factories.make_connection(place.tenant, name=name)
    Connection.objects.filter(pk=made.pk).update(**fields)
    return made


# -- Set-up and connections ---------------------------------------------------------------------


@state("setup")
def setup_of_a_new_connection(page: Page, place: Place) -> None:
    visit(page, "setup", factories.make_bare_connection(place.tenant))


@state("setup")
def setup_ready(page: Page, place: Place) -> None:
    visit(page, "setup", one(place, "Ready ApS", state="setup"))


@state("setup")
def setup_that_needs_somebody(page: Page, place: Place) -> None:
    broken = one(place, "Broken ApS")
    reason = "Pleo has ended our authorisation."
    grants = PleoGrant.objects.filter(connection=broken)
    grants.update(dead_since=timezone.now(), dead_reason=reason)
    note_health(connection_id=broken.pk, now=timezone.now())
    mark_erp_problem(connection=broken, sentence="Tryton: the key is not valid.")
    visit(page, "setup", broken)


@state("connection")
def connection_to_be_reconnected(page: Page, place: Place) -> None:
    dead = one(place, "Dead ApS")
    reason = "Pleo has ended our authorisation."
    grants = PleoGrant.objects.filter(connection=dead)
    grants.update(dead_since=timezone.now(), dead_reason=reason)
    note_health(connection_id=dead.pk, now=timezone.now())
    visit(page, "connection", dead)


@state("connection")
def connection_refused_by_the_books(page: Page, place: Place) -> None:
    refused = one(place, "Refused ApS")
    mark_erp_problem(connection=refused, sentence="Tryton: the key is not valid.")
    visit(page, "connection", refused)


@state("connection")
def connection_paused(page: Page, place: Place) -> None:
    visit(page, "connection", one(place, "Paused ApS", state="paused"))


@state("pleo-key")
def pleo_key_without_a_key(page: Page, place: Place) -> None:
    visit(page, "pleo-key", factories.make_bare_connection(place.tenant))
    submit(page, "Check the key and connect")


@state("erp-connect")
def erp_connect_not_reached(page: Page, place: Place) -> None:
    page.goto(place.url("erp-connect"))
    page.get_by_label("Address").fill("http://127.0.0.1:9")
    page.get_by_label("API key").fill("a-key")
    submit(page, "Test the access")


@state("home")
def home_where_all_is_well(page: Page, place: Place) -> None:
    owner = factories.make_user("calm")
    tenant = factories.make_tenant("Stillehavn ApS", owner)
    factories.make_job(factories.make_connection(tenant, name="Stillehavn ApS"), booked=128)
    log_in(page, owner)
    page.goto("/")


# -- Mapping and its changes --------------------------------------------------------------------


@state("accounts")
def accounts_not_saved(page: Page, place: Place) -> None:
    page.goto(place.url("accounts"))
    page.get_by_label("Another wallet currency").fill("EURO")
    submit(page, "Save the accounts")


@state("categories")
def categories_not_saved(page: Page, place: Place) -> None:
    page.goto(place.url("categories"))
    page.locator("input[name^='to:']").first.fill("9999")
    submit(page, "Save the categories")


@state("rule")
def rule_not_saved(page: Page, place: Place) -> None:
    page.goto(place.url("rule"))
    page.get_by_label("Amount from").fill("200")
    page.get_by_label("Amount up to").fill("100")
    submit(page, "Save the rule")


@state("rules")
def rules_before_one_is_deleted(page: Page, place: Place) -> None:
    page.goto(place.url("rules") + "?delete=1")


@state("rules")
def rules_tried_on_an_entry(page: Page, place: Place) -> None:
    item = place.job.items.filter(status="successful")[0]
    page.goto(f"{place.url('rules')}?entry={item.public_id}")


@state("mapping-files")
def mapping_file_that_is_wrong(page: Page, place: Place) -> None:
    page.goto(place.url("mapping-files"))
    table = b"in_pleo,name,in_the_erp\n6110,,9999\nGifts,,5000\n,,6100\n"
    page.get_by_label("List").select_option("categories")
    page.get_by_label("File (CSV)").set_input_files(
        {"name": "categories.csv", "mimeType": "text/csv", "buffer": table}
    )
    submit(page, "Replace the list")


def changed(place: Place) -> Connection:
    """Settings of which a person changed three."""
    connection = one(place, "Changed ApS")
    settings = load_mapping(connection).to_json() | {"posting_behaviour": "final"}
    settings["accounts"] |= {"out_of_pocket": "2440", "transfer": "1950"}
    owner = place.people["owner"]
    MappingVersion.objects.create(connection=connection, number=2, settings=settings, author=owner)
    return connection


@state("changes")
def changes_by_a_person(page: Page, place: Place) -> None:
    visit(page, "changes", changed(place))


@state("changes")
def changes_to_be_taken_back(page: Page, place: Place) -> None:
    visit(page, "changes", changed(place), "?back=1")


@state("changes")
def changes_to_be_taken_over(page: Page, place: Place) -> None:
    other = changed(place)
    page.goto(f"{place.url('changes')}?from={other.public_id}")


@state("changes")
def changes_to_be_taken_over_from_the_same(page: Page, place: Place) -> None:
    other = one(place, "Twin ApS")
    page.goto(f"{place.url('changes')}?from={other.public_id}")


# -- Exports and entries ------------------------------------------------------------------------


@state("export")
def export_at_work(page: Page, place: Place) -> None:
    job = factories.make_job(one(place, "Busy ApS"), booked=12, failed=1, pending=30)
    page.goto(reverse("export", args=[job.public_id]))


@state("export")
def export_that_waits_for_a_limit(page: Page, place: Place) -> None:
    until = timezone.now() + timedelta(minutes=9)
    job = factories.make_job(
        one(place, "Slow ApS"), booked=70, pending=30, state="waiting", waiting_until=until
    )
    Run.objects.filter(pk=job.run_id).update(
        is_limited=True, waiting_for="Tryton", headline="Tryton asks us to slow down."
    )
    page.goto(reverse("export", args=[job.public_id]))


@state("export")
def export_that_waits_for_pleo(page: Page, place: Place) -> None:
    stopped, reason = one(place, "Stopped ApS"), "Pleo has ended our authorisation."
    PleoGrant.objects.filter(connection=stopped).update(
        dead_since=timezone.now(), dead_reason=reason
    )
    note_health(connection_id=stopped.pk, now=timezone.now())
    job = factories.make_job(stopped, booked=4, pending=9, state="waiting")
    Run.objects.filter(pk=job.run_id).update(waiting_for="reconnect", headline=reason)
    page.goto(reverse("export", args=[job.public_id]))


@state("export")
def export_that_pleo_closed(page: Page, place: Place) -> None:
    job = factories.make_job(one(place, "Late ApS"), booked=4, abandoned=9, state="failed")
    Run.objects.filter(pk=job.run_id).update(
        origin="pleo",
        headline="Pleo ended this export because an hour passed without a result. What is booked "
        "stays booked. Export the entries again in Pleo: booked ones are reported and not booked "
        "twice.",
    )
    page.goto(reverse("export", args=[job.public_id]))


@state("export")
def export_of_which_all_is_booked(page: Page, place: Place) -> None:
    job = factories.make_job(one(place, "Fine ApS"), booked=128)
    page.goto(reverse("export", args=[job.public_id]))


@state("entry-by-hand")
def entry_by_hand_without_a_number(page: Page, place: Place) -> None:
    page.goto(place.url("entry-by-hand"))
    submit(page, "Mark as booked by hand")


@state("entry-reverse")
def entry_to_be_reversed(page: Page, place: Place) -> None:
    connection = factories.make_connection(place.tenant, name="Odoo ApS", kind="odoo")
    job = factories.make_job(connection, booked=1)
    page.goto(reverse("entry-reverse", args=[job.public_id, job.items.get().public_id]))


def corrected(place: Place, place_in_list: int, **fields: Any) -> tuple[object, object]:
    item = place.job.items.filter(status="successful")[place_in_list]
    note = {"note": "It belongs to another company.", "noted_by": place.people["owner"]}
    mine = Posting.objects.filter(accounting_entry_id=item.accounting_entry_id)
    mine.update(**fields, **note)
    return place.job.public_id, item.public_id


@state("entry-book-again")
def entry_to_be_booked_again(page: Page, place: Place) -> None:
    args = corrected(place, 1, state="reversed", reversed_at=timezone.now())
    page.goto(reverse("entry-book-again", args=args))


@state("entry-not-by-hand")
def entry_not_by_hand_after_all(page: Page, place: Place) -> None:
    args = corrected(place, 2, is_by_hand=True, erp_id="", url="")
    page.goto(reverse("entry-not-by-hand", args=args))


@state("history")
def history_where_nothing_matches(page: Page, place: Place) -> None:
    page.goto(place.url("history") + "?origin=pleo&state=waiting")


@state("problems")
def problems_where_nothing_matches(page: Page, place: Place) -> None:
    page.goto(place.url("problems") + "?state=muted")


# -- People, programs, log-in -------------------------------------------------------------------


@state("members")
def members_not_invited(page: Page, place: Place) -> None:
    page.goto(place.url("members"))
    page.get_by_label("E-mail address").fill(place.people["viewer"].email)
    submit(page, "Send the invitation")


@state("tokens")
def tokens_without_a_name(page: Page, place: Place) -> None:
    page.goto(place.url("tokens"))
    submit(page, "Make the token")


@state("webhooks")
def webhooks_to_what_is_no_address(page: Page, place: Place) -> None:
    page.goto(place.url("webhooks"))
    page.get_by_label("Address").fill("tools nordhavn")
    submit(page, "Add the address")


@state("webhooks")
def webhooks_with_the_secret(page: Page, place: Place) -> None:
    page.goto(place.url("webhooks"))
    page.get_by_label("Address").fill("https://tools.nordhavn.example/hooks/problems")
    submit(page, "Add the address")
    assert page.locator(".secret code").inner_text().startswith("whsec_")


@state("webhook-remove")
def webhook_remove_of_a_long_address(page: Page, place: Place) -> None:
    url = "https://tools.nordhavn-handelsbolag-och-byggservice.example/hooks/problems/of/the/books"
    with scopes_disabled():
        made, _ = add_endpoint(tenant=place.tenant, url=url, actor=None, now=timezone.now())
    page.goto(reverse("webhook-remove", args=[made.public_id]))


def as_guest(page: Page, name: str, *args: object) -> None:
    page.context.clear_cookies()
    page.goto(reverse(name, args=args))


@state("account_login")
def log_in_refused(page: Page, place: Place) -> None:
    as_guest(page, "account_login")
    page.get_by_label("E-mail address").fill(place.people["viewer"].email)
    page.get_by_label("Password").fill("not-the-password")
    submit(page, "Log in")


@state("account_signup")
def sign_up_refused(page: Page, place: Place) -> None:
    as_guest(page, "account_signup")
    page.get_by_label("E-mail address").fill("no-address")
    page.get_by_label("Password").fill("short")
    submit(page, "Sign up")


@state("account_confirm_email")
def address_to_be_confirmed(page: Page, place: Place) -> None:
    user = place.people["viewer"]
    address, _ = EmailAddress.objects.get_or_create(user=user, email=user.email)
    as_guest(page, "account_confirm_email", EmailConfirmationHMAC(address).key)


@state("account_reset_password_from_key")
def password_to_be_chosen(page: Page, place: Place) -> None:
    user: User = place.people["viewer"]
    key = default_token_generator.make_token(user)
    as_guest(page, "account_reset_password_from_key", user_pk_to_url_str(user), key)
    assert page.locator("input[type=password]").count() == 2


def test_every_state(visitor: Page, place: Place, settings: Any) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    wrong = []
    for label, (name, arrange) in STATES.items():
        log_in(visitor, place.people["owner"])
        arrange(visitor, place)
        assert url_name(visitor) == name, f"{label} is at {visitor.url}"
        wrong += look(visitor, f"state-{label}")
    assert not wrong, "\n".join(wrong)


def test_a_form_that_cannot_be_read(visitor: Page, place: Place) -> None:
    visitor.goto(place.url("settings"))
    many = "(form) => { for (let n = 0; n < 1100; n++) { const x = document.createElement('input');"
    many += " x.name = 'x' + n; form.append(x) } }"
    visitor.locator("main form").first.evaluate(many)
    visitor.get_by_role("button", name="Save your settings").click()
    assert "That could not be read" in visitor.content()
    assert look(visitor, "error-400") == []


# -- With a Pleo and books that answer ----------------------------------------------------------


def go(page: Page, desk: Desk, name: str, *more: str) -> None:
    page.goto(reverse(name, args=[desk.connection.public_id, *more]))


def test_previews(visitor: Page, desk: Desk, fake_erp: FakeErp, settings: Any) -> None:
    settings.HIDDEN_ADAPTERS = []
    log_in(visitor, desk.user)
    erp = open_erp(desk.connection)
    refresh_catalog(connection=desk.connection, erp=erp, now=timezone.now())
    go(visitor, desk, "preview")
    wrong = look(visitor, "state-preview-sample")
    desk.simulator.export(desk.company)
    go(visitor, desk, "preview")
    first = visitor.locator("section.voucher").first
    assert first.get_by_role("link").count()  # what cannot be booked stands first, with its remedy
    wrong += look(visitor, "state-preview-of-an-export")
    assert not wrong, "\n".join(wrong)


def test_the_company_of_the_books(
    visitor: Page, desk: Desk, fake_erp: FakeErp, settings: Any
) -> None:
    settings.HIDDEN_ADAPTERS = []
    log_in(visitor, desk.user)
    wrong = []
    asked = {
        "1": "Is this the right company?",
        "another": "Book into another company from now on?",
    }
    for company, question in asked.items():
        desk.connection.erp_company_id = company
        desk.connection.save()
        go(visitor, desk, "erp-connect", "fake")
        visitor.get_by_role("button", name="Test the access").click()
        assert question in visitor.content()
        wrong += look(visitor, f"state-erp-confirm-{company}")
    visitor.get_by_role("button", name="Book into").click()  # without the tick
    wrong += look(visitor, "state-erp-confirm-without-the-tick")
    assert not wrong, "\n".join(wrong)
