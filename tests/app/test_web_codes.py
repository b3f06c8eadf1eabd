"""Categories and tax codes of Pleo: what is mapped, what waits, and how gaps are closed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from pleo_connector.bookkeeping.codes import PleoCode
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.actions import load_mapping, load_numbered, note_codes, save_mapping
from pleo_connector.mapping.models import MappingVersion, SeenCode
from pleo_connector.tenants.models import Tenant
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


def url(connection: Connection, name: str = "categories") -> str:
    return reverse(name, args=[connection.public_id])


def text(reply: Any) -> str:
    return " ".join(reply.content.decode().split())


def test_gaps_are_counted_with_the_entries_that_wait(
    client: Client, connection: Connection
) -> None:
    factories.make_job(connection, failed=4)  # two of them refer to 6110
    factories.make_job(connection, booked=3, ago=timedelta(days=1))
    shown = text(client.get(url(connection)))
    assert "3 of 7 categories have an account." in shown
    assert "2 entries could not be booked for want of one." in shown
    assert shown.index(">6110<") < shown.index(">5800<")  # gaps first
    taxes = text(client.get(url(connection, "tax-codes")))
    assert "2 of 3 tax codes are not known in" in taxes


def test_each_suggestion_says_why(client: Client, connection: Connection) -> None:
    shown = text(client.get(url(connection)))
    assert "6100 Office supplies: it is the same number, written otherwise" in shown
    assert "6540 Software and subscriptions: its name has “software” too" in shown
    taxes = text(client.get(url(connection, "tax-codes")))
    assert "I25 Input 25 %: no other tax code has this rate" in taxes


def test_one_suggestion_or_all_of_them_are_taken(client: Client, connection: Connection) -> None:
    client.post(url(connection), {"take": "61-00"})
    assert load_mapping(connection).account_codes == {"61-00": "6100"}
    client.post(url(connection), {"suggested": "1"})
    assert load_mapping(connection).account_codes == {"61-00": "6100", "6841": "6540"}
    client.post(url(connection, "tax-codes"), {"suggested": "1"})
    assert load_mapping(connection).tax_codes == {"DK-25": "I25"}


def test_targets_are_typed_for_one_code_each(client: Client, connection: Connection) -> None:
    client.post(url(connection), {"to:6110": "6100", "to:Gifts": " 20 ", "to:5800": ""})
    assert load_mapping(connection).account_codes == {"6110": "6100", "Gifts": "6100"}
    client.post(url(connection), {"to:6110": "", "to:Gifts": "5800"})
    assert load_mapping(connection).account_codes == {"Gifts": "5800"}


def test_one_target_is_set_for_all_that_are_ticked(client: Client, connection: Connection) -> None:
    ticked = {"tick": ["6110", "Gifts"], "target": "6540", "bulk": "1"}
    client.post(url(connection), ticked | {"to:6110": "unused"})
    assert load_mapping(connection).account_codes == {"6110": "6540", "Gifts": "6540"}
    none = client.post(url(connection), {"target": "6540", "bulk": "1"})
    assert "Pick the codes that it is for." in text(none)


def test_a_code_that_was_not_seen_yet_is_added(client: Client, connection: Connection) -> None:
    client.post(url(connection), {"new_code": "9999", "new_target": "5800"})
    assert load_mapping(connection).account_codes == {"9999": "5800"}
    assert ">9999<" in text(client.get(url(connection)))
    unfinished = client.post(url(connection), {"new_code": "9998"})
    assert "Choose what it stands for." in text(unfinished)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("7777", "There is no account 7777."),
        ("6110", "Account 6110 is inactive."),
        ("5000", "Account 5000 is a heading and takes no postings."),
    ],
)
def test_nothing_is_saved_where_one_target_is_wrong(
    client: Client, connection: Connection, target: str, said: str
) -> None:
    reply = client.post(url(connection), {"to:Gifts": target, "to:6841": "6540"})
    assert f">Gifts: {said}<" in text(reply)  # the way to the field names it
    assert f'value="{target}"' in text(reply)  # what was typed stays
    assert load_mapping(connection).account_codes == {}


def test_the_list_is_searched_and_narrowed(client: Client, connection: Connection) -> None:
    found = text(client.get(url(connection), {"q": "gif"}))
    assert ">Gifts<" in found
    assert ">5800<" not in found
    mapped = text(client.get(url(connection), {"show": "mapped"}))
    assert ">5800<" in mapped
    assert ">Gifts<" not in mapped
    alone = text(client.get(url(connection), {"code": "6110"}))
    assert ">6110<" in alone
    assert "Show all 7" in alone
    unknown = text(client.get(url(connection), {"code": "Tryton: there is no such account"}))
    assert ">5800<" in unknown


def test_after_saving_the_entries_that_waited_can_be_exported_again(
    client: Client, connection: Connection
) -> None:
    factories.make_job(connection, booked=3, failed=4)
    again = url(connection, "mended-again")
    assert again not in text(client.get(url(connection)))
    still = client.post(url(connection), {"to:Gifts": "5800"}, follow=True)
    assert again not in text(still)  # 6110 has no account yet
    saved = client.post(url(connection), {"to:6110": "6100"}, follow=True)
    assert "2 entries waited for this." in text(saved)
    assert "Export 2 entries again" in text(saved)
    assert again in text(saved)


def test_other_pages_of_the_mapping_offer_their_own_entries(
    client: Client, connection: Connection
) -> None:
    factories.make_job(connection, failed=5)  # two of them want another dimension value
    page = url(connection, "dimensions")
    saved = client.post(page, {"group_0": "team"}, follow=True)
    assert "2 entries waited for this." in text(saved)
    assert url(connection, "mended-again") in text(saved)
    assert "waited for this" not in text(client.get(page))


def test_a_problem_of_another_connection_is_not_exported(
    client: Client, connection: Connection, tenant: Tenant
) -> None:
    other = factories.make_connection(tenant, name="Sydhavn")
    factories.make_job(other, failed=3)
    theirs = {"problem": [str(x.public_id) for x in other.problems.all()] + ["nonsense"]}
    reply = client.post(url(connection, "mended-again"), theirs, follow=True)
    assert "There is nothing to export again." in text(reply)


def test_an_outdated_page_saves_nothing(client: Client, connection: Connection) -> None:
    mapping, version = load_numbered(connection)
    newer = replace(mapping, account_codes={"Gifts": "5800"})
    save_mapping(connection=connection, mapping=newer, author=None)
    old = {"take": "61-00", "version": str(version)}
    assert "nothing was saved" in text(client.post(url(connection), old, follow=True))
    assert load_mapping(connection) == newer


def test_nothing_seen_yet(client: Client, connection: Connection) -> None:
    SeenCode.objects.all().delete()
    shown = text(client.get(url(connection)))
    assert "Which category goes to which account?" in shown
    assert "Pleo has sent none yet." in shown
    assert MappingVersion.objects.count() == 1


def test_codes_are_noted_once_with_their_latest_name(connection: Connection) -> None:
    now = timezone.now()
    for name in ("Old", "New"):
        code = PleoCode(kind="category", key="77", name=name)
        note_codes(connection=connection, codes=[code, code], now=now)
    (row,) = SeenCode.objects.filter(connection=connection, key="77")
    assert row.name == "New"


def test_a_long_list_costs_no_more_queries(
    client: Client, connection: Connection, django_assert_max_num_queries: Any
) -> None:
    codes = [PleoCode(kind="category", key=f"9{n:04}", name="Thing") for n in range(1000)]
    note_codes(connection=connection, codes=codes, now=timezone.now())
    factories.make_job(connection, failed=30)
    with django_assert_max_num_queries(15):
        assert "1,007 categories" in text(client.get(url(connection)))
