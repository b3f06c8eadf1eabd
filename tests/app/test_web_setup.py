"""The steps to go live, and the pages that say what goes where."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from erp_adapters.ledger import Account, AccountKind
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.actions import load_mapping, save_mapping
from pleo_connector.mapping.models import MappingVersion
from pleo_connector.tenants.models import Tenant, User
from pleo_connector.web.forms.choices import suggest
from pleo_connector.web.steps import go_on_at, next_step, open_steps, steps_of
from tests.app import factories
from tests.app.conftest import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_tenants() -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def tenant() -> Tenant:
    return factories.make_tenant()


@pytest.fixture
def connection(tenant: Tenant) -> Connection:
    return factories.make_connection(tenant, state="setup")


@pytest.fixture
def client(tenant: Tenant) -> Client:
    client = Client()
    client.force_login(factories.owner_of(tenant))
    return client


def page(client: Client, name: str, connection: Connection) -> str:
    return client.get(reverse(name, args=[connection.public_id])).content.decode()


def left(connection: Connection) -> list[int]:
    return [step.number for step in open_steps(steps_of(connection))]


# -- Company ------------------------------------------------------------------------------------


def test_the_first_company() -> None:
    client = Client()
    client.force_login(factories.make_user())
    assert "Name your company" in client.get("/").content.decode()
    home = client.post(reverse("tenant-new"), {"name": "Nordhavn ApS"}, follow=True)
    assert "7 steps are left" in home.content.decode()  # its connection is begun already


def test_switching_between_companies(client: Client, tenant: Tenant) -> None:
    user = User.objects.get(memberships__tenant=tenant)
    other = factories.make_tenant("Sydhavn AB", user)
    reply = client.get("/", {"company": str(other.public_id)}, follow=True)
    assert '<span class="menu-name">Sydhavn AB</span>' in reply.content.decode()


# -- Steps --------------------------------------------------------------------------------------


def test_steps_of_a_bare_connection(client: Client, tenant: Tenant) -> None:
    connection = factories.make_bare_connection(tenant)
    steps = steps_of(connection)
    assert [step.is_done for step in steps] == [False] * 8
    first = next_step(steps)
    assert first
    assert first.title == "Connect Pleo"
    assert "Possible when steps 1 to 6 are done." in page(client, "setup", connection)


def test_each_step_says_what_is_missing(client: Client, connection: Connection) -> None:
    assert left(connection) == [7]
    connection.pleo_grant.dead_since = timezone.now()
    connection.pleo_grant.dead_reason = "Pleo has ended our authorisation."
    connection.pleo_grant.save()
    connection.erp_problem = "Tryton: the key is not valid."
    connection.save()
    save_mapping(connection=connection, mapping=Mapping(), author=None)
    assert left(connection) == [1, 2, 4, 7]
    shown = page(client, "setup", connection)
    assert "Pleo has ended our authorisation." in shown
    assert "Tryton: the key is not valid." in shown
    assert "for out-of-pocket expenses is not chosen yet" in shown


def test_an_account_that_is_gone_opens_the_step_again(connection: Connection) -> None:
    accounts = [x for x in factories.ACCOUNTS if x.code != "2820"]
    factories.save_catalog(connection, accounts)
    assert left(connection) == [4, 7]


def test_going_live_needs_all_steps(client: Client, connection: Connection) -> None:
    MappingVersion.objects.all().delete()
    reply = client.post(reverse("go-live", args=[connection.public_id]), follow=True)
    assert "Step 4 is not done yet." in reply.content.decode()
    connection.refresh_from_db()
    assert connection.state == "setup"


def test_going_live_and_pausing(desk: Desk) -> None:
    client = Client()
    client.force_login(desk.user)
    args = [desk.connection.public_id]
    Connection.objects.update(state="setup")
    client.post(reverse("accounts", args=args), {"read": "1"})
    live = client.post(reverse("go-live", args=args), follow=True).content.decode()
    assert "Live. Exports are booked in" in live
    assert "Being asked now" in live or "Any moment" in live
    assert "Paused" in client.post(reverse("pause", args=args), follow=True).content.decode()
    assert "Resumed." in client.post(reverse("resume", args=args), follow=True).content.decode()
    checked = client.post(reverse("check-now", args=args), follow=True).content.decode()
    assert "Pleo is being asked for new exports." in checked


def test_what_worked_before_and_does_not_any_more_is_red(
    client: Client, connection: Connection
) -> None:
    assert "Does not work:" not in page(client, "setup", connection)
    connection.pleo_grant.scopes = "export-jobs:read companies:read vendors:read vendors:write"
    connection.pleo_grant.save()
    shown = page(client, "setup", connection)
    assert "entries to export (read), exports (change). Allow them in Pleo." in shown
    assert "Does not work:" in shown


def test_what_pleo_allows_is_shown(client: Client, connection: Connection) -> None:
    allowed = "companies:read export-items:read export-jobs:read export-jobs:write new:thing"
    connection.pleo_grant.scopes = allowed
    connection.pleo_grant.save()
    shown = page(client, "setup", connection)
    assert "entries to export (read), exports (read, change), new (thing)" in shown
    assert "closed up to" in shown


def test_each_step_leads_to_the_next_one_that_is_open(
    client: Client, connection: Connection, tenant: Tenant
) -> None:
    bare = factories.make_bare_connection(tenant)
    assert go_on_at(bare) == reverse("setup", args=[bare.public_id])
    MappingVersion.objects.all().delete()
    accounts = reverse("accounts", args=[connection.public_id])
    assert go_on_at(connection) == accounts
    reply = client.post(accounts, {"wallet_source": "pleo", "out_of_pocket": "2820"})
    assert reply["Location"] == reverse("setup", args=[connection.public_id])


# -- Accounts -----------------------------------------------------------------------------------


def test_suggestions_are_chosen_only_while_nothing_is_saved(
    client: Client, connection: Connection
) -> None:
    MappingVersion.objects.all().delete()
    shown = page(client, "accounts", connection)
    assert "its name contains “payable”" in shown
    assert '<option value="2440" selected>' in shown
    save_mapping(connection=connection, mapping=factories.MAPPING, author=None)
    shown = page(client, "accounts", connection)
    assert "Suggested" not in shown
    assert '<option value="2440" selected>' not in shown


def test_a_suggestion_needs_the_right_kind() -> None:
    expense = replace(factories.ACCOUNTS[0], name="Payable travel", kind="expense")
    assert suggest([expense], "accounts_payable") is None


# Accounts as national charts name them: number, name, kind.
CHARTS: dict[str, list[tuple[str, str, AccountKind]]] = {
    "Danish": [
        ("2210", "Bank", "asset"),
        ("6810", "Kreditorer", "liability"),
        ("6865", "Skyldig løn", "liability"),
        ("6870", "Udlæg fra medarbejdere", "liability"),
        ("7840", "Købsmoms", "liability"),
        ("9130", "Øreafrunding", "expense"),
        ("9210", "Kursgevinst", "revenue"),
        ("9220", "Kurstab", "expense"),
    ],
    "Swedish": [
        ("1930", "Företagskonto, bank", "asset"),
        ("2440", "Leverantörsskulder", "liability"),
        ("2821", "Löneskulder", "liability"),
        ("2820", "Kortfristiga skulder till anställda", "liability"),
        ("2640", "Ingående moms", "liability"),
        ("3740", "Öresavrundning", "expense"),
        ("3960", "Valutakursvinster", "revenue"),
        ("7960", "Valutakursförluster", "expense"),
    ],
    "German": [
        ("1200", "Bank", "asset"),
        ("1600", "Verbindlichkeiten aus Lieferungen und Leistungen", "liability"),
        ("1740", "Verbindlichkeiten aus Lohn und Gehalt", "liability"),
        ("1755", "Auslagen der Mitarbeiter", "liability"),
        ("1570", "Abziehbare Vorsteuer", "asset"),
        ("4990", "Rundungsdifferenzen", "expense"),
        ("2660", "Kursgewinne", "revenue"),
        ("2150", "Kursverluste", "expense"),
    ],
}
SUGGESTED = (
    *("wallet", "accounts_payable", "external_reimbursement", "out_of_pocket"),
    *("tax_in", "rounding", "exchange_gain", "exchange_loss"),
)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_in_another_language_is_understood(chart: str) -> None:
    rows = CHARTS[chart]
    accounts = [Account(code=x, name=name, id=x, kind=kind) for x, name, kind in rows]
    found = {role: suggest(accounts, role) for role in SUGGESTED}
    numbers = [x and x.code for x in found.values()]
    assert numbers == [code for code, _name, _kind in rows]


def test_headings_and_closed_accounts_cannot_be_chosen(
    client: Client, connection: Connection
) -> None:
    shown = page(client, "accounts", connection)
    assert 'value="5000"' not in shown
    assert 'value="6110"' not in shown


def test_saving_accounts_keeps_everything_else(client: Client, connection: Connection) -> None:
    before = replace(factories.MAPPING, posting_behaviour="final", time_zone="Europe/Copenhagen")
    save_mapping(connection=connection, mapping=before, author=None)
    form = {
        "wallet_source": "configured",
        "wallet_DKK": "1920",
        "new_currency": "eur",
        "new_wallet": "1910",
        "out_of_pocket": "2820",
        "accounts_payable": "2440",
        "generic_vendor": "1001",
    }
    reply = client.post(reverse("accounts", args=[connection.public_id]), form)
    assert reply["Location"] == reverse("setup", args=[connection.public_id])
    mapping = load_mapping(connection)
    assert mapping.accounts.wallet == {"DKK": "1920", "EUR": "1910"}
    assert mapping.accounts.wallet_source == "configured"
    assert mapping.accounts.accounts_payable == "2440"
    assert mapping.accounts.transfer is None
    assert mapping.generic_vendor == "1001"
    assert mapping.posting_behaviour == "final"
    assert mapping.time_zone == "Europe/Copenhagen"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"out_of_pocket": ""}, "Choose an account."),
        ({"out_of_pocket": "5000"}, "Select a valid choice"),
        ({"new_currency": "EUR"}, "Choose the wallet account in EUR."),
        ({"new_wallet": "1910"}, "Name the currency of this account."),
        ({"new_currency": "E1R", "new_wallet": "1910"}, "A currency has three letters"),
        ({"wallet_source": "configured", "wallet_DKK": ""}, "Choose the wallet account, or let"),
    ],
)
def test_accounts_that_cannot_be_saved(
    client: Client, connection: Connection, form: dict[str, str], sentence: str
) -> None:
    good = {"wallet_source": "pleo", "out_of_pocket": "2820"}
    reply = client.post(reverse("accounts", args=[connection.public_id]), good | form)
    assert sentence in reply.content.decode()
    assert MappingVersion.objects.count() == 1


def test_a_chosen_account_that_is_gone_is_shown(client: Client, connection: Connection) -> None:
    factories.save_catalog(connection, [x for x in factories.ACCOUNTS if x.code != "2820"])
    shown = page(client, "accounts", connection)
    assert "2820 takes no postings any more" in shown


def test_reading_the_accounts_again(desk: Desk, fake_erp: object) -> None:
    client = Client()
    client.force_login(desk.user)
    url = reverse("accounts", args=[desk.connection.public_id])
    assert "Read again." in client.post(url, {"read": "1"}, follow=True).content.decode()
    Connection.objects.update(erp_settings={"base_url": "http://127.0.0.1:9"})
    reply = client.post(url, {"read": "1"}, follow=True).content.decode()
    assert "The accounts could not be read." in reply


# -- Dimensions and posting ---------------------------------------------------------------------


def test_dimensions(client: Client, connection: Connection) -> None:
    url = reverse("dimensions", args=[connection.public_id])
    shown = client.get(url).content.decode()
    assert "Department" in shown
    assert 'placeholder="department"' in shown
    client.post(url, {"group_0": "team", "in_text": "colour, season"})
    wanted = {"team": "department", "colour": None, "season": None}
    assert load_mapping(connection).dimensions == wanted
    shown = client.get(url).content.decode()
    assert 'value="team"' in shown
    assert 'value="colour, season"' in shown


def test_a_tag_group_feeds_one_dimension(client: Client, connection: Connection) -> None:
    url = reverse("dimensions", args=[connection.public_id])
    twice = client.post(url, {"group_0": "team", "group_1": "TEAM"}).content.decode()
    assert "Tag group TEAM feeds Department already." in twice
    both = client.post(url, {"group_0": "team", "in_text": "team"}).content.decode()
    assert "Tag group team feeds Department." in both


def test_posting(client: Client, connection: Connection) -> None:
    url = reverse("posting", args=[connection.public_id])
    form = {
        "posting_behaviour": "final",
        "closed_period": "fail",
        "missing_receipt": "fail",
        "time_zone": "Europe/Copenhagen",
        "journal_mileage": "MIL",
    }
    client.post(url, form)
    mapping = load_mapping(connection)
    assert mapping.posting_behaviour == "final"
    assert mapping.closed_period == "fail"
    assert mapping.missing_receipt == "fail"
    assert mapping.journals == {"mileage": "MIL"}
    assert mapping.accounts == factories.MAPPING.accounts


def test_employees_as_vendors_and_accounts_of_entries_without_category(
    client: Client, connection: Connection
) -> None:
    chosen = {
        "wallet_source": "pleo",
        "out_of_pocket": "2820",
        "employee_ledger": "vendor",
        "default_employee_vendor": "1001",
        "default_fee": "6540",
    }
    client.post(reverse("accounts", args=[connection.public_id]), chosen)
    saved = load_mapping(connection)
    assert (saved.employee_ledger, saved.default_employee_vendor) == ("vendor", "1001")
    assert saved.accounts.default_expense == {"fee": "6540"}


def test_special_settings_of_posting(client: Client, connection: Connection) -> None:
    url = reverse("posting", args=[connection.public_id])
    form = {
        "posting_behaviour": "final",
        "closed_period": "fail",
        "missing_receipt": "fail",
        "time_zone": "UTC",
    }
    special = {
        "erp_changes": "accept",
        "journal_per": "job",
        "invoice_currency": "wallet",
        "fx_difference": "line",
        "minor_units": "hundredths",
        "legacy_supplier_ap": "yes",
        "dimensions_on_counter_lines": "yes",
        "merge_tax_lines": "yes",
    }
    client.post(url, form | special)
    saved = load_mapping(connection).to_json()
    assert {name: saved[name] for name in special} == special | dict.fromkeys(
        ("legacy_supplier_ap", "dimensions_on_counter_lines", "merge_tax_lines"), True
    )
    client.post(url, form)  # a page that does not show them leaves them as they are
    assert load_mapping(connection).to_json() == saved


def test_a_live_connection_stays_on_its_page(client: Client, tenant: Tenant) -> None:
    connection = factories.make_connection(tenant)
    url = reverse("dimensions", args=[connection.public_id])
    reply = client.post(url, {"group_0": "team"})
    assert reply["Location"] == f"{url}?saved=1"


def test_a_bare_connection_has_pages(client: Client, tenant: Tenant) -> None:
    connection = factories.make_bare_connection(tenant)
    for name in (
        "connection",
        "setup",
        "erp-choose",
        "accounts",
        "dimensions",
        "posting",
        "exports",
    ):
        assert client.get(reverse(name, args=[connection.public_id])).status_code == 200
