"""Who did what, as its readers see it."""

import ast
import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import ApiToken, AuditEntry, Tenant, User
from pleo_connector.web.deeds import DEEDS, what
from tests.app import factories
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_tenants() -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def tenant() -> Tenant:
    return factories.make_tenant()


@pytest.fixture
def owner(tenant: Tenant) -> User:
    return factories.owner_of(tenant)


@pytest.fixture
def client(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def note(tenant: Tenant, action: str, *, actor: User | None = None, **more: Any) -> None:
    record_audit(tenant=tenant, actor=actor, action=action, **more)


def page(client: Client, **asked: Any) -> str:
    return client.get(reverse("audit"), asked).content.decode()


def test_persons_programs_support_and_the_product_are_told_apart(
    client: Client, tenant: Tenant, owner: User
) -> None:
    support = factories.make_user("staff")
    User.objects.filter(pk=support.pk).update(is_staff=True)
    token = ApiToken.objects.create(
        tenant=tenant, name="Reports", prefix="pec_abcdef", hash="x", scopes=[]
    )
    note(tenant, "paused", actor=owner, subject="Nordhavn")
    note(tenant, "resumed", actor=support, subject="Nordhavn")
    note(tenant, "went live", subject="Nordhavn")
    with scope(tenant=tenant, token=token):
        note(tenant, "changed the mapping", subject="Nordhavn", changed=["posting_behaviour"])
    shown = page(client)
    for said in (
        owner.email,
        "Support of Ledgerline",
        "Ledgerline, by itself",
        "Program Reports (pec_abcdef…)",
        "Paused Nordhavn",
        "Changed settings of Nordhavn: Vouchers are booked",
    ):
        assert said in shown
    assert support.email not in shown
    only = {"programs": "Changed settings", "support": "Resumed", "product": "Went live"}
    for who, said in only.items():
        rows = page(client, who=who).partition('id="list"')[2]
        assert [x for x in (*only.values(), "Paused") if x in rows] == [said]


def test_filters_by_person_kind_and_day(client: Client, tenant: Tenant, owner: User) -> None:
    other = factories.join(tenant, "admin")
    note(tenant, "paused", actor=owner, subject="North")
    note(tenant, "invited a member", actor=other, subject="x@firm.example", role="viewer")
    mine = page(client, who=str(owner.public_id))
    assert "Paused North" in mine
    assert "Invited x@firm.example" not in mine
    people = page(client, area="people")
    assert "Invited x@firm.example as Viewer" in people
    assert "Paused North" not in people
    AuditEntry.objects.filter(action="paused").update(created_at=timezone.now() - timedelta(days=9))
    today = timezone.localdate().isoformat()
    assert "Paused North" not in page(client, since=today)
    assert "Nothing matches." in page(client, until="2020-01-01")
    assert page(client, since="nonsense", who="nobody")


def test_pages_hold_each_entry_once_while_new_ones_come(client: Client, tenant: Tenant) -> None:
    for number in range(120):
        note(tenant, "paused", subject=f"<{number:03}>")
    seen: list[str] = []
    url = reverse("audit")
    while url:
        reply = client.get(url)
        table = reply.context["table"]
        keyset = table.list_slice
        seen += [row.record.subject for row in table.rows]
        note(tenant, "resumed", subject="meanwhile")
        url = f"{reverse('audit')}?before={keyset.older}" if keyset.older else ""
    assert seen[:120] == [f"<{number:03}>" for number in reversed(range(120))]
    back = client.get(reverse("audit"), {"after": keyset.newer}).context["table"].list_slice
    assert [x.subject for x in back.rows][-1] == "<020>"
    assert "&lt;119&gt;" in page(client)


def test_the_file_holds_all_and_no_formula(
    client: Client, tenant: Tenant, owner: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr("pleo_connector.web.keyset.CHUNK", 3)
    for number in range(7):
        note(tenant, "paused", actor=owner, subject=str(number))
    note(tenant, "brand new", subject="=1+1")
    User.objects.filter(pk=owner.pk).update(language="da", email="=cmd@firm.example")
    reply = client.get(reverse("audit-csv"))
    assert "attachment" in reply["Content-Disposition"]
    text = b"".join(reply.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Hvornår (UTC)", "Hvem", "Hvad"]
    assert len(rows) == 1 + 7 + 1 + 1
    assert rows[1][2] == "Brand new: =1+1"
    assert rows[2][1:] == ["'=cmd@firm.example", "Satte 6 på pause"]


def test_another_company_is_not_in_the_log(client: Client) -> None:
    other = factories.make_tenant("Skovgaard")
    note(other, "paused", subject="Skovgaard")
    assert "Skovgaard" not in page(client)
    text = b"".join(client.get(reverse("audit-csv")).streaming_content)  # type: ignore[attr-defined]
    assert b"Skovgaard" not in text


def test_each_action_has_a_sentence() -> None:
    written = set(actions_in_the_code())
    assert {"paused", "changed a role", "exported entries again", "muted a problem"} <= written
    assert written - set(DEEDS) == set()


def test_each_sentence_finds_its_places() -> None:
    entry = AuditEntry(subject="x", detail={})
    for entry.action in DEEDS:
        assert "%(" not in what(entry)


def actions_in_the_code() -> Iterator[str]:
    """What `record_audit` is given, at once or through a function with a parameter `action`."""
    for file in (ROOT / "pleo_connector").rglob("*.py"):
        text = file.read_text()
        if "record_audit" not in text:
            continue
        tree = ast.parse(text)
        places = {"record_audit": -1}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = [x.arg for x in node.args.args]
                if "action" in names:
                    places[node.name] = names.index("action")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in places:
                given = [x.value for x in node.keywords if x.arg == "action"]
                place = places[node.func.id]  # type: ignore[attr-defined]
                given += node.args[place : place + 1] if place >= 0 else []
                yield from (
                    x.value
                    for one in given
                    for x in ast.walk(one)
                    if isinstance(x, ast.Constant) and isinstance(x.value, str)
                )
