"""Every page as every kind of person. A page that is not in the table fails the test."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob
from pleo_connector.tenants.models import Tenant, User
from pleo_connector.web.urls import urlpatterns
from tests.app import factories

pytestmark = pytest.mark.django_db

LOGIN = "log in"
PEOPLE = ("owner", "admin", "bookkeeper", "viewer", "stranger", "nobody")


@dataclass
class Place:
    tenant: Tenant
    connection: Connection
    job: ExportJob
    people: dict[str, User] = field(default_factory=dict)

    def url(self, name: str) -> str:
        args: dict[str, tuple[Any, ...]] = {
            "erp-connect": (self.connection.public_id, "tryton"),
            "export": (self.job.public_id,),
            "export-progress": (self.job.public_id,),
            "export-again": (self.job.public_id,),
            "entry": (self.job.public_id, self.job.items.all()[0].public_id),
        }
        own = ("home", "tenant-new", "members", "history", "pleo-callback", "connection-new")
        default = () if name in own else (self.connection.public_id,)
        return reverse(name, args=args.get(name, default))


@pytest.fixture
def place() -> Any:
    with scopes_disabled():
        tenant = factories.make_tenant()
        connection = factories.make_connection(tenant)
        job = factories.make_job(connection, booked=2, failed=1)
        people = {role: factories.join(tenant, role) for role in PEOPLE[:4]}
        people["stranger"] = factories.make_user("stranger")
        factories.make_tenant("Elsewhere", people["stranger"])
        yield Place(tenant, connection, job, people)


# name -> (GET, POST), each as what owner, admin, bookkeeper, viewer, stranger and nobody get.
# "own" pages show a stranger their own company, never this one.
SEE = (200, 200, 200, 200, 404, LOGIN)
OWN = (200, 200, 200, 200, 200, LOGIN)
MOVE = (302, 302, 302, 302, 404, LOGIN)  # a button has no page: it leads to the connection
CONFIGURE = (302, 302, 403, 403, 404, LOGIN)
OPERATE = (302, 302, 302, 403, 404, LOGIN)
FORM_CONFIGURE = (200, 200, 403, 403, 404, LOGIN)
FORM_OPERATE = (200, 200, 200, 403, 404, LOGIN)
TABLE: dict[str, tuple[tuple[Any, ...], tuple[Any, ...] | None]] = {
    "home": (OWN, None),
    "tenant-new": (OWN, OWN),
    "members": (OWN, (200, 200, 403, 403, 200, LOGIN)),
    "history": (OWN, None),
    "pleo-callback": ((400, 400, 400, 400, 400, LOGIN), None),
    "connection-new": ((302, 302, 302, 302, 302, LOGIN), (302, 302, 403, 403, 302, LOGIN)),
    "connection": (SEE, None),
    "setup": (SEE, None),
    "go-live": (MOVE, CONFIGURE),
    "check-now": (MOVE, OPERATE),
    "pause": (MOVE, CONFIGURE),
    "resume": (MOVE, CONFIGURE),
    "pleo-connect": (MOVE, CONFIGURE),
    "erp-choose": (SEE, None),
    "erp-connect": (SEE, FORM_CONFIGURE),
    "accounts": (SEE, FORM_OPERATE),
    "dimensions": (SEE, (302, 302, 302, 403, 404, LOGIN)),
    "posting": (SEE, FORM_OPERATE),
    "exports": (SEE, None),
    "preview": (SEE, None),
    "changes": (SEE, FORM_CONFIGURE),
    "export-again": (MOVE, OPERATE),
    "export": (SEE, None),
    "export-progress": (SEE, None),
    "entry": (SEE, None),
}


def test_every_url_is_in_the_table() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(TABLE)


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
    assert "notice-bad" in client.post(reverse("account_login"), wrong).content.decode()
    right = {"login": "new@firm.example", "password": "a-long-password"}
    assert client.post(reverse("account_login"), right)["Location"] == "/"
    elsewhere = reverse("account_login") + "?next=https://evil.example/"
    client.post(reverse("account_logout"))
    assert client.post(elsewhere, right)["Location"] == "/"
