"""Whatever happened: one clean run makes Pleo's active records the ERP's, and the next writes none.

SYNC_SEQUENCES=500 draws as many sequences of changes in the ERP, hand edits in Pleo, faults on both
wires and killed workers; without it there are twelve, always the same.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pleo_connector.catalog.models import SyncPlan, SyncSchedule, SyncSettings
from pleo_connector.catalog.queries import sync_settings
from pleo_connector.connections.lease import Lease
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Attempt, Decision, Problem, RemoteCall, Run
from pleo_connector.history.recorder import Recorder
from tests.app.conftest import Desk, FakeErp
from tests.app.sync_desk import SyncDesk

# One transaction around all sequences would keep each version of a row, and grow slower and slower.
pytestmark = pytest.mark.django_db(transaction=True)

SEQUENCES = int(os.environ.get("SYNC_SEQUENCES", "12"))
STEPS = 10
KINDS = ("tags", "accounts")
CODES = ("A", "B", "C", "D", "E")
NAMES = ("Red", "Green", "Blue")
DIMENSIONS = ("DEPT", "PROJECT")
PLEO_FAULTS = (
    {"status": 500},
    {"status": 503},
    {"status": 400, "body": {"type": "VALIDATION_FAILED", "message": "Not like this."}},
    {"status": 409, "body": {"type": "CONFLICT", "message": "Taken."}},
    {"status": 404, "body": {"type": "NOT_FOUND", "message": "Gone."}},
    {"status": 403, "body": {"type": "ACCESS_DENIED", "message": "No."}},
    {"drop": "before"},
    {"drop": "after"},
)
ERP_FAULTS = ({"status": 500}, {"status": 403}, {"drop": "before"}, {"body": "{", "status": 200})
PATHS = (".", "/v0/tags", "/v0/tag-groups", "/tags$", "chart-of-accounts", "archive$", "batch$")

code, name = st.sampled_from(CODES), st.sampled_from(NAMES)
dimension, flag = st.sampled_from(DIMENSIONS), st.booleans()
which = st.integers(0, 30)


class Killed(BaseException):
    """The worker's process ends here."""


@contextmanager
def killed_after(calls: int) -> Iterator[None]:
    """At that many steps of the wire, and nothing is written from then on."""
    left = [calls]
    began, ended, renew = Recorder.began, Recorder.ended, Lease.renew

    def step(do: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*given: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return do(*given, **more)

        return stepped

    def dead(lease: Lease) -> None:
        if left[0] < 0:
            raise Killed
        renew(lease)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recorder, "began", step(began))
        patch.setattr(Recorder, "ended", step(ended))
        patch.setattr(Lease, "renew", dead)
        try:
            yield
        except Killed:
            pass


