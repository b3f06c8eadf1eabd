"""What the tables demand. Written anew after each migration, where something is missing."""

from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import ForeignKey, Model

from pleo_connector.tenants.fence.base import ALL, ROLE, SETTING
from pleo_connector.tenants.models import Tenant

POLICY = "tenant_fence"
COLUMN = "fence_tenant_id"  # of tables that know their tenant only through others
NOW = f"current_setting('{SETTING}', true)"
OWN = f"NULLIF(NULLIF({NOW}, '{ALL}'), '')::bigint"


def fenced() -> list[type[Model]]:
    """All models whose managers demand a scope."""
    return [x for x in apps.get_models() if hasattr(x._default_manager, "with_scopes_disabled")]


def owner_of(model: type[Model]) -> Any:
    """The foreign key that leads to the tenant by the shortest way."""
    keys = [x for x in model._meta.concrete_fields if isinstance(x, ForeignKey) and not x.null]
    near = [x for x in keys if _steps(x.related_model) < 9]
    return min(near, key=lambda x: _steps(x.related_model))


def _steps(model: Any) -> int:
    if model is Tenant:
        return 0
    return 1 + _steps(owner_of(model).related_model) if model in fenced() else 9


def condition(column: str) -> str:
    """Without a look at another table: the planner must not find another way for a query."""
    return f"(SELECT {NOW}) = '{ALL}' OR {column} = (SELECT {OWN})"


def raise_fence(*, using: str, **_: Any) -> None:
    """Called after migrations. A superuser gets a role of less power to work as."""
    connection: Any = connections[using]
    if not hasattr(connection, "step_out"):
        return
    connection.step_out()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
            if cursor.fetchone()[0]:
                cursor.execute(MAKE_ROLE)
            for model in sorted(fenced(), key=_steps):
                _fence(cursor, model)
    finally:
        connection.step_in()


def _fence(cursor: Any, model: type[Model]) -> None:
    table, key = model._meta.db_table, owner_of(model)
    column = key.column if key.related_model is Tenant else COLUMN
    cursor.execute(IS_FENCED, [POLICY, table])
    if cursor.fetchone() == (True, condition(column)):
        return
    if column == COLUMN:
        parent = key.related_model
        is_last = owner_of(parent).related_model is Tenant
        names = {
            "table": table,
            "column": COLUMN,
            "own": OWN,
            "key": key.column,
            "parent": parent._meta.db_table,
            "theirs": owner_of(parent).column if is_last else COLUMN,
        }
        cursor.execute(ADD_COLUMN.format(**names))
    cursor.execute(
        f"DROP POLICY IF EXISTS {POLICY} ON {table};"
        f"CREATE POLICY {POLICY} ON {table} USING ({condition(column)});"
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    )
    cursor.execute(f"COMMENT ON POLICY {POLICY} ON {table} IS %s", [condition(column)])


IS_FENCED = """
SELECT relforcerowsecurity AND relrowsecurity, obj_description(p.oid, 'pg_policy')
FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = %s
WHERE c.oid = %s::regclass
"""
# The scope fills it; where none is open the row it hangs on does. Django does not know it.
ADD_COLUMN = """
ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} bigint;
ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {own};
UPDATE {table} SET {column} = parent.{theirs} FROM {parent} parent
    WHERE parent.id = {table}.{key} AND {table}.{column} IS NULL;
CREATE OR REPLACE FUNCTION {table}_fence() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.{column} := (SELECT {theirs} FROM {parent} WHERE id = NEW.{key});
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER {table}_fence BEFORE INSERT ON {table}
    FOR EACH ROW WHEN (NEW.{column} IS NULL) EXECUTE FUNCTION {table}_fence();
"""
MAKE_ROLE = f"""
DO $$ BEGIN
    CREATE ROLE {ROLE} NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT USAGE ON SCHEMA public TO {ROLE};
GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE};
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE};
"""
