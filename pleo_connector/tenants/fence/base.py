"""Django's backend for PostgreSQL whose sessions follow the scope of their thread.

One statement of its own where the scope has changed since the last one, none otherwise. The setting
is the session's, so a pooler has to pool sessions, not transactions.
"""

from typing import Any

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base, schema
from django_scopes import get_scope
from psycopg.pq import TransactionStatus

SETTING = "app.tenant"
ALL = "*"  # the way around the fence
ROLE = "connector_app"  # a superuser has to become it, as no policy counts for one

# Once migrations have given the role what it needs in this database.
TAKE_ROLE = f"""
SELECT set_config('role', '{ROLE}', false) FROM pg_roles me, pg_roles app
WHERE me.rolname = session_user AND me.rolsuper AND app.rolname = '{ROLE}'
  AND has_table_privilege(app.oid, to_regclass('tenants_tenant'), 'INSERT')
"""  # noqa: S608 - constants


class SchemaEditor(schema.DatabaseSchemaEditor):
    """Migrations work on the tables of all tenants, as their owner."""

    connection: "DatabaseWrapper"

    def __enter__(self) -> "SchemaEditor":
        self.connection.step_out()
        super().__enter__()
        return self

    def __exit__(self, *args: Any) -> None:
        try:
            super().__exit__(*args)
        finally:
            self.connection.step_in()


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor
    _tenant: str | None = None  # what the session's setting is; None where that is not known
    _is_outside = False

    def init_connection_state(self) -> None:
        super().init_connection_state()
        self._tenant = None
        self._take_role()

    def step_out(self) -> None:
        self.ensure_connection()
        self._is_outside, self._tenant = True, None
        self.connection.execute("RESET ROLE")

    def step_in(self) -> None:
        self._is_outside, self._tenant = False, None
        if self.connection is not None and not self.connection.closed:
            self._take_role()

    def _take_role(self) -> None:
        if self.alias != NO_DB_ALIAS and not self._is_outside:
            self.connection.execute(TAKE_ROLE)

    def _cursor(self, name: str | None = None) -> Any:
        cursor = super()._cursor(name)  # type: ignore[misc]  # not in the stubs
        wanted = ALL if self._is_outside else _wanted()
        if wanted != self._tenant and self._is_usable():
            with self.wrap_database_errors:
                self.connection.execute("SELECT set_config(%s, %s, false)", [SETTING, wanted])
            self._tenant = wanted
        return cursor

    def _is_usable(self) -> bool:
        """Not in a transaction that failed: there only a rollback is taken."""
        return bool(self.connection.info.transaction_status != TransactionStatus.INERROR)

    def _rollback(self) -> Any:
        self._tenant = None  # a rollback takes the setting back too
        return super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self._tenant = None


def _wanted() -> str:
    scope = get_scope()
    if not scope.get("_enabled", True):
        return ALL
    tenant = scope.get("tenant")
    return str(tenant.pk) if tenant is not None else ""
