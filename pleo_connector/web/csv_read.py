"""A file that a person sends: lines with the number that their spreadsheet shows."""

import csv
import io
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from pleo_connector.web.csv_file import FORMULA

BYTES = 2_000_000
LINES = 5_000


class NoTable(ValueError):
    """A sentence for the person who sent the file."""


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    cells: dict[str, str]  # by column


def read_lines(sent: UploadedFile, columns: set[str], *, required: set[str]) -> list[Line]:
    """Its lines by column. NoTable where it is no such table at all."""
    text = _text(sent)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        head = [name.strip() for name in next(rows, [])]
        _check_head(head, columns, required)
        lines = [
            Line(rows.line_num, dict(zip(head, map(_plain, row), strict=False)))
            for row in rows
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise NoTable(_("This is no table that can be read, such as CSV.")) from error
    if len(lines) > LINES:
        text = _("The file has more than %(count)s lines. Send it in parts.")
        raise NoTable(text % {"count": LINES})
    return lines


def _text(sent: UploadedFile) -> str:
    content: bytes = sent.read(BYTES + 1)
    if len(content) > BYTES:
        raise NoTable(_("The file is larger than 2 MB."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoTable(_("This is no text in UTF-8. Save it as CSV in UTF-8.")) from error


def _check_head(head: list[str], columns: set[str], required: set[str]) -> None:
    missing = sorted(required - set(head))
    if missing:
        text = _("The first line lacks the column %(names)s.")
        raise NoTable(text % {"names": ", ".join(missing)})
    unknown = [x for x in head if x and x not in columns]
    if unknown:
        text = _("The column %(names)s is not known. Known are: %(known)s.")
        known = ", ".join(sorted(columns))
        raise NoTable(text % {"names": ", ".join(unknown), "known": known})
    if len(head) != len(set(head)):
        raise NoTable(_("Two columns have the same name."))


def _plain(cell: str) -> str:
    """Without the mark that keeps a spreadsheet from calculating it."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
