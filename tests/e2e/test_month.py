"""One company's month in a real ERP, with workers that are killed in the middle of it."""

import time
from collections import Counter
from itertools import count

from demo.in_step import KINDS
from demo.month import FINISHED, Demo
from demo.stack import Stack


def wait_for_calls(demo: Demo, more: int) -> None:
    """Until the worker made so many calls to the ERP since now."""
    before, deadline = demo.erp_calls(), time.monotonic() + 20
    while demo.erp_calls() < before + more and time.monotonic() < deadline:
        time.sleep(0.005)


def test_the_first_plans_bring_pleo_in_step_with_the_erp(stack: Stack, demo: Demo) -> None:
    """A person walks them through the pages; what the demo finds missing raises."""
    person = demo.connect(stack.books(demo.company))
    demo.keep_in_step(person)
    assert person.kinds_in_step() == KINDS


def test_workers_killed_in_mid_job_book_every_entry_once(stack: Stack, demo: Demo) -> None:
    access = stack.books(demo.company)
    calls, erp_calls = stack.sim("GET", "/calls")["count"], demo.erp_calls()
    job = stack.sim("POST", f"/companies/{demo.company['id']}/export")
    # In the reads, around the drafts, around the posting, and between the receipts.
    for number, more in zip(count(1), (4, 14, 2, 3, 9), strict=False):
        wait_for_calls(demo, more)
        stack.children.pop("worker").kill()
        stack.start_worker()
        if number == 5:
            break
    found = demo.wait(job["id"])
    assert found["job"]["status"] in FINISHED
    summary = demo.summary(found, access, calls, erp_calls)
    assert (summary["failed"], summary["duplicates"]) == (0, 0)
    assert summary["booked"] >= 25


def test_exporting_everything_again_books_nothing(stack: Stack, demo: Demo) -> None:
    access = stack.books(demo.company)
    numbers = {e["accountingEntryId"]: e["externalId"] for e in demo.entries() if e["externalId"]}
    moves = Counter(move["description"] for move in stack.erp.ledger(access).moves)
    stack.sim("POST", f"/companies/{demo.company['id']}/queue", entryIds=list(numbers))
    job = demo.wait(stack.sim("POST", f"/companies/{demo.company['id']}/export")["id"])
    again = {
        item["accountingEntryId"]: item["externalId"]
        for item in job["items"]
        if item["status"] == "successful"
    }
    assert again == numbers
    assert Counter(move["description"] for move in stack.erp.ledger(access).moves) == moves
