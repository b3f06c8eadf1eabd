"""Who is told of a problem: once, again when it comes back, and never of what is muted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled
from standardwebhooks import Webhook

from pleo_connector.api.shapes.problems import MessageData
from pleo_connector.celery import app
from pleo_connector.connections.actions import mark_erp_problem
from pleo_connector.connections.models import Connection
from pleo_connector.exports.tasks import export_pending
from pleo_connector.history.messages import (
    CannotAdd,
    add_endpoint,
    pass_on,
    remove_endpoint,
    send_test,
)
from pleo_connector.history.models import Message, Problem, ProblemEvent, WebhookEndpoint
from pleo_connector.history.problems import mute, note_problems
from pleo_connector.history.tasks import send_webhooks
from pleo_connector.history.webhooks import send_due
from pleo_connector.tenants.models import AuditEntry, Membership, User
from pleo_connector.web import digests, letters
from pleo_connector.web.problems import rows_of
from pleo_connector.web.tasks import send_letters
from tests.app import factories
from tests.app.test_problems import NOW, cause

pytestmark = pytest.mark.django_db


class Receiver:
    """A customer's program: keeps what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                receiver.got.append((dict(self.headers), self.rfile.read(size)))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/problems"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(autouse=True)
def _all_tenants() -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def connection() -> Connection:
    return factories.make_connection(factories.make_tenant())


def endpoint(connection: Connection, receiver: Receiver) -> tuple[WebhookEndpoint, str]:
    return add_endpoint(tenant=connection.tenant, url=receiver.url, actor=None, now=NOW)


def note(connection: Connection, *found: Any, at: datetime = NOW) -> None:
    note_problems(connection=connection, kind="catalog", found=found, now=at)


def tell(at: datetime = NOW) -> None:
    """What the doors do when they are due."""
    pass_on(now=at, url_of=letters.url_of)
    send_due(now=lambda: at)
    letters.send_due(now=lambda: at)


# -- Webhooks -------------------------------------------------------------------------------------


def test_an_endpoint_is_told_of_each_opening_and_closing_once(
    connection: Connection, receiver: Receiver
) -> None:
    _, secret = endpoint(connection, receiver)
    now = timezone.now()
    note(connection, cause(), at=now)
    for _ in range(2):
        note(connection, cause(), at=now)
        tell(now)
    note(connection, at=now)
    tell(now)
    note(connection, cause(), at=now + timedelta(seconds=1))
    tell(now + timedelta(seconds=1))
    bodies = [Webhook(secret).verify(body, headers) for headers, body in receiver.got]
    told = [(x["type"], x["data"]["opening"]) for x in bodies]
    assert told == [("problem.opened", 1), ("problem.resolved", 1), ("problem.opened", 2)]
    data = bodies[0]["data"]
    problem = Problem.objects.get()
    assert data.keys() == MessageData().fields.keys()  # what the documentation says
    assert data["id"] == str(problem.public_id)
    assert data["url"] == letters.url_of(problem)
    assert data["sentence"] == problem.sentence
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 3


def test_what_does_not_arrive_is_tried_later_and_later_under_the_same_id(
    connection: Connection, receiver: Receiver, settings: Any
) -> None:
    settings.MESSAGE_RETRY_SECONDS = [60, 600]
    endpoint(connection, receiver)
    note(connection, cause())
    receiver.answers = [500, 302, 200]
    tell()
    message = Message.objects.get(endpoint__isnull=False)
    assert (message.status, message.next_try_at) == (500, NOW + timedelta(seconds=60))
    tell(NOW + timedelta(seconds=59))
    assert len(receiver.got) == 1
    tell(NOW + timedelta(seconds=60))
    message.refresh_from_db()
    assert message.next_try_at == NOW + timedelta(seconds=660)
    tell(NOW + timedelta(seconds=660))
    message.refresh_from_db()
    assert (message.tries, message.status) == (3, 200)
    assert message.sent_at == NOW + timedelta(seconds=660)
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {str(message.public_id)}
    assert len({headers["webhook-timestamp"] for headers, _ in receiver.got}) == 3


