"""Remote calls and SQL statements per entry, and memory over a large job with receipts."""

import json
import resource
import time
from typing import Any

from benchmarks.house import House, house

CALLS, STATEMENTS = 0.15, 5.0  # per entry
MEGABYTE = 1024
PAYABLE = {"method": "accounts_payable"}


def show(measure: str, value: float, unit: str, target: float, *, at_most: bool = True) -> None:
    ok = value <= target if at_most else value >= target
    row = {"measure": measure, "value": round(value, 3), "unit": unit, "target": target, "ok": ok}
    print(json.dumps(row), flush=True)


def measured(
    there: House, count: int, *, with_vendors: bool = False, **entry: Any
) -> tuple[float, float, float]:
    """(remote calls, SQL statements, seconds) of one job."""
    from django.db import connection

    statements = 0

    def counting(execute: Any, *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    ids = there.queue(count, **entry)
    there.export(ids, vendorBasedBookkeeping=with_vendors)
    calls = there.sim("GET", "/calls")["count"] + there.erp_calls()
    started = time.monotonic()
    with connection.execute_wrapper(counting):
        there.work()
    seconds = time.monotonic() - started
    return there.sim("GET", "/calls")["count"] + there.erp_calls() - calls, statements, seconds


def main() -> None:
    with house() as there:
        for count in (100, 1000, 5000):
            calls, statements, seconds = measured(there, count, files=0)
            show(f"remote calls, job of {count}", calls / count, "calls/entry", CALLS)
            show(f"SQL statements, job of {count}", statements / count, "stmts/entry", STATEMENTS)
            show(f"throughput, job of {count}", count / seconds, "entries/s", 20, at_most=False)
        calls, statements, _ = measured(
            there, 1000, with_vendors=True, files=0, overrides={"bookkeeping": PAYABLE}
        )
        show("remote calls, 1000 bills matched", calls / 1000, "calls/entry", CALLS)
        show("SQL statements, 1000 bills matched", statements / 1000, "stmts/entry", 1)
        measured(there, 500, files=1)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
        measured(there, 5000, files=1)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE - before
        show("memory grown, 500 to 5000 entries with receipts", grown, "MB", 60)


if __name__ == "__main__":
    main()
