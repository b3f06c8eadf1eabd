"""Every row of Pleo's failure table, provoked over real HTTP: what reaches Pleo, and what it says.

Each item's reason names what is wrong, in the ERP's own words where it spoke, and what to do.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from erp_adapters import errors
from erp_adapters.fake.adapter import FakeAdapter
from pleo_connector.bookkeeping.book import book
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.catalog.actions import refresh_catalog
from pleo_connector.connections.erp import open_erp
from pleo_connector.connections.lease import claim
from pleo_connector.exports import plan, planning
from pleo_connector.exports.models import ExportJob, Posting
from pleo_connector.exports.settle import BUG_TRIES, GIVE_UP
from pleo_connector.exports.tasks import work
from pleo_connector.exports.translation import (
    ITEM_TYPES,
    JOB_TYPES,
    job_type_for,
    meaning_of,
    told,
)
from pleo_connector.history.models import Run
from pleo_connector.mapping.actions import save_mapping
from pleo_connector.mapping.models import MappingVersion
from tests.app.conftest import ACCOUNTS, Desk, FakeErp

PAGES = {
    "accounts",
    "codes",
    "dimensions",
    "rules",
    "tax",
    "vendors",
    "posting",
    "pleo",
    "erp",
    "support",
}
REFUSED = "accounting_system_validation_failure"


@dataclass
class Scene:
    """An ERP and a Pleo in which something can be made wrong."""

    desk: Desk
    erp: FakeErp
    patch: pytest.MonkeyPatch

    @property
    def client(self) -> Client:
        client = Client()
        client.force_login(self.desk.user)
        return client

    @property
    def chart(self) -> dict[str, Any]:
        return self.desk.simulator.chart(self.desk.company)

    def entry(self, template: str = "card_purchase", **wish: Any) -> str:
        (entry_id,) = self.desk.simulator.add(self.desk.company, template, **wish)
        return entry_id

    def seeded(self, reason: str) -> str:
        """An entry of the demo company that is meant to fail so."""
        entries = self.desk.simulator.entries(self.desk.company)
        return next(i for i, e in entries.items() if e["expectedFailure"] == reason)

    def read_catalog(self) -> None:
        """From here on only the ERP knows what changes in it."""
        self.desk.export(entryIds=[self.entry()])

    def without(self, kind: str, code: str) -> None:
        rows = [row for row in self.chart[kind] if row["code"] != code]
        self.erp("PUT", "/seed", **{kind: rows})

    def without_value(self, code: str) -> None:
        axes = [
            {**axis, "values": [v for v in axis["values"] if v["code"] != code]}
            for axis in self.chart["dimensions"]
        ]
        self.erp("PUT", "/seed", dimensions=axes)

    def block_vendors(self) -> None:
        vendors = [{**row, "isActive": False} for row in self.chart["vendors"]]
        self.erp("PUT", "/seed", vendors=vendors)

    def tag_vendors(self) -> None:
        self.switch(vendor_based_bookkeeping_for_clicked_jobs=True)

    def switch(self, **values: Any) -> None:
        self.desk.simulator("PUT", "/switches", **values)

    def at_pleo(self, job: ExportJob) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        found = self.desk.simulator.job(str(job.pleo_job_id))
        return found.job, {row["accountingEntryId"]: row for row in found.items}

    def work_later(self, after: timedelta) -> None:
        lease = claim(self.desk.connection.pk)
        assert lease is not None
        work(lease, now=lambda: timezone.now() + after)


@pytest.fixture
def scene(desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(desk, fake_erp, monkeypatch)


# -- The page that mends it ---------------------------------------------------------------------

# Where each mark leads, and what stands there to mend it with.
LEADS = {
    "accounts": ("accounts", 'name="out_of_pocket"'),
    "vendors": ("accounts", 'name="generic_vendor"'),
    "codes": ("categories", 'list="targets"'),
    "tax": ("tax-codes", 'list="targets"'),
    "dimensions": ("dimensions", 'name="in_text"'),
    "rules": ("rules", "Add a rule"),
    "posting": ("posting", 'name="closed_period"'),
    "erp": ("erp-connect", "Test the access"),
}


def links_in(page: str) -> list[str]:
    """Of the buttons, which is how each cause ends."""
    return [unescape(x) for x in re.findall(r'<a class="btn[^"]*" href="([^"]*)"', page)]


def is_mended_from(scene: Scene, page: str, fix: str) -> bool:
    """The page has a link to the place that mends it, and the place can be reached."""
    if fix == "support":
        return any(link.startswith("mailto:") for link in links_in(page))
    if fix == "pleo":
        return any(link.startswith("http") for link in links_in(page))
    name, means = LEADS[fix]
    connection = scene.desk.connection
    more = [connection.erp_kind] if fix == "erp" else []
    address = reverse(name, args=[connection.public_id, *more])
    links = [link for link in links_in(page) if link.partition("?")[0] == address]
    places = [scene.client.get(link) for link in links]
    return any(x.status_code == 200 and means in x.content.decode() for x in places)


def assert_mended_from(scene: Scene, address: str, fix: str) -> None:
    page = scene.client.get(address).content.decode()
    assert is_mended_from(scene, page, fix), (address, fix, links_in(page))


# -- Items --------------------------------------------------------------------------------------


def no_account_set(scene: Scene) -> str:
    mapping = Mapping(accounts=replace(ACCOUNTS, out_of_pocket=None), posting_behaviour="final")
    save_mapping(connection=scene.desk.connection, mapping=mapping, author=None)
    return scene.entry("out_of_pocket")


def unknown_journal(scene: Scene) -> str:
    scene.desk.map(posting_behaviour="final", journals={"card_purchase": "NOPE"})
    scene.erp("PUT", "/seed", journals=["EXP"])
    return scene.entry()


def no_category(scene: Scene) -> str:
    return scene.seeded("missing_configuration")


def unknown_account(scene: Scene) -> str:
    return scene.seeded("account_unknown")


def unknown_tax_code(scene: Scene) -> str:
    scene.without("taxCodes", "I25")
    return scene.entry()


def unknown_tag(scene: Scene) -> str:
    scene.without_value("OPS")
    return scene.entry()


def unknown_vendor(scene: Scene) -> str:
    scene.tag_vendors()
    scene.erp("PUT", "/seed", vendors=[])
    return scene.entry("invoice")


def blocked_vendor(scene: Scene) -> str:
    scene.tag_vendors()
    scene.block_vendors()
    return scene.entry("invoice")


def locked_period(scene: Scene) -> str:
    scene.desk.map(posting_behaviour="final", closed_period="fail")
    scene.erp("PUT", "/seed", company={"lockDate": "2026-10-31"})
    return scene.entry()


def locked_since(scene: Scene) -> str:
    """No catalog is read for it: the lock date is asked for at each export."""
    scene.desk.map(posting_behaviour="final", closed_period="fail")
    scene.read_catalog()
    scene.erp("DELETE", "/state")
    return locked_period(scene)


def large_receipt(scene: Scene) -> str:
    scene.desk.map(posting_behaviour="final", missing_receipt="fail")
    return scene.entry(files=[{"kind": "big"}])


def account_closed_since(scene: Scene) -> str:
    scene.read_catalog()
    scene.without("accounts", "6310")
    return scene.entry()


def tax_code_gone_since(scene: Scene) -> str:
    scene.read_catalog()
    return unknown_tax_code(scene)


def tag_gone_since(scene: Scene) -> str:
    scene.read_catalog()
    return unknown_tag(scene)


def vendor_blocked_since(scene: Scene) -> str:
    scene.read_catalog()
    return blocked_vendor(scene)


def month_closed_since(scene: Scene) -> str:
    scene.desk.map(posting_behaviour="final", closed_period="fail")
    scene.erp("PUT", "/seed", closedMonths=["2026-10"])
    return scene.entry()


def refused(scene: Scene) -> str:
    error = {"code": "duplicate", "message": "Bilaget findes allerede"}
    scene.erp.fault("POST /vouchers$", status=200, body={"results": [{"error": error}] * 2})
    return scene.entry()


def own_bug(scene: Scene) -> str:
    entry_id = scene.entry()

    def broken(item: Any, *rest: Any, **more: Any) -> Any:
        if item.entry_id == entry_id:
            raise ZeroDivisionError
        return book(item, *rest, **more)

    scene.patch.setattr(plan, "book", broken)
    return entry_id


ROWS: list[tuple[Callable[[Scene], str], str, str, tuple[str, ...]]] = [
    (
        no_account_set,
        "missing_configuration",
        "accounts",
        ("no out-of-pocket account is set", "Choose it in the account settings"),
    ),
    (no_category, "missing_configuration", "pleo", ("no category", "Choose a category")),
    (unknown_journal, "missing_configuration", "posting", ("Fake ERP: There is no journal NOPE.",)),
    (
        unknown_account,
        "account_unknown",
        "codes",
        ("account 9999 does not exist", "Choose another category in Pleo"),
    ),
    (unknown_tax_code, "tax_code_unknown", "tax", ("I25", "does not exist", "Choose")),
    (unknown_tag, "tag_unknown", "dimensions", ("OPS", "does not exist", "Choose")),
    (unknown_vendor, "vendor_unknown", "vendors", ("does not exist", "Check the vendor")),
    (blocked_vendor, "vendor_unknown", "vendors", ("is blocked", "Check the vendor")),
    (locked_period, REFUSED, "posting", ("lies in a closed period", "Open the period")),
    (locked_since, REFUSED, "posting", ("lies in a closed period", "Open the period")),
    (
        large_receipt,
        "receipt_file_size_limit_exceeded",
        "pleo",
        ("32.5 MB", "up to 20 MB", "posting settings"),
    ),
    (
        account_closed_since,
        "account_unknown",
        "codes",
        ("Fake ERP: There is no account 6310.", "Choose another category in Pleo"),
    ),
    (
        tax_code_gone_since,
        "tax_code_unknown",
        "tax",
        ("Fake ERP: There is no active tax code I25.", "Choose another tax code in Pleo"),
    ),
    (
        tag_gone_since,
        "tag_unknown",
        "dimensions",
        ("Fake ERP: department has no active value OPS.", "Choose another tag in Pleo"),
    ),
    (
        vendor_blocked_since,
        "vendor_unknown",
        "vendors",
        ("Fake ERP: There is no active vendor", "Check the vendor in Fake ERP"),
    ),
    (
        month_closed_since,
        REFUSED,
        "posting",
        ("Fake ERP: 2026-10-01 lies in a closed month.", "Open the period in Fake ERP"),
    ),
    (refused, REFUSED, "erp", ("Fake ERP: Bilaget findes allerede.", "export it again")),
    (own_bug, "unexpected_failure", "support", ("went wrong on our side", "We have been told")),
]


@pytest.mark.parametrize(
    ("provoke", "kind", "fix", "words"), ROWS, ids=[row[0].__name__ for row in ROWS]
)
def test_what_an_entry_fails_of_reaches_pleo(
    scene: Scene, provoke: Callable[[Scene], str], kind: str, fix: str, words: tuple[str, ...]
) -> None:
    entry_id = provoke(scene)
    fine = scene.entry("wallet_topup", overrides={"date": "2026-11-02T00:00:00Z"})
    job = scene.desk.export(entryIds=[entry_id, fine])
    _, rows = scene.at_pleo(job)
    row = rows[entry_id]
    assert (row["status"], row["failureReasonType"]) == ("failed", kind)
    assert kind in ITEM_TYPES
    assert not [word for word in words if word not in row["failureReason"]], row["failureReason"]
    item = job.items.get(accounting_entry_id=entry_id)
    assert item.fix == fix
    assert fix in PAGES
    assert not Posting.objects.filter(accounting_entry_id=entry_id, state="posted").exists()
    assert_mended_from(scene, reverse("entry", args=[job.public_id, item.public_id]), fix)
    assert_mended_from(scene, reverse("export", args=[job.public_id]), fix)
    for problem in scene.desk.connection.problems.filter(entries__accounting_entry_id=entry_id):
        assert_mended_from(scene, reverse("problem", args=[problem.public_id]), fix)
    if provoke is not refused:  # where the ERP refused both
        assert rows[fine]["status"] == "successful"
        assert job.status == "completed_with_errors"


def slow_down(scene: Scene) -> None:
    scene.erp.fault("POST /vouchers$", status=429, headers={"Retry-After": "0"}, times=9)


def hang_up(scene: Scene) -> None:
    scene.erp.fault("POST /vouchers$", drop="before", times=9)


def go_away(scene: Scene) -> None:
    scene.erp.fault("POST /vouchers$", drop="before")
    scene.erp.fault("POST /vouchers/search$", status=503, times=99)


@pytest.mark.parametrize(
    ("provoke", "kind", "words"),
    [
        (slow_down, "accounting_system_rate_limit", "Fake ERP asks us to slow down."),
        (hang_up, "accounting_system_timeout", "Fake ERP did not answer"),
        (go_away, "accounting_system_unreachable", "Fake ERP is out of order (503)."),
    ],
)
def test_an_erp_that_fails_in_mid_run_is_waited_for_and_then_told_of_each_entry(
    scene: Scene, provoke: Callable[[Scene], None], kind: str, words: str
) -> None:
    provoke(scene)
    entry_id = scene.entry()
    job = scene.desk.export(entryIds=[entry_id])
    assert job.run.state == Run.State.WAITING
    scene.work_later(GIVE_UP + timedelta(minutes=1))
    at_pleo, rows = scene.at_pleo(job)
    for reason in (rows[entry_id], at_pleo):
        assert (reason["status"], reason["failureReasonType"]) == ("failed", kind)
        assert words in reason["failureReason"]
        assert "Export it again in Pleo when Fake ERP works" in reason["failureReason"]
    assert kind in ITEM_TYPES & JOB_TYPES
    assert job.items.get().fix == "erp"
    scene.erp("DELETE", "/faults")
    scene.desk.simulator("POST", f"/companies/{scene.desk.company['id']}/queue", all=True)
    again = scene.desk.simulator.export(scene.desk.company, entryIds=[entry_id])
    scene.work_later(2 * GIVE_UP)
    assert ExportJob.objects.get(pleo_job_id=again["id"]).status == "completed"
    assert [x["reference"] for x in scene.erp.vouchers] == [f"pleo:{entry_id}"]


def test_giving_up_never_says_failed_of_what_is_booked(scene: Scene) -> None:
    entry_id = scene.entry()
    scene.erp.fault(".*/attachments$", status=503, times=99)
    job = scene.desk.export(entryIds=[entry_id])
    scene.work_later(GIVE_UP + timedelta(minutes=1))
    _, rows = scene.at_pleo(job)
    assert rows[entry_id]["status"] == "successful"


# -- Jobs ---------------------------------------------------------------------------------------


def unreachable(scene: Scene) -> None:
    scene.erp.fault("GET /", status=503, times=99)


def dead_login(scene: Scene) -> None:
    scene.erp.fault("GET /", status=401, times=9)


def missing_right(scene: Scene) -> None:
    scene.erp.fault("POST /vouchers$", status=403, times=9)


def no_contra_account(scene: Scene) -> None:
    path = f"/companies/{scene.desk.company['id']}/wallets/DKK"
    scene.desk.simulator("PUT", path, contraAccount=None)


def no_settings(scene: Scene) -> None:
    connection = scene.desk.connection
    refresh_catalog(connection=connection, erp=open_erp(connection), now=timezone.now())
    MappingVersion.objects.all().delete()


def no_accounts(scene: Scene) -> None:
    scene.erp("PUT", "/seed", accounts=[])


def no_vendor_ledger(scene: Scene) -> None:
    can = replace(FakeAdapter.capabilities, vendor_ledger=False)
    scene.patch.setattr(FakeAdapter, "capabilities", can)


def other_company(scene: Scene) -> None:
    scene.erp("PUT", "/seed", company={"id": "2", "name": "Another A/S"})


def all_closed(scene: Scene) -> None:
    scene.erp("PUT", "/seed", company={"lockDate": date.max.isoformat()})


def busy_pleo(scene: Scene) -> None:
    match, effect = {"path": "^/v3/export-items"}, {"status": 429}
    scene.desk.simulator("POST", "/faults", match=match, effect=effect)


def nobody_there(scene: Scene) -> None:
    error = {"code": "gone", "message": "No company is kept here any more."}
    scene.erp.fault("GET /company$", status=404, body=error, times=99)


def bug(scene: Scene) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    scene.patch.setattr(planning.Planning, "plan", broken)


@pytest.mark.parametrize(
    ("provoke", "kind", "words"),
    [
        (
            unreachable,
            "accounting_system_unreachable",
            ("Fake ERP is out of order (503).", "Export it again in Pleo when Fake ERP works"),
        ),
        (
            dead_login,
            "accounting_system_authentication_failure",
            ("Fake ERP does not accept our credentials.", "Reconnect Fake ERP"),
        ),
        (
            missing_right,
            "invalid_configuration",
            ("Fake ERP does not allow this.", "Give the user of this connection the right"),
        ),
        (no_contra_account, "missing_configuration", ("DKK", "Choose the contra account")),
        (no_settings, "missing_configuration", ("not set", "Choose the accounts")),
        (no_accounts, "missing_configuration", ("Fake ERP shows no accounts",)),
        (
            no_vendor_ledger,
            "invalid_configuration",
            ("Fake ERP keeps no vendor ledger", "Turn off Vendor Tagging in Pleo"),
        ),
        (
            other_company,
            "invalid_configuration",
            ("opens the books of Another A/S now", "Reconnect Fake ERP"),
        ),
        (all_closed, "invalid_configuration", ("No period is open in Fake ERP", "Open one")),
        (busy_pleo, "pleo_rate_limit", ("Pleo asks us to slow down",)),
        (nobody_there, "validation_failure", ("Fake ERP: No company is kept here any more.",)),
        (bug, "validation_failure", ("went wrong on our side", "Write to us")),
    ],
)
def test_what_ends_a_job_reaches_pleo(
    scene: Scene, provoke: Callable[[Scene], None], kind: str, words: tuple[str, ...]
) -> None:
    scene.switch(vendor_based_bookkeeping_for_clicked_jobs=provoke is no_vendor_ledger)
    entry_id = scene.entry()
    remote = scene.desk.simulator.export(scene.desk.company, entryIds=[entry_id])
    provoke(scene)
    for _ in range(BUG_TRIES + 1):
        scene.desk.work()
    scene.work_later(GIVE_UP + timedelta(minutes=1))
    job = ExportJob.objects.get(pleo_job_id=remote["id"])
    at_pleo, rows = scene.at_pleo(job)
    assert (at_pleo["status"], at_pleo["failureReasonType"]) == ("failed", kind)
    assert kind in JOB_TYPES
    missing = [word for word in words if word not in at_pleo["failureReason"]]
    assert not missing, at_pleo["failureReason"]
    page = scene.client.get(reverse("export", args=[job.public_id])).content.decode()
    assert [mark for mark in PAGES if is_mended_from(scene, page, mark)]
    for problem in scene.desk.connection.problems.filter(state="open"):
        assert_mended_from(scene, reverse("problem", args=[problem.public_id]), problem.fix)
    assert rows[entry_id]["status"] == "abandoned"
    assert (job.status, job.failure_type) == ("failed", kind)
    assert not scene.erp.vouchers


def test_a_job_with_vendor_tagging_is_booked_through_the_vendor_ledger(scene: Scene) -> None:
    scene.tag_vendors()
    job = scene.desk.export(entryIds=[scene.entry("invoice")])
    assert job.status == "completed"
    assert [voucher["kind"] for voucher in scene.erp.vouchers] == ["bill"]


# -- The table itself ---------------------------------------------------------------------------


def family(kind: type[errors.RemoteError]) -> list[type[errors.RemoteError]]:
    return [kind, *(x for child in kind.__subclasses__() for x in family(child))]


@pytest.mark.parametrize("kind", [*family(errors.RemoteError), ZeroDivisionError])
def test_every_error_has_a_meaning_in_pleos_words(kind: type[Exception]) -> None:
    meaning = meaning_of(kind("No."))
    assert meaning.item_type in ITEM_TYPES
    assert meaning.job_type in JOB_TYPES
    assert meaning.fix in PAGES
    assert meaning.advice


@pytest.mark.parametrize("kind", family(errors.RemoteError))
def test_every_error_is_told_with_the_far_sides_words(kind: type[errors.RemoteError]) -> None:
    systems: list[errors.System] = ["erp", "pleo"]
    for system in systems:
        error = kind("Nej, tak", system=system)
        assert job_type_for(error) in JOB_TYPES
        sentence = told(error, erp="Books")
        assert sentence.startswith("Books: Nej, tak. " if system == "erp" else "Pleo: Nej, tak. ")
        assert "{" not in sentence