class MasterData(RuleBasedStateMachine):
    house: SyncDesk  # of the test that runs the machine

    @initialize(
        bulk=st.sampled_from(["open", "403"]),
        batch=st.sampled_from(["open", "404"]),
        with_tags=flag,
        default=st.sampled_from(["both", "active"]),
    )
    def begin(self, bulk: str, batch: str, with_tags: bool, default: str) -> None:
        forget(self.house)
        self.house.simulator(
            "PUT",
            "/switches",
            bulk_tag_calls=bulk,
            account_batch_calls=batch,
            archiving_group_archives_tags=with_tags,
            account_search_default=default,
        )
        self.values = {key: {x: ["Red", True] for x in CODES[:3]} for key in DIMENSIONS}
        self.is_open = dict.fromkeys(DIMENSIONS, True)
        self.accounts = {x: ["Red", True] for x in CODES[:3]}
        self.house.seed_pleo()
        self.tell()
        SyncSettings.objects.create(
            connection=self.house.connection, archive_limit=100, dimensions=list(DIMENSIONS)
        )
        self.sync()

    def tell(self) -> None:
        """The ERP is as the model says."""
        self.house.seed_erp(
            dimensions=[
                {
                    "code": key,
                    "name": key.title(),
                    "isActive": self.is_open[key],
                    "values": [
                        {"code": value, "name": words, "isActive": is_open}
                        for value, (words, is_open) in values.items()
                    ],
                }
                for key, values in self.values.items()
            ],
            accounts=[
                {"code": value, "name": words, "isActive": is_open}
                for value, (words, is_open) in self.accounts.items()
            ],
        )

    # -- The ERP changes --------------------------------------------------------------------

    @rule(key=dimension, code=code, name=name, is_open=flag)
    def erp_value(self, key: str, code: str, name: str, is_open: bool) -> None:
        self.values[key][code] = [name, is_open]
        self.tell()

    @rule(key=dimension, code=code)
    def erp_loses_a_value(self, key: str, code: str) -> None:
        if len(self.values[key]) > 1:
            self.values[key].pop(code, None)
            self.tell()

    @rule(code=code, name=name, is_open=flag)
    def erp_account(self, code: str, name: str, is_open: bool) -> None:
        self.accounts[code] = [name, is_open]
        self.tell()

    @rule(is_open=flag)
    def erp_dimension(self, is_open: bool) -> None:
        self.is_open["PROJECT"] = is_open
        self.tell()

    # -- Somebody edits Pleo by hand --------------------------------------------------------

    def one_of(self, rows: list[dict[str, Any]], which: int) -> dict[str, Any] | None:
        return rows[which % len(rows)] if rows else None

    def tags(self) -> list[dict[str, Any]]:
        return [tag for group in self.house.pleo("tagGroups") for tag in group["tags"]]

    @rule(which=which, name=name, archived=flag)
    def hand_edits_a_tag(self, which: int, name: str, archived: bool) -> None:
        if tag := self.one_of(self.tags(), which):
            path = f"/master-data/tags/{tag['id']}"
            self.house.simulator("PUT", path, name=name, archived=archived)

    @rule(which=which)
    def hand_deletes_a_tag(self, which: int) -> None:
        if tag := self.one_of(self.tags(), which):
            self.house.simulator("DELETE", f"/master-data/tags/{tag['id']}")

    @rule(which=which, code=code, name=name, archived=flag, lower=flag)
    def twin_of_a_tag(self, which: int, code: str, name: str, archived: bool, lower: bool) -> None:
        """From a spreadsheet, past the rules of the API."""
        if group := self.one_of(self.house.pleo("tagGroups"), which):
            key = code.lower() if lower else code
            tag = {"code": key, "name": name, "archived": archived}
            path = f"/companies/{self.house.company_id}/master-data"
            self.house.simulator("POST", path, tagGroups=[{"id": group["id"], "tags": [tag]}])

    @rule(key=st.sampled_from(["DEPT", "dept", "Project", "REGION"]), archived=flag)
    def group_by_hand(self, key: str, archived: bool) -> None:
        group = {"code": key, "name": key, "archived": archived, "tags": []}
        path = f"/companies/{self.house.company_id}/master-data"
        self.house.simulator("POST", path, tagGroups=[group])

    @rule(which=which, archived=flag)
    def hand_archives_a_group(self, which: int, archived: bool) -> None:
        if group := self.one_of(self.house.pleo("tagGroups"), which):
            path = f"/master-data/tag-groups/{group['id']}"
            self.house.simulator("PUT", path, archived=archived)

    @rule(which=which)
    def hand_deletes_a_group(self, which: int) -> None:
        if group := self.one_of(self.house.pleo("tagGroups"), which):
            self.house.simulator("DELETE", f"/master-data/tag-groups/{group['id']}")

    @rule(which=which, name=name, archived=flag)
    def hand_edits_an_account(self, which: int, name: str, archived: bool) -> None:
        if account := self.one_of(self.house.pleo("accounts"), which):
            path = f"/master-data/accounts/{account['id']}"
            self.house.simulator("PUT", path, name=name, archived=archived)

    # -- Syncs, faults and restarts ---------------------------------------------------------

    @rule(
        fault=st.sampled_from(PLEO_FAULTS),
        path=st.sampled_from(PATHS),
        times=st.integers(1, 4),
    )
    def sync_with_a_fault_of_pleo(self, fault: Any, path: str, times: int) -> None:
        match, effect = {"path": f"/v[01]/.*{path}"}, dict(fault)
        self.house.simulator("POST", "/faults", match=match, effect=effect, times=times)
        self.sync()
        self.house.simulator("DELETE", "/faults")

    @rule(fault=st.sampled_from(ERP_FAULTS), times=st.integers(1, 4), skip=st.integers(0, 4))
    def sync_with_a_fault_of_the_erp(self, fault: Any, times: int, skip: int) -> None:
        self.house.erp.fault(".", times=times, skip=skip, **fault)
        self.sync()
        self.house.erp("DELETE", "/faults")

    @rule(calls=st.integers(0, 40))
    def sync_by_a_worker_that_is_killed(self, calls: int) -> None:
        with killed_after(calls):
            self.sync()
        Connection.objects.filter(pk=self.house.connection.pk).update(
            lease_until=None,
            wake_at=self.house.now() + timedelta(days=1),  # as if exports had looked meanwhile
        )

    @rule()
    def sync(self) -> None:
        for kind in KINDS:
            self.house.ask(kind)
        self.house.work()
        self.approve()

    def approve(self) -> None:
        for plan in SyncPlan.objects.filter(state=SyncPlan.State.WAITING):
            self.house.approve(plan.kind)

    # -- The verdict ------------------------------------------------------------------------

    def teardown(self) -> None:
        if hasattr(self, "values"):
            self.sync()
            self.finish()
            chosen = set(sync_settings(self.house.connection).dimensions or [])
            assert self.house.active_groups_folded() == {
                key: {x: words for x, (words, is_open) in values.items() if is_open}
                for key, values in self.values.items()
                if key in chosen and self.is_open[key]
            }
            assert self.house.active_accounts() == {
                key: (key, words) for key, (words, is_open) in self.accounts.items() if is_open
            }
            self.house.forget_calls()
            self.sync()
            assert self.house.writes() == []
            states = Run.objects.filter(kind__in=KINDS).values_list("state", flat=True)
            assert set(states) <= {"completed", "completed_with_errors", "failed"}

    def finish(self) -> None:
        """What an earlier run has left over is looked at at once, by itself."""
        due = SyncSchedule.objects.filter(is_paused=False)
        for _ in range(3):
            if any(x.is_due(self.house.now()) for x in due.all()):
                self.house.work()
                self.approve()


