"""Tag groups, tags, accounts, tax codes, vendors, employees: what an integration keeps in step."""
