"""Pleo's API, typed, each part in a module of its own."""

from pleo_connector.pleo.account_calls import AccountCalls
from pleo_connector.pleo.door import Authorizer
from pleo_connector.pleo.export_calls import (
    FINAL_ITEM,
    ITEMS_PER_UPDATE,
    UNFINISHED,
    ExportCalls,
    Introspection,
    ItemResult,
    Job,
    JobItem,
    parse_timestamp,
    timestamp,
)
from pleo_connector.pleo.tag_calls import TagCalls
from pleo_connector.pleo.tax_code_calls import TaxCodeCalls
from pleo_connector.pleo.vendor_calls import VendorCalls

__all__ = [
    "FINAL_ITEM",
    "ITEMS_PER_UPDATE",
    "UNFINISHED",
    "Authorizer",
    "Introspection",
    "ItemResult",
    "Job",
    "JobItem",
    "PleoClient",
    "parse_timestamp",
    "timestamp",
]


class PleoClient(ExportCalls, TagCalls, AccountCalls, TaxCodeCalls, VendorCalls):
    """One Pleo company's API."""
