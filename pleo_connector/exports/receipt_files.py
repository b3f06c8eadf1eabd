"""Receipt files on disk: what they are, and how they become what an ERP takes.

The caller converts one file at a time, so that memory holds one picture or one PDF.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from mimetypes import guess_extension
from pathlib import Path

import pillow_heif
from PIL import Image, ImageOps
from pypdf import PdfReader, PdfWriter

JPEG, PDF = "image/jpeg", "application/pdf"
HEIC = frozenset({"image/heic", "image/heif"})
PICTURES = frozenset({JPEG, "image/png", "image/gif", "image/webp"}) | HEIC
MAX_PIXELS = 64_000_000  # three bytes each while a picture is converted
EDGES = (None, 3000, 2000, 1400, 1000)  # longest edge in pixels; None: as it is
PAGE = (8.27, 11.69)  # inches, A4
MEGABYTE = 1_000_000

UNKNOWN = "application/octet-stream"
ALIASES = {"image/jpg": JPEG, "application/x-pdf": PDF, "text/xml": "application/xml"}
EXTENSIONS = {
    JPEG: ".jpg",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/webp": ".webp",
    "application/xml": ".xml",
    UNKNOWN: "",
}
SIGNATURES = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"))
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")

logger = logging.getLogger(__name__)
pillow_heif.register_heif_opener()


class Unfit(Exception):
    """A file that the ERP cannot be given. The sentence goes on after "Receipt 2"."""

    failure_type = "receipt_conversion_failure"


class TooLarge(Unfit):
    failure_type = "receipt_file_size_limit_exceeded"


@dataclass(frozen=True, slots=True)
class Limits:
    """What an ERP takes; `who` is its name."""

    who: str
    types: frozenset[str]  # empty: any
    max_bytes: int
    per_voucher: int | None = None

    def takes(self, kind: str) -> bool:
        return not self.types or kind in self.types

    def too_large(self, size: int | None) -> TooLarge:
        has = f"has {megabytes(size)}" if size else "is too large"
        most = megabytes(self.max_bytes)
        return TooLarge(f"{has}; {self.who} can be given files of up to {most}.")


@dataclass(frozen=True, slots=True)
class Fitted:
    path: Path
    kind: str
    change: str = ""  # what was done to it, as the end of "Receipt 2"


def kind_of(path: Path, declared: str | None) -> str:
    """The content type: by the first bytes where they tell, else as declared."""
    with path.open("rb") as file:
        head = file.read(1024)
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            return kind
    if b"%PDF-" in head:
        return PDF
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        return "image/heic"
    return declared_kind(declared)


def declared_kind(declared: str | None) -> str:
    kind = (declared or UNKNOWN).partition(";")[0].strip().lower()
    return ALIASES.get(kind, kind)


def extension_of(kind: str) -> str:
    known = EXTENSIONS.get(kind)
    return (guess_extension(kind) or "") if known is None else known


def named(kind: str) -> str:
    if kind == JPEG:
        return "JPEG"
    return extension_of(kind).removeprefix(".").upper() or "unknown"


def megabytes(size: int) -> str:
    if size < MEGABYTE:
        return f"{size / 1000:.0f} kB"
    return f"{size / MEGABYTE:.1f} MB".replace(".0 ", " ")


def fitted(path: Path, kind: str, limits: Limits) -> Fitted:
    """The file as the ERP takes it; `path` itself where nothing has to be done."""
    size, is_taken = path.stat().st_size, limits.takes(kind)
    if is_taken and size <= limits.max_bytes:
        return Fitted(path, kind)
    wanted = next((x for x in (JPEG, PDF) if kind in PICTURES and limits.takes(x)), None)
    if wanted is None and is_taken:
        raise limits.too_large(size)
    if wanted is None:
        raise Unfit(f"is of type {named(kind)}, which {limits.who} does not take.")
    made = path.with_name(f"{path.name}-fitted")
    for edge in EDGES:
        picture(path, made, named(wanted), edge)
        if (now := made.stat().st_size) <= limits.max_bytes:
            change = f"was converted from {named(kind)} to {named(wanted)} for {limits.who}."
            if is_taken:
                change = f"was scaled down from {megabytes(size)} to {megabytes(now)} "
                change += f"for {limits.who}."
            return Fitted(made, wanted, change)
    raise limits.too_large(size)


@contextmanager
def _or_unfit(why: str) -> Iterator[None]:
    """A broken file breaks its reader in every way there is; only our own disk is not its fault."""
    try:
        yield
    except Unfit:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise
        logger.info("A receipt %s %r", why, error)
        raise Unfit(why) from error


def picture(source: Path, target: Path, form: str, edge: int | None) -> None:
    """One picture as "JPEG" or as "PDF" of one page: upright, at most `edge` pixels long."""
    with _or_unfit("is a picture that cannot be read."):
        try:
            opened = Image.open(source)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise Unfit("is a picture of too many pixels to convert.") from error
        with opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise Unfit(f"is a picture of {width} × {height} pixels, too many to convert.")
            if edge:
                opened.draft("RGB", (edge, edge))  # a JPEG is then decoded at a smaller size
            image = _flat(ImageOps.exif_transpose(opened))
    if edge:
        image.thumbnail((edge, edge))
    dots = max(image.width / PAGE[0], image.height / PAGE[1])
    image.save(target, form, quality=85, resolution=dots)


def _flat(image: Image.Image) -> Image.Image:
    """Colours without transparency: what was transparent becomes white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def merged(parts: Sequence[Path], target: Path) -> None:
    """One PDF of the pages of several, each made by `as_pages`."""
    with _or_unfit("cannot be merged."):
        writer = PdfWriter()
        for part in parts:
            writer.append(part, import_outline=False)
        writer.write(target)
        writer.close()


def as_pages(path: Path, kind: str, edge: int | None) -> Path:
    """A PDF that can be merged."""
    pages = path.with_name(f"{path.name}-pages")
    if kind in PICTURES:
        picture(path, pages, "PDF", edge)
    elif kind == PDF:
        if not pages.exists():
            _rewritten(path, pages)
    else:
        raise Unfit(f"is of type {named(kind)}, which cannot be made a part of a PDF.")
    return pages


def _rewritten(source: Path, target: Path) -> None:
    with _or_unfit("is a PDF that cannot be read."), source.open("rb") as file:
        reader, writer = PdfReader(file), PdfWriter()
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unfit("is a PDF with a password.")
        writer.append(reader, import_outline=False)
        if not writer.pages:
            raise Unfit("is a PDF without pages.")
        writer.write(target)
        writer.close()


def in_one(files: Sequence[tuple[Path, str]], target: Path, limits: Limits) -> list[Unfit | None]:
    """Merge what can be merged into `target`; per file, None or why it is not among the pages.

    Pictures are scaled down until the whole fits. Unfit where nothing helps.
    """
    size = sum(path.stat().st_size for path, kind in files if kind == PDF)
    if size > limits.max_bytes:
        raise limits.too_large(size)
    for edge in EDGES:
        made = [_tried(path, kind, edge) for path, kind in files]
        parts = [part for part in made if isinstance(part, Path)]
        if not parts:
            return [part if isinstance(part, Unfit) else None for part in made]
        merged(parts, target)
        size = target.stat().st_size
        if size <= limits.max_bytes:
            return [part if isinstance(part, Unfit) else None for part in made]
    raise limits.too_large(size)


def _tried(path: Path, kind: str, edge: int | None) -> Path | Unfit:
    try:
        return as_pages(path, kind, edge)
    except Unfit as error:
        return error
