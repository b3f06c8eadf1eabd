"""Receipts on their way from Pleo to files that the ERP takes. The upload is `attachments`."""

import re
import shutil
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from erp_adapters.errors import Rejected, RemoteError
from pleo_connector.exports import receipt_files
from pleo_connector.exports.receipt_files import PDF, PICTURES, UNKNOWN, Limits, Unfit
from pleo_connector.pleo.client import PleoClient
from pleo_connector.pleo.export_types import ExportFile, ExportItem

PARALLEL = 4  # downloads at a time
AHEAD = 8  # entries whose files may wait on disk
FILE_MAX = 40 * receipt_files.MEGABYTE  # Pleo takes 30 MB
BREATH = 20.0  # seconds between signs of life while a download lasts
ALL = 0  # the number of the file that holds all receipts of an entry
NOT_IN_NAMES = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One file for the ERP: on disk at `path`, or with the problem that kept it from there."""

    entry_id: UUID
    number: int  # in Pleo's order from 1; the same in every attempt
    name: str
    content_type: str = UNKNOWN
    path: Path | None = None
    problem: str = ""
    failure_type: str = ""  # one of Pleo's item failure types
    change: str = ""  # what was done to it, as a sentence


Prepared = Generator[list[Receipt], None, None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The files of one entry; `done` are the numbers of those that the ERP has."""

    entry_id: UUID
    stem: str
    files: tuple[ExportFile, ...]
    done: frozenset[int] = frozenset()

    @classmethod
    def of(cls, item: ExportItem, done: frozenset[int]) -> "Wanted":
        """Names are made from the reconciliation id: what a bookkeeper searches for."""
        stem = NOT_IN_NAMES.sub("-", item.reconciliation_id or item.entry_id)[:100]
        return cls(UUID(item.entry_id), stem, tuple(item.files), done)

    @property
    def numbers(self) -> list[int]:
        if ALL in self.done:
            return []
        return [n for n in range(1, len(self.files) + 1) if n not in self.done]

    def receipt(self, number: int, kind: str = "") -> Receipt:
        """Still without a file. Unique in the voucher by its number."""
        kind = kind or receipt_files.declared_kind(self.files[number - 1].type)
        extension = receipt_files.extension_of(kind)
        name = f"{self.stem}-{number}{extension}" if number else f"{self.stem}{extension}"
        return Receipt(entry_id=self.entry_id, number=number, name=name, content_type=kind)


