from typing import Any

from rest_framework import serializers

from pleo_connector.api.shapes.base import Shape
from pleo_connector.connections.models import Connection


class PleoCompany(Shape):
    id = serializers.UUIDField(source="pleo_company_id", allow_null=True)
    name = serializers.CharField(source="pleo_company_name")


class ErpCompany(Shape):
    kind = serializers.CharField(source="erp_kind", help_text="Empty until one is chosen.")
    company_id = serializers.CharField(source="erp_company_id")
    company_name = serializers.CharField(source="erp_company_name")
    currency = serializers.CharField(source="erp_currency")
    country = serializers.CharField(source="erp_country", help_text="A code; may be empty.")
    lock_date = serializers.DateField(source="erp_lock_date", allow_null=True)


class ConnectionShape(Shape):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=Connection.State.choices)
    pleo = PleoCompany(source="*")
    erp = ErpCompany(source="*")
    problems = serializers.SerializerMethodField(
        help_text="Why it does not work at the moment; empty where it does."
    )
    created_at = serializers.DateTimeField()
    checked_at = serializers.DateTimeField(
        allow_null=True, help_text="When Pleo was last asked for exports."
    )

    def get_problems(self, row: Any) -> list[str]:
        grant = getattr(row, "pleo_grant", None)
        dead = grant.dead_reason if grant and grant.dead_since else ""
        return [sentence for sentence in (dead, row.erp_problem) if sentence]
