"""What the database itself keeps apart, where a filter was forgotten."""

from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django_scopes import scope, scopes_disabled

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.history.models import RemoteCall
from pleo_connector.tenants.fence.policies import POLICY, fenced
from pleo_connector.tenants.models import AuditEntry
from tests.app.test_api import Program, make_program

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours() -> Program:
    return make_program()


@pytest.fixture
def theirs() -> Program:
    return make_program("Skovgaard")


def rows(model: Any) -> int:
    """Without any filter of ours: as somebody would who forgot it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
        return int(cursor.fetchone()[0])


def test_every_model_of_a_tenant_is_fenced() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid "
            "WHERE relrowsecurity AND relforcerowsecurity AND polname = %s",
            [POLICY],
        )
        found = {name for (name,) in cursor.fetchall()}
    assert found == {model._meta.db_table for model in fenced()}


def test_the_product_does_not_work_as_a_superuser() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize(
    "model",
    [Connection, ExportJob, ExportJobItem, Posting, RemoteCall, AuditEntry],
    ids=lambda model: model.__name__,
)
def test_a_forgotten_filter_finds_the_own_rows_only(
    ours: Program, theirs: Program, model: Any
) -> None:
    with scope(tenant=ours.tenant):
        own = model.objects.count()
        assert rows(model) == own > 0
    with scopes_disabled():
        assert rows(model) == 2 * own
    assert rows(model) == 0


def test_a_foreign_key_does_not_lead_to_another_tenant(ours: Program, theirs: Program) -> None:
    with scope(tenant=ours.tenant), pytest.raises(Connection.DoesNotExist):
        _ = ExportJob(connection_id=theirs.connection.pk).connection


def test_nothing_is_written_to_another_tenant(ours: Program, theirs: Program) -> None:
    with scope(tenant=ours.tenant):
        assert Connection._base_manager.filter(pk=theirs.connection.pk).update(state="paused") == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Connection.objects.create(tenant=theirs.tenant)
    theirs_now = Connection.objects.with_scopes_disabled()  # type: ignore[attr-defined]
    with scopes_disabled():
        assert theirs_now.get(pk=theirs.connection.pk).state == "live"


def test_a_rollback_does_not_leave_the_scope_of_another(ours: Program, theirs: Program) -> None:
    """The setting is taken back with the transaction, and is then set anew."""
    with scope(tenant=ours.tenant):
        own = rows(Connection)
        with suppress(ZeroDivisionError), transaction.atomic():
            with scope(tenant=theirs.tenant):
                rows(Connection)
            raise ZeroDivisionError
        assert rows(Connection) == own
        with connection.cursor() as cursor:
            cursor.execute("SELECT tenant_id FROM connections_connection")
            assert cursor.fetchall() == [(ours.tenant.pk,)]


def test_a_failed_statement_in_another_scope_is_left_behind(ours: Program, theirs: Program) -> None:
    with scope(tenant=ours.tenant):
        with (
            pytest.raises(ProgrammingError),
            transaction.atomic(),
            scope(tenant=theirs.tenant),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT nothing")
        assert rows(Connection) == 1


def test_one_statement_where_the_scope_changes(
    ours: Program, django_assert_num_queries: Any
) -> None:
    with scope(tenant=ours.tenant), django_assert_num_queries(2):
        rows(Connection)
        rows(ExportJob)