def test_after_the_last_try_it_is_given_up(
    connection: Connection, receiver: Receiver, settings: Any
) -> None:
    settings.MESSAGE_RETRY_SECONDS = [60]
    endpoint(connection, receiver)
    note(connection, cause())
    receiver.answers = [500, 500, 200]
    for minutes in range(4):
        tell(NOW + timedelta(minutes=minutes))
    message = Message.objects.get(endpoint__isnull=False)
    assert (message.tries, message.next_try_at, message.sent_at) == (2, None, None)
    assert "answered with an error (500)" in message.problem


def test_an_address_that_is_gone_is_told_nothing_more(
    connection: Connection, receiver: Receiver
) -> None:
    made, _ = endpoint(connection, receiver)
    receiver.answers = [410]
    note(connection, cause())
    tell()
    made.refresh_from_db()
    assert made.ended_at == NOW
    note(connection, at=NOW + timedelta(hours=1))
    tell(NOW + timedelta(hours=1))
    assert len(receiver.got) == 1


def test_a_private_address_is_not_called(
    connection: Connection, receiver: Receiver, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    endpoint(connection, receiver)
    note(connection, cause())
    tell()
    assert not receiver.got
    assert "private network address" in Message.objects.get(endpoint__isnull=False).problem


def test_a_worker_that_dies_leaves_the_message_to_the_next(
    connection: Connection, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint(connection, receiver)
    note(connection, cause())

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("pleo_connector.history.webhooks.note_sent", die)
        with pytest.raises(Killed):
            tell()
    tell(NOW + timedelta(minutes=6))
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_worker_takes_no_more_than_it_gets_through_while_it_holds_them(
    connection: Connection, receiver: Receiver
) -> None:
    """Else another would send them too, were each address slow."""
    endpoint(connection, receiver)
    note(connection, *(cause(f"6{number:03}") for number in range(25)))
    tell()
    assert len(receiver.got) == 20
    tell()
    assert len(receiver.got) == 25


def test_a_slow_address_keeps_no_booking_waiting() -> None:
    """Messages to workers lie in two queues, and a worker may be told to take from one alone."""
    with app.connection_for_read() as broker:
        waiting: Any = broker.default_channel
        waiting.client.delete("default", "outgoing")
        for task in (send_webhooks, send_letters):
            task.delay()
        export_pending.delay(connection_id=1)
        tasks = {
            name: {json.loads(x)["headers"]["task"] for x in waiting.client.lrange(name, 0, -1)}
            for name in ("default", "outgoing")
        }
        waiting.client.delete("default", "outgoing")
    assert {"history.send_webhooks", "web.send_letters"} <= tasks["outgoing"] - tasks["default"]
    assert "exports.export_pending" in tasks["default"] - tasks["outgoing"]
    assert app.amqp.queues.consume_from.keys() == {"default", "outgoing"}


def test_other_companies_and_muted_problems_are_not_told(
    connection: Connection, receiver: Receiver
) -> None:
    other = factories.make_connection(factories.make_tenant("Skovgaard"), name="Skovgaard")
    endpoint(other, receiver)
    note(connection, cause())
    tell()
    endpoint(connection, receiver)
    note(connection, cause(), cause("6120"))
    mute(problem=Problem.objects.get(subject="6120"), actor=None, until=None, now=NOW)
    tell()
    assert not receiver.got
    assert not ProblemEvent.objects.filter(passed_on_at=None, kind="opened").exists()


def test_the_page_shows_the_secret_once_sends_a_test_and_keeps_a_log(
    connection: Connection, receiver: Receiver
) -> None:
    client = Client()
    client.force_login(factories.owner_of(connection.tenant))
    url = reverse("webhooks")
    made = client.post(url, {"url": receiver.url}).content.decode()
    assert "whsec_" in made
    assert "whsec_" not in client.get(url).content.decode()
    assert "told already" in client.post(url, {"url": receiver.url}).content.decode()
    found = WebhookEndpoint.objects.get()
    test = reverse("webhook-test", args=[found.public_id])
    assert "On its way" in client.post(test, follow=True).content.decode()
    send_due(now=timezone.now)
    assert json.loads(receiver.got[0][1])["type"] == "test"
    assert "Arrived" in client.get(url).content.decode()
    remove = reverse("webhook-remove", args=[found.public_id])
    assert "No program is told" in client.post(remove, follow=True).content.decode()
    actions = AuditEntry.objects.filter(action__contains="webhook")
    assert {x.action for x in actions} == {
        "added a webhook",
        "tested a webhook",
        "removed a webhook",
    }


def test_what_was_given_up_is_sent_again_under_its_id_when_a_person_asks(
    connection: Connection, receiver: Receiver, settings: Any
) -> None:
    settings.MESSAGE_RETRY_SECONDS = []
    endpoint(connection, receiver)
    note(connection, cause(), at=timezone.now())
    receiver.answers = [500]
    tell(timezone.now())
    message = Message.objects.get(endpoint__isnull=False)
    client = Client()
    client.force_login(factories.owner_of(connection.tenant))
    again = reverse("webhook-again", args=[message.public_id])
    assert f'href="{again}"' in client.get(reverse("webhooks")).content.decode()
    assert "knows it as the same message" in client.get(again).content.decode()
    assert "On its way" in client.post(again, follow=True).content.decode()
    assert "not given up any more" in client.post(again, follow=True).content.decode()
    tell(timezone.now())
    assert "Arrived" in client.get(reverse("webhooks")).content.decode()
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert ids == [str(message.public_id)] * 2
    assert AuditEntry.objects.filter(action="sent a message to a webhook again").count() == 1


def test_an_address_that_was_removed_is_sent_nothing_again(
    connection: Connection, receiver: Receiver
) -> None:
    made, _ = endpoint(connection, receiver)
    send_test(endpoint=made, actor=None, now=NOW)
    remove_endpoint(endpoint=made, actor=None, now=NOW)
    client = Client()
    client.force_login(factories.owner_of(connection.tenant))
    message = Message.objects.get()
    again = reverse("webhook-again", args=[message.public_id])
    assert again not in client.get(reverse("webhooks")).content.decode()
    client.post(again)
    tell()
    assert not receiver.got


def test_a_company_has_few_endpoints(connection: Connection) -> None:
    for number in range(10):
        url = f"https://tools.firm.example/{number}"
        made, _ = add_endpoint(tenant=connection.tenant, url=url, actor=None, now=NOW)
    with pytest.raises(CannotAdd, match="ten at most"):
        add_endpoint(tenant=connection.tenant, url="https://x.example/", actor=None, now=NOW)
    remove_endpoint(endpoint=made, actor=None, now=NOW)
    add_endpoint(tenant=connection.tenant, url="https://x.example/", actor=None, now=NOW)


# -- Letters --------------------------------------------------------------------------------------


def to(user: User) -> list[Any]:
    return [x for x in mail.outbox if user.email in x.to]


def test_a_dead_connection_is_told_at_once_to_who_can_mend_it(connection: Connection) -> None:
    people = {role: factories.join(connection.tenant, role) for role in ("admin", "viewer")}
    quiet = factories.join(connection.tenant, "bookkeeper")
    User.objects.filter(pk=quiet.pk).update(mail="none")
    mark_erp_problem(connection=connection, sentence="Tryton: the key is not valid.")
    for _ in range(2):
        mark_erp_problem(connection=connection, sentence="Tryton: the key is not valid.")
        tell(timezone.now())
    (letter,) = to(people["admin"])
    assert letter.subject == "Tryton does not let us in: Nordhavn ApS"
    assert "the key is not valid" in letter.body
    assert letters.url_of(Problem.objects.get()) in letter.body
    assert not to(people["viewer"])
    assert not to(quiet)


def test_a_letter_speaks_the_language_of_its_reader(connection: Connection) -> None:
    admin = factories.join(connection.tenant, "admin")
    User.objects.filter(pk=admin.pk).update(language="da")
    mark_erp_problem(connection=connection, sentence="Tryton: the key is not valid.")
    tell(timezone.now())
    assert to(admin)[0].subject == "Tryton lukker os ikke ind: Nordhavn ApS"


def test_who_left_the_company_gets_no_letter_that_was_on_its_way(connection: Connection) -> None:
    admin = factories.join(connection.tenant, "admin")
    mark_erp_problem(connection=connection, sentence="Tryton: the key is not valid.")
    pass_on(now=timezone.now(), url_of=letters.url_of)
    Membership.objects.filter(user=admin).delete()
    letters.send_due(now=timezone.now)
    assert not to(admin)


def test_one_letter_that_cannot_be_written_keeps_back_no_other(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    Connection.objects.filter(pk=connection.pk).update(pleo_company_name="Nordhavn\nApS")
    connection.refresh_from_db()
    people = [factories.join(connection.tenant, "admin") for _ in range(2)]
    mark_erp_problem(connection=connection, sentence="Tryton: the key is not valid.")
    written, calls = rows_of, iter(range(100))

    def broken(*values: Any, **named: Any) -> Any:
        if next(calls) == 0:
            raise ZeroDivisionError
        return written(*values, **named)

    monkeypatch.setattr(letters, "rows_of", broken)
    tell(timezone.now())
    got = [letter for person in people for letter in to(person)]
    assert got
    assert {letter.subject for letter in got} == {"Tryton does not let us in: Nordhavn ApS"}
    assert Message.objects.filter(sent_at=None, next_try_at__isnull=False).count() == 1


def digest(at: datetime) -> None:
    digests.make_due(now=at)
    letters.send_due(now=lambda: at)


def test_once_a_day_a_digest_of_what_is_new(connection: Connection) -> None:
    admin = factories.join(connection.tenant, "admin")
    morning = datetime.now(UTC).replace(hour=7, minute=5) + timedelta(days=1)
    note(connection, cause(), cause("6120"), at=morning - timedelta(hours=2))
    digest(morning - timedelta(hours=1))
    assert not to(admin)
    for minutes in (0, 10, 20):
        digest(morning + timedelta(minutes=minutes))
    (letter,) = to(admin)
    assert letter.subject == "2 new problems in Nordhavn ApS"
    note(connection, cause(), cause("6120"), cause("6130"), at=morning + timedelta(hours=1))
    digest(morning + timedelta(hours=2))
    assert len(to(admin)) == 1  # one a day
    day = timedelta(days=1)
    digest(morning + day)
    assert len(to(admin)) == 2
    assert "6130" in to(admin)[1].body
    assert "6110" not in to(admin)[1].body
    digest(morning + 2 * day)
    assert len(to(admin)) == 2
    note(connection, at=morning + 2 * day)
    note(connection, cause(), at=morning + 2 * day + timedelta(hours=1))
    digest(morning + 3 * day)
    assert "6110" in to(admin)[2].body  # it came back


def test_a_digest_leaves_out_what_is_muted_mended_or_not_wanted(connection: Connection) -> None:
    admin = factories.join(connection.tenant, "admin")
    morning = datetime.now(UTC).replace(hour=8) + timedelta(days=1)
    note(connection, cause(), cause("6120"), at=morning - timedelta(hours=2))
    mute(problem=Problem.objects.get(subject="6110"), actor=None, until=None, now=morning)
    digests.make_due(now=morning)
    note(connection, at=morning)
    letters.send_due(now=lambda: morning)
    assert not to(admin)
    User.objects.update(mail="urgent")
    note(connection, cause("6130"), at=morning)
    digest(morning + timedelta(days=1))
    assert not to(admin)


def test_what_a_person_wants_is_in_their_settings(connection: Connection) -> None:
    owner = factories.owner_of(connection.tenant)
    client = Client()
    client.force_login(owner)
    client.post(reverse("settings"), {"mail": "urgent", "language": "", "time_zone": ""})
    owner.refresh_from_db()
    assert owner.mail == "urgent"
