"""Receipts from Pleo into the ERP, over real HTTP on both sides."""

import base64
import errno
import io
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid5

import pillow_heif
import pytest
import requests
from django.db.models.functions import Now
from fpdf import FPDF
from PIL import Image
from pypdf import PdfReader, PdfWriter

from erp_adapters.fake.adapter import FakeAdapter
from erp_adapters.fake.server import KEY
from pleo_connector.connections.models import Connection
from pleo_connector.exports import actions, receipt_files
from pleo_connector.exports.models import AttachmentUpload, ExportJob, Posting
from pleo_connector.exports.receipt_files import Limits, TooLarge, Unfit
from pleo_connector.history.models import Decision, Run
from pleo_simulator.receipts import _FILES
from tests.app.conftest import Desk, FakeErp

MB = 1_000_000
PDF, JPEG, HEIC = "application/pdf", "image/jpeg", "image/heic"


@dataclass
class Shelf:
    """The fake ERP's rules for files, and what stands on it."""

    desk: Desk
    erp: FakeErp

    def takes(self, *types: str, most: int = 20 * MB, per_voucher: int = 0) -> None:
        rules: dict[str, Any] = {"maxBytes": most, "types": list(types)}
        if per_voucher:
            rules["perVoucher"] = per_voucher
        self.erp("PUT", "/seed", files=rules)
        self.desk.connection.erp_settings |= {
            "file_bytes": most,
            "file_types": " ".join(types),
            "files_per_voucher": per_voucher,
        }
        self.desk.connection.save()

    def entry(self, *kinds: str | dict[str, Any]) -> str:
        files = [{"kind": kind} if isinstance(kind, str) else kind for kind in kinds]
        (entry_id,) = self.desk.simulator.add(self.desk.company, "card_purchase", files=files)
        return entry_id

    def break_file(self, entry_id: str, position: int, times: int | None = None, **how: Any) -> str:
        """A planned fault on one file, by its place from 0."""
        match = {"path": f"/files/{uuid5(_FILES, f'{entry_id}/{position}')}"}
        wish = {"match": match, "effect": how, "times": times}
        fault_id: str = self.desk.simulator("POST", "/faults", **wish)["id"]
        return fault_id

    def hits(self, fault_id: str) -> int:
        rows = self.desk.simulator("GET", "/faults")
        return next(int(row["hits"]) for row in rows if row["id"] == fault_id)

    def files(self, entry_id: str) -> dict[str, bytes]:
        """By name; no name twice."""
        (voucher,) = [x for x in self.erp.vouchers if x["reference"] == f"pleo:{entry_id}"]
        names = [row["name"] for row in voucher["attachments"]]
        assert len(names) == len(set(names))
        return {name: self._content(voucher["id"], name) for name in names}

    def _content(self, number: str, name: str) -> bytes:
        url = f"{self.erp.url}/vouchers/{number}/attachments/{name}"
        reply = requests.get(url, headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
        return base64.b64decode(reply.json()["content"])

    def stem(self, entry_id: str) -> str:
        entry = self.desk.simulator.entries(self.desk.company)[entry_id]
        stem: str = entry["additionalInformation"]["reconciliationId"]
        return stem

    def again(self, entry_id: str) -> ExportJob:
        """The bookkeeper exports a booked entry once more."""
        company = self.desk.company["id"]
        self.desk.simulator("POST", f"/companies/{company}/queue", entryIds=[entry_id])
        return self.desk.export(entryIds=[entry_id])


@pytest.fixture
def shelf(desk: Desk, fake_erp: FakeErp) -> Shelf:
    return Shelf(desk, fake_erp)


def rows(entry_id: str) -> dict[int, AttachmentUpload]:
    uploads = AttachmentUpload.objects.filter(posting__accounting_entry_id=entry_id)
    return {row.number: row for row in uploads}


def decisions(job: ExportJob, kind: str) -> list[str]:
    found = Decision.objects.filter(run=job.run, kind=kind).order_by("pk")
    return list(found.values_list("sentence", flat=True))


def pages(content: bytes) -> int:
    return len(PdfReader(io.BytesIO(content)).pages)


# -- As the ERP takes them ----------------------------------------------------------------------


def test_names_are_found_by_the_reconciliation_id(shelf: Shelf) -> None:
    entry_id = shelf.entry("pdf", "jpeg", "heic")
    assert shelf.desk.export(entryIds=[entry_id]).status == "completed"
    stem = shelf.stem(entry_id)
    assert list(shelf.files(entry_id)) == [f"{stem}-1.pdf", f"{stem}-2.jpg", f"{stem}-3.heic"]
    assert [row.state for row in rows(entry_id).values()] == ["uploaded"] * 3


def test_a_receipt_of_30_mb_is_in_memory_once(shelf: Shelf) -> None:
    shelf.takes(most=32 * MB)
    entry_id = shelf.entry({"kind": "big", "bytes": 30 * MB})
    shelf.desk.simulator.export(shelf.desk.company, entryIds=[entry_id])
    tracemalloc.start()
    shelf.desk.work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [len(content) for content in shelf.files(entry_id).values()] == [30 * MB]
    assert peak < 42 * MB


def test_a_receipt_larger_than_the_erp_takes_is_told(shelf: Shelf) -> None:
    entry_id = shelf.entry("pdf", "big")
    job = shelf.desk.export(entryIds=[entry_id])
    assert job.status == "completed"
    assert list(shelf.files(entry_id)) == [f"{shelf.stem(entry_id)}-1.pdf"]
    row = rows(entry_id)[2]
    assert (row.state, row.failure_type) == ("failed", "receipt_file_size_limit_exceeded")
    assert row.problem == "Receipt 2 has 32.5 MB; Fake ERP can be given files of up to 20 MB."
    (sentence,) = decisions(job, "receipt_missing")
    assert sentence.endswith(f"The entry is booked without {row.name}.")


def test_a_large_picture_is_scaled_down_and_that_is_told(shelf: Shelf) -> None:
    entry_id = shelf.entry({"kind": "jpeg", "bytes": 25 * MB})
    job = shelf.desk.export(entryIds=[entry_id])
    (content,) = shelf.files(entry_id).values()
    assert content.startswith(b"\xff\xd8\xff")
    assert len(content) < 20 * MB
    (sentence,) = decisions(job, "receipt_changed")
    assert sentence.startswith("Receipt 1 was scaled down from 25 MB to ")
    assert sentence.endswith(" kB for Fake ERP.")


def test_heic_becomes_jpeg_where_the_erp_takes_no_heic(shelf: Shelf) -> None:
    shelf.takes(PDF, JPEG)
    entry_id = shelf.entry("heic")
    job = shelf.desk.export(entryIds=[entry_id])
    ((name, content),) = shelf.files(entry_id).items()
    assert name == f"{shelf.stem(entry_id)}-1.jpg"
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.width) == ("JPEG", 420)
    assert decisions(job, "receipt_changed") == [
        "Receipt 1 was converted from HEIC to JPEG for Fake ERP."
    ]


