"""Receipt files: made on first need from the entry's facts, the same bytes every time."""

import io
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pillow_heif
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from .store import Row, Store, decode

TYPES = {
    "pdf": "application/pdf",
    "jpeg": "image/jpeg",
    "heic": "image/heic",
    "big": "application/pdf",
    "dead": "application/pdf",
}
BIG_BYTES = 31 * 1024 * 1024
DEAD_BYTES = 20_480
_FILES = uuid.UUID("7d2f3c51-4c77-4b0e-8a3c-0f6b9b8f5a21")
PAPER, INK, FAINT = (252, 251, 247), (34, 36, 42), (140, 140, 136)


class ReceiptCabinet:
    def __init__(self, directory: Path, store: Store) -> None:
        self.directory = directory
        self.store = store
        directory.mkdir(parents=True, exist_ok=True)

    def attach(self, entry_id: str, position: int, kind: str, size: int | None = None) -> None:
        self.store.insert(
            "files",
            {
                "id": str(uuid.uuid5(_FILES, f"{entry_id}/{position}")),
                "entry_id": entry_id,
                "position": position,
                "kind": kind,
                "type": TYPES[kind],
                "bytes": size,
                "size": DEAD_BYTES if kind == "dead" else None,
            },
        )

    def of_entry(self, entry_id: str) -> list[Row]:
        """The entry's files in order of upload, each with its size."""
        rows = self.store.all("SELECT * FROM files WHERE entry_id = ? ORDER BY position", entry_id)
        for row in rows:
            if row["size"] is None:
                row["size"] = len(self.content(row))
                self.store.run("UPDATE files SET size = ? WHERE id = ?", row["size"], row["id"])
        return rows

    def content(self, row: Row) -> bytes:
        path = self.directory / str(row["id"])
        if path.exists():
            return path.read_bytes()
        entry = self.store.one("SELECT payload FROM entries WHERE id = ?", row["entry_id"])
        made = make(row, decode(entry["payload"]) if entry else {})
        partial = path.with_suffix(f".{uuid.uuid4().hex}")
        partial.write_bytes(made)
        partial.replace(path)
        return made

    def clear(self) -> None:
        for path in self.directory.iterdir():
            path.unlink()


def make(row: Row, item: dict[str, Any]) -> bytes:
    lines = describe(item, int(row["position"]) + 1)
    if row["kind"] == "jpeg":
        content = _jpeg(lines)
    elif row["kind"] == "heic":
        content = _heic(lines)
    else:
        content = _pdf(lines)
    wanted = row["bytes"] or (BIG_BYTES if row["kind"] == "big" else 0)
    # Trailing bytes after the end mark leave PDF and JPEG readable.
    return content + b"\0" * max(0, wanted - len(content))


def describe(item: dict[str, Any], number: int) -> list[tuple[str, str]]:
    amount = item.get("amount", {}).get("inSupplierCurrency", {})
    supplier = (item.get("supplier") or {}).get("name") or "Receipt"
    info = item.get("additionalInformation", {})
    invoice = (info.get("invoiceInformation") or {}).get("invoiceNumber")
    facts = [
        ("", supplier),
        ("Document", invoice or f"{info.get('reconciliationId')}-{number}"),
        ("Date", str(item.get("date", ""))[:10]),
    ]
    for index, line in enumerate(item.get("accountingEntryLines", []), 1):
        value = line["lineAmount"]["inSupplierCurrency"]
        name = (line.get("account") or {}).get("name") or "Item"
        facts.append((f"{index}. {name}", money(value["value"], value["currency"])))
    return [*facts, ("Total", money(amount.get("value", 0), amount.get("currency", "")))]


def money(value: int, currency: str) -> str:
    if currency in ("JPY", "ISK", "KRW"):
        return f"{value:,} {currency}"
    return f"{value / 100:,.2f} {currency}"


def _pdf(lines: list[tuple[str, str]]) -> bytes:
    pdf = FPDF(format=(148, 210))
    pdf.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))
    pdf.add_page()
    pdf.set_font("helvetica", "B", 18)
    pdf.cell(0, 14, _latin(lines[0][1]), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("helvetica", size=11)
    for label, value in lines[1:]:
        pdf.cell(70, 8, _latin(label), border="T")
        pdf.cell(0, 8, _latin(value), border="T", align="R", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")


def _jpeg(lines: list[tuple[str, str]]) -> bytes:
    out = io.BytesIO()
    _picture(lines).save(out, "JPEG", quality=72)
    return out.getvalue()


def _heic(lines: list[tuple[str, str]]) -> bytes:
    """As telephones take them."""
    out = io.BytesIO()
    pillow_heif.from_pillow(_picture(lines)).save(out, quality=60)
    return out.getvalue()


def _picture(lines: list[tuple[str, str]]) -> Image.Image:
    image = Image.new("RGB", (420, 150 + 34 * len(lines)), PAPER)
    draw = ImageDraw.Draw(image)
    font, title = ImageFont.load_default(15), ImageFont.load_default(22)
    draw.text((28, 34), lines[0][1], fill=INK, font=title)
    for index, (label, value) in enumerate(lines[1:]):
        top = 92 + 34 * index
        draw.line((28, top - 8, 392, top - 8), fill=FAINT)
        draw.text((28, top), label[:28], fill=INK, font=font)
        draw.text((392, top), value, fill=INK, font=font, anchor="ra")
    return image