def forget(house: SyncDesk) -> None:
    """Everything of syncs."""
    house.simulator("DELETE", "/faults")
    house.erp("DELETE", "/faults")
    SyncPlan.objects.all().delete()
    for model in (RemoteCall, Attempt, Decision, Problem):
        model._base_manager.all().delete()
    Run.objects.exclude(kind="export").delete()
    SyncSettings.objects.all().delete()
    SyncSchedule.objects.all().delete()
    house.only(*KINDS)


@pytest.mark.timeout(120 * SEQUENCES)
def test_one_clean_run_makes_pleo_equal_to_the_erp(
    desk: Desk, fake_erp: FakeErp, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SYNC_COMPARE_HOURS = 0  # hand edits are looked for each time
    settings.POLL_SECONDS = 1_000_000  # no export comes in between
    desk.simulator("PUT", "/switches", rate_limit_per_minute=0)
    settings.PLEO_CALLS_PER_MINUTE = 1_000_000
    desk.work()
    monkeypatch.setattr("erp_adapters.http.RETRY_PAUSE", 0)
    MasterData.house = SyncDesk(desk, fake_erp)
    run_state_machine_as_test(MasterData, settings=CHOICES)


CHOICES = settings(
    max_examples=SEQUENCES,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize="SYNC_SEQUENCES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    print_blob=True,
)
