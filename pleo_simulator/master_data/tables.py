"""Tables of the master data; `position` is the order of creation and is never used twice."""

COMMON = (
    "position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, company_id TEXT NOT NULL"
)
MADE = "made_by TEXT NOT NULL, created_at REAL NOT NULL, updated_at REAL NOT NULL"

TABLES = f"""
CREATE TABLE IF NOT EXISTS tag_groups (
  {COMMON}, code TEXT NOT NULL, code_key TEXT NOT NULL, name TEXT NOT NULL,
  archived INTEGER NOT NULL, metadata TEXT NOT NULL, {MADE});
CREATE INDEX IF NOT EXISTS tag_groups_company ON tag_groups (company_id, position);
CREATE TABLE IF NOT EXISTS tags (
  {COMMON}, group_id TEXT NOT NULL, code TEXT NOT NULL, code_key TEXT NOT NULL, name TEXT,
  archived INTEGER NOT NULL, {MADE});
CREATE INDEX IF NOT EXISTS tags_group ON tags (group_id, position);
CREATE INDEX IF NOT EXISTS tags_state ON tags (group_id, archived, position);
CREATE INDEX IF NOT EXISTS tags_code ON tags (group_id, code_key);
CREATE INDEX IF NOT EXISTS tags_company ON tags (company_id, position);
CREATE INDEX IF NOT EXISTS tags_company_state ON tags (company_id, archived, position);
CREATE TABLE IF NOT EXISTS accounts (
  {COMMON}, external_id TEXT NOT NULL, code TEXT, name TEXT NOT NULL, archived INTEGER NOT NULL,
  tax_code_external_id TEXT, metadata TEXT, {MADE});
CREATE INDEX IF NOT EXISTS accounts_company ON accounts (company_id, position);
CREATE INDEX IF NOT EXISTS accounts_external ON accounts (company_id, external_id);
CREATE TABLE IF NOT EXISTS tax_codes (
  {COMMON}, name TEXT NOT NULL, code TEXT, rate REAL NOT NULL, type TEXT NOT NULL,
  archived INTEGER NOT NULL, ingoing_tax_account TEXT, outgoing_tax_account TEXT, {MADE});
CREATE INDEX IF NOT EXISTS tax_codes_company ON tax_codes (company_id, position);
CREATE TABLE IF NOT EXISTS vendors (
  {COMMON}, name TEXT NOT NULL, default_currency TEXT NOT NULL, state TEXT NOT NULL,
  external_id TEXT, code TEXT, country TEXT, registration_number TEXT,
  tax_registration_number TEXT, created_by TEXT, {MADE});
CREATE INDEX IF NOT EXISTS vendors_company ON vendors (company_id, position);
CREATE INDEX IF NOT EXISTS vendors_external ON vendors (company_id, external_id);
CREATE INDEX IF NOT EXISTS vendors_code ON vendors (company_id, code);
CREATE TABLE IF NOT EXISTS categories (
  {COMMON}, name TEXT NOT NULL, group_type TEXT NOT NULL, account_id TEXT, tax_code_id TEXT,
  archived INTEGER NOT NULL, {MADE});
CREATE INDEX IF NOT EXISTS categories_account ON categories (account_id);
CREATE TABLE IF NOT EXISTS employees (
  {COMMON}, email TEXT NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL, code TEXT,
  job_title TEXT, phone TEXT, {MADE});
CREATE INDEX IF NOT EXISTS employees_company ON employees (company_id, position);
"""

NAMES = ("tag_groups", "tags", "accounts", "tax_codes", "vendors", "categories", "employees")
