"""Presigned file links: signed, short-lived, different at each fetch, no token needed."""

import hashlib
import hmac
import secrets

from flask import Blueprint, Response, request

from .errors import answer
from .state import Simulator, sim
from .store import Row

blueprint = Blueprint("files", __name__)


def _signature(secret: str, file_id: str, expires: str, nonce: str) -> str:
    message = f"{file_id}.{expires}.{nonce}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def presigned_url(simulator: Simulator, row: Row, base: str) -> str:
    expires = str(int(simulator.clock.now()) + simulator.switches.number("file_url_seconds"))
    nonce = secrets.token_hex(8)
    signature = _signature(simulator.store.secret(), row["id"], expires, nonce)
    return f"{base}/files/{row['id']}?expires={expires}&nonce={nonce}&signature={signature}"


@blueprint.get("/files/<file_id>")
def download(file_id: str) -> Response:
    simulator = sim()
    expires = request.args.get("expires", "")
    expected = _signature(simulator.store.secret(), file_id, expires, request.args.get("nonce", ""))
    if not hmac.compare_digest(expected, request.args.get("signature", "")):
        return answer({"type": "ACCESS_DENIED", "message": "The signature does not match."}, 403)
    if int(expires) <= simulator.clock.now():
        return answer({"type": "ACCESS_DENIED", "message": "The link has expired."}, 403)
    row = simulator.store.one("SELECT * FROM files WHERE id = ?", file_id)
    if row is None or row["kind"] == "dead":
        return answer({"type": "NOT_FOUND", "message": "The file does not exist."}, 404)
    return Response(simulator.receipts.content(row), content_type=row["type"])
