"""One company's month, from sign-up to the checked books."""

import json
import time
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import psycopg

from demo import in_step
from demo.expected import expected
from demo.stack import RATES, Stack
from demo.walk import Person

INPUT_TAX = "2640"
CURRENCY = "EUR"  # the first company of the seeds with this currency is walked
EMAIL, PASSWORD = "owner@demo.example", "demo-owner-password"
FINISHED = ("completed", "completed_with_errors", "failed")
PATIENCE = 240  # seconds


class Demo:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.state = stack.data / "demo.json"
        self.company = next(c for c in stack.sim("GET", "/companies") if c["currency"] == CURRENCY)

    def say(self, sentence: str) -> None:
        say(f"{time.monotonic() - self.stack.started:6.1f} s  {sentence}")

    def run(self) -> dict[str, Any]:
        self.say(f"Opening the books of {self.company['name']} in {self.stack.erp.label}")
        access = self.stack.books(self.company)
        if self.state.exists():
            self.say("Connected by an earlier run; all its entries go into the queue again")
            self.stack.sim("POST", f"/companies/{self.company['id']}/queue", all=True)
            person = self.person()
            person.log_in()
            person.connection = json.loads(self.state.read_text())["connection"]
        else:
            person = self.connect(access)
        before = self.stack.sim("GET", "/calls")["count"]
        erp_before = self.erp_calls()
        job = self.export()
        result = self.summary(job, access, before, erp_before)
        self.keep_in_step(person)
        return result

    def person(self) -> Person:
        return Person(self.stack.web_url, email=EMAIL, password=PASSWORD)

    def connect(self, access: Any) -> Person:
        person = self.person()
        self.say("Signing up, and naming the company")
        person.sign_up()
        person.name_company(self.company["name"])
        self.say("Connecting Pleo: log-in, company and consent at the authorization server")
        person.connect_pleo(self.company)
        erp = self.stack.erp
        self.say(f"Connecting {erp.label}, choosing accounts, dimensions and posting")
        person.connect_erp(erp.kind, erp.settings(access), erp.secrets(access))
        person.choose_accounts()
        person.choose_dimensions()
        person.book_finally()
        person.go_live()
        self.state.write_text(json.dumps({"connection": person.connection}))
        return person

    def keep_in_step(self, person: Person) -> None:
        """The accounting system's dimensions, accounts and tax codes are Pleo's too."""
        in_step.keep_in_step(self.stack, person)
        address = f"/companies/{self.company['id']}"
        data = self.stack.sim("GET", f"{address}/master-data")
        lost = in_step.missing(data, self.stack.sim("GET", f"{address}/chart"))
        if lost:
            raise RuntimeError(f"Pleo does not show {', '.join(lost)}.\n{self.tails()}")
        facts = ", ".join(f"{count} {name}" for name, count in in_step.shown(data).items())
        say(f"\n  Pleo shows what {self.stack.erp.label} has: {facts}")

    def export(self) -> dict[str, Any]:
        job = self.stack.sim("POST", f"/companies/{self.company['id']}/export")
        self.say(f"The bookkeeper clicks Export: {job['numberOfItems']} entries")
        return self.wait(job["id"])

    def wait(self, job_id: str) -> dict[str, Any]:
        """Until the job is over at Pleo; its data there."""
        deadline = time.monotonic() + PATIENCE
        shown = -1
        while time.monotonic() < deadline:
            found = self.stack.sim("GET", f"/jobs/{job_id}")
            done = sum(item["status"] in ("successful", "failed") for item in found["items"])
            if done != shown:
                shown = done
                self.say(f"{done} of {len(found['items'])} entries have a result")
            if found["job"]["status"] in FINISHED:
                return dict(found)
            time.sleep(0.3)
        raise RuntimeError(f"The job did not end in {PATIENCE} s:\n{self.tails()}")

    def entries(self) -> list[dict[str, Any]]:
        rows = self.stack.sim("GET", f"/companies/{self.company['id']}/entries")
        return list(rows["entries"] if isinstance(rows, dict) else rows)

    def erp_calls(self) -> int:
        with psycopg.connect(self.stack.environment["DATABASE_URL"]) as database:
            row = database.execute(
                "SELECT count(*) FROM history_remotecall WHERE system = 'erp'"
            ).fetchone()
        return int(row[0]) if row else 0

    def tails(self) -> str:
        return "\n".join(f"--- {c.name}\n{c.tail()}" for c in self.stack.children.values())

    def summary(
        self, job: dict[str, Any], access: Any, before: int, erp_before: int
    ) -> dict[str, Any]:
        """Judged from the ERP's and the simulator's own data, never from ours."""
        books, entries = self.stack.erp.ledger(access), self.entries()
        on_purpose = {e["accountingEntryId"] for e in entries if e["expectedFailure"]}
        items = job["items"]
        failed = {i["accountingEntryId"] for i in items if i["status"] != "successful"}
        wanted = expected(
            [e for e in entries if e["externalId"]],
            wallets={w["currency"]: w["contraAccount"] for w in self.company["wallets"]},
            rates=RATES[CURRENCY],
        )
        references = Counter(move["description"] for move in books.moves)
        duplicates = sum(count - 1 for count in references.values())
        attached = sum(len(move["attachments"]) for move in books.moves)
        dimensions = sum(len(line["dimensions"]) for m in books.moves for line in m["lines"])
        checks = {
            "one posted move per booked entry": len(books.posted) == wanted.entries,
            "no move twice": duplicates == 0,
            "trial balance equals the sum of Pleo's entries": _same(
                books.trial_balance, wanted.balances
            ),
            "input tax equals Pleo's, code by code": _same(_taxes(books), wanted.taxes),
            "every receipt is attached": attached == wanted.receipts,
            "every dimension is set": dimensions == wanted.dimensions,
            "only entries seeded to fail have failed": failed <= on_purpose,
        }
        self.print_books(books)
        say("")
        for name, holds in checks.items():
            say(f"  {'yes' if holds else 'NO '}  {name}")
        for item in items:
            if item["accountingEntryId"] in failed:
                seeded = "on purpose" if item["accountingEntryId"] in on_purpose else "NOT EXPECTED"
                say(f"  not booked ({seeded}): {item['failureReason']}")
        if not all(checks.values()):
            raise RuntimeError(f"The books do not hold what they must.\n{self.tails()}")
        return {
            "entries": len(items),
            "booked": len(items) - len(failed),
            "failed": len(failed - on_purpose),
            "failed_on_purpose": len(failed & on_purpose),
            "duplicates": duplicates,
            "attachments": attached,
            "erp_calls": self.erp_calls() - erp_before,
            "pleo_calls": self.stack.sim("GET", "/calls")["count"] - before,
            "seconds": round(time.monotonic() - self.stack.started, 1),
        }

    def print_books(self, books: Any) -> None:
        chart = self.stack.sim("GET", f"/companies/{self.company['id']}/chart")
        names = {account["code"]: account["name"] for account in chart["accounts"]}
        held = f"{len(books.posted)} vouchers, {CURRENCY}"
        say(f"\n  Trial balance in {self.stack.erp.label} ({held})\n")
        for code, balance in sorted(books.trial_balance.items()):
            say(f"  {code}  {names.get(code, ''):<34} {balance:>14,.2f}")
        total = sum(books.trial_balance.values(), Decimal(0))
        say(f"        {'Sum':<34} {total:>14,.2f}")


def _taxes(books: Any) -> dict[str, Decimal]:
    """Input tax by code, as the ERP's own report would sum it."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for move in books.posted:
        for line in move["lines"]:
            for code, kind, amount in line["taxes"] if line["account"] == INPUT_TAX else ():
                found[code] += amount if kind == "tax" else 0
    return found


def _same(found: dict[str, Decimal], wanted: dict[str, Decimal]) -> bool:
    keys = found.keys() | wanted.keys()
    return all(found.get(k, Decimal(0)) == wanted.get(k, Decimal(0)) for k in keys)


def say(line: str) -> None:
    print(line, flush=True)
