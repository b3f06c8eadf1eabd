"""The WSGI application."""

from typing import cast
from wsgiref.types import WSGIApplication

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from . import (
    admin,
    admin_entries,
    admin_jobs,
    admin_master_data,
    admin_webhooks,
    companies,
    export_api,
    files,
    installations,
    oauth,
    oauth_tokens,
    pages,
    pages_choices,
    pages_master_data,
    subscriptions,
)
from .admin_support import loopback_only
from .errors import ApiError, answer, error_answer
from .master_data import (
    account_batch,
    accounts,
    employees,
    tag_groups,
    tag_search,
    tags,
    tax_codes,
    vendors,
)
from .middleware import Middleware
from .state import EXTENSION, Simulator, sim

MASTER_DATA = (
    tag_groups,
    tags,
    tag_search,
    accounts,
    account_batch,
    tax_codes,
    vendors,
    employees,
)
API = ("/v0/", "/v1/", "/v2/", "/v3/", "/sim/", "/files/")


class _Json(DefaultJSONProvider):
    """Members in the order of the contract."""

    sort_keys = False


def create_app(simulator: Simulator) -> Flask:
    app = Flask(__name__)
    app.json = _Json(app)
    app.secret_key = simulator.store.secret()
    app.config.update(SESSION_COOKIE_NAME="pleo_simulator", SESSION_COOKIE_SAMESITE="Lax")
    app.extensions[EXTENSION] = simulator
    for module in (
        oauth,
        oauth_tokens,
        installations,
        subscriptions,
        companies,
        export_api,
        files,
        pages,
        pages_choices,
        pages_master_data,
        *MASTER_DATA,
    ):
        app.register_blueprint(module.blueprint)
    for module in (admin, admin_entries, admin_jobs, admin_master_data, admin_webhooks):
        module.blueprint.before_request(loopback_only)
        app.register_blueprint(module.blueprint)
    app.register_error_handler(ApiError, _show_api_error)
    app.register_error_handler(HTTPException, _show_http_error)
    return app


def wsgi(simulator: Simulator) -> WSGIApplication:
    app = cast(WSGIApplication, create_app(simulator))
    return Middleware(app, simulator)


def _show_api_error(error: ApiError) -> Response:
    return error_answer(error, case=sim().switches.text("error_type_case"))


def _show_http_error(error: HTTPException) -> Response | HTTPException:
    if not request.path.startswith(API):
        return error
    status = error.code or 500
    kind = (
        "NOT_FOUND"
        if status == 404
        else "VALIDATION_FAILED"
        if status < 500
        else "PROCESSING_FAILED"
    )
    return answer({"type": kind, "message": error.description}, status)
