"""Every page as every kind of person. A page that is not in the table fails the test."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import URLResolver, get_resolver, resolve, reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob
from pleo_connector.history.models import Message, Problem, WebhookEndpoint
from pleo_connector.tenants.members import invite
from pleo_connector.tenants.models import ApiScope, ApiToken, Invitation, Tenant, User
from pleo_connector.tenants.tokens import create_token
from tests.app import factories
from tests.app.sync_factories import keep_record, make_plan, make_schedules

pytestmark = pytest.mark.django_db

LOGIN = "log in"
MEMBERS = ("owner", "admin", "bookkeeper", "viewer")
PEOPLE = (*MEMBERS, "stranger", "staff", "nobody")


@dataclass
class Place:
    tenant: Tenant
    connection: Connection
    job: ExportJob
    people: dict[str, User] = field(default_factory=dict)

    @property
    def endpoint(self) -> WebhookEndpoint:
        values = {"secret": "whsec_c2VjcmV0", "created_at": timezone.now()}
        url = "https://tools.firm.example/problems"
        found, _ = WebhookEndpoint.objects.get_or_create(
            tenant=self.tenant, url=url, ended_at=None, defaults=values
        )
        return found

    @property
    def message(self) -> Message:
        """One that was given up."""
        found, _ = Message.objects.get_or_create(
            tenant=self.tenant,
            endpoint=self.endpoint,
            kind="test",
            next_try_at=None,
            defaults={
                "created_at": timezone.now(),
                "tries": 3,
                "problem": "tools.firm.example cannot be reached.",
            },
        )
        return found

    @property
    def problem(self) -> Problem:
        found: Problem = self.connection.problems.all()[0]
        return found

    def url(self, name: str) -> str:
        args: dict[str, tuple[Any, ...]] = {
            "erp-connect": (self.connection.public_id, "tryton"),
            "rule": (self.connection.public_id, 1),
            "mapping-csv": (self.connection.public_id, "rules"),
            "export": (self.job.public_id,),
            "export-progress": (self.job.public_id,),
            "export-again": (self.job.public_id,),
            "entry": (self.job.public_id, self.job.items.all()[0].public_id),
            "entry-answer": (self.job.public_id, self.job.items.all()[0].public_id),
            "webhook-test": (self.endpoint.public_id,),
            "webhook-remove": (self.endpoint.public_id,),
            "webhook-again": (self.message.public_id,),
            "api-problem": (self.problem.public_id,),
            "api-problem-mute": (self.problem.public_id,),
            "problem": (self.problem.public_id,),
            "problem-again": (self.problem.public_id,),
            "problem-mute": (self.problem.public_id,),
            **dict.fromkeys(PLANS, (self.connection.public_id, plan_of(self.connection))),
            "plan-record": (self.connection.public_id, plan_of(self.connection), 2),
            "kept-let-go": (self.connection.public_id, keep_record(self.connection).pk),
            **{
                f"entry-{name}": (self.job.public_id, self.job.items.all()[0].public_id)
                for name in ("by-hand", "not-by-hand", "reverse", "book-again", "receipts")
            },
            "api-plan-item": (plan_of(self.connection), 2),
            **dict.fromkeys(API_PLANS, (plan_of(self.connection),)),
            "api-schedule": (self.connection.public_id, "tags"),
            "api-let-go": (self.connection.public_id, keep_record(self.connection).pk),
            "api-mapping-version": (self.connection.public_id, 1),
            "api-job": (self.job.public_id,),
            "api-entries": (self.job.public_id,),
            "api-export-again": (self.job.public_id,),
            "api-entry": (self.job.items.all()[0].public_id,),
            "api-answer": (self.job.items.all()[0].public_id,),
            "api-attach-again": (self.job.items.all()[0].public_id,),
            "run": (self.job.run.public_id,),
            "ops-run": (self.job.run.public_id,),
            "ops-act": (self.connection.public_id, "run-now"),
            "api-run": (self.job.run.public_id,),
            "api-calls": (self.job.run.public_id,),
        }
        if name in FRESH:
            return reverse(name, args=[FRESH[name](self.tenant)])
        own = (
            "home",
            "settings",
            "tenant-new",
            "members",
            "leave",
            "second-step",
            "second-step-rule",
            "tokens",
            "audit",
            "audit-csv",
            "history",
            "history-csv",
            "problems",
            "webhooks",
            *("ops", "ops-runs", "ops-runs-csv", "ops-connections", "ops-connections-csv"),
            "pleo-callback",
            "pleo-start",
            "pleo-settings",
            "connection-new",
            *LISTS,
        )
        default = () if name in own else (self.connection.public_id,)
        return reverse(name, args=args.get(name, default))


PLANS = ("plan", "plan-progress", "plan-keep", "plan-approve")
API_PLANS = (
    *("api-plan", "api-plan-items", "api-plan-approve"),
    *("api-plan-keep", "api-plan-archive"),
)


def plan_of(connection: Connection) -> uuid.UUID:
    """A plan that waits; one that was decided is over."""
    plans = connection.sync_plans.filter(kind="tags").select_related("run")
    plan = plans.filter(state="waiting").first()
    if plan is None:
        plans.update(state="over")
        plan = make_plan(connection, create=2, archive=3)
    return plan.run.public_id


def invited(tenant: Tenant) -> tuple[Invitation, str]:
    seat = tenant.memberships.select_related("user").filter(role="owner")[0]
    email, now = f"{uuid.uuid4()}@firm.example", timezone.now()
    with scope(tenant=tenant):
        return invite(tenant=tenant, email=email, role="viewer", actor=seat, now=now)


def tokened(tenant: Tenant) -> ApiToken:
    with scope(tenant=tenant):
        return create_token(
            tenant=tenant,
            name="Reports",
            scopes=["exports:read"],
            expires_at=None,
            actor=factories.make_user(),
        )[0]


# What an address needs anew each time, because a yes to it uses it up.
FRESH: dict[str, Callable[[Tenant], Any]] = {
    "member": lambda tenant: factories.join(tenant, "viewer").public_id,
    "member-remove": lambda tenant: factories.join(tenant, "viewer").public_id,
    "hand-over": lambda tenant: factories.join(tenant, "viewer").public_id,
    "invitation-again": lambda tenant: invited(tenant)[0].public_id,
    "invitation-revoke": lambda tenant: invited(tenant)[0].public_id,
    "invitation": lambda tenant: invited(tenant)[1],
    "token-revoke": lambda tenant: tokened(tenant).public_id,
}


@pytest.fixture
def place() -> Any:
    with scopes_disabled():
        tenant = factories.make_tenant()
        connection = factories.make_connection(tenant)
        make_schedules(connection)
        job = factories.make_job(connection, booked=2, failed=1)
        people = {role: factories.join(tenant, role) for role in MEMBERS}
        for name in ("stranger", "staff"):
            people[name] = factories.make_user(name)
            factories.make_tenant("Elsewhere", people[name])
        User.objects.filter(pk=people["staff"].pk).update(is_staff=True)
        yield Place(tenant, connection, job, people)


@pytest.fixture
def elsewhere() -> Place:
    """Another company, none of whose rows a member of the first one may reach."""
    with scopes_disabled():
        tenant = factories.make_tenant("Skovgaard")
        connection = factories.make_connection(tenant, name="Skovgaard")
        return Place(tenant, connection, factories.make_job(connection, booked=2, failed=1))


# name -> (GET, POST), each as what PEOPLE get, in their order.
# "own" pages show a stranger their own company, never this one.
SEE = (200, 200, 200, 200, 404, 404, LOGIN)
OWN = (200, 200, 200, 200, 200, 200, LOGIN)
MOVE = (302, 302, 302, 302, 404, 404, LOGIN)  # a button has no page: it leads to the connection
CONFIGURE = (302, 302, 403, 403, 404, 404, LOGIN)
OPERATE = (302, 302, 302, 403, 404, 404, LOGIN)
FORM_CONFIGURE = (200, 200, 403, 403, 404, 404, LOGIN)
FORM_OPERATE = (200, 200, 200, 403, 404, 404, LOGIN)
STAFF = (404, 404, 404, 404, 404, 200, LOGIN)
TABLE: dict[str, tuple[tuple[Any, ...], tuple[Any, ...] | None]] = {
    "home": (OWN, None),
    "tenant-new": (OWN, OWN),
    "settings": (OWN, (302, 302, 302, 302, 302, 302, LOGIN)),
    "members": (OWN, (200, 200, 403, 403, 200, 200, LOGIN)),
    "member": (SEE, FORM_CONFIGURE),
    "member-remove": ((200, 200, 403, 403, 404, 404, LOGIN), CONFIGURE),
    # After the owner's yes the owner is an admin: all further ones are told why not.
    "hand-over": ((200, 200, 403, 403, 404, 404, LOGIN), CONFIGURE),
    # Nobody is asked for one here; who has none cannot ask others. See test_web_second_step.py.
    "second-step": ((*(302,) * 6, LOGIN), (*(302,) * 6, LOGIN)),
    "second-step-rule": (
        (200, 200, 403, 403, 200, 200, LOGIN),
        (302, 302, 403, 403, 302, 302, LOGIN),
    ),
    "leave": (OWN, (302, 302, 302, 302, 302, 302, LOGIN)),
    "invitation-again": (MOVE, CONFIGURE),
    "invitation-revoke": (MOVE, CONFIGURE),
    "audit": (OWN, None),
    "audit-csv": (OWN, None),
    "tokens": (OWN, (200, 200, 403, 403, 200, 200, LOGIN)),
    "token-revoke": ((200, 200, 403, 403, 404, 404, LOGIN), CONFIGURE),
    # For whoever holds the link; accepted by the address it is for only.
    "invitation": ((200,) * 7, (*(403,) * 6, LOGIN)),
    "history": (OWN, None),
    "history-csv": (OWN, None),
    "run": (SEE, None),
    "pleo-callback": ((400, 400, 400, 400, 400, 400, LOGIN), None),
    "connection-new": (
        (302, 302, 302, 302, 302, 302, LOGIN),
        (302, 302, 403, 403, 302, 302, LOGIN),
    ),
    "connection": (SEE, None),
    "setup": (SEE, None),
    "go-live": (MOVE, CONFIGURE),
    "check-now": (MOVE, OPERATE),
    "pause": (MOVE, CONFIGURE),
    "resume": (MOVE, CONFIGURE),
    "pleo-connect": (MOVE, CONFIGURE),
    "pleo-key": (SEE, FORM_CONFIGURE),
    "pleo-start": (OWN, None),
    "pleo-settings": ((302, 302, 302, 302, 302, 302, LOGIN), None),
    "erp-choose": (SEE, None),
    "erp-connect": (SEE, FORM_CONFIGURE),
    "accounts": (SEE, FORM_OPERATE),
    "dimensions": (SEE, (302, 302, 302, 403, 404, 404, LOGIN)),
    "posting": (SEE, FORM_OPERATE),
    "categories": (SEE, OPERATE),
    "tax-codes": (SEE, OPERATE),
    "mended-again": (MOVE, OPERATE),
    "mapping-files": (SEE, FORM_OPERATE),
    "mapping-csv": (SEE, None),
    "rules": (SEE, OPERATE),
    "rule-new": (SEE, FORM_OPERATE),
    "rule": (SEE, FORM_OPERATE),
    "webhooks": (OWN, (200, 200, 403, 403, 200, 200, LOGIN)),
    "webhook-test": ((302, 302, 302, 302, 404, 404, LOGIN), CONFIGURE),
    "webhook-remove": ((200, 200, 403, 403, 404, 404, LOGIN), CONFIGURE),
    "webhook-again": ((200, 200, 403, 403, 404, 404, LOGIN), CONFIGURE),
    "problems": (OWN, None),
    "connection-problems": (SEE, None),
    "problem": (SEE, None),
    "problem-again": (MOVE, OPERATE),
    "problem-mute": (MOVE, OPERATE),
    "syncs": (SEE, None),
    "sync-now": (MOVE, OPERATE),
    "sync-schedule": (MOVE, OPERATE),
    "sync-limit": (MOVE, OPERATE),
    "sync-dimensions": (SEE, OPERATE),
    "sync-values": (SEE, None),
    "sync-accounts": (SEE, OPERATE),
    "sync-tax-codes": (SEE, OPERATE),
    "kept": (SEE, None),
    "kept-let-go": ((200, 200, 200, 403, 404, 404, LOGIN), OPERATE),
    "plans": (SEE, None),
    "plan": (SEE, None),
    "plan-progress": (SEE, None),
    "plan-record": (SEE, None),
    "plan-keep": (MOVE, OPERATE),
    "plan-approve": ((200, 200, 200, 403, 404, 404, LOGIN), OPERATE),
    "exports": (SEE, None),
    "preview": (SEE, None),
    "changes": (SEE, FORM_CONFIGURE),
    "export-again": (MOVE, OPERATE),
    "export": (SEE, None),
    "export-progress": (SEE, None),
    "entry": (SEE, None),
    "entry-answer": (MOVE, OPERATE),
    "ops": (STAFF, None),
    "ops-runs": (STAFF, None),
    "ops-runs-csv": (STAFF, None),
    "ops-run": (STAFF, None),
    "ops-connections": (STAFF, None),
    "ops-connections-csv": (STAFF, None),
    "ops-connection": (STAFF, None),
    "ops-act": (STAFF, (404, 404, 404, 404, 404, 302, LOGIN)),
    "entry-by-hand": ((200, 200, 200, 403, 404, 404, LOGIN), FORM_OPERATE),
    "entry-not-by-hand": ((302, 302, 302, 403, 404, 404, LOGIN), OPERATE),
    "entry-reverse": ((302, 302, 302, 403, 404, 404, LOGIN), OPERATE),
    "entry-book-again": ((302, 302, 302, 403, 404, 404, LOGIN), OPERATE),
    "entry-receipts": ((302, 302, 302, 403, 404, 404, LOGIN), OPERATE),
}


# Each address of the API -> (method, scope). Its lists show each caller their own.
API = {
    "api-connections": [("GET", "connections:read")],
    "api-connection": [("GET", "connections:read")],
    "api-check-now": [("POST", "exports:write")],
    "api-preview": [("GET", "exports:read")],
    "api-mapping": [("GET", "mapping:read"), ("PUT", "mapping:write")],
    "api-mapping-versions": [("GET", "mapping:read")],
    "api-mapping-version": [("GET", "mapping:read")],
    "api-syncs": [("GET", "sync:read"), ("PUT", "sync:write")],
    "api-dimensions": [("GET", "sync:read"), ("PUT", "sync:write")],
    "api-dimensions-read": [("POST", "sync:write")],
    "api-tax-kinds": [("GET", "sync:read"), ("PUT", "sync:write")],
    "api-account-use": [("GET", "sync:read")],
    "api-account-use-ask": [("POST", "sync:write")],
    "api-kept": [("GET", "sync:read")],
    "api-let-go": [("POST", "sync:write")],
    "api-schedule": [("PUT", "sync:write")],
    "api-sync-now": [("POST", "sync:write")],
    "api-plans": [("GET", "sync:read")],
    "api-plan": [("GET", "sync:read")],
    "api-plan-items": [("GET", "sync:read")],
    "api-plan-item": [("GET", "sync:read")],
    "api-plan-approve": [("POST", "sync:write")],
    "api-plan-keep": [("POST", "sync:write")],
    "api-plan-archive": [("POST", "sync:write")],
    "api-jobs": [("GET", "exports:read")],
    "api-job": [("GET", "exports:read")],
    "api-entries": [("GET", "exports:read")],
    "api-export-again": [("POST", "exports:write")],
    "api-entry": [("GET", "exports:read")],
    "api-answer": [("POST", "exports:write")],
    "api-attach-again": [("POST", "exports:write")],
    "api-problems": [("GET", "history:read")],
    "api-problem": [("GET", "history:read")],
    "api-problem-mute": [("POST", "exports:write")],
    "api-runs": [("GET", "history:read")],
    "api-run": [("GET", "history:read")],
    "api-calls": [("GET", "history:read")],
}
LISTS = ("api-connections", "api-jobs", "api-runs", "api-problems")
OPERATIONS = [(name, *operation) for name, operations in API.items() for operation in operations]

# For everybody: nothing of a company is shown, and who gets in is decided there.
OPEN = {
    *("health", "health-live", "health-ready", "metrics", "pleo-webhook"),
    *("api-schema", "api-docs", "api-nowhere"),
    *("account_login", "account_logout", "account_inactive", "account_signup"),
    *("account_reauthenticate", "account_email", "account_email_verification_sent"),
    *("account_change_password", "account_set_password", "account_reset_password"),
    *("account_confirm_login_code", "account_confirm_email", "account_reset_password_done"),
    *("account_reset_password_from_key", "account_reset_password_from_key_done"),
    *("mfa_authenticate", "mfa_reauthenticate", "mfa_index"),
    *("mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes"),
    *("mfa_generate_recovery_codes", "mfa_download_recovery_codes"),
}


def names_of(resolver: URLResolver) -> Iterator[str]:
    for found in resolver.url_patterns:
        if isinstance(found, URLResolver):
            yield from names_of(found)
        else:
            yield str(found.name)


def test_every_url_is_in_a_table() -> None:
    assert set(names_of(get_resolver())) == {*TABLE, *API, *OPEN}


def ask(place: Place, who: str, method: str, name: str) -> Any:
    client = Client()
    if who != "nobody":
        client.force_login(place.people[who])
    reply = client.post(place.url(name)) if method == "POST" else client.get(place.url(name))
    if reply.status_code == 302 and reply["Location"].startswith("/accounts/login/"):
        return LOGIN
    return reply.status_code


@pytest.mark.parametrize("name", TABLE)
def test_looking(place: Place, name: str) -> None:
    assert tuple(ask(place, who, "GET", name) for who in PEOPLE) == TABLE[name][0]


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name][1]])
def test_posting(place: Place, name: str, settings: Any) -> None:
    # Nobody answers there, so that what would call Pleo says so and changes nothing.
    settings.PLEO_API_URL = settings.PLEO_AUTH_URL = "http://127.0.0.1:9"
    assert tuple(ask(place, who, "POST", name) for who in PEOPLE) == TABLE[name][1]


@pytest.mark.parametrize("name", [name for name in TABLE if 200 in TABLE[name][0]])
def test_nobody_sees_a_button_that_they_may_not_press(place: Place, name: str) -> None:
    """A form of a page leads nowhere where its reader is refused."""
    url = place.url(name)
    for number, who in enumerate(MEMBERS):
        client = Client()
        client.force_login(place.people[who])
        page = BeautifulSoup(client.get(url).getvalue(), "html.parser")
        for form in page.select("main form[method=post]"):
            for shut in form.select("fieldset[disabled]"):
                shut.clear()
            if form.select_one("button:not([disabled])") is None:
                continue
            to = str(form.get("action") or url).partition("?")[0]
            target = str(resolve(to).url_name)
            allowed = TABLE[target][1] if target in TABLE else None
            assert allowed is None or allowed[number] != 403, f"{who} at {name}: {form}"


WITH_IDS = [name for name in TABLE if TABLE[name][0][4] == 404]


@pytest.mark.parametrize("name", WITH_IDS)
def test_members_with_ids_of_another_company(place: Place, elsewhere: Place, name: str) -> None:
    elsewhere.people = place.people
    methods = ("GET", "POST") if TABLE[name][1] else ("GET",)
    found = {ask(elsewhere, who, method, name) for who in MEMBERS for method in methods}
    assert found == {404}


# -- The API ------------------------------------------------------------------------------------


def call(place: Place, name: str, method: str, **headers: str) -> int:
    return _call(Client(), place, name, method, headers)


def call_as(place: Place, who: str, name: str, method: str) -> int:
    client = Client()
    if who != "nobody":
        client.force_login(place.people[who])
    return _call(client, place, name, method, {})


def _call(client: Client, place: Place, name: str, method: str, headers: dict[str, str]) -> int:
    body: Any = {}
    if name == "api-mapping" and method == "PUT":
        body = {"settings": Mapping().to_json()}
    if name == "api-syncs" and method == "PUT":
        body = {"archive_limit": 30}
    if name == "api-dimensions" and method == "PUT":
        body = {"dimensions": []}
    if name == "api-tax-kinds" and method == "PUT":
        body = {"kinds": {"I25": "inclusive"}}
    if name in ("api-plan-keep", "api-plan-archive"):
        body = {"items": [2]}
    send = getattr(client, method.lower())
    kind = {} if method == "GET" else {"content_type": "application/json"}
    reply = send(place.url(name), body, headers=headers, **kind)
    assert reply.status_code < 400 or reply["Content-Type"] == "application/problem+json"
    return int(reply.status_code)


def token_of(place: Place, scopes: Any) -> dict[str, str]:
    with scope(tenant=place.tenant):
        owner = User.objects.filter(memberships__tenant=place.tenant).first()
        assert owner
        _, secret = create_token(
            tenant=place.tenant, name="x", scopes=scopes, expires_at=None, actor=owner
        )
    return {"Authorization": f"Bearer {secret}"}


# What else an operation answers to who may do it: nobody answers for Pleo here, nobody is asked.
DONE_FOREIGN = {"api-problem-mute": 400, "api-answer": 400}  # the body is looked at first
DONE = {
    "api-problem-mute": 400,
    "api-preview": 502,
    "api-dimensions-read": 502,
    "api-account-use-ask": 502,
    "api-export-again": 502,
    "api-answer": 400,
    "api-attach-again": 409,
    "api-check-now": 202,
}
DONE |= {"api-sync-now": 202, "api-plan-approve": 202}


@pytest.mark.parametrize(("name", "method", "needed"), OPERATIONS)
def test_people_at_the_api(place: Place, name: str, method: str, needed: str) -> None:
    done = DONE.get(name, 200)
    viewer = done if method == "GET" else 403
    foreign = 200 if name in LISTS else DONE_FOREIGN.get(name, 404)
    expected = (done, done, done, viewer, foreign, foreign, 401)
    assert tuple(call_as(place, who, name, method) for who in PEOPLE) == expected


@pytest.mark.parametrize(("name", "method"), [x[:2] for x in OPERATIONS if x[0] not in LISTS])
def test_members_at_the_api_with_ids_of_another_company(
    place: Place, elsewhere: Place, name: str, method: str
) -> None:
    elsewhere.people = place.people
    refused = DONE_FOREIGN.get(name, 404)
    expected = [refused if who != "viewer" or method == "GET" else 403 for who in MEMBERS]
    assert [call_as(elsewhere, who, name, method) for who in MEMBERS] == expected


@pytest.mark.parametrize(("name", "method", "needed"), OPERATIONS)
def test_tokens_at_the_api(
    place: Place, elsewhere: Place, name: str, method: str, needed: str
) -> None:
    others = [x for x in ApiScope.values if x != needed]
    assert call(place, name, method, **token_of(place, [needed])) == DONE.get(name, 200)
    assert call(place, name, method, **token_of(place, others)) == 403
    foreign = 200 if name in LISTS else DONE_FOREIGN.get(name, 404)
    assert call(place, name, method, **token_of(elsewhere, [needed])) == foreign
    assert call(place, name, method, Authorization="Bearer pec_guessed") == 401


# -- The rest -----------------------------------------------------------------------------------


def test_a_stranger_sees_nothing_of_the_company(place: Place) -> None:
    client = Client()
    client.force_login(place.people["stranger"])
    for name in ("home", "history", "members"):
        assert "Nordhavn" not in client.get(place.url(name)).content.decode()
    chosen = client.get(f"/?company={place.tenant.public_id}", follow=True)
    assert "Nordhavn" not in chosen.content.decode()


def test_an_entry_of_another_export_is_not_found(place: Place) -> None:
    other = factories.make_job(place.connection, booked=1)
    client = Client()
    client.force_login(place.people["owner"])
    entry = other.items.get().public_id
    assert client.get(reverse("entry", args=[place.job.public_id, entry])).status_code == 404
    assert client.get(reverse("export", args=[uuid.uuid4()])).status_code == 404


def test_refusals_have_pages_of_ours(place: Place) -> None:
    client = Client()
    client.force_login(place.people["viewer"])
    refused = client.post(place.url("pause")).content.decode()
    assert "An owner or admin can do it." in refused
    missing = client.get("/nowhere/").content.decode()
    assert "There is nothing here" in missing


def test_forms_carry_a_token(place: Place) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(place.people["owner"])
    reply = client.post(place.url("pause"))
    assert reply.status_code == 403
    assert "The form was too old" in reply.content.decode()


def test_the_pages_to_get_in() -> None:
    client = Client()
    for name in ("account_login", "account_signup", "account_reset_password"):
        page = client.get(reverse(name)).content.decode()
        assert "web/theme.css" in page
        assert "please" not in page.lower()
    entered = {"email": "new@firm.example", "password1": "a-long-password"}
    assert (
        "Name your company"
        in client.post(reverse("account_signup"), entered, follow=True).content.decode()
    )
    assert "Change password" in client.get(reverse("account_change_password")).content.decode()
    client.post(reverse("account_logout"))
    wrong = {"login": "new@firm.example", "password": "not-it"}
    assert "alert-bad" in client.post(reverse("account_login"), wrong).content.decode()
    right = {"login": "new@firm.example", "password": "a-long-password"}
    assert client.post(reverse("account_login"), right)["Location"] == "/"
    elsewhere = reverse("account_login") + "?next=https://evil.example/"
    client.post(reverse("account_logout"))
    assert client.post(elsewhere, right)["Location"] == "/"
