"""Pleo's rotating tokens: one refresher, whatever happens."""

import threading
from typing import Any

import pytest
from django.db import connection as database
from django.db.models import F
from django.utils import timezone
from django_scopes import scope

from erp_adapters.errors import AuthenticationFailed
from pleo_connector.connections.erp import open_pleo
from pleo_connector.connections.grants import StoredGrant
from pleo_connector.connections.models import PleoGrant
from tests.app.conftest import Desk


def refreshes(desk: Desk, since: int) -> int:
    calls = desk.simulator("GET", f"/calls?after={since}")["calls"]
    return sum(call["path"] == "/oauth/token" for call in calls)


@pytest.mark.django_db(transaction=True)
def test_eight_workers_and_an_expired_token_make_one_refresh(desk: Desk) -> None:
    before = desk.simulator("GET", "/calls")["count"]
    PleoGrant.objects.update(expires_at=F("granted_at"))
    start, headers = threading.Barrier(8), list[str]()

    def worker() -> None:
        with scope(tenant=desk.tenant):
            start.wait()
            headers.append(StoredGrant(desk.connection.pk).header())
        database.close()

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(headers) == 8
    assert len(set(headers)) == 1
    assert refreshes(desk, before) == 1


@pytest.mark.django_db
def test_a_dead_grant_says_so_and_keeps_no_tokens(desk: Desk) -> None:
    for which in ("access", "refresh"):
        desk.simulator("POST", f"/companies/{desk.company['id']}/tokens:expire", which=which)
    grant = StoredGrant(desk.connection.pk)
    with pytest.raises(AuthenticationFailed, match="ended our authorisation"):
        grant.header(refused=grant.header())
    stored = PleoGrant.objects.get()
    assert stored.dead_since is not None
    assert stored.access_token is None
    assert stored.refresh_token is None


@pytest.mark.django_db
def test_tokens_are_encrypted_in_the_database(desk: Desk) -> None:
    token = PleoGrant.objects.get().access_token
    with database.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM connections_pleogrant")
        row: Any = cursor.fetchone()
    assert token
    assert token not in row[0]
    assert row[0].startswith("gAAAA")
    assert row[1].startswith("gAAAA")


@pytest.mark.django_db
def test_an_api_key_goes_as_basic_user_name(desk: Desk) -> None:
    key = desk.simulator("POST", f"/companies/{desk.company['id']}/api-keys")["key"]
    PleoGrant.objects.all().delete()
    PleoGrant.objects.create(connection=desk.connection, api_key=key, granted_at=timezone.now())
    assert str(open_pleo(desk.connection).introspect().company_id) == desk.company["id"]
