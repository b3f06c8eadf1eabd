"""What admin calls share: bodies, companies, loopback check."""

import ipaddress
from typing import Any

from flask import request

from .errors import ApiError, invalid, missing
from .seeds.companies import COMPANIES, Company
from .state import sim
from .store import Row


def loopback_only() -> None:
    address = request.remote_addr or ""
    if not ipaddress.ip_address(address).is_loopback:
        raise ApiError(403, "ACCESS_DENIED", "Admin calls are taken from this machine only.")


def body_of() -> dict[str, Any]:
    body = request.get_json(silent=True) if request.data else {}
    if not isinstance(body, dict):
        raise invalid("the body is not a JSON object")
    return body


def members(body: Any, *known: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid("an object is expected")
    for name in body:
        if name not in known:
            raise invalid(f"unknown member {name}; known are {', '.join(known)}")
    return body


def company_row(company_id: str) -> Row:
    row = sim().store.one("SELECT * FROM companies WHERE id = ?", company_id)
    if row is None:
        raise missing("Company not found.")
    return row


def seed_company(company_id: str) -> Company:
    for company in COMPANIES:
        if company.id == company_id:
            return company
    raise missing("Company not found.")
