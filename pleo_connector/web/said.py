"""What went wrong, as it was written down, in the reader's language: see `sentences`.

What is not known again stays as it was written; an accounting system's own words always do.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from django.utils.translation import get_language, gettext

from pleo_connector.web.sentences import HINTS, WHOLES, WHYS

OPENING = "The entry could not be booked: "
OPENINGS = re.compile(rf"(?:^|(?<=\s))(?:{OPENING}|Also, )")
PLACE = re.compile(r"%\((\w+)\)s")
Known = Sequence[tuple[str, "re.Pattern[str]"]]


def _pattern(template: str, form: str) -> "re.Pattern[str]":
    """Text, name, text, name, …: a place is filled by anything."""
    parts = PLACE.split(template)
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = [f"(?P<{name}>.+?)" for name in parts[1::2]]
    return re.compile(form.format("".join(parts)), re.DOTALL)


_whys: Known = [(x, _pattern(x, r"{}\. (?P<rest>.+)")) for x in WHYS]
_hints: Known = [(x, _pattern(x, "{}")) for x in HINTS]
_wholes: Known = [(x, _pattern(x, "{}")) for x in WHOLES]
_advice: Known = [(x, _pattern(x, r"(?P<said>.+[.!?]) {}")) for x in HINTS]


def cause(sentence: str) -> str:
    """Under a headline that has said already that entries could not be booked."""
    language = get_language() or "en"
    if language.startswith("en"):
        parts = sentence.split(OPENING)
    else:
        parts = [_told(part.strip(), language) for part in OPENINGS.split(sentence)]
    return " ".join(part[0].upper() + part[1:] for part in map(str.strip, parts) if part)


def again(sentence: str) -> str:
    """The reason of a run or of a connection."""
    language = get_language() or "en"
    return sentence if language.startswith("en") else _told(sentence, language)


def is_known(sentence: str) -> bool:
    """Whether all of it can be told in another language."""
    return all(_known(part.strip()) for part in OPENINGS.split(sentence) if part.strip())


@lru_cache(maxsize=2048)
def _told(part: str, language: str) -> str:
    """`language` is the present one; it is given so that each has its own answer."""
    return _known(part) or _fitting(_wholes, part) or _with_advice(part) or part


def _known(part: str) -> str:
    for template, pattern in _whys:
        if (found := pattern.fullmatch(part)) and (hint := _fitting(_hints, found["rest"])):
            return f"{gettext(template) % found.groupdict()}. {hint}"
    return ""


def _fitting(known: Known, text: str) -> str:
    for template, pattern in known:
        if found := pattern.fullmatch(text):
            return gettext(template) % found.groupdict()
    return ""


def _with_advice(part: str) -> str:
    """What a far side said, and what we say to it."""
    for template, pattern in _advice:
        if found := pattern.fullmatch(part):
            said = _fitting(_wholes, found["said"]) or found["said"]
            return f"{said} {gettext(template) % found.groupdict()}"
    return ""