def test_pictures_become_pdf_where_the_erp_takes_nothing_else(shelf: Shelf) -> None:
    shelf.takes(PDF)
    entry_id = shelf.entry("jpeg", "heic")
    shelf.desk.export(entryIds=[entry_id])
    assert [pages(content) for content in shelf.files(entry_id).values()] == [1, 1]


def test_five_receipts_become_one_pdf_where_the_erp_takes_one_file(shelf: Shelf) -> None:
    shelf.takes(PDF, per_voucher=1)
    entry_id = shelf.entry("pdf", "jpeg", "heic", "pdf", "jpeg")
    job = shelf.desk.export(entryIds=[entry_id])
    ((name, content),) = shelf.files(entry_id).items()
    assert name == f"{shelf.stem(entry_id)}.pdf"
    assert pages(content) == 5
    assert decisions(job, "receipt_changed") == [
        "5 receipts are attached as one PDF, because Fake ERP takes 1 per voucher."
    ]
    shelf.again(entry_id)
    assert list(shelf.files(entry_id)) == [name]
    assert [(row.number, row.tries) for row in rows(entry_id).values()] == [(0, 1)]


def test_files_without_a_declared_type_are_told_by_their_content(shelf: Shelf) -> None:
    shelf.desk.simulator("PUT", "/switches", file_type_and_size=False)
    entry_id = shelf.entry("pdf", "jpeg", "heic")
    shelf.desk.export(entryIds=[entry_id])
    endings = [name.rpartition(".")[2] for name in shelf.files(entry_id)]
    assert endings == ["pdf", "jpg", "heic"]


