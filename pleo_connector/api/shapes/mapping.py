"""The mapping in JSON, and its JSON Schema, which is read off the dataclasses."""

from collections.abc import Mapping as Map
from dataclasses import fields
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pleo_connector.api.shapes.base import Shape
from pleo_connector.bookkeeping.mapping import Accounts, Mapping, MappingRule
from pleo_connector.bookkeeping.sides import TYPES

OURS = (Mapping, Accounts, MappingRule)
TEXT = {"type": "string", "pattern": r"\S"}
CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$"}
ENTRY_TYPE = {"type": "string", "enum": sorted(TYPES)}
# What the types do not say: maps by entry type or currency, and names with a meaning.
SPECIAL: dict[tuple[type, str], dict[str, Any]] = {
    (Accounts, "wallet"): {
        "type": "object",
        "additionalProperties": TEXT,
        "propertyNames": CURRENCY,
    },
    (Accounts, "default_expense"): {
        "type": "object",
        "additionalProperties": TEXT,
        "propertyNames": ENTRY_TYPE,
    },
    (Mapping, "journals"): {
        "type": "object",
        "additionalProperties": TEXT,
        "propertyNames": ENTRY_TYPE,
    },
    (Mapping, "time_zone"): {"type": "string", "example": "Europe/Copenhagen"},
    (MappingRule, "name"): {"type": "string"},
    (MappingRule, "types"): {"type": "array", "items": ENTRY_TYPE},
    (MappingRule, "currency"): CURRENCY | {"type": ["string", "null"]},
}


def schema_of(kind: Any) -> dict[str, Any]:
    """JSON Schema of one of the mapping's types."""
    if kind in OURS:
        hints = get_type_hints(kind)
        members = {
            x.name: SPECIAL.get((kind, x.name)) or schema_of(hints[x.name]) for x in fields(kind)
        }
        return {"type": "object", "properties": members, "additionalProperties": False}
    if kind in SIMPLE:
        return SIMPLE[kind]
    args = get_args(kind)
    if get_origin(kind) is Literal:
        return {"type": "string", "enum": list(args)}
    if get_origin(kind) is tuple:
        return {"type": "array", "items": schema_of(args[0])}
    if get_origin(kind) in (Union, UnionType):
        (inner,) = (x for x in args if x is not NoneType)
        return schema_of(inner) | {"type": ["string", "null"]}
    assert get_origin(kind) is Map, kind
    return {
        "type": "object",
        "additionalProperties": schema_of(args[1]),
        "propertyNames": TEXT,
    }


SIMPLE: dict[Any, dict[str, Any]] = {
    str: TEXT,
    bool: {"type": "boolean"},
    Decimal: {"type": "string", "pattern": r"^\d{1,12}(\.\d{1,4})?$"},
}


@extend_schema_field(schema_of(Mapping))
class Settings(serializers.JSONField):
    """Checked by the mapping itself, as on the pages."""


class NewMapping(Shape):
    settings = Settings(help_text="All settings; one that is left out has its default.")
    based_on = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        help_text="The version that was read. Refused with 409 where a newer one exists.",
    )


class MappingShape(Shape):
    version = serializers.IntegerField(help_text="0 while only defaults count.")
    settings = Settings()


class VersionShape(Shape):
    """Who set what, and when; `settings` as they counted from then on."""

    version = serializers.IntegerField(source="number")
    author = serializers.SerializerMethodField(help_text="Null where a program did it.")
    created_at = serializers.DateTimeField()
    settings = Settings()

    def get_author(self, row: Any) -> str | None:
        return row.author.email if row.author else None
