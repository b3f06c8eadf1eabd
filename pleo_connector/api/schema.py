"""What drf-spectacular cannot read off the views: security, errors, headers and pages."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiWebhook, extend_schema

from pleo_connector.api.idempotency import HEADER
from pleo_connector.api.problems import MEDIA_TYPE
from pleo_connector.api.shapes.problems import MessageShape
from pleo_connector.tenants.models import ApiScope

PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programs; it does not change."},
        "detail": {"type": "string", "description": "For people."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["field", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}
ALWAYS = {
    "400": "Some values do not fit; `errors` names them.",
    "401": "The token is missing, not known, revoked or expired.",
    "403": "The token does not have the scope that this needs.",
    "404": "There is nothing here, or it is not yours.",
    "405": "This address does not take that method.",
    "406": "The answer is JSON.",
    "429": "Too many calls; `Retry-After` says how many seconds to wait.",
    "500": "Something went wrong on our side.",
}
WITH_BODY = {
    "409": "Not possible as things are, or the first request with the key still runs.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
    "422": "A setting does not fit, or the key was used for another request.",
}
FAR_SIDE = {
    "409": WITH_BODY["409"],
    "502": "Pleo or the accounting system did not answer as it should.",
}
CALLS_OUT = ("preview", "export_again", "read_dimensions", "ask_account_use")
KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,200}$"},
    "description": "Any text of your own. Sent twice, the request is done once, within a day.",
}
TOLD = OpenApiWebhook(
    "problem",
    extend_schema(
        summary="A problem opened, or is resolved",
        description="Sent to each address under **Webhooks**, signed by Standard Webhooks: check "
        "`webhook-id`, `webhook-timestamp` and `webhook-signature`, and answer with 2xx within 15 "
        "seconds. Anything else is tried again, 410 ends it. A message may come twice, always "
        "under the same `webhook-id`. A test has the type `test`, and only `text` as its data.",
        request=MessageShape,
        responses={200: None},
        tags=["webhooks"],
    ),
)


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "pleo_connector.api.caller.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        scopes = "\n".join(f"- `{x.value}`: {x.label}" for x in ApiScope)
        return {"type": "http", "scheme": "bearer", "description": f"Scopes:\n\n{scopes}"}


class PersonSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "pleo_connector.api.caller.PersonSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        said = "A person who is logged in on the pages; for trying things out here."
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": said}


class Operation(AutoSchema):
    """The first sentence is the summary, the last one says which scope is needed; shapes are
    named without the word."""

    def get_summary(self) -> str:
        return self._said()[0]

    def get_description(self) -> str:  # type: ignore[override]
        needs: dict[str, str] = getattr(self.view, "needs", {})  # a webhook has none
        scope = f"Needs the scope `{needs[self.method]}`." if needs else ""
        return "\n\n".join(filter(None, (self._said()[1].strip(), scope)))

    def _said(self) -> tuple[str, str]:
        first, _, rest = super().get_description().partition(".")
        return " ".join(first.split()), rest

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        return type(serializer).__name__.removesuffix("Shape")


def finish(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """Postprocessing hook: errors of every operation, keys of every POST."""
    components = result["components"]
    components["schemas"]["Problem"] = PROBLEM
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        f"Problem{status}": {"description": said, "content": content}
        for status, said in (ALWAYS | WITH_BODY | FAR_SIDE).items()
    }
    for operations in result["paths"].values():
        for method, operation in operations.items():
            _add_errors(operation, has_body=method != "get")
            if method == "post":
                operation.setdefault("parameters", []).append(KEY)
    return result


def _add_errors(operation: dict[str, Any], *, has_body: bool) -> None:
    said = ALWAYS | (WITH_BODY if has_body else {})
    if operation["operationId"] in CALLS_OUT:
        said |= FAR_SIDE
    for status in said:
        operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