class Receipts:
    """Downloads run in threads, some entries ahead; all else runs in the caller's thread."""

    def __init__(
        self,
        folder: Path,
        *,
        pleo: PleoClient,
        limits: Limits,
        fresh_links: Callable[[UUID], Sequence[ExportFile]],
        breathe: Callable[[], None],
    ) -> None:
        self.folder = folder
        self.pleo = pleo
        self.limits = limits
        self.fresh_links = fresh_links
        self.breathe = breathe

    def each(self, wanted: Sequence[Wanted], *, keep: bool = False) -> Prepared:
        """Entry by entry. Without `keep` an entry's files are gone when the next is asked for."""
        pool = ThreadPoolExecutor(PARALLEL)
        ahead: deque[tuple[Wanted, dict[int, Future[None]]]] = deque()
        waiting = iter(wanted)
        try:
            while True:
                while len(ahead) < AHEAD and (want := next(waiting, None)):
                    ahead.append((want, self._begin(pool, want)))
                if not ahead:
                    return
                want, downloads = ahead.popleft()
                yield self._prepared(pool, want, downloads)
                if not keep:
                    self.forget(want.entry_id)
        finally:
            pool.shutdown(cancel_futures=True)

    def forget(self, entry_id: UUID) -> None:
        shutil.rmtree(self.folder / str(entry_id), ignore_errors=True)

    # -- Downloads --------------------------------------------------------------------------

    def _begin(self, pool: ThreadPoolExecutor, want: Wanted) -> dict[int, "Future[None]"]:
        (self.folder / str(want.entry_id)).mkdir(exist_ok=True)
        return {
            number: pool.submit(self._download, want.files[number - 1], self._path(want, number))
            for number in want.numbers
        }

    def _path(self, want: Wanted, number: int) -> Path:
        return self.folder / str(want.entry_id) / str(number)

    def _download(self, file: ExportFile, path: Path) -> None:
        kind = receipt_files.declared_kind(file.type)
        can_shrink = kind in PICTURES or kind == UNKNOWN
        limit = FILE_MAX if can_shrink else min(self.limits.max_bytes, FILE_MAX)
        try:
            self.pleo.download(file.url, path=path, limit=limit)
        except Rejected as error:
            if error.code != "too_large":
                raise
            size = int(error.detail) if error.detail else file.size
            raise self.limits.too_large(size) from error

    def _outcome(
        self, pool: ThreadPoolExecutor, want: Wanted, number: int, download: "Future[None]"
    ) -> Receipt:
        """A download that failed is tried once more with a fresh link."""
        known = want.receipt(number)
        try:
            try:
                self._finished(download)
            except RemoteError:
                links = self.fresh_links(want.entry_id)
                file = links[number - 1] if number <= len(links) else want.files[number - 1]
                self._finished(pool.submit(self._download, file, self._path(want, number)))
        except RemoteError as error:
            sentence = f"Receipt {number} could not be fetched: {error.message}"
            return _without(known, sentence, "receipt_download_failure")
        except Unfit as error:
            return _unfit(known, error)
        path = self._path(want, number)
        if not path.stat().st_size:
            return _without(known, f"Receipt {number} is empty.", "receipt_download_failure")
        kind = receipt_files.kind_of(path, want.files[number - 1].type)
        return replace(want.receipt(number, kind), path=path)

    def _finished(self, download: "Future[None]") -> None:
        while not wait_for([download], BREATH).done:
            self.breathe()
        download.result()

    # -- As the ERP takes them --------------------------------------------------------------

    def _prepared(
        self, pool: ThreadPoolExecutor, want: Wanted, downloads: dict[int, "Future[None]"]
    ) -> list[Receipt]:
        found = [self._outcome(pool, want, *download) for download in downloads.items()]
        most = self.limits.per_voucher
        if most is not None and len(want.files) > most and not want.done:
            return self._in_one(want, found)
        return [self._fitted(want, receipt) for receipt in found]

    def _fitted(self, want: Wanted, receipt: Receipt) -> Receipt:
        if receipt.path is None:
            return receipt
        try:
            made = receipt_files.fitted(receipt.path, receipt.content_type, self.limits)
        except Unfit as error:
            return _unfit(receipt, error)
        change = made.change and f"Receipt {receipt.number} {made.change}"
        named = want.receipt(receipt.number, made.kind)
        return replace(named, path=made.path, change=change)

    def _in_one(self, want: Wanted, found: Sequence[Receipt]) -> list[Receipt]:
        """One PDF of all that can be merged, then each that cannot, with its problem."""
        whole, path = want.receipt(ALL, PDF), self._path(want, ALL)
        here = [(r, r.path) for r in found if r.path]
        try:
            if here and not self.limits.takes(PDF):
                raise Unfit(f"could not be merged: {self.limits.who} does not take PDF.")
            files = [(file, receipt.content_type) for receipt, file in here]
            problems = receipt_files.in_one(files, path, self.limits)
        except Unfit as error:
            together = _without(whole, f"The merged receipt {error}", error.failure_type)
            return [together, *(r for r in found if not r.path)]
        unfit = [_unfit(r, p) for (r, _), p in zip(here, problems, strict=True) if p]
        left_out = [r for r in found if not r.path] + unfit
        if len(left_out) == len(found):
            return left_out
        change = (
            f"{len(found) - len(left_out)} receipts are attached as one PDF, because "
            f"{self.limits.who} takes {self.limits.per_voucher} per voucher."
        )
        return [replace(whole, path=path, change=change), *left_out]


def _unfit(receipt: Receipt, error: Unfit) -> Receipt:
    return _without(receipt, f"Receipt {receipt.number} {error}", error.failure_type)


def _without(receipt: Receipt, problem: str, failure_type: str) -> Receipt:
    return replace(receipt, path=None, problem=problem, failure_type=failure_type)
