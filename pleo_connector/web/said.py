"""What went wrong or was decided, as it was written down, in the reader's language.

The sentences are in `sentences` and `decided`; a place of theirs may hold words that are told too.

What is not known again stays as it was written; an accounting system's own words always do.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, pgettext

from erp_adapters.errors import RemoteError
from pleo_connector.exports.translation import said_by
from pleo_connector.web.decided import BECAUSE, DECISIONS, KINDS, RULES, SETS, VOUCHERS
from pleo_connector.web.refusals import REFUSALS
from pleo_connector.web.sentences import (
    ENTITIES,
    HINTS,
    REASONS,
    RECEIPTS,
    RECORDS,
    SYNCS,
    WHOLES,
    WHYS,
)

OPENING = "The entry could not be booked: "
OPENINGS = re.compile(rf"(?:^|(?<=\s))(?:{OPENING}|Also, )")
PLACE = re.compile(r"%\((\w+)\)s")
DAY = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")
# Places that hold one of these words, and nothing else.
WORDS = {
    "kind": {word.casefold(): word for word in KINDS},
    "entity": {word.casefold(): word for word in ENTITIES},
}
Known = Sequence[tuple[str, "re.Pattern[str]"]]


def _pattern(template: str, form: str) -> "re.Pattern[str]":
    """Text, name, text, name, …: a place is filled by anything, or by one of its words."""
    parts = PLACE.split(template)
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = [f"(?P<{name}>{_filling(name)})" for name in parts[1::2]]
    return re.compile(form.format("".join(parts)), re.DOTALL)


def _filling(name: str) -> str:
    return f"(?i:{'|'.join(map(re.escape, WORDS[name]))})" if name in WORDS else ".+?"


def _all(templates: Iterable[str], form: str = "{}") -> Known:
    return [(x, _pattern(x, form)) for x in templates]


TOLD_WHOLE = (*DECISIONS, *RECEIPTS, *WHOLES, *REFUSALS, *SYNCS)
_whys = _all(WHYS, r"{}\. (?P<rest>.+)")
_hints = _all(HINTS)
_wholes = _all(TOLD_WHOLE)
_because = _all(BECAUSE)
_advice = _all(HINTS, r"(?P<said>.+[.!?]) {}")
# Places that hold words of ours, one or several.
_parts = {
    "rule": _all(RULES),
    "sets": _all(SETS),
    "vouchers": _all(VOUCHERS),
    "reasons": _all(REASONS),
    "records": _all(RECORDS),
}
LISTS = ("sets", "reasons")


def cause(sentence: str) -> str:
    """Under a headline that has said already that entries could not be booked."""
    language = get_language() or "en"
    if language.startswith("en"):
        parts = sentence.split(OPENING)
    else:
        parts = [_told(part.strip(), language) for part in OPENINGS.split(sentence)]
    return _dated(" ".join(part[0].upper() + part[1:] for part in map(str.strip, parts) if part))


def why(sentence: str) -> str:
    """Only what was wrong, of what is over and needs no advice."""
    parts = [part.strip() for part in OPENINGS.split(sentence) if part.strip()]
    whys = [_why_and_hint(part)[0] for part in parts]
    return _dated("; ".join(whys)) if all(whys) else cause(sentence)


def again(sentence: str) -> str:
    """Of a run, a connection, a receipt, a record; and what was decided."""
    language = get_language() or "en"
    return _dated(sentence if language.startswith("en") else _told(sentence, language))


def by(name: str, error: RemoteError) -> str:
    """What a far side said, with its name where that is not plain from the words."""
    return again(said_by(name, error))


def day(value: date) -> str:
    """2 Mar 2026"""
    return date_format(value, pgettext("day", "j M Y"))


def _dated(text: str) -> str:
    return DAY.sub(lambda found: _day(found[0]), text)


def _day(text: str) -> str:
    try:
        return day(date.fromisoformat(text))
    except ValueError:  # no day, such as 2026-13-45
        return text


def because(words: str) -> str:
    """Of a line: why it stands on its account."""
    language = get_language() or "en"
    return words if language.startswith("en") else _fitting(_because, words) or words


def is_known(sentence: str) -> bool:
    """Whether all of it can be told in another language."""
    if _fitting(_because, sentence):
        return True
    parts = [part.strip() for part in OPENINGS.split(sentence) if part.strip()]
    return all(_known(part) or _fitting(_wholes, part) for part in parts)


@lru_cache(maxsize=2048)
def _told(part: str, language: str) -> str:
    """`language` is the present one; it is given so that each has its own answer."""
    if not part:
        return ""
    return _known(part) or _with_advice(part) or _fitting(_wholes, part) or gettext(part)


def _known(part: str) -> str:
    why, hint = _why_and_hint(part)
    return f"{why}. {hint}" if why else ""


def _why_and_hint(part: str) -> tuple[str, str]:
    for template, pattern in _whys:
        if (found := pattern.fullmatch(part)) and (hint := _fitting(_hints, found["rest"])):
            return _filled(template, found.groupdict()), hint
    return "", ""


def _fitting(known: Known, text: str) -> str:
    for template, pattern in known:
        if found := pattern.fullmatch(text):
            return _filled(template, found.groupdict())
    return ""


def _filled(template: str, words: Mapping[str, str]) -> str:
    return gettext(template) % {name: _place(name, text) for name, text in words.items()}


def _place(name: str, text: str) -> str:
    if name == "said":
        return _told(text, get_language() or "en")
    if name in WORDS:
        return gettext(WORDS[name][text.casefold()])
    known = _parts.get(name, ())
    each = text.split(", ") if name in LISTS else [text]
    return ", ".join(_fitting(known, x) or x for x in each)


def _by(said: str) -> str:
    """With who says it in front, where that was not plain from the words."""
    who, colon, words = said.partition(": ")
    return f"{who}: {_fitting(_wholes, words) or words}" if colon else said


def _with_advice(part: str) -> str:
    """What a far side said, or what a receipt has, and what we say to it."""
    for template, pattern in _advice:
        if found := pattern.fullmatch(part):
            said = found["said"]
            told = _fitting(_wholes, said[0].upper() + said[1:]) or _by(said)
            return f"{told} {_filled(template, found.groupdict())}"
    return ""
