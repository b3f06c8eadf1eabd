"""The second fence around a tenant's rows: row-level security in Postgres.

The first one are django-scopes' managers. Where a filter was forgotten, or a row is reached in
another way, the database itself gives and takes nothing of another tenant.

`base` is a database backend that tells each session whose scope is open; `policies` are what the
tables demand. Without a scope no row is there; `scopes_disabled()` is the one way around.
"""
