"""Error answers of the API: always {type, message}."""

from typing import Any

from flask import Response, json

JSON_TYPE = "application/json;charset=UTF-8"


class ApiError(Exception):
    def __init__(self, status: int, kind: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def invalid(message: str) -> ApiError:
    return ApiError(400, "VALIDATION_FAILED", message)


def invalid_parameter(message: str) -> ApiError:
    return ApiError(400, "PARAMETER_VALIDATION_FAILED", message)


def unauthorized(message: str) -> ApiError:
    return ApiError(401, "UNAUTHORIZED", message, WWW_Authenticate="Bearer")


def denied(message: str) -> ApiError:
    return ApiError(403, "Access_Denied", message)


def missing(message: str) -> ApiError:
    return ApiError(404, "NOT_FOUND", message)


def answer(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, content_type=JSON_TYPE)


def error_answer(error: ApiError, *, case: str) -> Response:
    kind = error.kind.lower() if case == "lower" else error.kind
    response = answer({"type": kind, "message": error.message}, error.status)
    response.headers.extend(error.headers)
    return response