# -- Links --------------------------------------------------------------------------------------

EXPIRED = {"status": 403, "body": {"type": "ACCESS_DENIED", "message": "The link has expired."}}


@pytest.mark.parametrize(
    ("times", "how"),
    [(1, EXPIRED), (1, {"status": 404}), (3, {"drop": "before"}), (3, {"truncate": True})],
)
def test_a_link_that_died_in_mid_run_is_fetched_anew(
    shelf: Shelf, times: int, how: dict[str, Any]
) -> None:
    entry_id = shelf.entry("pdf", "jpeg")
    fault = shelf.break_file(entry_id, 0, times, **how)
    job = shelf.desk.export(entryIds=[entry_id])
    assert shelf.hits(fault) == times
    assert len(shelf.files(entry_id)) == 2
    assert job.status == "completed"
    assert not decisions(job, "receipt_missing")


def test_a_link_that_is_dead_for_good_is_shown_and_tried_again_in_a_later_job(
    shelf: Shelf,
) -> None:
    entry_id = shelf.entry("pdf", "pdf")
    shelf.break_file(entry_id, 1, status=404)
    job = shelf.desk.export(entryIds=[entry_id])
    assert job.status == "completed"
    row = rows(entry_id)[2]
    assert (row.state, row.failure_type, row.tries) == ("failed", "receipt_download_failure", 2)
    assert "link to the receipt does not work (404)" in row.problem
    assert len(decisions(job, "receipt_missing")) == 1
    shelf.desk.simulator("DELETE", "/faults")
    assert shelf.again(entry_id).status == "completed"
    assert len(shelf.files(entry_id)) == 2
    assert rows(entry_id)[2].state == "uploaded"
    assert rows(entry_id)[1].tries == 1


def test_an_empty_file_is_no_receipt(shelf: Shelf) -> None:
    entry_id = shelf.entry("pdf")
    shelf.break_file(entry_id, 0, status=200, body="")
    shelf.desk.export(entryIds=[entry_id])
    assert rows(entry_id)[1].problem == "Receipt 1 is empty."


# -- Broken files -------------------------------------------------------------------------------


def test_a_broken_pdf_is_attached_as_it_is_where_nothing_has_to_be_done(shelf: Shelf) -> None:
    entry_id = shelf.entry("pdf")
    shelf.break_file(entry_id, 0, status=200, body="%PDF-1.4 nothing", contentType=PDF)
    shelf.desk.export(entryIds=[entry_id])
    assert list(shelf.files(entry_id).values()) == [b"%PDF-1.4 nothing"]


def test_a_broken_pdf_does_not_keep_the_others_out_of_the_merged_one(shelf: Shelf) -> None:
    shelf.takes(PDF, per_voucher=1)
    entry_id = shelf.entry("pdf", "pdf", "jpeg")
    shelf.break_file(entry_id, 1, status=200, body="%PDF-1.4 nothing", contentType=PDF)
    job = shelf.desk.export(entryIds=[entry_id])
    assert job.status == "completed"
    (content,) = shelf.files(entry_id).values()
    assert pages(content) == 2
    row = rows(entry_id)[2]
    assert (row.state, row.failure_type) == ("failed", "receipt_conversion_failure")
    assert row.problem == "Receipt 2 is a PDF that cannot be read."
    assert len(decisions(job, "receipt_missing")) == 1


# -- What the ERP says --------------------------------------------------------------------------


