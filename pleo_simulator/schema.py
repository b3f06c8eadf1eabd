"""Tables of the store file. Instants are Unix seconds of the simulator clock."""

from .master_data import tables as master_data

# Raise it with every change below: an older store file is emptied and seeded again.
VERSION = 4

TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS companies (
  id TEXT PRIMARY KEY, position INTEGER NOT NULL, name TEXT NOT NULL, currency TEXT NOT NULL,
  profile TEXT NOT NULL, chart TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS wallets (
  company_id TEXT NOT NULL, currency TEXT NOT NULL, contra_account TEXT,
  PRIMARY KEY (company_id, currency));
CREATE TABLE IF NOT EXISTS users (
  id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS company_users (
  company_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (company_id, user_id));
CREATE TABLE IF NOT EXISTS entries (
  id TEXT PRIMARY KEY, company_id TEXT NOT NULL, position INTEGER NOT NULL, lane TEXT NOT NULL,
  payload TEXT NOT NULL, expected_failure TEXT, external_id TEXT, external_url TEXT,
  last_error TEXT, job_id TEXT,
  type TEXT AS (json_extract(payload, '$.type')) STORED,
  date TEXT AS (json_extract(payload, '$.date')) STORED,
  wallet_currency TEXT AS (json_extract(payload, '$.amount.inWalletCurrency.currency')) STORED);
CREATE INDEX IF NOT EXISTS entries_lane ON entries (company_id, lane, position);
CREATE TABLE IF NOT EXISTS files (
  id TEXT PRIMARY KEY, entry_id TEXT NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL,
  type TEXT NOT NULL, bytes INTEGER, size INTEGER);
CREATE INDEX IF NOT EXISTS files_entry ON files (entry_id, position);
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, position INTEGER NOT NULL, company_id TEXT NOT NULL, status TEXT NOT NULL,
  created_at REAL NOT NULL, created_by TEXT, is_interactive INTEGER NOT NULL,
  number_of_items INTEGER NOT NULL, expires_in INTEGER NOT NULL,
  vendor_based INTEGER NOT NULL, started_at REAL, last_updated_at REAL NOT NULL,
  completed_at REAL, expired_at REAL, failure_reason TEXT, failure_reason_type TEXT);
CREATE INDEX IF NOT EXISTS jobs_company ON jobs (company_id, position);
CREATE TABLE IF NOT EXISTS job_items (
  job_id TEXT NOT NULL, entry_id TEXT NOT NULL, position INTEGER NOT NULL, status TEXT NOT NULL,
  exported_at TEXT, external_id TEXT, external_url TEXT, failure_reason TEXT,
  failure_reason_type TEXT, PRIMARY KEY (job_id, entry_id));
CREATE TABLE IF NOT EXISTS job_events (
  job_id TEXT NOT NULL, at REAL NOT NULL, source TEXT NOT NULL, event TEXT NOT NULL,
  detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clients (
  id TEXT PRIMARY KEY, secret TEXT NOT NULL, name TEXT NOT NULL, application_id TEXT NOT NULL,
  redirect_uris TEXT NOT NULL, scopes TEXT NOT NULL, requires_activation INTEGER NOT NULL,
  initiation_uri TEXT, settings_uri TEXT);
CREATE TABLE IF NOT EXISTS codes (
  code TEXT PRIMARY KEY, client_id TEXT NOT NULL, company_id TEXT NOT NULL,
  user_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, scope TEXT NOT NULL, challenge TEXT,
  expires_at REAL NOT NULL, family_id TEXT);
CREATE TABLE IF NOT EXISTS families (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL, company_id TEXT NOT NULL,
  user_id TEXT NOT NULL, scope TEXT NOT NULL, created_at REAL NOT NULL, revoked_at REAL);
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY, family_id TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  issued_at REAL NOT NULL, expires_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS tokens_family ON tokens (family_id);
CREATE TABLE IF NOT EXISTS api_keys (
  key TEXT PRIMARY KEY, company_id TEXT NOT NULL, client_id TEXT NOT NULL,
  scope TEXT NOT NULL, created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS installations (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL, company_id TEXT NOT NULL, status TEXT NOT NULL,
  metadata TEXT NOT NULL, error_code TEXT, created_at REAL NOT NULL, updated_at REAL NOT NULL,
  UNIQUE (client_id, company_id));
CREATE TABLE IF NOT EXISTS subscriptions (
  id TEXT PRIMARY KEY, position INTEGER NOT NULL, client_id TEXT NOT NULL,
  company_id TEXT NOT NULL, endpoint_url TEXT NOT NULL, event_types TEXT NOT NULL,
  status TEXT NOT NULL, custom_headers TEXT, endpoint_auth TEXT NOT NULL, secret TEXT NOT NULL,
  created_at REAL NOT NULL, updated_at REAL NOT NULL, deleted_at REAL);
CREATE TABLE IF NOT EXISTS activities (
  id TEXT PRIMARY KEY, position INTEGER NOT NULL, subscription_id TEXT NOT NULL,
  operation TEXT NOT NULL, description TEXT NOT NULL, actor TEXT NOT NULL,
  created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
  id TEXT PRIMARY KEY, position INTEGER NOT NULL, subscription_id TEXT NOT NULL,
  company_id TEXT NOT NULL, webhook_id TEXT NOT NULL, event TEXT NOT NULL,
  variant TEXT NOT NULL, state TEXT NOT NULL, attempts TEXT NOT NULL, created_at REAL NOT NULL,
  next_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, next_at);
"""
TABLES += master_data.TABLES

NAMES = (
    "switches",
    "companies",
    "wallets",
    "users",
    "company_users",
    "entries",
    "files",
    "jobs",
    "job_items",
    "job_events",
    "clients",
    "codes",
    "families",
    "tokens",
    "api_keys",
    "installations",
    "subscriptions",
    "activities",
    "deliveries",
    *master_data.NAMES,
)
