"""Connecting an ERP: the form made from the adapter, the live test, and the yes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

import erp_adapters
from pleo_connector.catalog.models import CatalogSnapshot
from pleo_connector.connections.models import Connection, ErpCredentials
from pleo_connector.web import manual, pending
from pleo_connector.web.forms.erp import ErpForm
from tests.app import factories
from tests.app.conftest import FakeErp

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(settings: Any) -> Iterator[None]:
    settings.HIDDEN_ADAPTERS = []
    with scopes_disabled():
        yield


@pytest.fixture
def connection() -> Connection:
    return factories.make_bare_connection(factories.make_tenant())


@pytest.fixture
def client(connection: Connection) -> Client:
    client = Client()
    client.force_login(factories.owner_of(connection.tenant))
    return client


def here(connection: Connection, kind: str = "fake") -> str:
    return reverse("erp-connect", args=[connection.public_id, kind])


def connect(client: Client, connection: Connection, erp: FakeErp, **extra: str) -> Any:
    """The form filled in, then the yes."""
    values = {"base_url": erp.url, "tax_manner": "send_tax_lines", "secret_key": "fake-key"}
    tested = client.post(here(connection), values)
    assert tested.status_code == 302, tested.content.decode()
    return client.post(tested["Location"], extra)


@pytest.mark.parametrize("kind", ["fake", "tryton"])
def test_the_form_asks_what_the_adapter_declares(kind: str) -> None:
    adapter = erp_adapters.get(kind)
    form = ErpForm(adapter=adapter, stored_settings={}, stored_secrets={})
    page = form.as_p()
    for secret in adapter.auth.secrets:
        assert secret.label in page
        field = form.fields[f"secret_{secret.name}"]
        assert field.required is secret.required
        assert field.widget.input_type == "password"
    assert form.fields["base_url"].required
    assert form.fields["base_url"].label == "Address"


def test_choosing(client: Client, connection: Connection, settings: Any) -> None:
    url = reverse("erp-choose", args=[connection.public_id])
    assert "Fake ERP" in client.get(url).content.decode()
    settings.HIDDEN_ADAPTERS = ["fake"]
    page = client.get(url).content.decode()
    assert "Tryton" in page
    assert "Fake ERP" not in page
    assert client.get(here(connection)).status_code == 404
    assert client.get(here(connection, "nothing")).status_code == 404


def test_connecting(client: Client, connection: Connection, fake_erp: FakeErp) -> None:
    values = {"base_url": fake_erp.url, "tax_manner": "send_tax_lines", "secret_key": "fake-key"}
    tested = client.post(here(connection), values)
    confirm = client.get(tested["Location"]).content.decode()
    assert "Is this the right company?" in confirm
    assert "DKK" in confirm
    assert not ErpCredentials.objects.exists()  # nothing is kept before the yes
    done = client.post(tested["Location"])
    assert done["Location"] == reverse("setup", args=[connection.public_id])
    connection.refresh_from_db()
    assert connection.erp_kind == "fake"
    assert connection.erp_confirmed_at
    assert connection.erp_country == "DK"
    step = client.get(done["Location"]).content.decode()
    assert "country Denmark, books in DKK" in step
    assert ErpCredentials.objects.get().secrets == {"key": "fake-key"}
    assert CatalogSnapshot.objects.filter(connection=connection).count() == 5


def test_secrets_wait_encrypted(client: Client, connection: Connection, fake_erp: FakeErp) -> None:
    values = {"base_url": fake_erp.url, "tax_manner": "send_tax_lines", "secret_key": "fake-key"}
    client.post(here(connection), values)
    assert "fake-key" not in str(client.session[pending.KEY])
    page = client.get(here(connection) + "?confirm").content.decode()
    assert "fake-key" not in page


def test_what_goes_wrong_is_a_sentence_at_the_form(
    client: Client, connection: Connection, fake_erp: FakeErp
) -> None:
    wrong_key = {"base_url": fake_erp.url, "tax_manner": "send_tax_lines", "secret_key": "nope"}
    page = client.post(here(connection), wrong_key).content.decode()
    assert "alert-bad" in page
    assert "nope" not in page
    nowhere = wrong_key | {"base_url": "http://127.0.0.1:9"}
    assert "alert-bad" in client.post(here(connection), nowhere).content.decode()
    unreadable = wrong_key | {"base_url": "not an address"}
    assert client.post(here(connection), unreadable).status_code == 200


def test_a_value_error_lands_at_its_field() -> None:
    form = ErpForm(
        {}, adapter=erp_adapters.get("fake"), stored_settings={}, stored_secrets={"key": "k"}
    )
    form.is_valid()
    form.refuse("base_url: The address is not one of this network.")
    assert "The address is not one of this network." in form.errors["base_url"]
    form.refuse("Something else.")
    assert form.non_field_errors() == ["Something else."]


def test_an_empty_secret_keeps_the_stored_one(
    client: Client, connection: Connection, fake_erp: FakeErp
) -> None:
    connect(client, connection, fake_erp)
    again = {"base_url": fake_erp.url, "tax_manner": "send_tax_lines", "secret_key": ""}
    tested = client.post(here(connection), again)
    assert tested.status_code == 302
    client.post(tested["Location"])
    assert ErpCredentials.objects.get().secrets == {"key": "fake-key"}


def test_a_stored_secret_is_not_sent_to_a_new_address(
    client: Client, connection: Connection, fake_erp: FakeErp
) -> None:
    connect(client, connection, fake_erp)
    moved = {"base_url": "http://127.0.0.1:9", "tax_manner": "send_tax_lines", "secret_key": ""}
    page = client.post(here(connection), moved).content.decode()
    assert "The address changed, so the stored API key is not sent there." in page


def test_another_company_needs_a_tick(
    client: Client, connection: Connection, fake_erp: FakeErp
) -> None:
    connect(client, connection, fake_erp)
    connection.refresh_from_db()
    connection.erp_company_id, connection.erp_company_name = "before", "Books before"
    connection.save()
    values = {"base_url": fake_erp.url, "tax_manner": "send_tax_lines", "secret_key": ""}
    tested = client.post(here(connection), values)
    assert "Books before" in client.get(tested["Location"]).content.decode()
    refused = client.post(tested["Location"])
    assert "Nothing was changed." in refused.content.decode()
    connection.refresh_from_db()
    assert connection.erp_company_id == "before"
    assert client.post(tested["Location"], {"switch": "1"}).status_code == 302
    connection.refresh_from_db()
    assert connection.erp_company_id != "before"


def test_a_yes_without_a_test(client: Client, connection: Connection) -> None:
    reply = client.post(here(connection) + "?confirm")
    assert reply["Location"] == here(connection)
    connection.refresh_from_db()
    assert not connection.erp_kind


def test_a_test_for_one_connection_is_no_yes_for_another(
    client: Client, connection: Connection, fake_erp: FakeErp
) -> None:
    values = {"base_url": fake_erp.url, "tax_manner": "send_tax_lines", "secret_key": "fake-key"}
    client.post(here(connection), values)
    other = factories.make_bare_connection(connection.tenant)
    client.post(here(other) + "?confirm")
    other.refresh_from_db()
    assert not other.erp_kind


def test_the_manual_is_escaped() -> None:
    text = (
        "# Title\nSome <b>text</b> with `code`, **bold** and *words*.\n\n"
        "| a | b |\n| --- | --- |\n| <x> | y |\n\n"
        "[good](https://a.example) [bad](javascript:alert(1))"
    )
    page = manual.render(text)
    assert "<h2>Title</h2>" in page
    assert "&lt;b&gt;text&lt;/b&gt; with <code>code</code>, <strong>bold</strong>" in page
    assert '<th scope="col">a</th>' in page
    assert '<td data-label="a">&lt;x&gt;</td>\n<td data-label="b">y</td>' in page
    assert '<a href="https://a.example">good</a>' in page
    assert 'href="javascript' not in page


def test_the_manual_says_which_language_it_is_in(
    client: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A screen reader has to know, where there is none in the reader's own."""
    (tmp_path / "setup.md").write_text("# Connecting it\n")
    monkeypatch.setattr(manual, "files", lambda _: tmp_path)
    client.cookies["django_language"] = "da"
    page = reverse("erp-connect", args=[connection.public_id, "tryton"])
    assert '<aside class="manual" lang="en"' in client.get(page).content.decode()
    (tmp_path / "setup.da.md").write_text("# Forbind det\n")
    assert '<aside class="manual" lang="da"' in client.get(page).content.decode()