def test_a_file_that_the_erp_refuses_is_told_in_its_words(shelf: Shelf) -> None:
    entry_id = shelf.entry("pdf")
    body = {"code": "too_large", "message": "Filen er for stor."}
    shelf.erp.fault("POST .*/attachments$", status=413, body=body, times=2)
    job = shelf.desk.export(entryIds=[entry_id])
    assert job.status == "completed"
    row = rows(entry_id)[1]
    assert (row.state, row.failure_type, row.tries) == ("failed", "receipt_upload_failure", 2)
    assert row.problem == "Fake ERP: Filen er for stor."
    assert len(decisions(job, "receipt_missing")) == 1
    shelf.again(entry_id)
    assert len(shelf.files(entry_id)) == 1
    assert rows(entry_id)[1].problem == ""


def test_a_refused_file_is_tried_once_more_in_the_same_run(shelf: Shelf) -> None:
    entry_id = shelf.entry("pdf")
    body = {"code": "busy", "message": "The voucher is locked by another user."}
    shelf.erp.fault("POST .*/attachments$", status=422, body=body)
    job = shelf.desk.export(entryIds=[entry_id])
    assert len(shelf.files(entry_id)) == 1
    assert not decisions(job, "receipt_missing")


def test_a_key_that_may_not_attach_leaves_the_entry_booked(shelf: Shelf) -> None:
    entry_id = shelf.entry("pdf")
    shelf.erp.fault(".*/attachments$", status=403, times=9)
    job = shelf.desk.export(entryIds=[entry_id])
    assert job.status == "completed"
    assert rows(entry_id)[1].problem == "Fake ERP does not allow this."


@pytest.mark.parametrize("settle_seconds", [0, 30])
def test_an_upload_without_an_answer_is_looked_up_and_not_repeated(
    shelf: Shelf, settings: Any, settle_seconds: int
) -> None:
    settings.SETTLE_SECONDS = settle_seconds
    entry_id = shelf.entry("pdf")
    shelf.erp.fault("POST .*/attachments$", drop="after")
    job = shelf.desk.export(entryIds=[entry_id])
    if settle_seconds:
        assert job.run.state == Run.State.WAITING
        assert job.run.headline == "Checking in Fake ERP what was attached."
        settings.SETTLE_SECONDS = 0  # that time has passed
        shelf.desk.work()
        job.refresh_from_db()
    assert job.status == "completed"
    assert len(shelf.files(entry_id)) == 1
    assert rows(entry_id)[1].state == "uploaded"


def test_the_erp_busy_while_attaching_is_waited_for(shelf: Shelf) -> None:
    entry_id = shelf.entry("pdf")
    shelf.erp.fault("POST .*/attachments$", status=429)
    job = shelf.desk.export(entryIds=[entry_id])
    assert job.run.state == Run.State.WAITING
    shelf.desk.work()
    job.refresh_from_db()
    assert job.status == "completed"
    assert len(shelf.files(entry_id)) == 1


class Killed(BaseException):
    """As SIGKILL: nothing of the worker's own runs after it."""


