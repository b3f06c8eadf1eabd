"""Receipts on their way from Pleo to disk. The ERP side is a step of the engine."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from mimetypes import guess_extension
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from erp_adapters.base import Capabilities
from erp_adapters.errors import Rejected, RemoteError
from pleo_connector.pleo.client import PleoClient
from pleo_connector.pleo.export_items import ExportFile, ExportItem

PARALLEL = 4
EXTENSIONS = {"image/jpeg": ".jpg", "image/heic": ".heic", "application/xml": ".xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One file: on disk at `path`, or with the problem that kept it from there."""

    entry_id: UUID
    name: str  # of the file in the ERP; the same in every attempt
    content_type: str
    path: Path | None = None
    problem: str = ""
    failure_type: str = ""  # one of Pleo's item failure types


@dataclass(frozen=True, slots=True)
class Wanted:
    entry_id: UUID
    index: int
    name: str
    file: ExportFile


def names_of(item: ExportItem) -> list[str]:
    """File names made from the reconciliation id: what a bookkeeper searches for."""
    stem = item.reconciliation_id or item.entry_id
    return [
        f"{stem}-{number}{_extension(file.type)}" for number, file in enumerate(item.files, start=1)
    ]


def _extension(content_type: str | None) -> str:
    kind = (content_type or "").partition(";")[0].strip().lower()
    return EXTENSIONS.get(kind) or guess_extension(kind) or ""


@contextmanager
def fetched(
    wanted: Sequence[Wanted],
    *,
    pleo: PleoClient,
    capabilities: Capabilities,
    fresh: Callable[[UUID], Sequence[ExportFile]],
) -> Iterator[list[Receipt]]:
    """Download in parallel to a folder that is gone afterwards; memory holds a few files at most.

    A dead link is tried once more with the links that `fresh` gives.
    """
    with TemporaryDirectory(prefix="receipts-") as folder:

        def fetch(number: int, want: Wanted, file: ExportFile) -> Receipt:
            return _fetch(pleo, want, file, Path(folder) / str(number), capabilities)

        with ThreadPoolExecutor(PARALLEL) as pool:
            files = [want.file for want in wanted]
            receipts = list(pool.map(fetch, range(len(wanted)), wanted, files))
            for number, (want, receipt) in enumerate(zip(wanted, receipts, strict=True)):
                if receipt.failure_type == "receipt_download_failure":
                    links = fresh(want.entry_id)
                    if want.index < len(links):
                        receipts[number] = fetch(number, want, links[want.index])
        yield receipts


def _fetch(
    pleo: PleoClient, want: Wanted, file: ExportFile, path: Path, capabilities: Capabilities
) -> Receipt:
    content_type = (file.type or "application/octet-stream").partition(";")[0].strip()
    known = Receipt(entry_id=want.entry_id, name=want.name, content_type=content_type)
    if capabilities.attachment_types and content_type not in capabilities.attachment_types:
        problem = f"The accounting system does not take files of type {content_type}."
        return _without(known, problem, "receipt_conversion_failure")
    try:
        path.write_bytes(pleo.download(file.url, limit=capabilities.attachment_max_bytes))
    except RemoteError as error:
        code = error.code if isinstance(error, Rejected) else ""
        failure = code if code.startswith("receipt_") else "receipt_download_failure"
        return _without(known, error.message, failure)
    return Receipt(entry_id=want.entry_id, name=want.name, content_type=content_type, path=path)


def _without(receipt: Receipt, problem: str, failure_type: str) -> Receipt:
    return Receipt(
        entry_id=receipt.entry_id,
        name=receipt.name,
        content_type=receipt.content_type,
        problem=problem,
        failure_type=failure_type,
    )
