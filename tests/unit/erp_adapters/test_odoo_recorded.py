"""Odoo's adapter against recorded answers, so that it is tested also where there is no Odoo."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from erp_adapters.base import Access
from erp_adapters.errors import (
    NotAllowed,
    OutcomeUnknown,
    PeriodClosed,
    Rejected,
    RemoteError,
    Unavailable,
)
from erp_adapters.ledger import PostedVoucher
from erp_adapters.odoo.wire import Wire
from erp_adapters.reply import Reply
from erp_adapters.sources import DomainSettings
from tests.unit.erp_adapters.odoo_tape import TAPE, playing, scene


@pytest.fixture(scope="module")
def played() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    with playing() as (player, erp):
        seen = scene(erp)
    return player.asked, seen


def test_the_same_is_asked_as_when_it_was_recorded(played: Any) -> None:
    asked, _ = played
    assert asked == [{k: x[k] for k in ("call", "body")} for x in json.loads(TAPE.read_text())]


def test_what_stands_is_read(played: Any) -> None:
    _, seen = played
    entry, bill, locked = seen["posted"]
    assert isinstance(entry, PostedVoucher)
    assert (entry.total, entry.line_count, entry.is_final) == (Decimal("149.98"), 6, True)
    assert dict(entry.balances)["2611"] == Decimal("-20")
    assert isinstance(bill, PostedVoucher)
    assert (bill.total, bill.number) == (Decimal("49.98"), "BILL/2026/11/0001")
    assert isinstance(locked, PeriodClosed)
    assert seen["found"] == {"tape:entry": entry, "tape:bill": bill}
    assert seen["company"].lock_date == date(2025, 3, 31)
    assert {x.code: x.rate for x in seen["taxes"]}["I25"] == Decimal("0.25")
    assert {x.code for x in seen["accounts"] if x.needs_vendor} == {"2440"}


# As Odoo 19 answered, by status and the name of its exception; its words may be in any language.
REFUSALS: dict[str, tuple[int, str, type[RemoteError]]] = {
    "unbalanced": (422, "odoo.exceptions.UserError", Rejected),
    "a constraint": (422, "odoo.exceptions.ValidationError", Rejected),
    "something to click": (422, "odoo.exceptions.RedirectWarning", Rejected),
    "an argument": (422, "werkzeug.exceptions.UnprocessableEntity", Rejected),
    "a record that is gone": (404, "odoo.exceptions.MissingError", Rejected),
    "no right": (403, "odoo.exceptions.AccessError", NotAllowed),
    "a field that is not there": (500, "builtins.ValueError", Rejected),
    "two at once": (500, "psycopg2.errors.SerializationFailure", Unavailable),
    "the database is gone": (500, "psycopg2.OperationalError", OutcomeUnknown),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_are_told_apart_by_name_and_status(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, exception, kind = REFUSALS[name]
    access = Access(settings={}, secrets={"key": "a-key"})
    settings = DomainSettings(base_url="https://odoo.example")
    wire = Wire(access, name="Odoo", settings=settings)
    body = {"name": exception, "message": "Det går ikke.", "debug": "Traceback: a secret"}
    headers = {"Content-Type": "application/json"}
    reply = Reply(status=status, headers=headers, body=json.dumps(body).encode())
    monkeypatch.setattr(wire, "request", lambda *args, **kwargs: reply)
    with pytest.raises(RemoteError) as caught:
        wire.do("account.move/action_post", ids=[1])
    assert type(caught.value) is kind
    assert "secret" not in caught.value.message