@pytest.mark.parametrize(("where", "name"), [(FakeAdapter, "attach"), (actions, "note_upload")])
def test_a_worker_killed_between_booking_and_report_leaves_one_file(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    entry_id = shelf.entry("pdf", "jpeg")

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(where, name, die)
        with pytest.raises(Killed):
            shelf.desk.export(entryIds=[entry_id])
    posting = Posting.objects.get(accounting_entry_id=entry_id)
    assert (posting.state, posting.attachments.count()) == (Posting.State.POSTED, 0)
    Connection.objects.filter(pk=shelf.desk.connection.pk).update(lease_until=Now())
    shelf.desk.work()
    job = ExportJob.objects.get(pk=posting.job_id)
    assert job.status == "completed"
    assert len(shelf.files(entry_id)) == 2
    (item,) = shelf.desk.simulator.job(str(job.pleo_job_id)).items
    assert (item["status"], item["externalId"]) == ("successful", posting.number)


# -- The tenant wants no entry without its receipts ---------------------------------------------


@pytest.fixture
def strict(shelf: Shelf) -> Shelf:
    shelf.desk.map(posting_behaviour="final", missing_receipt="fail")
    return shelf


def refusal(shelf: Shelf, entry_id: str) -> tuple[str, str]:
    """What reached Pleo, after a run that booked a good entry beside the bad one."""
    good = shelf.entry("pdf", "heic")
    job = shelf.desk.export(entryIds=[entry_id, good])
    assert job.status == "completed_with_errors"
    assert shelf.files(good)
    assert not Posting.objects.filter(accounting_entry_id=entry_id).exists()
    found = {
        x["accountingEntryId"]: x for x in shelf.desk.simulator.job(str(job.pleo_job_id)).items
    }
    assert job.items.get(accounting_entry_id=entry_id).fix == "pleo"
    return found[entry_id]["failureReasonType"], found[entry_id]["failureReason"]


def test_a_dead_link_refuses_the_entry(strict: Shelf) -> None:
    kind, sentence = refusal(strict, strict.entry("pdf", "dead"))
    assert kind == "receipt_download_failure"
    assert sentence.startswith("The entry could not be booked: receipt 2 could not be fetched")
    assert "posting settings" in sentence


def test_a_receipt_that_is_too_large_refuses_the_entry(strict: Shelf) -> None:
    kind, sentence = refusal(strict, strict.entry("big"))
    assert kind == "receipt_file_size_limit_exceeded"
    assert "32.5 MB" in sentence


def test_a_receipt_that_cannot_be_converted_refuses_the_entry(strict: Shelf) -> None:
    strict.takes(PDF, per_voucher=1)
    entry_id = strict.entry("pdf", "pdf")
    strict.break_file(entry_id, 0, status=200, body="%PDF-1.4 nothing", contentType=PDF)
    kind, sentence = refusal(strict, entry_id)
    assert kind == "receipt_conversion_failure"
    assert "receipt 1 is a PDF that cannot be read" in sentence


def test_receipts_fetched_before_booking_are_not_fetched_again(strict: Shelf) -> None:
    entry_id = strict.entry("pdf")
    count = strict.break_file(entry_id, 0, delayMs=1)
    assert strict.desk.export(entryIds=[entry_id]).status == "completed"
    assert len(strict.files(entry_id)) == 1
    assert strict.hits(count) == 1


# -- Files on disk ------------------------------------------------------------------------------


def document() -> bytes:
    pdf = FPDF()
    pdf.add_page()
    return bytes(pdf.output())


def locked(password: str) -> bytes:
    writer = PdfWriter()
    writer.append(io.BytesIO(document()))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def saved(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def png(width: int, height: int) -> bytes:
    return saved(Image.new("1", (width, height)), "PNG")


def heic(edge: int = 64) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (edge, edge), "red")).save(out)
    return out.getvalue()


def limits(*types: str, most: int = 20 * MB) -> Limits:
    return Limits(who="Books", types=frozenset(types), max_bytes=most)


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        (locked("secret"), PDF, "is a PDF with a password."),
        (b"%PDF-1.7\n1 0 obj", PDF, "is a PDF that cannot be read."),
        (b"", PDF, "is a PDF that cannot be read."),
        (b"junk" + document(), PDF, None),
        (locked(""), PDF, None),
        (b"PK\x03\x04", "application/zip", "is of type ZIP, which cannot be made a part of a PDF."),
        (b"?", "application/octet-stream", "is of type unknown"),
        (b"\xff\xd8\xff\xe0 nothing", JPEG, "is a picture that cannot be read."),
        (heic()[:-40], HEIC, "is a picture that cannot be read."),
        (heic()[:60], HEIC, "is a picture that cannot be read."),
        (png(9000, 9000), "image/png", "is a picture of 9000 × 9000 pixels"),
        (png(11000, 11000), "image/png", "is a picture of too many pixels"),
        (png(20000, 20000), "image/png", "is a picture of too many pixels"),
    ],
)
def test_no_file_breaks_a_merge(tmp_path: Path, content: bytes, kind: str, why: str | None) -> None:
    good, bad, whole = tmp_path / "1", tmp_path / "2", tmp_path / "0"
    good.write_bytes(document())
    bad.write_bytes(content)
    problems = receipt_files.in_one([(good, PDF), (bad, kind)], whole, limits())
    assert problems[0] is None
    assert str(problems[1] or "").startswith(why or "")
    assert pages(whole.read_bytes()) == (1 if why else 2)


