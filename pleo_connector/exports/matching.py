"""The match step of a run: payments are matched with what they pay, in this job and across jobs.

    new        booked and not looked at yet
    open       the counterpart is not booked here yet; whichever comes later finds the other
    due        the counterparts are known, and the ERP is about to be told
    matched    in the ERP too
    left_open  for a person; a decision says why

The state is in the postings, so a worker may die on any line: the next run of the connection goes
on from there, and the ERP's `reconcile` is safe to repeat. Nothing of the booking depends on it:
where the ERP does not answer, the job ends and the next one tells it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from erp_adapters.base import ErpAdapter, Settlement
from erp_adapters.batches import chunks
from erp_adapters.errors import NotAllowed, Rejected, RemoteError
from pleo_connector.bookkeeping.common import is_common
from pleo_connector.bookkeeping.match import NOUNS, OFFERING, Counterparts, HalfRole, left_open
from pleo_connector.connections.lease import Lease
from pleo_connector.exports import halves, once, queries
from pleo_connector.exports.halves import half_of_posting, keys_of
from pleo_connector.exports.models import Posting
from pleo_connector.exports.translation import said_by

Match = Posting.Match
Told = tuple[Posting, str, str]  # a decision: whose, its kind, the sentence
BATCH = 100  # settlements a call


class RunOf(Protocol):
    """What the step needs of the run that it is a part of."""

    lease: Lease
    erp: ErpAdapter

    def now(self) -> datetime: ...


class Matching:
    def __init__(self, run: RunOf) -> None:
        self.run = run
        self.connection = run.lease.connection

    def match(self) -> None:
        if self.run.erp.capabilities.can_reconcile:
            self.look()
            self.tell()

    # -- Who pays whom ----------------------------------------------------------------------

    def look(self) -> None:
        """Of what was booked since the last look."""
        fresh = halves.postings_to_match(self.connection, Match.NEW)
        if not fresh:
            return
        offers = [row for row in fresh if row.match_role in OFFERING]
        payments = [row for row in fresh if row.match_role not in OFFERING]
        payments += halves.waiting_postings(self.connection, _keys(offers))
        candidates = halves.offering_postings(self.connection, _keys(payments))
        counterparts = Counterparts(map(half_of_posting, candidates))
        known = {row.reference: row for row in candidates}
        for row in offers:
            row.match = Match.OPEN
        told = [self._judge(row, counterparts, known) for row in payments]
        decisions = [x for x in told if x]
        for rows in chunks([*offers, *payments], 1000):
            once.save_matches(self.run.lease, rows, (), now=self.run.now())
        self._save((), decisions)

    def _judge(
        self, row: Posting, counterparts: Counterparts, known: dict[str, Posting]
    ) -> Told | None:
        found = counterparts.matches(half_of_posting(row))
        paid = [known[reference] for reference in found.references]
        why = found.why or self._obstacle(row, paid)
        if why:
            row.match = Match.LEFT_OPEN
            return _left_open(row, why)
        if not found.is_whole:
            row.match = Match.OPEN
            return row, "match_waits", _awaited(row, found.missing)
        row.match, row.pays = Match.DUE, list(found.references)
        return None

    def _obstacle(self, row: Posting, paid: Sequence[Posting]) -> str:
        rows = [row, *paid]
        if any(is_common(x.reference) for x in rows):
            return "it stands in one voucher with other entries"
        if not all(x.is_final for x in rows):
            return f"drafts cannot be matched; match it in {self.run.erp.label} once all are final"
        return ""

    # -- The ERP is told --------------------------------------------------------------------

    def tell(self) -> None:
        due = halves.postings_to_match(self.connection, Match.DUE)
        for rows in chunks(due, BATCH):
            references = [reference for row in rows for reference in row.pays]
            known = halves.postings_under(self.connection, references)
            if not self._tell(rows, known):
                return

    def _tell(self, rows: Sequence[Posting], known: dict[str, Posting]) -> bool:
        """False where the ERP is not to be asked any more now."""
        ready, decisions = [], []
        for row in rows:
            if why := _taken(row, known):
                row.match = Match.LEFT_OPEN
                decisions.append(_left_open(row, why))
            else:
                ready.append(row)
                for reference in row.pays:
                    known[reference].match = Match.MATCHED
        answers: list[Rejected | NotAllowed | None] = []
        try:
            if ready:
                answers += self.run.erp.reconcile([_settlement(row, known) for row in ready])
        except NotAllowed as error:
            answers += [error] * len(ready)
        except RemoteError as error:  # they stay due
            said = said_by(self.run.erp.label, error).rstrip(".")
            sentence = f"Not matched yet: {said}. It is tried again with the next export."
            self._save((), [(row, "match_waits", sentence) for row in ready])
            return False
        for row, answer in zip(ready, answers, strict=True):
            decisions += self._outcome(row, answer, known)
        self._save([*rows, *known.values()], decisions)
        return True

    def _outcome(
        self, row: Posting, answer: Rejected | NotAllowed | None, known: dict[str, Posting]
    ) -> Iterator[Told]:
        paid = [known[reference] for reference in row.pays]
        if answer is None:
            row.match = Match.MATCHED
            yield row, "matched", f"Matched with {_named(paid)}."
            yield from ((x, "matched", f"Matched with {_named([row])}.") for x in paid)
            return
        row.match = Match.LEFT_OPEN
        for other in paid:
            other.match = Match.OPEN
        yield _left_open(row, said_by(self.run.erp.label, answer).rstrip("."))

    def _save(self, rows: Sequence[Posting], decisions: Sequence[Told]) -> None:
        if rows or decisions:
            once.save_matches(self.run.lease, rows, decisions, now=self.run.now())


def _keys(rows: Sequence[Posting]) -> list[str]:
    return keys_of(map(half_of_posting, rows))


def _settlement(row: Posting, known: dict[str, Posting]) -> Settlement:
    paid = tuple(queries.posted_voucher(known[reference]) for reference in row.pays)
    return Settlement(payment=queries.posted_voucher(row), paid=paid)


def _taken(row: Posting, known: dict[str, Posting]) -> str:
    """Why what it pays cannot be matched any more."""
    paid = [known.get(reference) for reference in row.pays]
    if not all(paid):
        return "what it pays is no longer booked"
    taken = [x for x in paid if x and x.match == Match.MATCHED]
    return f"{_named(taken)} is matched with another payment" if taken else ""


def _left_open(row: Posting, why: str) -> Told:
    decision = left_open(why)
    return row, decision.kind, decision.sentence


def _awaited(row: Posting, missing: int) -> str:
    one, many = NOUNS["claim" if row.match_role == "reimbursement" else "bill"]
    what = f"the {one} that it pays is" if missing == 1 else f"{missing} {many} that it pays are"
    return f"Not matched yet: {what} not booked here. It is matched once that is done."


def _named(rows: Sequence[Posting]) -> str:
    """Such as "invoice V-12", "expenses V-1, V-2"."""
    one, many = NOUNS[_role(rows[0])]
    numbers = ", ".join(row.number or row.reference for row in rows)
    return f"{one if len(rows) == 1 else many} {numbers}"


def _role(row: Posting) -> HalfRole:
    return half_of_posting(row).role
