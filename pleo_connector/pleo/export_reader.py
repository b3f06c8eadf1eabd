"""Reads members of a decoded JSON object, and names the field where it cannot."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, TypeVar

T = TypeVar("T")

_LARGEST = 10**15  # beyond any booking, and well inside what Decimal adds exactly
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?([Zz]|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)


class MalformedItem(ValueError):
    """The export item cannot be read: which field, and what is wrong with it."""

    def __init__(self, entry_id: str | None, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}")
        self.entry_id = entry_id
        self.field = field
        self.problem = problem


class Reader:
    """One JSON object with the path that leads to it."""

    __slots__ = ("_raw", "entry_id", "path")

    def __init__(self, raw: Any, path: str, entry_id: str | None) -> None:
        self.entry_id = entry_id
        self.path = path
        if not isinstance(raw, dict):
            raise MalformedItem(entry_id, path or "item", "is not an object")
        self._raw = raw

    def fail(self, name: str, problem: str) -> MalformedItem:
        return MalformedItem(self.entry_id, self.field(name), problem)

    def field(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def maybe(self, name: str) -> Any:
        return self._raw.get(name)

    def need(self, name: str) -> Any:
        value = self._raw.get(name)
        if value is None:
            raise self.fail(name, "is missing")
        return value

    def text(self, name: str) -> str:
        value = self.need(name)
        if not isinstance(value, str) or not value:
            raise self.fail(name, "is not a text")
        return _storable(value)

    def maybe_text(self, name: str) -> str | None:
        value = self._raw.get(name)
        if value is None or isinstance(value, str):
            return _storable(value) if value else None
        raise self.fail(name, "is not a text")

    def code(self, name: str) -> str | None:
        """A code may arrive as a number; it is a text all the same."""
        value = self._raw.get(name)
        if type(value) is int and abs(value) < _LARGEST:
            return str(value)
        found = self.maybe_text(name)
        return found.strip() or None if found else None

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._raw.get(name)
        if not value and (value is None or isinstance(value, list)):
            return ()
        if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
            raise self.fail(name, "is not a list of texts")
        return tuple(map(_storable, value))

    def child(self, name: str) -> "Reader":
        return Reader(self.need(name), self.field(name), self.entry_id)

    def maybe_child(self, name: str, parse: Callable[["Reader"], T]) -> T | None:
        value = self._raw.get(name)
        return None if value is None else parse(Reader(value, self.field(name), self.entry_id))

    def children(self, name: str, parse: Callable[["Reader"], T]) -> tuple[T, ...]:
        value = self._raw.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.fail(name, "is not a list")
        path = self.field(name)
        return tuple(parse(Reader(x, f"{path}[{n}]", self.entry_id)) for n, x in enumerate(value))

    def whole_number(self, name: str) -> int:
        value = self.need(name)
        if type(value) is int:
            if abs(value) > _LARGEST:
                raise self.fail(name, "is too large")
            return value
        number = self._number(name)
        if number.adjusted() > 15:
            raise self.fail(name, "is too large")
        if number != number.to_integral_value():
            raise self.fail(name, "is not a whole number")
        return int(number)

    def fraction(self, name: str) -> Decimal:
        number = self._number(name)
        exponent = number.as_tuple().exponent
        if number < 0 or number > 10 or not isinstance(exponent, int) or exponent < -12:
            raise self.fail(name, "is not a rate such as 0.25")
        return number

    def _number(self, name: str) -> Decimal:
        value = self.need(name)
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise self.fail(name, "is not a number")
        # A decoder that makes floats still prints the digits that were sent.
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite():
            raise self.fail(name, "is not a number")
        return number

    def moment(self, name: str) -> datetime:
        found = parse_moment(self.text(name))
        if found is None:
            raise self.fail(name, "is not a date")
        return found

    def maybe_moment(self, name: str) -> datetime | None:
        return None if not self._raw.get(name) else self.moment(name)


def _storable(text: str) -> str:
    """Without what JSON can say and a database cannot keep: half a letter, or none."""
    return _NOT_STORABLE.sub("\ufffd", text)


def parse_moment(text: str) -> datetime | None:
    """A date or a timestamp, in UTC; a plain date is midnight UTC."""
    match = _TIMESTAMP.fullmatch(text)
    if not match or not 1900 <= int(match[1]) <= 2999:
        return None
    year, month, day, hour, minute, second = (int(x or 0) for x in match.groups()[:6])
    micro = int((match[7] or "0").ljust(6, "0")[:6])
    try:
        zone = _zone(match[8])
        found = datetime(year, month, day, hour, minute, second, micro, zone)
    except ValueError:
        return None
    return found if zone is UTC else found.astimezone(UTC)


def _zone(text: str | None) -> timezone:
    if not text or text in "Zz":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