def test_a_merged_pdf_scales_pictures_until_it_fits(tmp_path: Path) -> None:
    noise = Image.effect_noise((2500, 2500), 90).convert("RGB")
    photos = [tmp_path / str(number) for number in (1, 2)]
    for photo in photos:
        photo.write_bytes(saved(noise, "JPEG"))
    whole = tmp_path / "0"
    files = [(photo, JPEG) for photo in photos]
    assert receipt_files.in_one(files, whole, limits(most=3 * MB)) == [None, None]
    assert whole.stat().st_size <= 3 * MB
    assert pages(whole.read_bytes()) == 2
    with pytest.raises(TooLarge):
        receipt_files.in_one(files, whole, limits(most=10_000))


def test_a_reader_may_break_in_any_way_but_a_full_disk_is_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def merge(error: Exception) -> None:
        def breaks(*_: Any, **__: Any) -> None:
            raise error

        monkeypatch.setattr(PdfWriter, "append", breaks)
        receipt_files.merged([tmp_path / "1"], tmp_path / "0")

    with pytest.raises(Unfit, match=r"cannot be merged"):
        merge(RecursionError())
    with pytest.raises(OSError, match="No space left"):
        merge(OSError(errno.ENOSPC, "No space left on device"))


def test_documents_that_are_too_large_together_are_not_merged(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in (1, 2)]
    for file in files:
        file.write_bytes(document() + b"\0" * MB)
    with pytest.raises(TooLarge, match=r"has 2 MB; Books can be given files of up to 1\.5 MB"):
        receipt_files.in_one([(x, PDF) for x in files], tmp_path / "0", limits(most=MB * 3 // 2))


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    file = tmp_path / "1"
    file.write_bytes(saved(Image.new("RGBA", (10, 10), (0, 0, 0, 0)), "PNG"))
    made = receipt_files.fitted(file, "image/png", limits(JPEG))
    with Image.open(made.path) as picture:
        assert picture.getpixel((5, 5)) == (255, 255, 255)


def test_a_type_that_nobody_knows_is_passed_on_where_the_erp_takes_any(tmp_path: Path) -> None:
    file = tmp_path / "1"
    file.write_bytes(b"?")
    kind = receipt_files.kind_of(file, "application/vnd.ms-excel; charset=x")
    assert receipt_files.fitted(file, kind, limits()).path == file
    with pytest.raises(Unfit, match=r"is of type XLS, which Books does not take"):
        receipt_files.fitted(file, kind, limits(PDF))


@pytest.mark.parametrize(
    ("content", "declared", "kind"),
    [
        (document(), None, PDF),
        (document(), JPEG, PDF),
        (heic(), PDF, HEIC),
        (b"<Invoice/>", "text/xml", "application/xml"),
        (b"?", "image/jpg", JPEG),
        (b"?", None, "application/octet-stream"),
    ],
)
def test_what_a_file_is(tmp_path: Path, content: bytes, declared: str | None, kind: str) -> None:
    file = tmp_path / "1"
    file.write_bytes(content)
    assert receipt_files.kind_of(file, declared) == kind


def test_a_name_takes_nothing_strange_from_pleo(shelf: Shelf) -> None:
    entry_id = shelf.entry("pdf")
    info = {"reconciliationId": "../A/1 “x”"}
    shelf.desk.simulator("PUT", f"/entries/{entry_id}", additionalInformation=info)
    shelf.desk.export(entryIds=[entry_id])
    assert list(shelf.files(entry_id)) == ["..-A-1-x--1.pdf"]
