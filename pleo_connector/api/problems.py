"""Errors as problem details (RFC 9457): plain sentences, never the text of an exception."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as NoPermission
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework.response import Response

MEDIA_TYPE = "application/problem+json"
SENTENCES = {
    "parse_error": "The body is not valid JSON.",
    "not_found": "There is nothing here, or it is not yours.",
    "method_not_allowed": "This address does not take that method.",
    "not_acceptable": "The answer is JSON; ask for application/json.",
    "unsupported_media_type": "Send the body as application/json.",
    "not_authenticated": "Send a token: Authorization: Bearer <token>.",
    "invalid": "Some values do not fit.",
    "error": "Something went wrong on our side. It was noted; try again later.",
}
logger = logging.getLogger(__name__)


class Conflict(drf.APIException):
    status_code, default_code = 409, "conflict"


class Unprocessable(drf.APIException):
    status_code, default_code = 422, "unprocessable"


class TooLarge(drf.APIException):
    status_code, default_code = 413, "too_large"


class FarSideAway(drf.APIException):
    """Pleo or the accounting system did not answer as it should; with its sentence."""

    status_code, default_code = 502, "far_side"


class BadField(drf.APIException):
    """One value that does not fit, by the path of its field."""

    status_code, default_code = 422, "invalid"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(SENTENCES["invalid"])
        self.errors = [{"field": field, "detail": sentence}]


def to_problem(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler."""
    known = _known(error)
    if known is None:
        logger.error("A request to the API failed", exc_info=error)
        return _response(500, "error", SENTENCES["error"])
    code = str(known.default_code if isinstance(known.detail, dict | list) else known.detail.code)
    response = _response(known.status_code, code, _sentence(known, code), _errors(known))
    if header := getattr(known, "auth_header", None):
        response["WWW-Authenticate"] = header
    wait = getattr(known, "wait", None)
    if wait is not None:
        response["Retry-After"] = str(int(wait))
    return response


def _known(error: Exception) -> drf.APIException | None:
    if isinstance(error, Http404):
        return drf.NotFound()
    if isinstance(error, NoPermission):
        return drf.PermissionDenied(*error.args)
    return error if isinstance(error, drf.APIException) else None


def _sentence(error: drf.APIException, code: str) -> str:
    if code in SENTENCES:
        return SENTENCES[code]
    return str(error.detail)


def _errors(error: drf.APIException) -> Sequence[Mapping[str, str]]:
    if isinstance(error, drf.ValidationError):
        return [{"field": name, "detail": said} for name, said in _flat(error.detail)]
    return getattr(error, "errors", [])


def _flat(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            known = "" if name == "non_field_errors" else str(name)
            yield from _flat(inner, ".".join(x for x in (path, known) if x))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flat(inner, path)
    else:
        yield path, str(detail)


def _response(
    status: int, code: str, detail: str, errors: Sequence[Mapping[str, str]] = ()
) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    return Response(body, status=status, content_type=MEDIA_TYPE)
