"""What all addresses of the API share."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django_scopes import scope
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from pleo_connector.api.caller import Caller
from pleo_connector.connections.models import Connection
from pleo_connector.connections.queries import get_connection_of


class ApiView(GenericAPIView[Any]):
    """Opens the caller's tenant: managers see nothing else, and audit entries name the token."""

    needs: ClassVar[Mapping[str, str]]  # method -> scope
    http_method_names = ["get", "head", "post", "put"]
    pagination_class: Any = None
    queryset: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self._entered:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        caller = self.caller
        self._entered.enter_context(scope(tenant=caller.tenant, token=caller.token))

    @property
    def caller(self) -> Caller:
        return cast(Caller, self.request.auth)

    def connection(self, public_id: UUID) -> Connection:
        return get_connection_of(self.caller.tenant, public_id)

    def read_query(self, shape: type[Serializer[Any]]) -> dict[str, Any]:
        """The query parameters by their shape; 400 for what is unknown or does not fit."""
        query = shape(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        paging = {"cursor", "page_size"} if self.pagination_class else set()
        unknown = set(self.request.query_params) - set(query.fields) - paging
        if unknown:
            raise ValidationError({name: ["This parameter is not known."] for name in unknown})
        return cast(dict[str, Any], query.validated_data)

    def read_body(self, shape: type[Serializer[Any]]) -> dict[str, Any]:
        body = shape(data=self.request.data)
        body.is_valid(raise_exception=True)
        return cast(dict[str, Any], body.validated_data)

    def page(self, rows: QuerySet[Any], shape: type[Serializer[Any]], **context: Any) -> Response:
        page = self.paginate_queryset(rows)
        assert page is not None
        made = shape(page, many=True, context=self.get_serializer_context() | context)
        return self.get_paginated_response(made.data)
