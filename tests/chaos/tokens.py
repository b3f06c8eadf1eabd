"""Tokens under pressure: one refresh for many workers, and never another tenant's token."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection as database
from django.db.models import F
from django_scopes import scope

from pleo_connector.connections.erp import open_erp, open_pleo
from pleo_connector.connections.models import Connection, PleoGrant
from tests.chaos.house import House
from tests.chaos.judge import Verdict, bugs_of
from tests.chaos.workers import Report

WORKERS = 8
THREADS = 16


def refreshed_once(house: House, repetitions: int) -> tuple[int, Verdict]:
    """(refresh calls in all, what was wrong): eight processes meet an expired token at once."""
    house.consent()
    verdict, calls = Verdict(), 0
    for repetition in range(repetitions):
        before = house.simulator("GET", "/calls?after=999999999")["count"]
        _expire(house, at_pleo=repetition % 2 == 0)
        verdict.wrong_states += _meet(house)
        rows = house.simulator("GET", f"/calls?after={before}")["calls"]
        answers = [row["status"] for row in rows if row["path"] == "/oauth/token"]
        calls += len(answers)
        if answers != [200]:
            verdict.wrong_states.append(f"{repetition}: token calls were answered with {answers}")
    return calls, verdict


def _expire(house: House, *, at_pleo: bool) -> None:
    """There: it is refused. Here: it is known to be due."""
    if at_pleo:
        path = f"/companies/{house.company['id']}/tokens:expire"
        house.simulator("POST", path, which="access")
    else:
        with scope(tenant=house.connection.tenant):
            PleoGrant.objects.filter(connection=house.connection).update(expires_at=F("granted_at"))


def _meet(house: House) -> list[str]:
    """All workers start at one moment; each must learn who it is."""
    gate, opener = os.pipe()

    def ask(report: Report) -> None:
        os.close(opener)
        os.read(gate, 1)
        with scope(tenant=house.connection.tenant):
            who = open_pleo(house.connection).introspect().company_id
        if str(who) != house.company["id"]:
            report.say("bug", f"answered as {who}")

    workers = [house.crew.start(ask) for _ in range(WORKERS)]
    os.close(gate)
    os.close(opener)
    for worker in workers:
        worker.wait()
    return bugs_of(workers)


def kept_apart(houses: list[House], calls: int) -> tuple[int, Verdict]:
    """(calls made, what was wrong): both tenants in many threads of one process, on both wires."""

    def ask(number: int) -> str:
        """Empty, or what shows that the call carried another tenant's credentials."""
        house = houses[number % len(houses)]
        try:
            with scope(tenant=house.connection.tenant):
                connection = Connection.objects.get(pk=house.connection.pk)
                if number // len(houses) % 2:
                    who = str(open_pleo(connection).introspect().company_id)
                else:  # an ERP refuses the other's key
                    who = house.company["id"]
                    assert open_erp(connection).company().name == house.company["name"]
        finally:
            database.close()
        return "" if who == house.company["id"] else f"call {number} was made as {who}"

    with ThreadPoolExecutor(THREADS) as pool:
        found = [sentence for sentence in pool.map(_told(ask), range(calls)) if sentence]
    return calls, Verdict(wrong_states=found)


def _told(ask: Callable[[int], str]) -> Callable[[int], str]:
    def asked(number: int) -> str:
        try:
            return ask(number)
        except Exception as error:  # noqa: BLE001  any refusal is a finding
            return f"call {number}: {error!r}"

    return asked
