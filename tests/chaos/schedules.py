"""Random schedules of mishaps: whatever happens, each entry is booked once in the end.

A schedule disturbs some workers. Then it is calm; people do what the product asks them to do
(reconnect, export again what Pleo still shows as not exported), and the books are judged.
"""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from django_scopes import scope, scopes_disabled
from standardwebhooks import Webhook

import erp_adapters
from pleo_connector.connections.models import (
    Connection,
    PleoGrant,
    WebhookEvent,
    WebhookSubscription,
)
from pleo_connector.exports.models import AttachmentUpload, ExportJob
from tests.chaos.house import ENTRIES, House, Order
from tests.chaos.judge import Verdict, Wanted, bugs_of, judge_books, waiting_for_people
from tests.chaos.mishaps import Life, Schedule, draw, lead, patient
from tests.chaos.sweep import Sweep
from tests.chaos.workers import Report, Worker

ROUNDS = 10  # workers until a job must be over
EXPORTS = 5  # times that people look after it, once it is calm


class Schedules:
    def __init__(self, house: House) -> None:
        self.house = house
        self.wanted: list[Wanted] = Sweep(house).wanted
        self.met = Counter[str]()  # what befell workers, by kind
        house.consent()

    def play(self, seed: int) -> tuple[Schedule, Verdict]:
        schedule = draw(seed, len(self.house.queued), self.house.books)
        self._set(schedule)
        entries = [self.house.queued[place] for place in schedule.sample]
        order = self.house.export(entries)
        verdict = Verdict()
        self.known = set[str]()  # ids of notifications that are to be stored
        workers = self._disturbed(schedule, order, verdict)
        self._calm()
        self._notify(schedule, len(schedule.lives), order, verdict)
        workers += self._until_exported(order)
        self._judge(verdict, schedule, order)
        verdict.unhandled += bugs_of(workers)
        for worker in workers:
            self.met.update(line.split()[0] for line in worker.report.lines("met"))
        return schedule, verdict

    # -- The storm --------------------------------------------------------------------------

    def _set(self, schedule: Schedule) -> None:
        self.house.forget()
        self.house.map(journal_per="job" if schedule.is_shared else "entry")
        self._reconnect()
        if not self.house.books.forgets:
            self.house.queued = self.house.add(ENTRIES)
        self.pause = patient(schedule)
        adapter = erp_adapters.get(self.house.books.kind)
        adapter.capabilities = replace(adapter.capabilities, batch_size=schedule.batch)
        for side, fault in schedule.far:
            if side == "erp":
                self.house.books.add_fault(fault)
            else:
                self.house.simulator("POST", "/faults", **fault)

    def _disturbed(self, schedule: Schedule, order: Order, verdict: Verdict) -> list[Worker]:
        workers: list[Worker] = []
        stopped: list[Worker] = []
        for place, life in enumerate(schedule.lives):
            self._notify(schedule, place, order, verdict)
            self.house.end_lease()
            crowd = [self._start(life, order)]
            if schedule.is_double:
                crowd.append(self.house.crew.start(self.house.work))
            for worker in crowd:
                if worker.wait_until_stopped():
                    stopped.append(worker)
            self.house.end_idle_transactions()
            workers += crowd
            if not schedule.is_woken_early:
                self.pause()
        if stopped:  # overtaken before they go on
            workers += self.house.finish(order, rounds=2)
        for worker in stopped:
            worker.go_on()
        return workers

    def _start(self, life: Life, order: Order) -> Worker:
        def body(report: Report) -> None:
            lead(life, self.house, order.job_id, report)

        return self.house.crew.start(body)

    def _notify(self, schedule: Schedule, place: int, order: Order, verdict: Verdict) -> None:
        """What comes before this worker, good and bad; wrong answers are found."""
        with scopes_disabled():
            subscription, _ = WebhookSubscription.objects.get_or_create(
                connection=self.house.connection,
                defaults={"pleo_id": "1", "secret": "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="},
            )
        for number, (when, kind) in enumerate(schedule.notifications):
            if when != place:
                continue
            name = "msg" if kind in ("valid", "duplicate") else f"msg-{number}"
            status = self._send(subscription, kind, name, order)
            good = kind not in ("late", "forged")
            self.known |= {name} if good else set()
            if status != (200 if good else 401):
                verdict.wrong_states.append(f"a {kind} notification is answered with {status}")
        with scopes_disabled():
            stored = WebhookEvent.objects.filter(connection=self.house.connection).count()
        if stored != len(self.known):
            sentence = f"{stored} notifications are stored of {len(self.known)}"
            verdict.wrong_states.append(sentence)

    def _send(self, subscription: WebhookSubscription, kind: str, name: str, order: Order) -> int:
        event = "v1.else.created" if kind == "unknown" else "v1.export-job.created"
        job_id = str(uuid4()) if kind == "stale" else order.job_id
        data = {"id": job_id, "companyId": self.house.company["id"]}
        body = json.dumps({"id": name, "eventType": event, "data": data})
        ago = 3600 if kind == "late" else 0
        moment = timezone.now() - timedelta(seconds=ago)
        secret = "whsec_Zm9yZ2VkLWZvcmdlZC1mb3JnZWQ=" if kind == "forged" else subscription.secret
        reply = Client(SERVER_NAME="127.0.0.1").post(
            f"/webhooks/pleo/{subscription.path_key}/",
            data=body,
            content_type="application/json",
            headers={
                "webhook-id": name,
                "webhook-timestamp": str(int(moment.timestamp())),
                "webhook-signature": Webhook(secret).sign(name, moment, body),
            },
        )
        return reply.status_code

    # -- The calm ---------------------------------------------------------------------------

    def _calm(self) -> None:
        """What time does, at once: faults pass, and so does what was asked to be waited for."""
        self.house.simulator("DELETE", "/faults")
        self.house.books.clear_faults()
        self.house.empty_redis()
        skew = timezone.now() - _time(self.house.simulator("GET", "/clock")["now"])
        self.house.simulator("POST", "/clock", advanceSeconds=skew.total_seconds())
        self.pause()
        self._reconnect()

    def _reconnect(self) -> None:
        """What the product asks a person for: a new consent, or the ERP's credentials again."""
        with scope(tenant=self.house.connection.tenant):
            dead = PleoGrant.objects.exclude(dead_since=None).exists()
            Connection.objects.filter(pk=self.house.connection.pk).update(
                erp_problem="", wake_at=Now()
            )
        if dead:
            self.house.consent()

    def _until_exported(self, order: Order) -> list[Worker]:
        workers, current = list[Worker](), order
        for _ in range(EXPORTS):
            workers += self.house.finish(current, rounds=ROUNDS)
            rest, unfinished = self._not_exported(order), self._unfinished()
            if not rest and not unfinished:
                break
            self._reconnect()
            if not unfinished:
                current = self.house.export([x for x in order.entries if x.id in rest])
        # A task that is delivered once more finds nothing to do.
        self.house.end_lease()
        last = self.house.crew.start(self.house.work)
        last.wait()
        self._reconnect()  # consent may have been revoked as the last thing of all
        return [*workers, last]

    def _not_exported(self, order: Order) -> set[str]:
        known = self.house.simulator.entries(self.house.company)
        return {
            entry.id
            for entry in order.entries
            if known[entry.id]["lane"] != "exported" and not entry.is_refused
        }

    def _unfinished(self) -> list[str]:
        """Jobs that are not over, on either side."""
        there = [f"job {job_id} is open at Pleo" for job_id in self.house.unfinished_at_pleo()]
        with scopes_disabled():
            ours = ExportJob.objects.select_related("run").filter(
                connection=self.house.connection, status__in=ExportJob.UNFINISHED
            )
            return there + [f"a run is stuck: {x.run.state}, {x.run.headline}" for x in ours]

    # -- The verdict ------------------------------------------------------------------------

    def _judge(self, verdict: Verdict, schedule: Schedule, order: Order) -> None:
        standing = self.house.books.standing(order.ids)
        entries = self.house.simulator.entries(self.house.company)
        numbers = {row.entry_id: row.number for row in standing if not row.part}
        told = self._told_of_receipts()
        for entry, place in zip(order.entries, schedule.sample, strict=True):
            rows = [row for row in standing if row.entry_id == entry.id]
            one = Verdict()
            judge_books(one, entry, self.wanted[place], rows)
            if entry.id in told:  # given up after two tries, and said so
                one.losses = [loss for loss in one.losses if "receipt" not in loss]
            verdict.add(one)
            if not entry.is_refused:
                at_pleo = entries[entry.id]
                said = at_pleo["lane"], at_pleo["externalId"]
                if said != ("exported", numbers.get(entry.id)):
                    verdict.wrong_states.append(f"{entry.id} is {said} at Pleo")
        verdict.stuck += self._unfinished()
        verdict.needs_human += [x for x in waiting_for_people(self.house) if "receipt" not in x]

    def _told_of_receipts(self) -> set[str]:
        with scopes_disabled():
            rows = AttachmentUpload.objects.filter(state=AttachmentUpload.State.FAILED)
            return {str(row.posting.accounting_entry_id) for row in rows.select_related("posting")}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
