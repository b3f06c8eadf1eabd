"""Rules and mapped codes out to a file and in again: all of it, or nothing."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from pleo_connector.connections.models import Connection
from pleo_connector.mapping.actions import load_mapping
from pleo_connector.mapping.models import MappingVersion
from pleo_connector.tenants.models import Tenant
from pleo_connector.web import csv_read, mapping_files
from tests.app import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Any:
    made = factories.make_tenant()
    with scope(tenant=made):
        yield made


@pytest.fixture
def connection(tenant: Tenant) -> Connection:
    return factories.make_connection(tenant)


@pytest.fixture
def client(tenant: Tenant) -> Client:
    client = Client()
    client.force_login(factories.owner_of(tenant))
    return client


def saved(client: Client, connection: Connection, which: str) -> bytes:
    reply: Any = client.get(reverse("mapping-csv", args=[connection.public_id, which]))
    return b"".join(reply.streaming_content)


def send(client: Client, connection: Connection, which: str, content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    form = {"list": which, "file": SimpleUploadedFile("list.csv", data)}
    url = reverse("mapping-files", args=[connection.public_id])
    return " ".join(client.post(url, form, follow=True).content.decode().split())


def test_what_was_saved_is_read_back_as_the_same(client: Client, connection: Connection) -> None:
    before = load_mapping(connection)
    content = saved(client, connection, "rules")
    assert "Nothing was changed." in send(client, connection, "rules", content)
    assert load_mapping(connection) == before
    send(client, connection, "rules", content.splitlines()[0])
    assert load_mapping(connection).rules == ()
    send(client, connection, "rules", content)
    assert load_mapping(connection) == before


def test_a_file_of_rules_replaces_the_list(client: Client, connection: Connection) -> None:
    table = "name;types;supplier;account;dimension department\nCars;fee refund;garage;6100;OPS\n"
    said = send(client, connection, "rules", table)
    assert "The file is taken over" in said
    (rule,) = load_mapping(connection).rules
    assert (rule.name, rule.types, rule.account) == ("Cars", ("fee", "refund"), "6100")
    assert rule.dimensions == {"department": "OPS"}


def test_every_wrong_line_is_listed_and_nothing_is_saved(
    client: Client, connection: Connection
) -> None:
    table = (
        "name,types,account,tax_code,currency,dimension project\n"
        "Good,fee,6100,,,\n"
        "Closed,,6110,,,\n"
        "\n"
        "Odd,taxi,6100,,DANISH,\n"
        "Tax,,,U99,,P9\n"
        "Nothing,,,,,\n"
    )
    said = send(client, connection, "rules", table)
    assert "Nothing was saved: 6 things in the file are wrong" in said
    for line in ("Account: ", "Type of entry: ", "Currency: ", "Tax code: ", "Project: "):
        assert line in said
    lines = [x.split("<")[0] for x in said.split('data-label="Line">')[1:]]
    assert lines == ["3", "5", "5", "6", "6", "7"]
    assert len(load_mapping(connection).rules) == 3
    assert MappingVersion.objects.count() == 1


def test_codes_go_out_with_their_gaps_and_come_back_filled(
    client: Client, connection: Connection
) -> None:
    content = saved(client, connection, "categories").decode("utf-8-sig")
    assert "6110,Stationery,\r\n" in content
    filled = content.replace("6110,Stationery,", "6110,Stationery,6100")
    assert "1 change." in send(client, connection, "categories", filled)
    assert load_mapping(connection).account_codes == {"6110": "6100"}
    send(client, connection, "tax-codes", "in_pleo,in_the_erp\nDK-25,i25\n")
    assert load_mapping(connection).tax_codes == {"DK-25": "I25"}


def test_wrong_codes(client: Client, connection: Connection) -> None:
    table = "in_pleo,in_the_erp\n6110,7777\n,6100\nGifts,6100\nGifts,5800\n"
    said = send(client, connection, "categories", table)
    assert "There is no account 7777." in said
    assert "The code of Pleo is missing." in said
    assert "Gifts stands there twice." in said
    assert load_mapping(connection).account_codes == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("in_pleo,colour,in_the_erp\n", "The column colour is not known."),
        ("in_pleo\n", "lacks the column in_the_erp"),
        ("", "lacks the column in_pleo, in_the_erp"),
        ("in_pleo,in_the_erp,in_pleo\n", "Two columns have the same name."),
        (b"in_pleo,in_the_erp\n\xff\xfe\n", "no text in UTF-8"),
    ],
)
def test_what_is_no_such_file(
    client: Client, connection: Connection, content: str | bytes, said: str
) -> None:
    assert said in send(client, connection, "categories", content)


def test_a_file_is_bounded(
    client: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "name,account\n" + "A,6100\n" * 3
    monkeypatch.setattr(mapping_files, "RULES", 2)
    assert "at most 2 lines" in send(client, connection, "rules", rows)
    monkeypatch.setattr(csv_read, "LINES", 2)
    assert "more than 2 lines" in send(client, connection, "rules", rows)
    monkeypatch.setattr(csv_read, "BYTES", 10)
    assert "larger than 2 MB" in send(client, connection, "rules", rows)


def test_a_formula_is_text_on_both_ways(client: Client, connection: Connection) -> None:
    send(client, connection, "rules", "name,account\n'=1+1,6100\n")
    assert load_mapping(connection).rules[0].name == "=1+1"
    assert "'=1+1" in saved(client, connection, "rules").decode()


def test_lists_that_do_not_exist(client: Client, connection: Connection) -> None:
    url = reverse("mapping-csv", args=[connection.public_id, "colours"])
    assert client.get(url).status_code == 404
    assert "Choose a list and a file." in send(client, connection, "colours", "x")
